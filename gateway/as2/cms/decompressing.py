"""Reading CompressedData (RFC 3274, RFC 5402), with bounds on what it may grow to."""

import zlib
from collections.abc import Iterator

from ..asn1 import der
from ..asn1.reader import whole
from ..asn1.stream import PIECE, BerStream, Source
from ..asn1.tags import INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE
from .algorithms import ZLIB
from .content import CONTENT, ContentType, enter, leave
from .failures import DecompressionFailed, UnsupportedFormat, malformed_as
from .files import Sink, all_or_nothing
from .identifiers import AlgorithmIdentifier

RATIO_COUNTS_FROM = 1024 * 1024
"""Bytes of content up to which the ratio is not judged: a short message may well be blanks for the most part."""

_ZLIB = der.object_identifier(ZLIB)


def decompress(source: Source, sink: Sink, *, max_size: int, max_ratio: int) -> None:
    """Decompress CompressedData; where it is refused, nothing stays in ``sink``.

    The content may have ``max_size`` bytes, and ``max_ratio`` times as many as it has compressed. What is inside is not looked at: it may
    be compressed again. Raises DecompressionFailed, UnsupportedFormat.
    """
    with all_or_nothing(sink), malformed_as(DecompressionFailed, "compressed object"):
        stream = BerStream(source)
        _enter_content(stream)
        inflation = _Inflation(max_size, max_ratio)
        for compressed in stream.octets(OCTET_STRING):
            for piece in inflation.inflated(compressed):
                sink.write(piece)
        inflation.finish()
        for _ in range(3):
            stream.leave()
        leave(stream)


def _enter_content(stream: BerStream) -> None:
    enter(stream, ContentType.COMPRESSED_DATA)
    stream.enter(SEQUENCE)
    stream.element(INTEGER)
    algorithm = AlgorithmIdentifier.read(whole(stream.element(SEQUENCE), SEQUENCE))
    if algorithm.oid != _ZLIB:
        raise UnsupportedFormat(f"Compression algorithm {algorithm} is not known here.")
    stream.enter(SEQUENCE)
    stream.element(OBJECT_IDENTIFIER)
    stream.enter(CONTENT)


class _Inflation:
    """A zlib stream, in pieces of at most :data:`PIECE` bytes however well it was compressed."""

    def __init__(self, max_size: int, max_ratio: int) -> None:
        self._decompressor = zlib.decompressobj()
        self._max_size = max_size
        self._max_ratio = max_ratio
        self._taken = 0
        self._given = 0

    def inflated(self, compressed: bytes) -> Iterator[bytes]:
        """The content of a piece. Raises DecompressionFailed where it is not zlib or grows beyond the bounds."""
        self._taken += len(compressed)
        more = True
        while more:
            piece = self._decompressed(compressed)
            compressed = self._decompressor.unconsumed_tail
            more = bool(compressed) or len(piece) == PIECE
            yield piece

    def _decompressed(self, compressed: bytes) -> bytes:
        if self._decompressor.eof and compressed:
            raise DecompressionFailed("The compressed content goes on after its end.")
        try:
            piece = self._decompressor.decompress(compressed, PIECE)
        except zlib.error as damaged:
            raise DecompressionFailed(f"The compressed content is damaged: {damaged}.") from damaged
        if self._decompressor.unused_data:
            raise DecompressionFailed("The compressed content goes on after its end.")
        self._given += len(piece)
        self._judge()
        return piece

    def finish(self) -> None:
        """Raises DecompressionFailed where the content has not ended."""
        if not self._decompressor.eof:
            raise DecompressionFailed("The compressed content ends before it is complete.")

    def _judge(self) -> None:
        if self._given > self._max_size:
            raise DecompressionFailed(f"The content is larger than {self._max_size} bytes, the most that is agreed.")
        if self._given > max(RATIO_COUNTS_FROM, self._taken * self._max_ratio):
            raise DecompressionFailed(
                f"The content is more than {self._max_ratio} times as large as it was compressed, the most that is agreed."
            )
