"""What content is read from and written to. The caller makes the files; small ones may be in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..asn1.stream import PIECE, Source


class SeekableSource(Source, Protocol):
    """Content to read from where it stands to its end, more than once if need be."""

    def tell(self) -> int: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...


class Sink(Protocol):
    """Where content is written; it can be taken back."""

    def write(self, data: bytes, /) -> object: ...
    def tell(self) -> int: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...
    def truncate(self, size: int | None = ..., /) -> int: ...


def pieces(source: Source) -> Iterator[bytes]:
    """What is left of ``source``, in pieces."""
    while piece := source.read(PIECE):
        yield piece


def remaining(source: SeekableSource) -> int:
    """How many bytes are left of ``source``, which stays where it is."""
    begin = source.tell()
    end = source.seek(0, os.SEEK_END)
    source.seek(begin)
    return end - begin


@contextmanager
def all_or_nothing(sink: Sink) -> Iterator[None]:
    """Take back what was written when the content turns out to be refused: nothing unverified is ever left to be used."""
    begin = sink.tell()
    try:
        yield
    except BaseException:
        sink.seek(begin)
        sink.truncate()
        raise
