"""Bytes to segments: a push lexer in bounded memory. However the bytes are cut into pieces, the tokens are the same.

An interchange runs from an ISA to its IEA, or to the next ISA, or to the end. Between interchanges anything may stand; it is told as
:class:`Junk`. A segment that never ends is not kept, only counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .dialect import FIXED_ISA, ISA_LENGTH, WINDOW, IsaHead, NoHead, read_head
from .limits import DEFAULT, Limits

SAMPLE = 64
"""Bytes of junk kept to show what it was."""

_BLANK = b" \t\r\n\x0b\x0c\x00\x1a"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ISA = re.compile(rb"ISA[^A-Za-z0-9\s]")
_CERTAIN_ISA = re.compile(rb"(?s)ISA([^A-Za-z0-9\s])[0-9]{2}\1.{10}\1[0-9]{2}\1")
_CERTAIN_ISA_LENGTH = 21
_PLAIN = bytes(range(0x20, 0x7F))
PATIENCE = 100
"""After so many bad heads in a file only ISAs of the form of the standard are looked for, so that a file full of them is soon read."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A byte order mark."""

    offset: int


@dataclass(frozen=True, slots=True)
class Junk:
    """Text that belongs to no interchange, from its first character that is not blank."""

    sample: bytes
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class BadHead:
    """What begins like an ISA and is none that can be read; the text up to the next ISA belongs to it."""

    sample: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class BadHeads:
    """There were so many bad heads that from here on only ISAs of the form of the standard are looked for."""

    offset: int


@dataclass(frozen=True, slots=True)
class Head:
    """The ISA that begins an interchange."""

    isa: IsaHead
    offset: int


@dataclass(frozen=True, slots=True)
class RawSegment:
    """One segment without its terminator and without white space around it. ``data`` is empty between two terminators.

    ``before`` is the white space taken off in front. ``padded`` says that blanks before the terminator were taken off too.
    """

    data: bytes
    offset: int
    before: bytes = b""
    padded: bool = False
    terminated: bool = True


@dataclass(frozen=True, slots=True)
class LongSegment:
    """A segment beyond the limit; only its beginning is kept."""

    sample: bytes
    offset: int
    size: int


@dataclass(slots=True)
class Run:
    """Segments that follow each other, as text, ready to be taken quickly: see :mod:`.proofs`.

    Whoever can vouch for some of them takes them; the next one then comes as a token of its own, and after it the rest of
    the run again. ``offset`` is the place in bytes of ``pieces[at]``, or of the line break before it. ``terminator`` and
    ``line_break`` are lengths in bytes; ``broken`` says that the line breaks are worth telling.

    A piece that is more than printable ASCII, or holds components or repetitions, has NUL for its first character, so that
    it is nobody's segment.
    """

    pieces: list[str]
    offset: int
    terminator: int
    line_break: int
    broken: bool
    at: int = 0

    @property
    def lead(self) -> int:
        return self.line_break if self.at else 0

    @property
    def gap(self) -> int:
        return self.terminator + self.line_break

    def take(self, count: int) -> None:
        """The next ``count`` pieces are dealt with."""
        size = sum(map(len, self.pieces[self.at : self.at + count]))
        self.offset += self.lead + size + count * self.gap - self.line_break if count else 0
        self.at += count


Token = Mark | Junk | BadHead | BadHeads | Head | Run | RawSegment | LongSegment


class Lexer:
    """Feed it bytes, then close it; both give the tokens that became certain."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._limit = limits.segment_bytes
        self._buffer = b""
        self._base = 0
        self._mode = self._start
        self._isa: IsaHead | None = None
        self._junk_at: int | None = None
        self._junk = b""
        self._last = b""
        self._bad_heads = 0
        self._passing = False
        self._after_empty = False
        self._skipped: LongSegment | None = None
        self._special: tuple[str, ...] = ()

    def feed(self, data: bytes) -> Iterator[Token]:
        """Tokens that are certain with ``data``. Take them all before feeding more."""
        self._buffer = self._buffer + data if self._buffer else data
        return self._drain(final=False)

    def close(self) -> Iterator[Token]:
        """The tokens left at the end of the stream."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> Iterator[Token]:
        mode = None
        while mode != self._mode:
            mode = self._mode
            yield from mode(final)

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._base += count
        return taken

    def _start(self, final: bool) -> Iterator[Token]:
        if not final and len(self._buffer) < 3 and _BYTE_ORDER_MARK.startswith(self._buffer):
            return
        if self._buffer.startswith(_BYTE_ORDER_MARK):
            self._take(3)
            yield Mark(0)
        self._mode = self._between

    def _between(self, final: bool) -> Iterator[Token]:
        """Look for the next ISA; what is passed over is junk unless it is blank."""
        at = 0
        pattern, length = (_ISA, _CERTAIN_ISA_LENGTH) if self._bad_heads < PATIENCE else (FIXED_ISA, ISA_LENGTH)
        while (found := pattern.search(self._buffer, at)) is not None:
            at = found.start()
            before = self._buffer[at - 1 : at] or self._last
            if not before.isalnum():
                break
            at += 1
        if found is None:
            self._pass_over(len(self._buffer) if final else max(0, len(self._buffer) - length + 1))
            if final:
                yield from self._end_junk()
            return
        self._pass_over(at)
        self._mode = self._head

    def _pass_over(self, count: int) -> None:
        offset, data = self._base, self._take(count)
        self._last = data[-1:] or self._last
        if self._junk_at is None:
            # More terminators after the IEA's are not worth a word.
            stripped = data.lstrip(_BLANK + self._isa.terminator if self._isa else _BLANK)
            if not stripped:
                return
            self._junk_at, data = offset + len(data) - len(stripped), stripped
        self._junk = (self._junk + data[:SAMPLE])[:SAMPLE]

    def _end_junk(self) -> Iterator[Token]:
        if self._junk_at is not None and not self._passing:
            yield Junk(self._junk, self._junk_at, self._base - self._junk_at)
        self._junk_at, self._junk = None, b""

    def _head(self, final: bool) -> Iterator[Token]:
        isa = read_head(self._buffer[:WINDOW], final=final)
        if isa is NoHead.MORE:
            return
        if isinstance(isa, NoHead):
            if not self._passing:
                yield from self._end_junk()
                yield BadHead(self._buffer[:SAMPLE].split(b"\n")[0], self._base)
            self._passing = True
            self._bad_heads += 1
            if self._bad_heads == PATIENCE:
                yield BadHeads(self._base)
            self._last = self._take(3)[-1:]
            self._mode = self._between
            return
        yield from self._end_junk()
        self._passing = False
        self._after_empty = False
        self._isa = isa
        delimiters = isa.delimiters
        self._special = tuple(mark for mark in (delimiters.component, delimiters.repetition) if mark)
        yield Head(isa, self._base)
        self._last = self._take(isa.length)[-1:]
        self._mode = self._segments

    def _segments(self, final: bool) -> Iterator[Token]:
        """Cut at terminators. What comes after the last one waits for more, unless it is too long to be a segment."""
        isa = self._isa
        assert isa is not None
        buffer, terminator, start = self._buffer, isa.terminator, 0
        empty = re.compile(b"(?:%s)+" % re.escape(terminator))
        # Of a run of terminators one is told; the others say no more and may be millions. It may have begun before this piece.
        if self._after_empty and (more := empty.match(buffer)) is not None:
            start = more.end()
        run, exact_until = None, 0
        while (stop := buffer.find(terminator, start)) >= 0:
            if run is None and start >= exact_until:
                run, exact_until = self._run(start)
            if run is not None:
                yield run
                start = run.offset - self._base
                self._after_empty = False
                if run.at == len(run.pieces):
                    run = None
                    continue
                stop = buffer.find(terminator, start)
            piece = buffer[start:stop]
            other = self._other_isa(piece)
            if other is not None:
                yield from self._leave_for(start + other, piece[:other], start)
                return
            token = self._segment(piece, self._base + start)
            yield token
            self._after_empty = not piece
            end = stop + len(terminator) if piece else empty.match(buffer, stop).end()  # type: ignore[union-attr]
            if run is not None:
                run.take(buffer.count(terminator, start, end))
                run = None if run.at >= len(run.pieces) else run
            start = end
            if isinstance(token, RawSegment) and token.data.split(isa.element, 1)[0] == b"IEA":
                self._take(start)
                self._last = b""
                self._mode = self._between
                return
        self._take(start)
        if final or len(self._buffer) > self._limit + WINDOW:
            yield from self._open_end(self._buffer, final)

    def _run(self, start: int) -> tuple[Run | None, int]:
        """The segments from ``start`` up to where another interchange might begin, and their end, before which not to try again."""
        isa, buffer = self._isa, self._buffer
        assert isa is not None
        terminator = isa.terminator
        other = buffer.find(b"ISA", start)
        end = buffer.rfind(terminator, start, other if other >= 0 else len(buffer)) + len(terminator)
        if end <= start + len(terminator):
            return None, start + 1
        block = buffer[start:end]
        ends_in_line_break = terminator in b"\r\n"
        padded = ends_in_line_break and b" " + terminator in block
        if isa.wrapped or padded or len(block) > self._limit:
            return None, end
        line_break = self._line_break(block, terminator)
        text = block.decode("latin-1")
        pieces = text[: -len(terminator)].split((terminator + line_break).decode("latin-1"))
        expected = len(pieces) * len(terminator.translate(None, _PLAIN)) + (len(pieces) - 1) * len(line_break)
        strange = len(block.translate(None, _PLAIN)) > expected
        if strange or any(mark in text for mark in self._special):
            pieces = [piece if self._is_plain(piece) else "\0" + piece[1:] for piece in pieces]
        broken = bool(line_break) and not ends_in_line_break
        return Run(pieces, self._base + start, len(terminator), len(line_break), broken), end

    def _line_break(self, block: bytes, terminator: bytes) -> bytes:
        """The line break that follows every terminator of the block but the last."""
        first = block.find(terminator) + len(terminator)
        found = block[first : first + 2] if block[first : first + 2] == b"\r\n" else block[first : first + 1]
        if found not in (b"\r\n", b"\n", b"\r") or found == terminator:
            return b""
        everywhere = block.count(terminator + found) == block.count(terminator) - 1
        return found if everywhere else b""

    def _is_plain(self, piece: str) -> bool:
        return piece.isascii() and piece.isprintable() and not any(mark in piece for mark in self._special)

    def _open_end(self, tail: bytes, final: bool) -> Iterator[Token]:
        other = self._other_isa(tail)
        if other is not None:
            yield from self._leave_for(other, tail[:other], 0)
        elif not final:
            token = self._segment(tail, self._base)
            assert isinstance(token, LongSegment)
            self._skipped = token
            self._take(len(tail) - _CERTAIN_ISA_LENGTH)
            self._mode = self._skipping
        elif tail.strip(_BLANK):
            yield self._segment(tail, self._base, terminated=False)
            self._take(len(tail))

    def _other_isa(self, piece: bytes) -> int | None:
        """Where in ``piece`` an ISA begins: the interchange before it has lost its end."""
        if b"ISA" not in piece:
            return None
        blanks = len(piece) - len(piece.lstrip(_BLANK))
        if _ISA.match(piece, blanks):
            return blanks
        found = _CERTAIN_ISA.search(piece)
        return found.start() if found else None

    def _leave_for(self, at: int, rest: bytes, start: int) -> Iterator[Token]:
        if rest.strip(_BLANK):
            yield self._segment(rest, self._base + start, terminated=False)
        self._take(at)
        self._mode = self._head

    def _segment(self, piece: bytes, offset: int, *, terminated: bool = True) -> RawSegment | LongSegment:
        assert self._isa is not None
        if len(piece) > self._limit:
            sample = piece[: self._limit].lstrip(_BLANK)
            blanks = self._limit - len(sample)
            return LongSegment(sample[:SAMPLE], offset + blanks, len(piece) - blanks)
        data = piece.lstrip(_BLANK)
        before = piece[: len(piece) - len(data)]
        if self._isa.wrapped:
            data = data.translate(None, b"\r\n")
        ends_in_line_break = self._isa.terminator in b"\r\n" or not terminated
        stripped = data.rstrip(_BLANK if ends_in_line_break else b"\r\n")
        padding = data[len(stripped) :]
        padded = bool(padding.strip(b"\r\n") if ends_in_line_break else padding)
        return RawSegment(stripped, offset + len(before), before, padded, terminated)

    def _skipping(self, final: bool) -> Iterator[Token]:
        """Inside a segment beyond the limit: pass over it to its terminator, to another ISA, or to the end."""
        assert self._isa is not None
        assert self._skipped is not None
        end = self._buffer.find(self._isa.terminator)
        found = _CERTAIN_ISA.search(self._buffer, 0, end if end >= 0 else len(self._buffer))
        if found is not None:
            length, self._mode = found.start(), self._head
        elif end >= 0:
            length, self._mode = end, self._segments
        elif final:
            length = len(self._buffer)
        else:
            self._take(max(0, len(self._buffer) - _CERTAIN_ISA_LENGTH))
            return
        self._take(length)
        begun = self._skipped
        yield LongSegment(begun.sample, begun.offset, self._base - begun.offset)
        if self._mode == self._segments:
            self._take(len(self._isa.terminator))
