"""Writing CompressedData with zlib (RFC 3274, RFC 5402)."""

import zlib
from collections.abc import Iterator

from ..asn1 import der
from ..asn1.tags import CONSTRUCTED_OCTET_STRING, SEQUENCE
from .algorithms import ZLIB
from .content import CONTENT, CONTENT_TYPE_OIDS, DATA_OID, ContentType, content_info
from .files import SeekableSource, Sink, pieces, remaining

_IN_MEMORY = 1024 * 1024
"""Largest content, in bytes, that is compressed in memory, so that its size is known and DER can be written."""

_BEGINNING = der.integer(0) + der.sequence(der.object_identifier(ZLIB))
_INDEFINITE = 0x80
_END_OF_CONTENTS = b"\0\0"


def compress(source: SeekableSource, sink: Sink) -> None:
    """Compress what is left of ``source``: in DER when it is small, in pieces of indefinite length when it is not."""
    if remaining(source) <= _IN_MEMORY:
        _write_whole(zlib.compress(source.read()), sink)
    else:
        _write_in_pieces(_compressed(source), sink)


def _write_whole(compressed: bytes, sink: Sink) -> None:
    content = der.sequence(DATA_OID, der.value(CONTENT, der.octet_string(compressed)))
    compressed_data = der.sequence(_BEGINNING, content)
    sink.write(content_info(ContentType.COMPRESSED_DATA, len(compressed_data)) + compressed_data)


def _write_in_pieces(compressed: Iterator[bytes], sink: Sink) -> None:
    opened = (SEQUENCE, CONTENT, SEQUENCE, SEQUENCE, CONTENT, CONSTRUCTED_OCTET_STRING)
    before = {1: CONTENT_TYPE_OIDS[ContentType.COMPRESSED_DATA], 3: _BEGINNING, 4: DATA_OID}
    for depth, tag in enumerate(opened):
        sink.write(before.get(depth, b"") + bytes((tag, _INDEFINITE)))
    for piece in compressed:
        sink.write(der.octet_string(piece))
    sink.write(_END_OF_CONTENTS * len(opened))


def _compressed(source: SeekableSource) -> Iterator[bytes]:
    compressor = zlib.compressobj()
    for piece in pieces(source):
        if compressed := compressor.compress(piece):
            yield compressed
    yield compressor.flush()
