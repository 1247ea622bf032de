"""Entities and their parts, as places in the file that holds the message (RFC 2046, section 5.1)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .headers import MAX_BLOCK, Headers, read_fields
from .malformed import Malformed
from .parameters import Parametered, media_type
from .span import CHUNK, Span

MAX_PARTS = 200
"""Parts one multipart may have."""

_EMPTY_LINE = re.compile(rb"\r\n[ \t]*\r\n|\n[ \t]*\r?\n")
_STARTS_EMPTY = re.compile(rb"[ \t]*\r?\n")
_MAX_BOUNDARY = 512
"""RFC 2046 allows 70 characters; a longer one is no trouble up to here."""
_MAX_PADDING = 256
"""Blanks after a boundary on its line."""
_BLANKS = rb"[ \t]{0,%d}+" % _MAX_PADDING
_REST_OF_DELIMITER = re.compile(rb"(?P<closes>--)" + _BLANKS + rb"(?:\r?\n)?|" + _BLANKS + rb"(?:\r?\n|\Z)|(?P<other>)")
"""What is there of a line after the boundary that it begins with. A closing one may be followed by anything or nothing; an open one at the
very end opens an empty part."""
MAX_LOOKALIKES = 5000
"""Lines that begin with a boundary without being one: those of a multipart inside whose boundary is longer, or what is in a file."""
_LF = ord("\n")


@dataclass(frozen=True)
class Entity:
    """Header fields and a body. ``whole`` is both as they lie in the file; None where the fields came apart, as those of HTTP do."""

    headers: Headers
    body: Span
    whole: Span | None = None

    @cached_property
    def media_type(self) -> Parametered:
        return media_type(self.headers)

    @property
    def is_multipart(self) -> bool:
        return self.media_type.value.startswith("multipart/")

    @cached_property
    def parts(self) -> tuple["Entity", ...]:
        """The parts of a multipart, in order. Raises :class:`.malformed.Malformed` where it is not whole."""
        return tuple(read_entity(span) for span in self._split.parts)

    @property
    def epilogue(self) -> Span:
        """What follows the last part of a multipart. Raises :class:`.malformed.Malformed` where it is not whole."""
        return self._split.epilogue

    @cached_property
    def _split(self) -> "Split":
        boundary = self.media_type.parameter("boundary")
        if not boundary:
            raise Malformed("A multipart names no boundary.")
        return split(self.body, boundary.encode("utf-8", "replace"))


def read_entity(span: Span) -> Entity:
    """The entity that a span holds. Raises :class:`.malformed.Malformed` where its fields cannot be read."""
    head = span.read(size=MAX_BLOCK)
    empty = _STARTS_EMPTY.match(head)
    if empty is not None:
        return Entity(Headers(()), span.part(span.start + empty.end(), span.end), span)
    end = _EMPTY_LINE.search(head)
    if end is not None:
        return Entity(read_fields(head[: end.start()]), span.part(span.start + end.end(), span.end), span)
    if span.size > len(head):
        raise Malformed(f"No empty line ends the header fields within {MAX_BLOCK} bytes.")
    # Fields alone, with nothing after them.
    return Entity(read_fields(head), span.part(span.end, span.end), span)


@dataclass(frozen=True, slots=True)
class Split:
    """The parts, each without the line break before the next boundary, which belongs to that one; and what follows the last boundary."""

    parts: tuple[Span, ...]
    epilogue: Span


def split(body: Span, boundary: bytes) -> Split:
    """What is between the boundaries of a body. What stands before the first is passed over.

    Raises :class:`.malformed.Malformed` where there is none, or
    the last one is missing: then the end of the message may be, too.
    """
    if len(boundary) > _MAX_BOUNDARY:
        raise Malformed("The boundary of a multipart is too long.")
    parts: list[Span] = []
    begin: int | None = None
    for line_start, line_end, closes in delimiters(body, b"--" + boundary):
        if begin is not None:
            parts.append(body.part(begin, max(begin, _before_break(body, line_start))))
        if closes:
            if not parts:
                raise Malformed("A multipart has no part.")
            return Split(tuple(parts), body.part(line_end, body.end))
        begin = line_end
        if len(parts) >= MAX_PARTS:
            raise Malformed(f"A multipart has more than {MAX_PARTS} parts.")
    if begin is None:
        raise Malformed("The boundary that a multipart names does not occur in it.")
    raise Malformed("A multipart ends before its last boundary.")


def _before_break(body: Span, line_start: int) -> int:
    """Where the line break that ends the line before ``line_start`` begins."""
    ending = body.read(max(body.start, line_start - 2), min(2, line_start - body.start))
    if ending.endswith(b"\r\n"):
        return line_start - 2
    return line_start - 1 if ending.endswith(b"\n") else line_start


def delimiters(body: Span, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Lines that are boundaries: where they begin, where the next line does, and whether they close. ``mark`` is what they begin with.

    Looked for in memory, a chunk at a time. Raises :class:`.malformed.Malformed` where too many lines only begin like one.
    """
    line = b"\n" + mark
    reach = len(mark) + _MAX_PADDING + len(b"\n--\r\n")
    lookalikes = 0
    # As though a line ended before the body. The last bytes of a window, where a line may not be whole, are looked at with the next.
    window, base, begin, at = b"\n", body.start - 1, 0, body.start
    while True:
        data = body.read(at, CHUNK)
        at += len(data)
        window += data
        sure = len(window) - reach if data else len(window)
        while 0 <= (start := window.find(line, begin)) < sure:
            rest = _REST_OF_DELIMITER.match(window, start + len(line))
            assert rest is not None
            if rest["other"] is None:
                yield base + start + 1, base + rest.end(), rest["closes"] is not None
            else:
                lookalikes += 1
                if lookalikes > MAX_LOOKALIKES:
                    raise Malformed(
                        f"More than {MAX_LOOKALIKES} lines begin with the boundary of a multipart and are none."
                    )
            # The line break that ends this line may begin the next boundary.
            begin = rest.end() - (window[rest.end() - 1] == _LF)
        if not data:
            return
        kept = max(begin, sure, 0)
        window, base, begin = window[kept:], base + kept, 0
