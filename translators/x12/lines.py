"""A segment as text: its tag and its elements' texts, and where each stood in the file."""

from dataclasses import dataclass

from .dialect import IsaHead
from .lexer import RawSegment


@dataclass(frozen=True, slots=True)
class Line:
    """``texts[0]`` is element 01. ``data`` are the bytes, ``offset`` their place in the file."""

    tag: str
    texts: list[str]
    data: bytes
    offset: int
    isa: IsaHead

    def text(self, position: int) -> str:
        """The element at ``position`` (from 1) without blanks around it; empty when absent."""
        return self.texts[position - 1].strip(" ") if position <= len(self.texts) else ""

    def offset_of(self, position: int | None) -> int:
        """Offset in bytes of an element; that of the segment where it is absent, or where line breaks were taken out."""
        if position is None or position > len(self.texts) or self.isa.wrapped:
            return self.offset
        parts = self.data.split(self.isa.element, position)
        return self.offset + sum(len(part) + len(self.isa.element) for part in parts[:position])


def read_line(raw: RawSegment, isa: IsaHead) -> Line:
    """Decode and split a segment: UTF-8 where its bytes are valid UTF-8, else ISO 8859-1, which reads anything."""
    if isa.encoding is not None:
        text = raw.data.decode(isa.encoding)
    else:
        try:
            text = raw.data.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.data.decode("latin-1")
    texts = text.split(isa.element.decode("latin-1"))
    tag = texts.pop(0)
    return Line(tag, texts, raw.data, raw.offset, isa)
