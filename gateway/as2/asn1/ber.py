"""BER to DER in one pass over bytes at hand: definite, minimal lengths, and OCTET STRINGs in one piece.

What DER demands beyond that (order in SETs, values of BOOLEANs) is left as it came, because signatures cover it. Work grows with
the number of bytes only: the size of each value is known when it ends, and the parts are joined once.
"""

from dataclasses import dataclass

from . import der
from .header import END_OF_CONTENTS, INDEFINITE, header_at
from .malformed import Malformed, Truncated
from .tags import CONSTRUCTED, CONSTRUCTED_OCTET_STRING, OCTET_STRING

MAX_DEPTH = 32
"""Values within values; a certificate is about ten deep."""


_SHORT = 0x80
"""From this length on a header has more than two bytes."""

_TO_BE_CHANGED = (0, CONSTRUCTED_OCTET_STRING)
"""Strings in pieces; and end-of-contents, which is never right where lengths are definite."""


@dataclass(slots=True)
class _Open:
    """A constructed value that has not ended: where it must end (None when it is of indefinite length), and its place in the parts."""

    tag: int
    end: int | None
    place: int
    size: int = 0


def to_der(data: bytes, at: int = 0, end: int | None = None) -> tuple[bytes, int]:
    """The value that begins at ``at``, in DER, and the offset after it; nothing from ``end`` on belongs to it.

    Raises Truncated when it does not end before ``end``, Malformed when it is not BER or deeper than :data:`MAX_DEPTH`.
    """
    end = len(data) if end is None else end
    stop = _end_of_der(data, at, end)
    if stop is not None:
        return data[at:stop], stop
    return _Pass(data, end).run(at)


def _end_of_der(data: bytes, at: int, end: int) -> int | None:
    """Where the value at ``at`` ends when nothing in it needs to be changed, which is so for most products; None when it may."""
    ends: list[int] = []
    within = end
    while True:
        tag, length, start = header_at(data, at, end)
        stop = start + length
        # A short length, as most are, is minimal by itself.
        minimal = (0 <= length < _SHORT and start - at == 2) or start - at == _header_size(length)
        if length == INDEFINITE or not minimal or tag in _TO_BE_CHANGED or stop > within:
            return None
        if tag & CONSTRUCTED:
            if len(ends) >= MAX_DEPTH:
                return None
            ends.append(stop)
            at, within = start, stop
        else:
            at = stop
        while ends and at == ends[-1]:
            ends.pop()
        if not ends:
            return at
        within = ends[-1]


def _header_size(length: int) -> int:
    return 2 if length < _SHORT else 2 + (length.bit_length() + 7) // 8


class _Pass:
    def __init__(self, data: bytes, end: int) -> None:
        self._data = data
        self._end = end
        self._parts: list[bytes] = []
        self._open: list[_Open] = []

    def run(self, at: int) -> tuple[bytes, int]:
        at = self._value(at)
        while self._open:
            innermost = self._open[-1]
            if innermost.end is None and self._data.startswith(END_OF_CONTENTS, at, self._end):
                at += 2
                self._close()
            elif at == innermost.end:
                self._close()
            else:
                at = self._value(at)
        return b"".join(self._parts), at

    def _value(self, at: int) -> int:
        """Take the header at ``at``, and the content too of a primitive value; where to go on."""
        tag, length, start = header_at(self._data, at, self._end)
        within = self._open[-1] if self._open else None
        stop = None if length == INDEFINITE else start + length
        if stop is not None and stop > self._end:
            raise Truncated("the data ends within a value", at)
        if stop is not None and within and within.end is not None and stop > within.end:
            raise Malformed("a value that is longer than the one around it", at)
        in_string = within is not None and within.tag == CONSTRUCTED_OCTET_STRING
        if in_string and tag & ~CONSTRUCTED != OCTET_STRING:
            raise Malformed("something else among the pieces of an OCTET STRING", at)
        if tag & CONSTRUCTED:
            self._begin(tag, stop, at)
            return start
        assert stop is not None
        self._primitive(tag, start, stop, in_string)
        return stop

    def _primitive(self, tag: int, start: int, stop: int, in_string: bool) -> None:
        if tag == 0:
            raise Malformed("end-of-contents where nothing of indefinite length is open", start - 2)
        content = self._data[start:stop]
        part = content if in_string else der.header(tag, stop - start) + content
        self._parts.append(part)
        if self._open:
            self._open[-1].size += len(part)

    def _begin(self, tag: int, stop: int | None, at: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Malformed(f"values more than {MAX_DEPTH} deep in each other", at)
        self._open.append(_Open(tag, stop, len(self._parts)))
        self._parts.append(b"")

    def _close(self) -> None:
        """The innermost open value has ended: its header can be written, unless it is a piece of an OCTET STRING."""
        ended = self._open.pop()
        around = self._open[-1] if self._open else None
        if not (around and around.tag == CONSTRUCTED_OCTET_STRING):
            tag = OCTET_STRING if ended.tag == CONSTRUCTED_OCTET_STRING else ended.tag
            self._parts[ended.place] = header = der.header(tag, ended.size)
            ended.size += len(header)
        if around:
            around.size += ended.size
