"""MDNs as they are written."""

import io
from dataclasses import replace

import pytest

from gateway.as2.cms.algorithms import Digest, SignatureScheme
from gateway.as2.disposition import PROCESSED, Reason, refused
from gateway.as2.mdn import Facts, Mdn, Signing, read_report, write_mdn
from gateway.as2.mime.entity import Entity
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import span_of, whole
from gateway.as2.quirks import STANDARD

from .exchange import BUYER, NOW, SUPPLIER, URL, Counted
from .keys import own

FACTS = Facts(BUYER, SUPPLIER, "<po-1@buyer.example>", PROCESSED, "All is well.", "AAAA, sha-256")
SIGNING = Signing(own(SUPPLIER), Digest.SHA384, SignatureScheme.PSS)


def _written(facts: Facts = FACTS, signing: Signing | None = None, url: str | None = None) -> Mdn:
    return write_mdn(facts, signing, url=url, quirks=STANDARD, now=NOW, fresh=Counted("supplier"))


def test_transcript_of_an_unsigned_mdn() -> None:
    mdn = _written(url=URL)
    assert (mdn.message_id, mdn.asynchronous_url) == ("2@supplier.example", URL)
    assert mdn.headers.pairs == (
        ("AS2-Version", "1.2"),
        ("EDIINT-Features", "multiple-attachments, CEM, AS2-Reliability"),
        ("AS2-From", r'"The \"Supplier\""'),
        ("AS2-To", "BUYER"),
        ("Message-ID", "<2@supplier.example>"),
        ("Date", "Thu, 26 Nov 2026 05:00:00 +0000"),
        ("Subject", "Message disposition notification"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'multipart/report; report-type=disposition-notification; boundary="=_supplier_1"'),
    )
    assert mdn.body.decode().split("\r\n") == [
        "--=_supplier_1",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
        "",
        "All is well.",
        "",
        "--=_supplier_1",
        "Content-Type: message/disposition-notification",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Reporting-UA: Tallystick",
        r'Original-Recipient: rfc822; "The \"Supplier\""',
        r'Final-Recipient: rfc822; "The \"Supplier\""',
        "Original-Message-ID: <po-1@buyer.example>",
        "Disposition: automatic-action/MDN-sent-automatically; processed",
        "Received-Content-MIC: AAAA, sha-256",
        "",
        "",
        "--=_supplier_1--",
        "",
    ]


def test_a_signed_mdn_is_its_report_and_a_signature() -> None:
    mdn = _written(signing=SIGNING)
    entity = Entity(mdn.headers, whole(io.BytesIO(mdn.body)))
    assert entity.media_type.value == "multipart/signed"
    assert entity.media_type.written == {
        "protocol": "application/pkcs7-signature",
        "micalg": "sha-384",
        "boundary": "=_supplier_2",
    }
    report, signature = entity.parts
    assert report.media_type.value == "multipart/report"
    assert signature.media_type.value == "application/pkcs7-signature"
    assert report.body.read() == _written().body


def test_an_error_says_why_and_has_no_mic() -> None:
    facts = replace(FACTS, disposition=refused(Reason.DECRYPTION_FAILED), mic=None, original_message_id=None)
    body = _written(facts).body
    assert b"Disposition: automatic-action/MDN-sent-automatically; processed/error: decryption-failed\r\n" in body
    assert b"Received-Content-MIC" not in body
    assert b"Original-Message-ID" not in body


def test_text_of_several_lines_and_beyond_ascii() -> None:
    body = _written(replace(FACTS, text="one\nzw\xf6lf")).body
    assert b"\r\n\r\none\r\nzw?lf\r\n\r\n--" in body


@pytest.mark.parametrize("name", ["", "x" * 129, "a\r\nX-Other: 1"])
def test_whoever_it_is_from_or_to_may_have_no_name(name: str) -> None:
    mdn = _written(replace(FACTS, sender=name, recipient=name))
    assert b"\r\nX-Other" not in mdn.body
    assert mdn.headers.get("AS2-From") is None
    assert mdn.headers.get("AS2-To") is None


def test_a_report_is_read_as_it_was_written() -> None:
    mdn = _written()
    report = read_report(Entity(mdn.headers, whole(io.BytesIO(mdn.body))))
    assert (report.text, report.disposition, report.original_message_id, report.mic_field) == (
        "All is well.",
        PROCESSED,
        "<po-1@buyer.example>",
        "AAAA, sha-256",
    )
    assert report.reporting_agent == "Tallystick"
    assert report.recipient == r'rfc822; "The \"Supplier\""'


def test_a_report_without_a_notification() -> None:
    mdn = _written()
    body = mdn.body.replace(b"message/disposition-notification", b"text/plain")
    with pytest.raises(Malformed, match="0 disposition notifications"):
        read_report(Entity(mdn.headers, span_of(body)))
