"""What an MDN that came back amounts to: each lack has its own outcome."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.answer import Outcome, SentMessage, judge, named_message
from gateway.as2.cms.algorithms import Digest, SignatureScheme
from gateway.as2.cms.policy import Policy
from gateway.as2.disposition import PROCESSED, Disposition, Reason, Weight, refused, warned
from gateway.as2.envelope import Kind, envelope_of
from gateway.as2.mdn import Facts, Mdn, Signing, write_mdn
from gateway.as2.mic import Mic
from gateway.as2.mime.headers import headers
from gateway.as2.quirks import STANDARD
from gateway.as2.terms import Held, Pinned, Window
from gateway.as2.unforeseen import UNFORESEEN

from .exchange import BUYER, BUYERS, NOW, SUPPLIER, SUPPLIERS, Counted, Posted, judged, received, sent
from .keys import own
from .workspace import MemoryWorkspace

MESSAGE = sent()
MIC = MESSAGE.mic.written()
SIGNING = Signing(own(SUPPLIER), Digest.SHA256, SignatureScheme.PKCS1_V15)


def _mdn(
    *,
    signing: Signing | None = SIGNING,
    disposition: Disposition = PROCESSED,
    mic: str | None = MIC,
    original: str | None = f"<{MESSAGE.message_id}>",
) -> Mdn:
    facts = Facts(BUYER, SUPPLIER, original, disposition, "The message was received.", mic)
    return write_mdn(facts, signing, url=None, quirks=STANDARD, now=NOW, fresh=Counted("supplier"))


def test_an_mdn_that_proves_it() -> None:
    verdict = judged(_mdn(), MESSAGE)
    assert (verdict.outcome, verdict.signed_by) == (Outcome.DELIVERED, own(SUPPLIER).certificate)
    assert verdict.report is not None
    assert verdict.report.text == "The message was received."


@pytest.mark.parametrize(
    ("mdn", "outcome", "why"),
    [
        (_mdn(disposition=warned("duplicate-document")), Outcome.DELIVERED_WITH_WARNING, "duplicate-document"),
        (_mdn(disposition=warned("duplicate-document"), mic=None), Outcome.MIC_MISSING, "no MIC"),
        (_mdn(disposition=refused(Reason.DECRYPTION_FAILED), mic=None), Outcome.REFUSED, "decryption-failed"),
        (_mdn(disposition=refused(Reason.DECRYPTION_FAILED)), Outcome.REFUSED, "decryption-failed"),
        (
            _mdn(disposition=Disposition(failed=True, weight=Weight.FAILURE, text="out of paper")),
            Outcome.REFUSED,
            "out of paper",
        ),
        (_mdn(disposition=Disposition(failed=True)), Outcome.REFUSED, "failed"),
        (_mdn(mic=None), Outcome.MIC_MISSING, "no MIC"),
        (_mdn(mic=""), Outcome.MIC_MISSING, "no MIC"),
        (_mdn(mic="nonsense"), Outcome.MIC_DIFFERS, "nonsense"),
        (_mdn(mic="=, sha-256"), Outcome.MIC_DIFFERS, "=, sha-256"),
        (_mdn(mic=Mic(Digest.SHA256, bytes(32)).written()), Outcome.MIC_DIFFERS, "what we sent has"),
        (_mdn(mic=Mic(Digest.SHA1, bytes(20)).written()), Outcome.MIC_DIFFERS, "sha1"),
        (_mdn(mic=MESSAGE.mic.written("SHA2_256")), Outcome.DELIVERED, "processed"),
        (_mdn(mic=MIC.split(",")[0]), Outcome.DELIVERED, "processed"),
        (_mdn(mic=MIC.replace(", ", " ,  ")), Outcome.DELIVERED, "processed"),
        (_mdn(mic=MIC.replace("sha-256", "sha-512")), Outcome.MIC_DIFFERS, "sha-512"),
        (_mdn(mic=MIC.replace("sha-256", "md5")), Outcome.MIC_DIFFERS, "md5"),
        (_mdn(original=None), Outcome.UNKNOWN_MESSAGE, "does not say"),
        (_mdn(original="<other@buyer.example>"), Outcome.UNKNOWN_MESSAGE, "other@buyer.example"),
        (_mdn(original=MESSAGE.message_id), Outcome.DELIVERED, "processed"),
        (_mdn(signing=None), Outcome.UNSIGNED, "not signed"),
        (_mdn(signing=None, disposition=refused(Reason.DECRYPTION_FAILED)), Outcome.UNSIGNED, "decryption-failed"),
        (_mdn(signing=replace(SIGNING, key=own("MALLORY"))), Outcome.UNPINNED, "not accepted for this partner"),
        (_mdn(signing=replace(SIGNING, key=own(BUYER))), Outcome.UNPINNED, "not accepted for this partner"),
        (_mdn(signing=replace(SIGNING, digest=Digest.SHA1)), Outcome.FORGED, "sha1 is not allowed"),
    ],
)
def test_outcomes(mdn: Mdn, outcome: Outcome, why: str) -> None:
    verdict = judged(mdn, MESSAGE)
    assert verdict.outcome is outcome
    assert why in verdict.why
    assert verdict.outcome.delivered == (outcome in {Outcome.DELIVERED, Outcome.DELIVERED_WITH_WARNING})


@pytest.mark.parametrize(
    "mdn",
    [
        _mdn(disposition=Disposition(weight=Weight.ERROR, text="A" * 50_000)),
        _mdn(disposition=Disposition(weight=Weight.WARNING, text="A" * 50_000)),
        _mdn(original=f"<{'A' * 50_000}>"),
        _mdn(mic="A" * 50_000),
    ],
    ids=["error", "warning", "message", "mic"],
)
def test_what_the_operator_is_told_is_short_whatever_the_mdn_says(mdn: Mdn) -> None:
    assert len(judged(mdn, MESSAGE).why) < 500


def test_an_mdn_about_a_message_that_is_not_known() -> None:
    assert judged(_mdn(), None).outcome is Outcome.UNKNOWN_MESSAGE


def test_an_unsigned_mdn_does_where_no_signed_one_was_asked_for() -> None:
    assert judged(_mdn(signing=None), MESSAGE, signed=False).outcome is Outcome.DELIVERED
    assert judged(_mdn(), MESSAGE, signed=False).outcome is Outcome.DELIVERED


def test_weak_signatures_count_only_where_agreed() -> None:
    agreed = replace(BUYERS, policy=Policy(digests=frozenset(Digest)))
    assert judged(_mdn(signing=replace(SIGNING, digest=Digest.SHA1)), MESSAGE, agreed).outcome is Outcome.DELIVERED


def test_the_certificate_must_be_in_force() -> None:
    agreed = replace(BUYERS, partner_signing=(Pinned(own(SUPPLIER).certificate, Window(ends=NOW)),))
    verdict = judged(_mdn(), MESSAGE, agreed)
    assert verdict.outcome is Outcome.UNPINNED
    assert "not agreed for this time" in verdict.why


# Beside, inside, changed


def _changed(mdn: Mdn, old: bytes, new: bytes) -> Posted:
    assert old in mdn.body
    return Posted(mdn.headers, mdn.body.replace(old, new, 1))


def _typed(value: str, body: bytes) -> Posted:
    return Posted(headers([("Content-Type", value)]), body)


def _part(mdn: Mdn) -> bytes:
    """An MDN as a part of something else."""
    return b"Content-Type: " + (mdn.headers.get("Content-Type") or "").encode() + b"\r\n\r\n" + mdn.body


FAKE = _part(_mdn(signing=None))
OUTER = "=_supplier_2"

ATTACKS: dict[str, tuple[Posted, Outcome]] = {
    "changed under the signature": (
        _changed(_mdn(disposition=refused(Reason.DECRYPTION_FAILED)), b"error", b"alert"),
        Outcome.FORGED,
    ),
    "a report beside the signed one": (
        _changed(_mdn(), b"--=_supplier_2--", b"--=_supplier_2\r\n" + FAKE + b"\r\n--=_supplier_2--"),
        Outcome.WRAPPED,
    ),
    "a report before the signed one": (
        Posted(_mdn().headers, b"--=_supplier_2\r\n" + FAKE + b"\r\n" + _mdn().body),
        Outcome.WRAPPED,
    ),
    "a forged report with a signed one inside": (
        _typed(
            "multipart/report; boundary=o",
            b"--o\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x; processed\r\n--o\r\n"
            + _part(_mdn(disposition=refused(Reason.DECRYPTION_FAILED)))
            + b"\r\n--o--",
        ),
        Outcome.WRAPPED,
    ),
    "a forged report and a signed one side by side": (
        _typed("multipart/mixed; boundary=o", b"--o\r\n" + FAKE + b"\r\n--o\r\n" + _part(_mdn()) + b"\r\n--o--"),
        Outcome.WRAPPED,
    ),
    "a good one inside something else": (
        _typed("multipart/mixed; boundary=o", b"--o\r\n" + _part(_mdn()) + b"\r\n--o--"),
        Outcome.WRAPPED,
    ),
    "what was signed is not the report": (
        _typed(
            "multipart/signed; boundary=o",
            b"--o\r\n" + _part(_mdn()) + b"\r\n--o\r\nContent-Type: application/pkcs7-signature\r\n\r\nMII\r\n--o--",
        ),
        Outcome.WRAPPED,
    ),
    "two notifications": (
        _typed(
            "multipart/report; boundary=o",
            b"--o\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: x; processed\r\n" * 2
            + b"--o--",
        ),
        Outcome.MALFORMED,
    ),
    "two dispositions": (
        _typed(
            "message/disposition-notification", b"Disposition: x; processed\r\nDisposition: x; processed/error: y\r\n"
        ),
        Outcome.MALFORMED,
    ),
    "a signature of nothing": (
        _typed(
            "multipart/signed; boundary=o",
            b"--o\r\n\r\n--o\r\nContent-Type: application/pkcs7-signature\r\n\r\nMII\r\n--o--",
        ),
        Outcome.MALFORMED,
    ),
    "a page of a proxy": (_typed("text/html", b"<html>502 Bad Gateway</html>"), Outcome.MALFORMED),
    "nothing": (Posted(headers([]), b""), Outcome.MALFORMED),
    "cut short": (Posted(_mdn().headers, _mdn().body[:900]), Outcome.MALFORMED),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_stands_beside_inside_or_instead(name: str) -> None:
    mdn, outcome = ATTACKS[name]
    verdict = judged(mdn, MESSAGE)
    assert verdict.outcome is outcome, verdict.why
    assert verdict.why


@given(
    st.binary(max_size=300),
    st.sampled_from(["multipart/report; boundary=b", "multipart/signed; boundary=b", "text/plain", ""]),
)
def test_any_bytes_have_an_outcome(body: bytes, content_type: str) -> None:
    verdict = judged(_typed(content_type, body), MESSAGE)
    assert not verdict.outcome.delivered
    assert UNFORESEEN not in verdict.why


@given(st.lists(st.tuples(st.integers(min_value=0), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_changed_mdn_proves_nothing_or_what_was_signed(changes: list[tuple[int, int]]) -> None:
    mdn = _mdn(disposition=warned("duplicate-document"))
    body = bytearray(mdn.body)
    for at, change in changes:
        body[at % len(body)] ^= change
    verdict = judged(Posted(mdn.headers, bytes(body)), MESSAGE)
    assert UNFORESEEN not in verdict.why
    if verdict.outcome.delivered:
        assert verdict.report is not None
        assert verdict.report.disposition == warned("duplicate-document")


# As products write it

REPORT = (
    b"--r\r\n\r\nYour message was successfully received.\r\n"
    b"--r\r\nContent-Type: message/disposition-notification\r\n\r\n%s\r\n--r--\r\n"
)


def _notification(text: str) -> Posted:
    return _typed("multipart/report; report-type=disposition-notification; boundary=r", REPORT % text.encode())


_ID = MESSAGE.message_id


@pytest.mark.parametrize(
    "text",
    [
        # fields in any case, without blanks
        f"original-message-id: <{_ID}>\r\nreceived-content-mic:{MIC}\r\nDISPOSITION:Automatic-action/mdn-sent-automatically;processed",
        # lines that end in CR alone
        f"Original-Message-ID: {_ID}\rDisposition: automatic-action/x; processed\rReceived-Content-MIC: {MIC}\r",
        # an empty line among the fields, and folded ones
        f"Reporting-UA: x\r\n\r\nOriginal-Message-ID:\r\n <{_ID}>\r\nDisposition: a/b;\r\n\tprocessed\r\nReceived-Content-MIC: {MIC}",
    ],
)
def test_transcripts_of_notifications(text: str) -> None:
    verdict = judged(_notification(text), MESSAGE, signed=False)
    assert verdict.outcome is Outcome.DELIVERED, verdict.why
    assert verdict.report is not None
    assert verdict.report.text == "Your message was successfully received."


@pytest.mark.parametrize(
    ("disposition", "fields", "outcome", "told"),
    [
        ("processed", "Error: decryption-failed", Outcome.CONTRADICTORY, "processed. Error: decryption-failed."),
        ("processed", "failure: unsupported format", Outcome.CONTRADICTORY, "Failure: unsupported format"),
        ("processed", "Error:\r\nFailure: -\r\nError: no disk", Outcome.CONTRADICTORY, "processed. Error: no disk."),
        ("processed/warning: duplicate-document", "Error: no disk", Outcome.CONTRADICTORY, "Error: no disk"),
        ("processed/warning,error: integrity-check-failed", "", Outcome.REFUSED, "integrity-check-failed"),
        ("processed/error: decryption-failed", "Error: no such key", Outcome.REFUSED, "Error: no such key"),
        ("failed/failure: unsupported format", "Failure: no MIME", Outcome.REFUSED, "Failure: no MIME"),
        ("processed", "Warning: certificate expires soon", Outcome.DELIVERED_WITH_WARNING, "expires soon"),
        ("processed", "Error:\r\nFailure: none\r\nWarning: NULL", Outcome.DELIVERED, "processed."),
        ("processed", "Error: No errors.", Outcome.DELIVERED, "processed."),
        ("processed", "X-Error: no disk", Outcome.DELIVERED, "processed."),
    ],
)
def test_an_error_is_one_wherever_the_report_tells_of_it(
    disposition: str, fields: str, outcome: Outcome, told: str
) -> None:
    text = f"Original-Message-ID: {_ID}\r\nDisposition: a/b; {disposition}\r\nReceived-Content-MIC: {MIC}\r\n{fields}"
    verdict = judged(_notification(text), MESSAGE, signed=False)
    assert (verdict.outcome, verdict.outcome.delivered) == (outcome, outcome.value.startswith("delivered"))
    assert told in verdict.why


@pytest.mark.parametrize("field", ["Disposition: automatic-action/MDN-sent-automatically; displayed", "X-Other: 1"])
def test_what_is_no_disposition_of_as2(field: str) -> None:
    verdict = judged(
        _notification(f"Original-Message-ID: {MESSAGE.message_id}\r\nReceived-Content-MIC: {MIC}\r\n{field}"),
        MESSAGE,
        signed=False,
    )
    assert verdict.outcome is Outcome.MALFORMED


REPEATED: dict[str, Callable[[Mdn], Posted]] = {
    "as OpenAS2 does": lambda mdn: Posted(
        mdn.headers, b"Content-Type: " + (mdn.headers.get("Content-Type") or "").encode() + b"\r\n\r\n" + mdn.body
    ),
    "where HTTP's has no boundary": lambda mdn: _typed("multipart/signed", _part(mdn)),
    "where HTTP has another type": lambda mdn: _typed("text/plain", _part(mdn)),
    "where HTTP has none": lambda mdn: Posted(headers([]), _part(mdn)),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_body_that_begins_with_its_content_type(name: str) -> None:
    assert judged(REPEATED[name](_mdn()), MESSAGE).outcome is Outcome.DELIVERED


def test_the_message_that_an_mdn_names_and_that_it_is_an_mdn() -> None:
    with_more = ["a report beside the signed one", "a report before the signed one", "cut short"]
    plain = [Posted(each.headers, each.body) for each in (_mdn(), _mdn(signing=None))]
    for mdn in plain + [ATTACKS[name][0] for name in with_more]:
        assert envelope_of(mdn.headers, io.BytesIO(mdn.body)).kind is Kind.MDN
    assert named_message(_mdn().headers, io.BytesIO(_mdn().body)) == MESSAGE.message_id
    assert named_message(headers([]), io.BytesIO(b"--")) is None
    assert envelope_of(MESSAGE.headers, io.BytesIO(MESSAGE.body.read())).kind is Kind.MESSAGE


def test_an_mdn_of_ours_is_judged_by_all_it_answers() -> None:
    other = sent(attachments=((b"other", "application/edi-x12", "po.edi"),))
    mdn = received(MESSAGE, SUPPLIERS).mdn
    assert mdn is not None
    verdict = judge(
        mdn.headers,
        io.BytesIO(mdn.body),
        BUYERS,
        sent=SentMessage(MESSAGE.message_id, other.mic, signed_receipt=True),
        now=NOW,
        workspace=MemoryWorkspace(),
    )
    assert verdict.outcome is Outcome.MIC_DIFFERS


def test_our_own_key_in_any_time_signs() -> None:
    rotated = replace(SUPPLIERS, own_keys=(Held(own(SUPPLIER), Window(ends=NOW)), Held(own("SUPPLIER 2027"))))
    mdn = received(MESSAGE, rotated).mdn
    assert mdn is not None
    assert judged(mdn, MESSAGE).outcome is Outcome.UNPINNED
    agreed = replace(BUYERS, partner_signing=(*BUYERS.partner_signing, Pinned(own("SUPPLIER 2027").certificate)))
    assert judged(mdn, MESSAGE, agreed).outcome is Outcome.DELIVERED
