"""BER to DER in one pass over bytes at hand: definite, minimal lengths, and OCTET STRINGs in one piece.

What DER demands beyond that (order in SETs, values of BOOLEANs) is left as it came, because signatures cover it. Work grows with
the number of bytes only: the size of each value is known when it ends, and the parts are joined once.
"""

from dataclasses import dataclass

from . import der
from .header import END_OF_CONTENTS, INDEFINITE, header_at
from .malformed import Malformed, Truncated
from .tags import CONSTRUCTED, CONSTRUCTED_OCTET_STRING, HIGH_TAG_NUMBER, OCTET_STRING

MAX_DEPTH = 32
"""Values within values; a certificate is about ten deep."""


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
    return _Pass(data, end).run(at) if stop is None else (data[at:stop], stop)


def _end_of_der(data: bytes, at: int, end: int) -> int | None:
    """Where the value at ``at`` ends, if nothing about it needs to be changed; None where it does, or something is wrong with it.

    Most products send DER. Only this sees that without taking it apart and putting it together again.
    """
    ends = [end]
    while True:
        if end - at < 2 or len(ends) > MAX_DEPTH:
            return None
        tag, length = data[at], data[at + 1]
        start = at + 2
        if length >= 0x80:
            octets = length & 0x7F
            start += octets
            length = int.from_bytes(data[at + 2 : start])
            # Indefinite, too long, or in more octets than it takes.
            if not 1 <= octets <= 4 or start > end or length < 0x80 or length >> (8 * (octets - 1)) == 0:
                return None
        stop = start + length
        if stop > ends[-1] or tag in _NEVER_AS_IT_IS or tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER:
            return None
        at = start if tag & CONSTRUCTED else stop
        if tag & CONSTRUCTED:
            ends.append(stop)
        while len(ends) > 1 and ends[-1] == at:
            ends.pop()
        if len(ends) == 1:
            return at


_NEVER_AS_IT_IS = {0, CONSTRUCTED_OCTET_STRING}


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
