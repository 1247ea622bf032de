"""A message is taken in, or refused with the MDN that says why; nothing of a refused one can be reached."""

import base64
import io
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.as2 import opening, signed
from gateway.as2.answer import Outcome
from gateway.as2.asn1.stream import Source
from gateway.as2.cms.algorithms import Cipher, Digest
from gateway.as2.cms.bundles import write_bundle
from gateway.as2.cms.compressing import compress
from gateway.as2.cms.encrypting import encrypt
from gateway.as2.cms.keys import OwnKey
from gateway.as2.cms.policy import Policy
from gateway.as2.cms.signing import sign
from gateway.as2.cms.verifying import Verified, verify
from gateway.as2.disposition import Reason, refused
from gateway.as2.mic import mic_of
from gateway.as2.mime import span
from gateway.as2.mime.headers import Headers, headers
from gateway.as2.mime.span import span_of
from gateway.as2.mime.transfer import GROWTH
from gateway.as2.quirks import STANDARD
from gateway.as2.receive import Received, Rejected, receive, reject, reject_stranger
from gateway.as2.refusal import LONGEST_WHY
from gateway.as2.terms import (
    Compression,
    Demands,
    Held,
    Limits,
    Pinned,
    Receipt,
    ReceiptMode,
    Sending,
    Terms,
    Window,
)
from gateway.as2.unforeseen import UNFORESEEN

from .cms.taken_apart import signed_data, signer_of
from .exchange import (
    BUYER,
    BUYERS,
    NOW,
    ORDER,
    SUPPLIER,
    SUPPLIERS,
    URL,
    Change,
    Counted,
    Posted,
    accepting,
    judged,
    posted,
    received,
    sent,
    with_field,
)
from .keys import own
from .workspace import MemoryWorkspace

PLAIN = Sending(sign=False, encrypt=False)
SIGNED = Sending(encrypt=False)
GCM = Sending(cipher=Cipher.AES_256_GCM)
OPEN = accepting(PLAIN)
"""Terms that demand nothing."""
DAY = timedelta(days=1)


def _refused(message: Posted, agreed: Terms = SUPPLIERS, *, now: datetime = NOW) -> Rejected:
    found = received(message, agreed, now=now)
    assert isinstance(found, Rejected), found
    return found


def _taken(message: Posted, agreed: Terms = SUPPLIERS) -> Received:
    found = received(message, agreed)
    assert isinstance(found, Received), found
    return found


# Who, to whom, which


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_field("AS2-From", None), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-To", None), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-From", '""'), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-From", "buyer"), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-From", "BUYER "), None),
        (with_field("AS2-From", '"BUYER"'), None),
        (with_field("AS2-To", 'The "Supplier"'), None),
        (with_field("AS2-From", "B" * 129), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-From", "BUYER\xe9"), Reason.UNKNOWN_TRADING_PARTNER),
        (with_field("AS2-From", r'"The \"Supplier\""'), Reason.SENDER_EQUALS_RECEIVER),
        (with_field("Message-ID", None), Reason.INVALID_MESSAGE_ID),
        (with_field("Message-ID", ""), Reason.INVALID_MESSAGE_ID),
        (with_field("Message-ID", "<>"), Reason.INVALID_MESSAGE_ID),
        (with_field("Message-ID", "<a\x00b>"), Reason.INVALID_MESSAGE_ID),
        (with_field("Message-ID", "<" + "x" * 998 + ">"), Reason.INVALID_MESSAGE_ID),
        (with_field("Message-ID", "../../etc/passwd"), None),
        (with_field("Message-ID", "0574493161569973Sterling"), None),
    ],
)
def test_names_and_message_ids(change: Change, reason: Reason | None) -> None:
    found = received(change(posted(sent())))
    assert found.disposition.reason is reason
    assert found.mdn is not None
    assert found.mdn.headers.get("Subject")


def test_names_of_128_characters() -> None:
    name = "N" * 127 + '"'
    agreed = replace(BUYERS, own_name=name)
    got = _taken(posted(sent(agreed=agreed)), replace(SUPPLIERS, partner_name=name))
    assert got.sender == name
    assert got.mdn is not None
    assert judged(got.mdn, sent(), agreed).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("name", ["AS2-From", "Message-ID", "Content-Type", "Receipt-Delivery-Option"])
def test_a_field_of_two_values_is_none(name: str) -> None:
    message = posted(sent())
    twice = Posted(headers([*message.headers, (name, "other"), (name.lower(), "another")]), message.body)
    assert _refused(twice).disposition.reason is Reason.UNEXPECTED_PROCESSING_ERROR


def test_a_thousand_fields_are_not_looked_at() -> None:
    message = posted(sent())
    many = Posted(headers([*message.headers, *(("X", "1") for _ in range(1000))]), message.body)
    assert "header fields; at most" in _refused(many).why


def test_a_stranger_is_answered_without_a_signature_and_only_on_its_connection() -> None:
    sending = Sending(receipt=Receipt(ReceiptMode.ASYNCHRONOUS, url=URL))
    message = posted(sent(sending))
    found = reject_stranger(
        message.headers, Reason.UNKNOWN_TRADING_PARTNER, "Nobody of this name.", now=NOW, fresh=Counted("supplier")
    )
    assert found.mdn is not None
    assert found.mdn.asynchronous_url is None
    assert (found.mdn.headers.get("Content-Type") or "").startswith("multipart/report")
    assert b"processed/error: unknown-trading-partner" in found.mdn.body
    assert b"Nobody of this name" not in found.mdn.body


def test_a_refusal_by_whoever_keeps_messages() -> None:
    message = posted(sent())
    found = reject(
        message.headers,
        SUPPLIERS,
        Reason.DUPLICATE_DOCUMENT,
        "Other bytes than at 04:12.",
        now=NOW,
        fresh=Counted("supplier"),
    )
    assert found.mdn is not None
    verdict = judged(found.mdn, sent())
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.report is not None
    assert verdict.report.disposition is not None
    assert verdict.report.disposition.reason is Reason.DUPLICATE_DOCUMENT


# What is demanded

LESS = [
    (PLAIN, Demands(signed=False, encrypted=True)),
    (PLAIN, Demands(signed=True, encrypted=False)),
    (SIGNED, Demands(signed=True, encrypted=True)),
    (Sending(sign=False, cipher=Cipher.AES_256_GCM), Demands(signed=True, encrypted=True)),
    (replace(PLAIN, compression=Compression.BEFORE_SIGNING), Demands(signed=True, encrypted=False)),
]


@pytest.mark.parametrize(("sending", "demanded"), LESS)
def test_less_than_is_demanded(sending: Sending, demanded: Demands) -> None:
    found = _refused(posted(sent(sending)), replace(SUPPLIERS, inbound=demanded))
    assert found.disposition.reason is Reason.INSUFFICIENT_MESSAGE_SECURITY
    assert found.mdn is not None
    verdict = judged(found.mdn, sent(sending))
    assert (verdict.outcome, verdict.signed_by) == (Outcome.REFUSED, own(SUPPLIER).certificate)


def test_a_refused_message_has_no_content() -> None:
    assert {each.name for each in fields(Rejected)} == {"message_id", "disposition", "why", "text", "mdn"}


def test_an_error_is_still_a_signed_mdn_without_a_mic() -> None:
    found = _refused(posted(sent(PLAIN)))
    assert found.mdn is not None
    assert b"Received-Content-MIC" not in found.mdn.body
    verdict = judged(found.mdn, sent())
    assert verdict.signed_by == own(SUPPLIER).certificate
    assert verdict.report is not None
    assert verdict.report.text == found.text


# Who signed


@pytest.mark.parametrize(
    ("sending", "reason"),
    [
        (SIGNED, Reason.AUTHENTICATION_FAILED),
        (Sending(cipher=Cipher.AES_256_GCM), Reason.AUTHENTICATION_FAILED),
        (Sending(), Reason.DECRYPTION_FAILED),
    ],
)
def test_a_valid_signature_by_an_unpinned_certificate(sending: Sending, reason: Reason) -> None:
    """After CBC it may be anybody's who changed the ciphertext: only the operator reads whose it is."""
    stranger = replace(BUYERS, own_keys=(Held(own("MALLORY")),))
    found = _refused(posted(sent(sending, agreed=stranger)), accepting(sending))
    assert found.disposition.reason is reason
    assert "mallory" in found.why
    assert "mallory" not in found.text


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize(
    ("pinned", "why"),
    [
        (Window(begins=NOW + DAY), "not agreed for this time"),
        (Window(ends=NOW), "not agreed for this time"),
        (Window(begins=NOW, ends=NOW + DAY), None),
    ],
)
def test_a_certificate_counts_in_its_window(encrypted: bool, pinned: Window, why: str | None) -> None:
    sending = Sending(encrypt=encrypted)
    agreed = accepting(sending, partner_signing=(Pinned(own(BUYER).certificate, pinned),))
    found = received(sent(sending), agreed)
    assert found.disposition.reason is (None if why is None else Reason.AUTHENTICATION_FAILED)
    assert why is None or (isinstance(found, Rejected) and why in found.why)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (datetime(2025, 12, 31, tzinfo=UTC), "not valid before"),
        (datetime(2036, 1, 2, tzinfo=UTC), "expired"),
        (NOW, None),
    ],
)
def test_a_certificate_counts_while_it_is_valid(now: datetime, why: str | None) -> None:
    found = received(sent(), now=now)
    assert found.disposition.reason is (None if why is None else Reason.AUTHENTICATION_FAILED)
    assert why is None or (isinstance(found, Rejected) and why in found.why)


def test_keys_overlap_while_they_change() -> None:
    old, new = own(BUYER), own("BUYER 2027")
    agreed = replace(SUPPLIERS, partner_signing=(Pinned(old.certificate), Pinned(new.certificate)))
    for key in (old, new):
        got = _taken(posted(sent(agreed=replace(BUYERS, own_keys=(Held(key),)))), agreed)
        assert got.signed_by == key.certificate


def test_who_still_has_our_previous_certificate_is_understood() -> None:
    previous, current = own("SUPPLIER 2025"), own(SUPPLIER)
    agreed = replace(SUPPLIERS, own_keys=(Held(current), Held(previous, Window(ends=NOW - DAY))))
    got = _taken(posted(sent(agreed=replace(BUYERS, partner_encryption=(Pinned(previous.certificate),)))), agreed)
    assert got.decrypted_with == previous
    assert got.mdn is not None
    assert judged(got.mdn, sent()).signed_by == current.certificate


# How strong

SHA1 = replace(BUYERS, policy=Policy(digests=frozenset(Digest)))
TRIPLE_DES = replace(BUYERS, policy=Policy(ciphers=frozenset(Cipher)))


@pytest.mark.parametrize(
    ("sending", "weak"),
    [
        (Sending(digest=Digest.SHA1, cipher=Cipher.AES_256_GCM), SHA1),
        (Sending(cipher=Cipher.TRIPLE_DES_CBC), TRIPLE_DES),
    ],
)
def test_weak_algorithms_are_taken_only_where_agreed(sending: Sending, weak: Terms) -> None:
    message = posted(sent(sending, agreed=weak))
    assert _refused(message).disposition.reason is Reason.INSUFFICIENT_MESSAGE_SECURITY
    assert _taken(message, replace(SUPPLIERS, policy=weak.policy)).mic


def test_a_weak_key_is_refused() -> None:
    short = own("SHORT", 1024)
    weak = Policy(minimum_rsa_bits=1024)
    message = posted(sent(GCM, agreed=replace(BUYERS, own_keys=(Held(short),), policy=weak)))
    agreed = replace(SUPPLIERS, partner_signing=(Pinned(short.certificate),))
    assert _refused(message, agreed).disposition.reason is Reason.INSUFFICIENT_MESSAGE_SECURITY
    assert _taken(message, replace(agreed, policy=weak)).signed_by == short.certificate


# What was changed on the way


@pytest.mark.parametrize("cipher", [Cipher.AES_256_CBC, Cipher.AES_256_GCM])
def test_a_changed_ciphertext_has_one_disposition_wherever_it_was_changed(cipher: Cipher) -> None:
    message = posted(sent(Sending(cipher=cipher)))
    # Recipients, algorithm and initialization vector stand before the ciphertext, which is two thousand bytes long.
    truncated = _refused(Posted(message.headers, message.body[:-100]))
    for at in range(len(message.body) - 2000, len(message.body), 17):
        changed = bytearray(message.body)
        changed[at] ^= 0x21
        found = _refused(Posted(message.headers, bytes(changed)))
        assert found.disposition.reason is Reason.DECRYPTION_FAILED, (at, found.why)
        assert (found.disposition, found.text) == (truncated.disposition, truncated.text)


UNPROVEN: dict[str, Callable[[bytes], bytes]] = {
    "signed": lambda entity: entity,
    "form": lambda entity: entity.replace(b"--=_buyer_1--", b""),
    "digest": lambda entity: entity.replace(b"IEA*1", b"IEA*2"),
    "digest, and a bare line feed": lambda entity: entity.replace(b"IEA*1", b"IEA\n1"),
    "text": lambda entity: entity.replace(b"IEA*1", b"IEA*2").replace(b"Encoding: binary", b"Encoding: 7bit"),
    "signature": lambda entity: entity.replace(b"\r\n\r\nMII", b"\r\n\r\nM=I"),
    "after the end": lambda entity: entity + b"garbage",
    "unsigned": lambda entity: entity[entity.index(b"Content-Type: application/edi-x12") :],
    "unsigned, of no known kind": lambda entity: b"Content-Type: \x8a/edi\r\n\r\n" + entity,
    "unsigned, without fields": lambda entity: b"\r\n" + entity,
    "no CMS": lambda entity: b"Content-Type: application/pkcs7-mime\r\n\r\n" + entity,
    "cut off": lambda entity: entity[: len(entity) // 2],
}
"""What may be found, once it is decrypted, where a signature was to be: by what becomes of a good one."""


def _signed_entity(*attachments: tuple[bytes, str, str | None]) -> bytes:
    inside = posted(sent(SIGNED, attachments=attachments or ((ORDER, "application/edi-x12", "po.edi"),)))
    return b"Content-Type: " + (inside.headers.get("Content-Type") or "").encode() + b"\r\n\r\n" + inside.body


def _with_wrong_padding(message: Posted) -> Posted:
    """The last byte of all, which is 16 at most, is more, whatever it was; what stands in the block before is anything."""
    changed = bytearray(message.body)
    changed[-17] ^= 0x20
    return Posted(message.headers, bytes(changed))


@pytest.mark.parametrize(
    ("found", "padding"),
    [*((each, "right") for each in UNPROVEN if each != "signed"), *((each, "wrong") for each in UNPROVEN)],
)
def test_a_changed_ciphertext_costs_as_much_work_whatever_is_found_in_it(
    found: str, padding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the content is compared with a signature; by chance, no more of it than a few lines are missing or added."""
    compared: list[int] = []

    def counted(signature: bytes, content: Source, *rest: Any, **named: Any) -> Verified:
        data = content.read()
        compared.append(len(data))
        return verify(signature, io.BytesIO(data), *rest, **named)

    monkeypatch.setattr(signed, "verify", counted)
    entity = _signed_entity((b"PO1*1*48*EA*9.25~\r\n" * 5000 + ORDER, "application/edi-x12", "po.edi"))
    message = _encrypted(UNPROVEN[found](entity))
    if padding == "wrong":
        message = _with_wrong_padding(message)
    assert _refused(message).disposition.reason is Reason.DECRYPTION_FAILED
    assert sum(compared[-2:]) == pytest.approx(2 * len(UNPROVEN[found](entity)), rel=0.05)


def _opaque(entity: bytes, key: OwnKey) -> bytes:
    """Signed, with the content inside."""
    return signed_data([signer_of(sign(io.BytesIO(entity), key))], content=entity)


def _packed(entity: bytes) -> bytes:
    sink = io.BytesIO()
    compress(io.BytesIO(entity), sink)
    return sink.getvalue()


_ORDER_ENTITY = b"Content-Type: application/edi-x12\r\n\r\n" + ORDER
_CMS_FIELDS = b"Content-Type: application/pkcs7-mime\r\n\r\n"
WITHOUT_PROOF: dict[str, Callable[[], bytes]] = {
    **{name: partial(change, _signed_entity()) for name, change in UNPROVEN.items() if name != "signed"},
    "compressed": lambda: _CMS_FIELDS + _packed(_ORDER_ENTITY),
    "compressed twice": lambda: _CMS_FIELDS + _packed(_CMS_FIELDS + _packed(_ORDER_ENTITY)),
    "compressed, cut off": lambda: _CMS_FIELDS + _packed(_ORDER_ENTITY)[:-9],
    "compressed, grown": lambda: _CMS_FIELDS + _packed(_ORDER_ENTITY + bytes(1 << 21)),
    "compressed, signature changed": lambda: _CMS_FIELDS + _packed(UNPROVEN["digest"](_signed_entity())),
    "certificates": lambda: _CMS_FIELDS + write_bundle([own(BUYER).certificate]),
    "encrypted again": lambda: _CMS_FIELDS + _encrypted(_signed_entity()).body,
    "signed inside by another": lambda: _CMS_FIELDS + _opaque(_ORDER_ENTITY, own("MALLORY")),
    "signed inside, changed": lambda: _CMS_FIELDS + _opaque(_ORDER_ENTITY, own(BUYER)).replace(b"IEA*1", b"IEA*2"),
    "signed inside, and more": lambda: _CMS_FIELDS + _opaque(_ORDER_ENTITY, own(BUYER)) + b"garbage",
    "too many parts": lambda: b"Content-Type: multipart/signed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 300,
    "an unknown encoding": lambda: b"Content-Transfer-Encoding: x\r\n" + _ORDER_ENTITY,
    "a file of a strange name": lambda: b'Content-Disposition: attachment; filename="/"\r\n' + _ORDER_ENTITY,
    "a request for certificates": lambda: b"Content-Type: application/ediint-cert-exchange+xml\r\n\r\n<x/>",
    "nothing": lambda: b"\r\n" * 20,
}


@pytest.mark.parametrize("found", WITHOUT_PROOF)
def test_what_nobody_signed_answers_alike_whatever_it_is_and_however_it_is_padded(found: str) -> None:
    """Else whoever recorded a message reads it, by posting it again and again with other bits changed: a padding oracle."""
    message = _encrypted(WITHOUT_PROOF[found]())
    right, wrong = _refused(message), _refused(_with_wrong_padding(message))
    assert right.disposition == wrong.disposition == refused(Reason.DECRYPTION_FAILED)
    assert right.text == wrong.text
    assert right.mdn is not None
    assert wrong.mdn is not None
    assert (right.mdn.headers, right.mdn.body[:300]) == (wrong.mdn.headers, wrong.mdn.body[:300])


@pytest.mark.parametrize("sending", [Sending(sign=False), GCM])
def test_what_was_wrong_after_decryption_is_told_to_the_operator(sending: Sending) -> None:
    """A partner who by mistake sends less than was agreed can be helped, though it is not told."""
    agreed = replace(SUPPLIERS, partner_signing=(Pinned(own("SOMEBODY").certificate),))
    found = _refused(posted(sent(sending)), agreed)
    assert ("is not signed, and the profile demands it" if not sending.sign else "buyer") in found.why


def test_a_message_that_need_not_be_signed_is_taken_or_could_not_be_decrypted() -> None:
    agreed = accepting(Sending(sign=False))
    whole = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nISA\r\n--b--'
    assert isinstance(received(_encrypted(whole), agreed), Received)
    for malformed in (whole[:-2], _CMS_FIELDS + b"0", b"Content-Transfer-Encoding: base64\r\n\r\n=a"):
        assert _refused(_encrypted(malformed), agreed).disposition.reason is Reason.DECRYPTION_FAILED
    assert _refused(_with_wrong_padding(_encrypted(whole)), agreed).disposition.reason is Reason.DECRYPTION_FAILED


def test_who_signed_is_told_what_is_wrong_with_what_was_signed() -> None:
    """Nobody else can have made it."""
    content = b"Content-Transfer-Encoding: base64\r\n\r\n=a"
    message = _signed_text(content)
    entity = f"Content-Type: {message.headers.get('Content-Type')}\r\n\r\n".encode() + message.body
    assert _refused(_encrypted(entity)).disposition.reason is Reason.UNEXPECTED_PROCESSING_ERROR


@pytest.mark.parametrize(
    ("sending", "reason"),
    [
        (SIGNED, Reason.UNEXPECTED_PROCESSING_ERROR),
        (Sending(cipher=Cipher.AES_256_GCM), Reason.UNEXPECTED_PROCESSING_ERROR),
        (Sending(cipher=Cipher.AES_256_CBC), Reason.DECRYPTION_FAILED),
    ],
)
def test_what_no_reader_foresaw_is_answered_like_every_other_fault(
    sending: Sending, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after decryption with a cipher that does not notice changes."""

    def fail(*_: object) -> None:
        raise IndexError("beyond all that was thought of")

    message = posted(sent(sending))
    monkeypatch.setattr(opening, "verified_parts", fail)
    found = _refused(message, accepting(sending))
    assert found.disposition.reason is reason
    assert "nobody foresaw: IndexError (test_receive.py, line " in found.why
    monkeypatch.setattr(opening, "read_payloads", fail)
    assert _refused(posted(sent(PLAIN)), OPEN).disposition.reason is Reason.UNEXPECTED_PROCESSING_ERROR


@pytest.mark.parametrize("lacking", [OSError, MemoryError])
def test_what_this_machine_lacks_is_no_fault_of_the_message(
    lacking: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise lacking

    monkeypatch.setattr(opening, "verified_parts", fail)
    with pytest.raises(lacking):
        received(posted(sent()))


def test_what_is_appended_to_a_ciphertext_does_not_tell_of_its_padding() -> None:
    inside = posted(sent(SIGNED))
    content = b"Content-Type: " + (inside.headers.get("Content-Type") or "").encode() + b"\r\n\r\n" + inside.body
    for tail in (b"", b"\r\n\r\n", b"\0\0"):
        assert isinstance(received(_encrypted(content + tail)), Received)
    found = _refused(_encrypted(content + b"garbage of a block"))
    assert found.disposition.reason is Reason.DECRYPTION_FAILED


def _encrypted(content: bytes, cipher: Cipher = Cipher.AES_256_CBC) -> Posted:
    sink = io.BytesIO()
    encrypt(io.BytesIO(content), sink, (own(SUPPLIER).certificate,), cipher=cipher)
    message = posted(sent())
    return Posted(message.headers, sink.getvalue())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ISA*00*          *00*", Reason.DECRYPTION_FAILED),
        (b"\xff\x00\x12: \r\n\r\n", Reason.DECRYPTION_FAILED),
        (b"X-Other: 1\r\n\r\nbody", Reason.DECRYPTION_FAILED),
        (b"Content-Type: mu\x8a\x91tipart\r\n\r\nbody", Reason.DECRYPTION_FAILED),
        (b"Content-Type: multipart/signed; boundary=b\r\n\r\nbody", Reason.DECRYPTION_FAILED),
    ],
)
def test_what_is_found_after_decryption(content: bytes, reason: Reason) -> None:
    assert _refused(_encrypted(content)).disposition.reason is reason


def test_an_algorithm_that_nobody_may_use_is_answered_as_any_fault_after_decryption_in_words_that_help() -> None:
    message = posted(sent(Sending(encrypt=False), quirks=replace(STANDARD, binary_signature=True)))
    fields = f"Content-Type: {message.headers.get('Content-Type')}\r\n\r\n".encode()
    sha256 = bytes.fromhex("0609608648016503040201")
    assert sha256 in message.body
    found = _refused(_encrypted(fields + message.body.replace(sha256, sha256[:-1] + b"\x7f")))
    changed = _refused(_encrypted(fields + message.body.replace(b"ISA", b"ISB")))
    assert found.disposition == changed.disposition == refused(Reason.DECRYPTION_FAILED)
    assert found.text == changed.text
    assert "MD5 is not" in found.text


def test_changed_content_under_a_signature() -> None:
    message = posted(sent(SIGNED))
    found = _refused(Posted(message.headers, message.body.replace(b"IEA*1", b"IEA*2")), accepting(SIGNED))
    assert found.disposition.reason is Reason.INTEGRITY_CHECK_FAILED


@pytest.mark.parametrize("position", ["first", "last"])
def test_a_part_beside_the_one_that_was_signed(position: str) -> None:
    message = posted(sent(SIGNED))
    boundary = b"--=_buyer_1\r\n"
    other = boundary + b"Content-Type: application/edi-x12\r\n\r\nISA forged\r\n"
    body = (
        other + message.body
        if position == "first"
        else message.body.replace(b"--=_buyer_1--", other + b"--=_buyer_1--")
    )
    found = _refused(Posted(message.headers, body), accepting(SIGNED))
    assert found.disposition.reason in {Reason.UNEXPECTED_PROCESSING_ERROR, Reason.INTEGRITY_CHECK_FAILED}


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "binary"])
def test_a_signature_that_is_too_large_is_not_decoded(encoding: str) -> None:
    """Nobody has proven yet who sent it."""
    fields = f"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    signature = b"A" * (signed.LARGEST_SIGNATURE * GROWTH + 1)
    body = b"--b\r\n\r\nsigned\r\n--b\r\n" + fields + signature + b"\r\n--b--"
    workspace = MemoryWorkspace()
    message = _typed("multipart/signed; boundary=b", body)
    found = receive(
        message.headers, io.BytesIO(body), accepting(SIGNED), now=NOW, fresh=Counted("supplier"), workspace=workspace
    )
    assert isinstance(found, Rejected)
    assert "may have 1048576 bytes" in found.why
    assert workspace.files == []


def _typed(value: str, body: bytes) -> Posted:
    message = posted(sent(SIGNED))
    return Posted(with_field("Content-Type", value)(message).headers, body)


def test_what_the_operator_is_told_is_short_whatever_the_reason() -> None:
    why = "A" * 100_000
    fields = posted(sent()).headers
    refusal = reject(fields, SUPPLIERS, Reason.AUTHENTICATION_FAILED, why, now=NOW, fresh=Counted("supplier"))
    strange = reject_stranger(fields, Reason.AUTHENTICATION_FAILED, why, now=NOW, fresh=Counted("supplier"))
    assert {len(refusal.why), len(strange.why)} <= set(range(LONGEST_WHY, LONGEST_WHY + 50))


# How far it grows


def _compressed(content: bytes) -> Posted:
    sink = io.BytesIO()
    compress(io.BytesIO(content), sink)
    return Posted(posted(sent(replace(PLAIN, compression=Compression.AFTER_SIGNING))).headers, sink.getvalue())


def test_compressed_content_may_grow_so_far() -> None:
    bomb = _compressed(b"Content-Type: text/plain\r\n\r\n" + bytes(1 << 20))
    for limits in (Limits(decompressed_bytes=1 << 19), Limits(ratio=10)):
        found = _refused(bomb, replace(OPEN, limits=limits))
        assert found.disposition.reason is Reason.DECOMPRESSION_FAILED
    assert (
        len(
            _taken(bomb, replace(OPEN, limits=Limits(ratio=100_000, unproven_ratio=100_000))).payloads[0].content.read()
        )
        == 1 << 20
    )


def test_what_nobody_has_proven_may_grow_less_than_what_was_signed() -> None:
    repeated = b"PO1*1*48*EA*9.25**VN*4711~\r\n" * 80_000
    file = ((repeated, "application/edi-x12", "po.edi"),)
    signed_first = replace(SIGNED, compression=Compression.BEFORE_SIGNING)
    assert _taken(posted(sent(signed_first, attachments=file)), accepting(signed_first)).compressed
    for sending in (
        replace(SIGNED, compression=Compression.AFTER_SIGNING),
        replace(PLAIN, compression=Compression.AFTER_SIGNING),
    ):
        found = _refused(posted(sent(sending, attachments=file)), accepting(sending))
        assert found.disposition.reason is Reason.DECOMPRESSION_FAILED
        assert "more than 100 times" in found.why


def test_what_is_compressed_is_not_compressed_again() -> None:
    inner = _compressed(b"Content-Type: text/plain\r\n\r\nx")
    nested = _compressed(b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n" + inner.body)
    assert _refused(nested, OPEN).disposition.reason is Reason.DECOMPRESSION_FAILED


def test_what_is_encrypted_is_not_encrypted_again() -> None:
    inner = _encrypted(b"Content-Type: text/plain\r\n\r\nx", Cipher.AES_256_GCM)
    fields = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n"
    nested = _encrypted(fields + inner.body, Cipher.AES_256_GCM)
    assert _refused(nested, OPEN).disposition.reason is Reason.UNSUPPORTED_FORMAT


# The MDN asked for


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5",
            Reason.UNSUPPORTED_MIC_ALGORITHMS,
        ),
        (
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, sha1",
            Reason.UNSUPPORTED_MIC_ALGORITHMS,
        ),
        (
            "signed-receipt-protocol=required, pgp-signature; signed-receipt-micalg=required, sha1",
            Reason.UNSUPPORTED_FORMAT,
        ),
        ("signed-receipt-protocol=optional, pgp-signature", None),
        ("signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, md5", None),
        ("signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, md5, SHA256", None),
        ("signed-receipt-protocol=optional,pkcs7-signature;signed-receipt-micalg=optional,sha-512", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_mdns_that_can_be_given_and_those_that_cannot(options: str, reason: Reason | None) -> None:
    found = received(with_field("Disposition-Notification-Options", options)(posted(sent())))
    assert found.disposition.reason is reason
    assert found.disposition.failed == (reason is not None)
    assert found.mdn is not None


def test_no_mdn_where_none_is_asked_for() -> None:
    assert received(with_field("Disposition-Notification-To", None)(posted(sent()))).mdn is None
    assert _refused(with_field("Disposition-Notification-To", None)(posted(sent(PLAIN)))).mdn is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (URL, True),
        ("https://AS2.buyer.example/mdn", True),
        ("https://as2.buyer.example:8443/mdn", True),
        ("", True),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://localhost:8080/", False),
        ("file:///etc/passwd", False),
        ("https://as2.buyer.example@evil.example/", False),
        ("https://user:word@as2.buyer.example/", False),
        ("https://as2.buyer.example.evil.example/", False),
        ("ftp://as2.buyer.example/", False),
        ("mailto:edi@as2.buyer.example", False),
        ("https://[broken", False),
        ("HTTPS://as2.buyer.example#@evil.example/", False),
        ("https://as2.buyer.example/mdn#x", False),
        ("https://as2.buyer.example/\u00fc", False),
        ("https://as2.buyer.example:443x/", False),
        ("https://as2.buyer.example/" + "x" * 2048, False),
        ("https://as2.buyer.example:99999/", False),
        ("nonsense", False),
    ],
)
def test_an_mdn_goes_only_where_the_profile_allows(url: str, allowed: bool) -> None:
    got = _taken(with_field("Receipt-Delivery-Option", url)(posted(sent())))
    assert got.mdn is not None
    assert got.mdn.asynchronous_url == (url if allowed and url else None)
    assert bool(got.notes) == (not allowed)


# The MIC


@pytest.mark.parametrize(
    ("sending", "over"),
    [
        (PLAIN, ORDER),
        (
            Sending(sign=False),
            b"Content-Type: application/edi-x12\r\nContent-Transfer-Encoding: binary\r\n"
            b"Content-Disposition: attachment; filename=po.edi\r\n\r\n" + ORDER,
        ),
    ],
)
def test_what_the_mic_is_over(sending: Sending, over: bytes) -> None:
    for compression in (Compression.NONE, Compression.AFTER_SIGNING) if sending.encrypt else (Compression.NONE,):
        outbound = sent(replace(sending, compression=compression))
        assert outbound.mic == mic_of(span_of(over), Digest.SHA256)


def test_the_mic_of_what_is_compressed_alone_is_over_the_fields_too() -> None:
    plain, compressed = sent(PLAIN), sent(replace(PLAIN, compression=Compression.BEFORE_SIGNING))
    assert compressed.mic == sent(Sending(sign=False)).mic != plain.mic


@pytest.mark.parametrize(
    ("asked", "quirk", "by"),
    [
        ("sha-512", False, Digest.SHA256),
        ("sha-512", True, Digest.SHA512),
        ("md5", True, Digest.SHA256),
        ("SHA2_256", True, Digest.SHA256),
    ],
)
def test_the_algorithm_of_the_mic(asked: str, quirk: bool, by: Digest) -> None:
    options = f"signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {asked}"
    agreed = replace(SUPPLIERS, quirks=replace(SUPPLIERS.quirks, mic_by_requested_algorithm=quirk))
    got = _taken(with_field("Disposition-Notification-Options", options)(posted(sent())), agreed)
    assert got.mic.digest is by
    assert got.mdn is not None
    written = asked if Digest.spelled(asked) is by else "sha-256"
    assert f", {written}\r\n".encode() in got.mdn.body


# As products write it


def test_the_names_of_files_are_made_safe() -> None:
    files = ((ORDER, "application/edi-x12", "../../etc/passwd"), (ORDER, "application/edi-x12", "C:\\in\\po.edi"))
    got = _taken(posted(sent(attachments=files)))
    assert [(each.filename, each.sender_filename) for each in got.payloads] == [
        ("passwd", "../../etc/passwd"),
        ("po.edi", "C:\\in\\po.edi"),
    ]


def _retyped(value: str) -> Change:
    return with_field("Content-Type", value)


def _in_base64(message: Posted) -> Posted:
    return Posted(with_field("Content-Transfer-Encoding", "base64")(message).headers, base64.encodebytes(message.body))


def _with_line_feeds_only(message: Posted) -> Posted:
    return Posted(message.headers, message.body.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    ("sending", "change"),
    [
        (Sending(), _retyped("application/x-pkcs7-mime; smime-type=enveloped-data")),
        (Sending(), _retyped("application/pkcs7-mime")),
        (Sending(), _retyped('Application/PKCS7-MIME; name="smime.p7m"; smime-type=signed-data')),
        (Sending(), _in_base64),
        (Sending(), lambda message: with_field("Content-Transfer-Encoding", "base64")(message)),
        (Sending(), lambda message: with_field("Content-Transfer-Encoding", None)(_in_base64(message))),
        (replace(PLAIN, compression=Compression.AFTER_SIGNING), _retyped("application/x-pkcs7-mime")),
    ],
)
def test_what_the_bytes_are_counts_and_not_what_fields_say(sending: Sending, change: Change) -> None:
    assert _taken(change(posted(sent(sending))), accepting(sending)).payloads[0].content.read() == ORDER


def test_binary_content_is_never_mended() -> None:
    assert isinstance(received(_with_line_feeds_only(posted(sent(SIGNED))), accepting(SIGNED)), Rejected)


@pytest.mark.parametrize("chunk", [1, 2, 3, 50, 1 << 18])
def test_transcript_of_a_message_whose_text_lost_its_carriage_returns(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "CHUNK", chunk)
    message = _signed_text(b"Content-Type: application/edi-x12\r\n\r\n" + ORDER)
    got = _taken(_with_line_feeds_only(message), accepting(SIGNED))
    assert got.payloads[0].content.read() == ORDER
    assert got.mic == mic_of(span_of(b"Content-Type: application/edi-x12\r\n\r\n" + ORDER), Digest.SHA256)


def _signed_text(content: bytes) -> Posted:
    """A message whose content is signed as it is given."""
    signature = sign(io.BytesIO(content), own(BUYER))
    body = (
        b"--b\r\n" + content + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(signature) + b"--b--\r\n"
    )
    message = posted(sent(SIGNED))
    return Posted(
        _retyped('multipart/signed; protocol="application/pkcs7-signature"; boundary=b')(message).headers, body
    )


@pytest.mark.parametrize(
    ("content", "payload", "content_type"),
    [
        (b"\r\nISA", b"ISA", "application/octet-stream"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nSVNB\r\n", b"ISA", "application/octet-stream"),
        (b"Content-Type: text/plain;\r\n\tcharset=utf-8\r\n\r\nISA", b"ISA", "text/plain; charset=utf-8"),
        (b"content-type: application/EDI-X12\n\nISA", b"ISA", "application/EDI-X12"),
    ],
)
def test_transcript_of_content_as_products_write_it(content: bytes, payload: bytes, content_type: str) -> None:
    got = _taken(_signed_text(content), accepting(SIGNED))
    assert [(each.content.read(), each.content_type) for each in got.payloads] == [(payload, content_type)]
    assert got.mic == mic_of(span_of(content), Digest.SHA256)


def test_attachments_without_a_content_type() -> None:
    content = (
        b'Content-Type: multipart/mixed;\r\n\tboundary="----=_Part_1"\r\n\r\n'
        b"------=_Part_1\r\n\r\nISA\r\n------=_Part_1\r\n\r\n\r\n------=_Part_1--\r\n"
    )
    got = _taken(_signed_text(content), accepting(SIGNED))
    assert [each.content.read() for each in got.payloads] == [b"ISA", b""]


# Whatever the bytes

_FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "AS2-From",
                "AS2-To",
                "Message-ID",
                "Content-Type",
                "Content-Transfer-Encoding",
                "Disposition-Notification-To",
                "Disposition-Notification-Options",
                "Receipt-Delivery-Option",
            ]
        ),
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(
                [
                    BUYER,
                    SUPPLIER,
                    "<1@x>",
                    "multipart/signed; boundary=b",
                    "multipart/mixed; boundary=b",
                    "application/pkcs7-mime",
                    "base64",
                    "quoted-printable",
                    URL,
                ]
            ),
        ),
    ),
    max_size=12,
)


@settings(max_examples=200)
@given(
    _FIELDS,
    st.one_of(st.binary(max_size=200), st.sampled_from([b"--b\r\n\r\n--b\r\n\r\n--b--", b"MII=", b"0\x80\x06\x01"])),
)
def test_any_fields_and_bytes_are_taken_or_refused(pairs: list[tuple[str, str]], body: bytes) -> None:
    whole = [("AS2-From", BUYER), ("AS2-To", SUPPLIER), ("Message-ID", "<1@x>")]
    for found in (Headers(tuple(pairs)), Headers((*whole, *(pair for pair in pairs if pair[0] not in dict(whole))))):
        got = received(Posted(found, body), OPEN)
        assert isinstance(got, Received) or UNFORESEEN not in got.why


WRAPPED = [Sending(), Sending(compression=Compression.AFTER_SIGNING), SIGNED, Sending(cipher=Cipher.AES_128_GCM)]
_CHANGES = st.lists(st.tuples(st.integers(min_value=0), st.integers(1, 255)), min_size=1, max_size=4)


@settings(max_examples=150)
@given(st.sampled_from([(posted(sent(sending)), accepting(sending)) for sending in WRAPPED]), _CHANGES, st.booleans())
def test_a_changed_message_is_refused_or_has_the_content_that_was_signed(
    case: tuple[Posted, Terms], changes: list[tuple[int, int]], cut: bool
) -> None:
    message, agreed = case
    body = bytearray(message.body)
    for at, change in changes:
        body[at % len(body)] ^= change
    found = received(Posted(message.headers, bytes(body[: changes[0][0] % len(body)] if cut else body)), agreed)
    if isinstance(found, Received):
        assert [each.content.read() for each in found.payloads] == [ORDER]
    else:
        assert UNFORESEEN not in found.why


class _ByteByByte(io.BytesIO):
    """A file that gives one byte at a time, as it may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(0 if size == 0 else 1)


@pytest.mark.parametrize("sending", [*(Sending(compression=each) for each in Compression), SIGNED, PLAIN])
def test_a_message_is_the_same_whole_and_byte_by_byte(sending: Sending) -> None:
    outbound = sent(sending)
    got = receive(
        outbound.headers,
        _ByteByByte(outbound.body.read()),
        accepting(sending),
        now=NOW,
        fresh=Counted("supplier"),
        workspace=MemoryWorkspace(),
    )
    assert isinstance(got, Received), got
    assert [each.content.read() for each in got.payloads] == [ORDER]
    assert got.mic.equals(outbound.mic)


def test_a_message_of_ours_is_no_message_to_us() -> None:
    assert _refused(posted(sent()), BUYERS).disposition.reason is Reason.UNKNOWN_TRADING_PARTNER
