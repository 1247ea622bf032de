"""Walking through DER, one value after the other: strict in tags and lengths, for structures whose parts are needed as they came."""

from typing import NamedTuple

from .header import INDEFINITE, header_at
from .malformed import Malformed, Truncated
from .tags import INTEGER


class Element(NamedTuple):
    """One value: its tag, its content, and all of it with its header as it came."""

    tag: int
    content: bytes
    encoded: bytes

    def inside(self) -> "Reader":
        """The values that this one consists of."""
        return Reader(self.content)

    def number(self) -> int:
        """What an INTEGER says. Raises Malformed."""
        if self.tag != INTEGER or not self.content:
            raise Malformed("no integer", 0)
        return int.from_bytes(self.content, signed=True)


class Reader:
    """A cursor over values of definite length. Every method raises Malformed where the data is not as asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def tag(self) -> int | None:
        """The tag of the next value; None at the end."""
        return self._data[self._at] if self._at < len(self._data) else None

    def take(self, *tags: int) -> Element:
        """The next value, whose tag must be one of ``tags``; any tag where none is given."""
        data, at, end = self._data, self._at, len(self._data)
        tag, length, start = header_at(data, at, end)
        if tags and tag not in tags:
            raise Malformed(f"tag 0x{tag:02x} where {either(tags)} belongs", at)
        if length == INDEFINITE:
            raise Malformed("indefinite length in DER", at)
        self._at = start + length
        if self._at > end:
            raise Truncated("the data ends within a value", at)
        return Element(tag, data[start : self._at], data[at : self._at])

    def take_if(self, tag: int) -> Element | None:
        """The next value when it has this tag."""
        return self.take(tag) if self.tag == tag else None

    def all(self, *tags: int) -> list[Element]:
        """All that is left, each with one of ``tags``."""
        elements = []
        while self._at < len(self._data):
            elements.append(self.take(*tags))
        return elements

    def finish(self) -> None:
        """Nothing may follow."""
        if self._at < len(self._data):
            raise Malformed("more than belongs here", self._at)


def whole(data: bytes, tag: int) -> Element:
    """The one value that ``data`` is. Raises Malformed."""
    reader = Reader(data)
    element = reader.take(tag)
    reader.finish()
    return element


def either(tags: tuple[int, ...]) -> str:
    """Tags in words, for a message."""
    return " or ".join(f"0x{tag:02x}" for tag in tags)
