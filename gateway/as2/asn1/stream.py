"""Reading BER from a file of any size: the outer structure step by step, small values whole, the content in pieces.

The reader of a format says what it expects; what comes otherwise is Malformed. Values nested in an indefinite or definite length
may not leave it. Memory is bounded by :data:`MAX_ELEMENT`, work by the number of bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from .ber import to_der
from .header import END_OF_CONTENTS, INDEFINITE, LONGEST, Header, header_at
from .malformed import Malformed, Truncated
from .reader import either
from .tags import CONSTRUCTED, CONSTRUCTED_OCTET_STRING, OCTET_STRING

PIECE = 64 * 1024
"""Bytes read at a time, and so the largest piece of content."""

MAX_ELEMENT = 256 * 1024
"""Largest value, in bytes, that is taken whole: certificates, recipients, signatures, never content."""

MAX_NESTING = 16
"""Values that may be open at once; CMS opens six, the pieces of a string a few more."""

MAX_STRINGS = 1000
"""Strings in pieces that may be pieces of one string. Products write one at most; each costs more than the bytes that make it."""

_FIRST_WINDOW = 4096
_LONGEST_PIECE_HEADER = 6
"""Bytes of a header as pieces of a string have it; longer ones are BER too, but nobody writes them."""
_SINGLE = bytes((OCTET_STRING, 1, 0))
"""A piece of one byte. After _MANY pieces it is worth looking whether all that follow are such."""
_MANY = 1000
_BLANK = b"\r\n\0 "


class Source(Protocol):
    """Bytes to read. An empty answer is the end."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(slots=True)
class _Open:
    """A value that was entered. Nothing in it may reach beyond ``limit``; one of definite length ends there."""

    indefinite: bool
    limit: int | None


class BerStream:
    """A cursor over the values in ``source``. Every method raises Malformed where the data is not as asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._window = b""
        self._at = 0
        self._before = 0
        self._ended = False
        self._open: list[_Open] = []

    @property
    def offset(self) -> int:
        """How many bytes have been passed."""
        return self._before + self._at

    def tag(self) -> int | None:
        """The tag of the next value; None where the value that was entered last ends."""
        innermost = self._open[-1]
        if innermost.indefinite:
            self._need(2)
            if self._window.startswith(END_OF_CONTENTS, self._at):
                return None
        elif self.offset == innermost.limit:
            return None
        else:
            self._need(1)
        return self._window[self._at]

    def enter(self, tag: int) -> None:
        """Go into the next value, which must have this tag."""
        _, length = self._header(tag)
        self._push(length)

    def leave(self) -> None:
        """Go out of the value that was entered last, which must have ended."""
        if self.tag() is not None:
            raise Malformed("more than belongs here", self.offset)
        if self._open.pop().indefinite:
            self._at += len(END_OF_CONTENTS)

    def element(self, *tags: int) -> bytes:
        """The next value, whole and in DER. Its tag must be one of ``tags``; any where none is given."""
        _, length, start = self._peek(*tags)
        if length == INDEFINITE:
            return self._indefinite_element()
        size = start - self._at + length
        if size > MAX_ELEMENT:
            raise Malformed(f"a value of {size} bytes where at most {MAX_ELEMENT} make sense", self.offset)
        self._need(size)
        return self._in_der(self._at + size)

    def skip(self) -> None:
        """Pass over the next value, which is looked into only where its length does not say where it ends."""
        _, length, start = self._peek()
        if length == INDEFINITE:
            self._indefinite_element()
        else:
            self._at = start
            for _ in self._pieces(length):
                pass

    def octets(self, tag: int) -> Iterator[bytes]:
        """The content of the next value, an OCTET STRING under this (primitive) tag, whether it comes whole or cut into pieces."""
        found, length = self._header(tag, tag | CONSTRUCTED)
        if not found & CONSTRUCTED:
            yield from self._pieces(length)
            return
        outside = len(self._open)
        strings = 0
        self._push(length)
        while len(self._open) > outside:
            following = self.tag()
            if following is None:
                self.leave()
            elif following == CONSTRUCTED_OCTET_STRING:
                strings += 1
                if strings > MAX_STRINGS:
                    raise Malformed(f"more than {MAX_STRINGS} strings in pieces within one", self.offset)
                self.enter(following)
            elif (pieces := self._pieces_at_hand()) is not None:
                yield pieces
            else:
                _, length = self._header(OCTET_STRING)
                yield from self._pieces(length)

    def finish(self) -> None:
        """Nothing may follow but line ends and blanks, which some products leave behind."""
        rest = self._window[self._at :]
        while not rest.strip(_BLANK):
            rest = self._source.read(PIECE)
            if not rest:
                return
        raise Malformed("something follows that does not belong to it", self.offset)

    def _pieces_at_hand(self) -> bytes | None:
        """All pieces of an OCTET STRING that are in the window whole, joined; None when there is none.

        20 MB may come in pieces of one byte: what is done for each must be little.
        """
        window, at, end = self._window, self._at, self._end_at_hand()
        pieces = []
        while at + _LONGEST_PIECE_HEADER <= end and window[at] == OCTET_STRING:
            length, start = window[at + 1], at + 2
            if length >= 0x80:
                start += length & 0x7F
                length = int.from_bytes(window[at + 2 : start])
            following = start + length
            if following > end or not at + 2 <= start <= at + _LONGEST_PIECE_HEADER or window[at + 1] == 0x80:
                break
            pieces.append(window[start:following])
            at = following
            if len(pieces) == _MANY:
                pieces.append(_single_bytes(window, at, end))
                at += len(pieces[-1]) * len(_SINGLE)
        self._at = at
        return b"".join(pieces) if pieces else None

    def _pieces(self, length: int) -> Iterator[bytes]:
        while length:
            self._need(1)
            piece = self._window[self._at : self._at + length]
            self._at += len(piece)
            length -= len(piece)
            yield piece

    def _header(self, *tags: int) -> tuple[int, int]:
        """Pass over the header of the next value: its tag and its length."""
        tag, length, self._at = self._peek(*tags)
        return tag, length

    def _peek(self, *tags: int) -> Header:
        if len(self._window) - self._at < LONGEST:
            self._fill(LONGEST)
        limit = self._limit()
        end = len(self._window) if limit is None else min(len(self._window), limit - self._before)
        try:
            header = tag, length, start = header_at(self._window, self._at, end)
        except Malformed as malformed:
            raise malformed.moved(self._before) from None
        if tags and tag not in tags:
            raise Malformed(f"tag 0x{tag:02x} where {either(tags)} belongs", self.offset)
        if limit is not None and self._before + start + max(length, 0) > limit:
            raise Malformed("a value that is longer than the one around it", self.offset)
        return header

    def _push(self, length: int) -> None:
        """The value whose header was passed is open."""
        if len(self._open) >= MAX_NESTING:
            raise Malformed(f"values more than {MAX_NESTING} deep in each other", self.offset)
        indefinite = length == INDEFINITE
        self._open.append(_Open(indefinite, self._limit() if indefinite else self.offset + length))

    def _indefinite_element(self) -> bytes:
        """Read on until the next value ends: four times as much at each attempt, so that work stays linear."""
        size = _FIRST_WINDOW
        while size <= MAX_ELEMENT:
            self._fill(size)
            end = min(self._end_at_hand(), self._at + size)
            try:
                return self._in_der(end)
            except Truncated:
                if end < self._at + size:
                    raise
            size *= 4
        raise Malformed(f"a value of more than the {MAX_ELEMENT} bytes that make sense", self.offset)

    def _in_der(self, end: int) -> bytes:
        try:
            element, self._at = to_der(self._window, self._at, end)
        except Malformed as malformed:
            raise malformed.moved(self._before) from None
        return element

    def _limit(self) -> int | None:
        return self._open[-1].limit if self._open else None

    def _end_at_hand(self) -> int:
        """Where in the window the bytes end that may belong to the next value."""
        limit = self._limit()
        return len(self._window) if limit is None else min(len(self._window), limit - self._before)

    def _need(self, size: int) -> None:
        self._fill(size)
        if self._end_at_hand() - self._at < size:
            raise Truncated("the data ends within a value", self.offset)

    def _fill(self, size: int) -> None:
        """Have ``size`` bytes at hand, or all that are left."""
        have = len(self._window) - self._at
        if have >= size or self._ended:
            return
        parts = [self._window[self._at :]]
        while have < size and not self._ended:
            piece = self._source.read(max(PIECE, size - have))
            self._ended = not piece
            have += len(piece)
            parts.append(piece)
        self._before += self._at
        self._at = 0
        self._window = b"".join(parts)


def _single_bytes(window: bytes, at: int, end: int) -> bytes:
    """The content of the pieces from ``at`` on when all of them have one byte, seen at a glance; nothing when they have not."""
    count = (end - at) // len(_SINGLE)
    pieces = window[at : at + count * len(_SINGLE)]
    alike = all(pieces[place :: len(_SINGLE)] == _SINGLE[place : place + 1] * count for place in (0, 1))
    return pieces[2 :: len(_SINGLE)] if alike else b""
