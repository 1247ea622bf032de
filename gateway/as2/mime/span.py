"""A stretch of a seekable file, so that parts of parts of a large message are places in it and not copies of it."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

CHUNK = 1 << 18
"""Bytes read at once."""


class Readable(Protocol):
    """What is asked of the file that holds a message: bytes from a place in it, at least one unless it ends there."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of ``file`` from ``start`` up to, without, ``end``. The position of the file is of no meaning and changes."""

    file: Readable
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def part(self, start: int, end: int) -> "Span":
        """The bytes from ``start`` to ``end``, counted in the file."""
        return Span(self.file, max(start, self.start), min(end, self.end))

    def read(self, at: int | None = None, size: int | None = None) -> bytes:
        """Up to ``size`` bytes from ``at``, counted in the file; all of it where nothing is said."""
        begin = self.start if at is None else at
        wanted = self.end - begin
        if size is not None and size < wanted:
            wanted = size
        if wanted <= 0:
            return b""
        file = self.file
        file.seek(begin)
        data = file.read(wanted)
        while 0 < len(data) < wanted and (more := file.read(wanted - len(data))):
            data += more
        return data

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order, :data:`CHUNK` at a time."""
        at = self.start
        while data := self.read(at, CHUNK):
            at += len(data)
            yield data

    def open(self) -> "SpanReader":
        """The bytes as a binary file of their own, from its first."""
        return SpanReader(self)


class SpanReader(io.RawIOBase):
    """A span as a seekable file to read. Several may read the same file by turns."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self._span = span
        self._at = span.start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._span.read(self._at, None if size is None or size < 0 else size)
        self._at += len(data)
        return data

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: self._span.start, io.SEEK_CUR: self._at, io.SEEK_END: self._span.end}[whence]
        self._at = max(self._span.start, base + offset)
        return self.tell()

    def tell(self) -> int:
        return self._at - self._span.start


def span_of(data: bytes) -> Span:
    """Bytes in memory as a span."""
    return Span(io.BytesIO(data), 0, len(data))


def whole(file: Readable) -> Span:
    """All of a file, from its first byte to its last."""
    return Span(file, 0, file.seek(0, io.SEEK_END))
