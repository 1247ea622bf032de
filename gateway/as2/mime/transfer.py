"""Content-Transfer-Encoding undone, a chunk at a time (RFC 2045, section 6)."""

import binascii
import re
from typing import BinaryIO

from .entity import Entity
from .malformed import Malformed
from .span import Span, whole
from .workspace import Workspace

_BLANKS = b" \t\r\n"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_SNIFFED = 64
"""Bytes by which an encoded object of CMS is told from a binary one."""
_IDENTITY = {"", "7bit", "8bit", "binary"}


def decoded(entity: Entity, workspace: Workspace) -> Span:
    """The body as it was before it was encoded for transfer. Raises :class:`.malformed.Malformed` where it cannot be."""
    encoding = (entity.headers.get("content-transfer-encoding") or "").lower()
    if encoding in _IDENTITY:
        return entity.body
    sink = workspace.file(most=entity.body.size)
    if encoding == "base64":
        _from_base64(entity.body, sink)
    elif encoding == "quoted-printable":
        _from_quoted_printable(entity.body, sink)
    else:
        raise Malformed(f"The Content-Transfer-Encoding {encoding[:40]!r} is not known.")
    return whole(sink)


def decoded_cms(entity: Entity, workspace: Workspace) -> Span:
    """The body of a part that holds an object of CMS. Whether it is binary or base64 is seen by the bytes: fields of products are wrong."""
    start = entity.body.read(size=_SNIFFED)
    if is_base64_cms(start):
        sink = workspace.file(most=entity.body.size)
        _from_base64(entity.body, sink)
        return whole(sink)
    if start[:1] == b"0" or (entity.headers.get("content-transfer-encoding") or "").lower() in {*_IDENTITY, "base64"}:
        return entity.body
    return decoded(entity, workspace)


def is_base64_cms(start: bytes) -> bool:
    """Whether these first bytes are a SEQUENCE of DER or BER in base64: it begins with an M, binary with a zero, 0x30."""
    text = start.translate(None, _BLANKS)
    return text[:1] == b"M" and _BASE64.fullmatch(text) is not None


def _from_base64(body: Span, sink: BinaryIO) -> None:
    carry = b""
    for chunk in body.chunks():
        text = carry + chunk.translate(None, _BLANKS)
        usable = len(text) - len(text) % 4
        carry = text[usable:]
        sink.write(_plain(text[:usable]))
    if carry:
        # Some products leave the padding out.
        sink.write(_plain(carry + b"=" * (4 - len(carry))))


def _plain(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True) if text else b""
    except binascii.Error:
        raise Malformed("A part that is said to be base64 is not.") from None


def _from_quoted_printable(body: Span, sink: BinaryIO) -> None:
    carry = b""
    for chunk in body.chunks():
        text = carry + chunk
        usable = text.rfind(b"\n") + 1
        carry = text[usable:]
        sink.write(binascii.a2b_qp(text[:usable]))
    sink.write(binascii.a2b_qp(carry))
