"""Messages of ours: their fields, what they need, and that they are never held whole."""

import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

import pytest

from canonical.errors import Misconfigured
from gateway.as2.cms.algorithms import Cipher, Digest
from gateway.as2.message import Attachment, build
from gateway.as2.receive import Received, receive
from gateway.as2.terms import Compression, Limits, Pinned, Receipt, ReceiptMode, Sending, Window

from .exchange import BUYER, BUYERS, NOW, SUPPLIER, SUPPLIERS, URL, Counted, posted, received, sent
from .keys import own

PLAIN = Sending(sign=False, encrypt=False)


def test_the_fields_of_a_message() -> None:
    outbound = sent(Sending(receipt=Receipt(ReceiptMode.ASYNCHRONOUS, url=URL)))
    assert outbound.headers.pairs == (
        ("AS2-Version", "1.2"),
        ("EDIINT-Features", "multiple-attachments, CEM, AS2-Reliability"),
        ("AS2-From", BUYER),
        ("AS2-To", r'"The \"Supplier\""'),
        ("Message-ID", "<po-1@buyer.example>"),
        ("Date", "Thu, 26 Nov 2026 05:00:00 +0000"),
        ("Subject", "EDI interchange"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", "attachment; filename=smime.p7m"),
        ("Disposition-Notification-To", URL),
        (
            "Disposition-Notification-Options",
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256",
        ),
        ("Receipt-Delivery-Option", URL),
    )


@pytest.mark.parametrize(
    ("sending", "content_type"),
    [
        (PLAIN, "application/edi-x12"),
        (
            replace(PLAIN, compression=Compression.AFTER_SIGNING),
            "application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z",
        ),
        (Sending(cipher=Cipher.AES_128_GCM), "application/pkcs7-mime; smime-type=authEnveloped-data; name=smime.p7m"),
    ],
)
def test_its_outermost_type(sending: Sending, content_type: str) -> None:
    assert sent(sending).headers.get("Content-Type") == content_type


def test_what_a_name_may_break_is_kept_in_its_field() -> None:
    message = posted(sent(PLAIN, attachments=((b"", "text/plain", 'a"\r\nX-Other: 1; é.edi'),)))
    assert message.headers.get("X-Other") is None
    assert message.headers.written().count(b"\r\n") == len(message.headers.pairs)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"own_keys": ()}, "no key to sign"),
        ({"partner_encryption": ()}, "to encrypt for is in force"),
        (
            {"partner_encryption": (Pinned(own(SUPPLIER).certificate, Window(begins=NOW + timedelta(days=1))),)},
            "in force",
        ),
        ({"partner_encryption": (Pinned(own("SHORT", 1024).certificate),)}, "1024 bits"),
        ({"sending": Sending(digest=Digest.SHA1)}, "sha1 is not allowed"),
        ({"sending": Sending(cipher=Cipher.TRIPLE_DES_CBC)}, "3des-cbc is not allowed"),
    ],
)
def test_what_is_missing_or_too_weak_is_told_to_the_operator(changed: dict[str, object], why: str) -> None:
    agreed = replace(BUYERS, **changed)  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match=why) as raised:
        sent(agreed=agreed)
    assert SUPPLIER in raised.value.message


def test_it_is_encrypted_for_the_first_certificate_in_force() -> None:
    later = Pinned(own("SUPPLIER 2027").certificate, Window(begins=NOW + timedelta(days=1)))
    agreed = replace(BUYERS, partner_encryption=(later, *BUYERS.partner_encryption))
    assert isinstance(received(sent(agreed=agreed)), Received)


class _Disk:
    """Every file on a disk."""

    def __init__(self, open_files: ExitStack) -> None:
        self._open_files = open_files

    def file(self, *, most: int | None = None) -> BinaryIO:
        return self._open_files.enter_context(tempfile.TemporaryFile())


@pytest.fixture
def disk() -> Iterator[_Disk]:
    with ExitStack() as open_files:
        yield _Disk(open_files)


SIZE = 24 << 20
HELD = 6 << 20
"""Bytes of memory that may be taken for a message four times as large, or of any size."""


@pytest.mark.parametrize("compression", [Compression.NONE, Compression.BEFORE_SIGNING])
def test_a_large_message_is_never_held_whole(disk: _Disk, compression: Compression) -> None:
    content = disk.file()
    line = b"PO1*1*10*EA*2.5**VP*A-100~\r\n" * 1024
    while content.tell() < SIZE:
        content.write(line)
    size = content.tell()
    agreed = replace(BUYERS, sending=Sending(compression=compression))
    tracemalloc.start()
    try:
        outbound = build(
            [Attachment(content, "application/edi-x12", "po.edi")],
            agreed,
            message_id="1@buyer.example",
            now=NOW,
            fresh=Counted("buyer"),
            workspace=disk,
        )
        got = receive(
            outbound.headers,
            outbound.body.file,
            replace(SUPPLIERS, limits=Limits(ratio=100_000, unproven_ratio=100_000)),
            now=NOW,
            fresh=Counted("supplier"),
            workspace=disk,
        )
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(got, Received), got
    assert got.payloads[0].content.size == size
    assert got.mic.equals(outbound.mic)
    assert held < HELD
