"""CompressedData of others, in any encoding; and bombs, which are stopped where the bounds are, not where memory is."""

import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.cms.algorithms import ZLIB
from gateway.as2.cms.compressing import compress
from gateway.as2.cms.content import CONTENT, DATA_OID, ContentType, content_info
from gateway.as2.cms.decompressing import RATIO_COUNTS_FROM, decompress
from gateway.as2.cms.failures import DecompressionFailed, Refused, UnsupportedFormat
from tests.gateway.as2.rewriting import BOUNCY_CASTLE, Style, rewritten

CONTENT_BYTES = bytes(range(256)) * 40
MEGABYTE = 1024 * 1024


def compressed_data(
    compressed: bytes, algorithm: bytes = der.sequence(der.object_identifier(ZLIB)), after: bytes = b""
) -> bytes:
    body = der.sequence(
        der.integer(0), algorithm, der.sequence(DATA_OID, der.value(CONTENT, der.octet_string(compressed), after))
    )
    return content_info(ContentType.COMPRESSED_DATA, len(body)) + body


def decompressed(encoded: bytes, max_size: int = 100 * MEGABYTE, max_ratio: int = 100) -> bytes:
    sink = BytesIO()
    decompress(BytesIO(encoded), sink, max_size=max_size, max_ratio=max_ratio)
    return sink.getvalue()


def compressed_once_more(content: bytes) -> bytes:
    sink = BytesIO()
    compress(BytesIO(content), sink)
    return sink.getvalue()


STYLES = [
    Style(indefinite=False),
    BOUNCY_CASTLE,
    Style(piece=1),
    Style(piece=7, nested=True),
    Style(indefinite=False, piece=100, padding=3),
]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("level", [0, 1, 9])
def test_any_encoding_and_level(style: Style, level: int) -> None:
    assert decompressed(rewritten(compressed_data(zlib.compress(CONTENT_BYTES, level)), style)) == CONTENT_BYTES


@pytest.mark.parametrize("parameters", [b"", der.NULL])
def test_parameters_absent_or_null(parameters: bytes) -> None:
    algorithm = der.sequence(der.object_identifier(ZLIB), parameters)
    assert decompressed(compressed_data(zlib.compress(CONTENT_BYTES), algorithm)) == CONTENT_BYTES


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, MEGABYTE])
def test_content_that_is_all_alike_comes_to_its_last_byte(size: int) -> None:
    """zlib then holds content back though it has taken all of its input."""
    for style in STYLES[:3]:
        assert decompressed(rewritten(compressed_data(zlib.compress(bytes(size))), style), max_ratio=2000) == bytes(
            size
        )


class Limited(BytesIO):
    """A sink that would fail long before the bomb has gone off."""

    highest = 0

    def write(self, data: object, /) -> int:
        count = super().write(data)  # type: ignore[arg-type]
        self.highest = max(self.highest, self.tell())
        return count


@pytest.mark.parametrize("style", STYLES[:3])
def test_a_bomb_is_stopped_at_the_ratio(style: Style) -> None:
    bomb = rewritten(compressed_data(zlib.compress(bytes(50 * MEGABYTE), 9)), style)
    sink = Limited()
    with pytest.raises(DecompressionFailed, match="more than 100 times"):
        decompress(BytesIO(bomb), sink, max_size=100 * MEGABYTE, max_ratio=100)
    assert sink.highest <= max(RATIO_COUNTS_FROM, 100 * len(bomb))
    assert sink.getvalue() == b""


def test_a_bomb_is_stopped_at_the_size() -> None:
    sink = Limited()
    with pytest.raises(DecompressionFailed, match="larger than 2000000 bytes"):
        decompress(
            BytesIO(compressed_data(zlib.compress(bytes(50 * MEGABYTE)))), sink, max_size=2_000_000, max_ratio=10_000
        )
    assert sink.highest <= 2_000_000
    assert sink.getvalue() == b""


def test_exactly_the_size_is_allowed() -> None:
    encoded = compressed_data(zlib.compress(CONTENT_BYTES))
    assert decompressed(encoded, max_size=len(CONTENT_BYTES)) == CONTENT_BYTES
    with pytest.raises(DecompressionFailed):
        decompressed(encoded, max_size=len(CONTENT_BYTES) - 1)


def test_the_ratio_is_not_judged_for_short_content() -> None:
    blanks = b" " * RATIO_COUNTS_FROM
    assert decompressed(compressed_data(zlib.compress(blanks, 9)), max_ratio=10) == blanks
    with pytest.raises(DecompressionFailed):
        decompressed(compressed_data(zlib.compress(blanks + b" ", 9)), max_ratio=10)


def test_bombs_within_bombs_give_one_layer_at_a_time() -> None:
    """Each layer is as bounded as the first; how many there may be is for the caller to say."""
    inner = compressed_once_more(bytes(40 * MEGABYTE))
    outer = compressed_once_more(inner)
    assert len(outer) < 1000
    assert decompressed(outer) == inner
    with pytest.raises(DecompressionFailed):
        decompressed(inner)


@pytest.mark.parametrize(
    ("compressed", "what"),
    [
        (b"", "before it is complete"),
        (zlib.compress(CONTENT_BYTES)[:-1], "before it is complete"),
        (zlib.compress(CONTENT_BYTES) + b"x", "goes on after its end"),
        (zlib.compress(CONTENT_BYTES) * 2, "goes on after its end"),
        (b"ISA*00*", "damaged"),
        (zlib.compress(CONTENT_BYTES)[:-4] + b"\0\0\0\0", "damaged"),
        (zlib.compress(CONTENT_BYTES, wbits=-15), "damaged"),
        (zlib.compress(CONTENT_BYTES, wbits=31), "damaged"),
    ],
    ids=["nothing", "cut off", "more after it", "twice", "not compressed", "wrong checksum", "raw deflate", "gzip"],
)
@pytest.mark.parametrize("style", STYLES[:3])
def test_what_is_not_one_zlib_stream(style: Style, compressed: bytes, what: str) -> None:
    with pytest.raises(DecompressionFailed, match=what):
        decompressed(rewritten(compressed_data(compressed), style))


def test_more_than_one_content() -> None:
    with pytest.raises(DecompressionFailed, match="more than belongs here"):
        decompressed(compressed_data(zlib.compress(CONTENT_BYTES), after=der.octet_string(b"another")))


def test_another_algorithm() -> None:
    with pytest.raises(UnsupportedFormat, match=r"1\.2\.3"):
        decompressed(compressed_data(b"", der.sequence(der.object_identifier("1.2.3"))))


@given(st.data())
def test_what_was_changed_is_refused_or_the_same(data: st.DataObject) -> None:
    """zlib has a checksum: whatever was changed by accident, the content is right or is refused."""
    encoded = bytearray(compressed_data(zlib.compress(CONTENT_BYTES)))
    at = data.draw(st.integers(min_value=0, max_value=len(encoded) - 1))
    encoded[at : at + data.draw(st.integers(min_value=0, max_value=2))] = data.draw(st.binary(max_size=2))
    try:
        assert decompressed(bytes(encoded)) == CONTENT_BYTES
    except Refused:
        return


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=80))
def test_arbitrary_bytes_are_refused(data: bytes, kept: int) -> None:
    for encoded in (data, compressed_data(zlib.compress(CONTENT_BYTES))[:kept] + data):
        with pytest.raises(Refused):
            decompressed(encoded)
