"""Content-Transfer-Encoding undone, a chunk at a time (RFC 2045, section 6)."""

import binascii
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from .entity import Entity
from .malformed import Malformed
from .span import CHUNK, Span, whole
from .workspace import Workspace

_BLANKS = b" \t\r\n"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_SNIFFED = 64
"""Bytes by which an encoded object of CMS is told from a binary one."""
_IDENTITY = {"", "7bit", "8bit", "binary"}
GROWTH = 4
"""How many times as many bytes a body may have as it decodes to: quoted-printable makes three of one, and breaks lines."""
_SEQUENCE = 3
"""Bytes of what quoted-printable writes for one, or for a break of a line that was none."""


def decoded(entity: Entity, workspace: Workspace) -> Span:
    """The body as it was before it was encoded for transfer. Raises :class:`.malformed.Malformed` where it cannot be."""
    encoding = _encoding(entity)
    return entity.body if encoding in _IDENTITY else _written(_pieces(entity.body, encoding), entity, workspace)


def decoded_start(entity: Entity, size: int) -> bytes:
    """The first ``size`` bytes of what :func:`decoded` gives; no more of the body is looked at than it takes. Raises as that does."""
    encoding = _encoding(entity)
    if encoding in _IDENTITY:
        return entity.body.read(size=size)
    enough = 1 + size * GROWTH // CHUNK
    return b"".join(islice(_pieces(entity.body, encoding), enough))[:size]


def decoded_cms(entity: Entity, workspace: Workspace, *, most: int | None = None) -> Span:
    """The body of a part that holds an object of CMS. Whether it is binary or base64 is seen by the bytes: fields of products are wrong.

    Raises :class:`.malformed.Malformed` as :func:`decoded` does, and where it has more than ``most`` bytes, before it is decoded if that
    can be seen.
    """
    if most is not None and entity.body.size > most * GROWTH:
        raise Malformed(f"A part that may have {most} bytes has {entity.body.size}, encoded.")
    found = _cms(entity, workspace)
    if most is not None and found.size > most:
        raise Malformed(f"A part that may have {most} bytes has {found.size}.")
    return found


def _cms(entity: Entity, workspace: Workspace) -> Span:
    start = entity.body.read(size=_SNIFFED)
    if is_base64_cms(start):
        return _written(_from_base64(entity.body), entity, workspace)
    if start[:1] == b"0" or _encoding(entity) in {*_IDENTITY, "base64"}:
        return entity.body
    return decoded(entity, workspace)


def is_base64_cms(start: bytes) -> bool:
    """Whether these first bytes are a SEQUENCE of DER or BER in base64: it begins with an M, binary with a zero, 0x30."""
    text = start.translate(None, _BLANKS)
    return text[:1] == b"M" and _BASE64.fullmatch(text) is not None


def _encoding(entity: Entity) -> str:
    return (entity.headers.get("content-transfer-encoding") or "").lower()


def _written(pieces: Iterable[bytes], entity: Entity, workspace: Workspace) -> Span:
    sink = workspace.file(most=entity.body.size)
    for piece in pieces:
        sink.write(piece)
    return whole(sink)


def _pieces(body: Span, encoding: str) -> Iterator[bytes]:
    """What a body decodes to, a piece for each chunk of it."""
    if encoding == "base64":
        return _from_base64(body)
    if encoding == "quoted-printable":
        return _from_quoted_printable(body)
    raise Malformed(f"The Content-Transfer-Encoding {encoding[:40]!r} is not known.")


def _from_base64(body: Span) -> Iterator[bytes]:
    carry = b""
    for chunk in body.chunks():
        text = carry + chunk.translate(None, _BLANKS)
        usable = len(text) - len(text) % 4
        carry = text[usable:]
        yield _plain(text[:usable])
    if carry:
        # Some products leave the padding out.
        yield _plain(carry + b"=" * (4 - len(carry)))


def _plain(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True) if text else b""
    except binascii.Error:
        raise Malformed("A part that is said to be base64 is not.") from None


def _from_quoted_printable(body: Span) -> Iterator[bytes]:
    carry = b""
    for chunk in body.chunks():
        text = carry + chunk
        # No more than the beginning of a sequence waits for what follows: lines may be of any length, or there may be none.
        begun = text.find(b"=", max(0, len(text) - _SEQUENCE + 1))
        usable = len(text) if begun < 0 else begun
        carry = text[usable:]
        yield binascii.a2b_qp(text[:usable])
    yield binascii.a2b_qp(carry)
