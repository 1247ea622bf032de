"""A segment as text: its tag and its elements' texts, and where each stood in the file."""

from dataclasses import dataclass

from .dialect import IsaHead
from .lexer import RawSegment

UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""Stands for a byte that is no text."""


@dataclass(frozen=True, slots=True)
class Line:
    """``texts[0]`` is element 01. ``data`` are the bytes, ``offset`` their place in the file.

    ``garbled``: some bytes are no text in the encoding that was agreed; UNREADABLE stands in their place.
    """

    tag: str
    texts: list[str]
    data: bytes
    offset: int
    isa: IsaHead
    garbled: bool = False

    def text(self, position: int) -> str:
        """The element at ``position`` (from 1) without blanks around it; empty when absent."""
        return self.texts[position - 1].strip(" ") if position <= len(self.texts) else ""

    def offset_of(self, position: int | None) -> int:
        """Offset in bytes of an element; that of the segment where it is absent, or where line breaks were taken out."""
        if position is None or position > len(self.texts) or self.isa.wrapped:
            return self.offset
        parts = self.data.split(self.isa.element, position)
        return self.offset + sum(len(part) + len(self.isa.element) for part in parts[:position])


def read_line(raw: RawSegment, isa: IsaHead, encoding: str | None = None) -> Line:
    """Decode and split a segment.

    ``encoding`` is the one agreed. Where none is: UTF-8 where the bytes are valid UTF-8, else ISO 8859-1, which reads anything.
    """
    text = _decoded(raw.data, isa.encoding or encoding or "utf-8")
    if text is None and (isa.encoding or encoding) is None:
        text = raw.data.decode("latin-1")
    garbled = text is None
    if text is None:
        text = raw.data.decode(encoding or "ascii", "replace")
    texts = text.split(isa.element.decode("latin-1"))
    tag = texts.pop(0)
    return Line(tag, texts, raw.data, raw.offset, isa, garbled)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
