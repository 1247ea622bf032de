"""A span is a file within a file."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.span import CHUNK, Span, span_of, whole


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60), st.lists(st.integers(-1, 20), max_size=8))
def test_a_span_reads_as_its_bytes_do(data: bytes, one: int, other: int, sizes: list[int]) -> None:
    start, end = sorted((min(one, len(data)), min(other, len(data))))
    span = Span(io.BytesIO(data), start, end)
    reader, expected = span.open(), io.BytesIO(data[start:end])
    for size in sizes:
        assert reader.read(size) == expected.read(size)
        assert reader.tell() == expected.tell()
    assert span.read() == data[start:end]
    assert b"".join(span.chunks()) == data[start:end]


@pytest.mark.parametrize(
    ("offset", "whence", "left"), [(2, io.SEEK_SET, b"cd"), (-1, io.SEEK_END, b"d"), (9, io.SEEK_SET, b"")]
)
def test_seeking(offset: int, whence: int, left: bytes) -> None:
    reader = span_of(b"xabcdx").part(1, 5).open()
    reader.seek(offset, whence)
    assert reader.read() == left


def test_two_readers_of_one_file_go_by_turns() -> None:
    span = span_of(b"abcdef")
    one, other = span.part(0, 3).open(), span.part(3, 6).open()
    assert [one.read(1), other.read(1), one.read(1), other.read(1)] == [b"a", b"d", b"b", b"e"]


def test_a_large_span_comes_in_pieces() -> None:
    data = bytes(CHUNK * 2 + 1)
    assert [len(piece) for piece in whole(io.BytesIO(data)).chunks()] == [CHUNK, CHUNK, 1]


def test_it_fills_a_buffer_given() -> None:
    assert io.BufferedReader(span_of(b"abc").open()).read() == b"abc"
