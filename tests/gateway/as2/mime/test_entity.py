"""Entities and their parts as places in a file, whatever their line breaks."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime import entity as entity_module
from gateway.as2.mime.entity import MAX_LOOKALIKES, MAX_PARTS, read_entity, split
from gateway.as2.mime.headers import MAX_BLOCK
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import CHUNK, Span, span_of


@pytest.mark.parametrize(
    ("data", "fields", "body"),
    [
        (b"A: 1\r\n\r\nbody", 1, b"body"),
        (b"A: 1\n\nbody", 1, b"body"),
        (b"A: 1\r\nB: 2\r\n\r\n", 2, b""),
        (b"\r\nbody", 0, b"body"),
        (b"\nbody\r\n\r\n", 0, b"body\r\n\r\n"),
        (b"A: 1\r\n", 1, b""),
        (b"A: 1\r\n \r\nbody", 1, b"body"),
        (b"", 0, b""),
        (b"A: 1\r\n\r\n\r\nbody", 1, b"\r\nbody"),
    ],
)
def test_fields_and_body(data: bytes, fields: int, body: bytes) -> None:
    entity = read_entity(span_of(data))
    assert (len(entity.headers.pairs), entity.body.read()) == (fields, body)
    assert entity.whole is not None
    assert entity.whole.read() == data


def test_fields_must_end_somewhere() -> None:
    with pytest.raises(Malformed, match="empty line"):
        read_entity(span_of(b"A: " + b"x" * (MAX_BLOCK + 10) + b"\r\n\r\nbody"))


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"--b\r\none\r\n--b--", [b"one"]),
        (b"--b\r\none\r\n--b--\r\n", [b"one"]),
        (b"--b\none\n--b\ntwo\n--b--\n", [b"one", b"two"]),
        (b"pre\r\n--b\r\none\r\n\r\n--b--epilogue", [b"one\r\n"]),
        (b"--b \t\r\none\r\n--b--", [b"one"]),
        (b"--b\r\n\r\n--b--", [b""]),
        (b"--b\r\n--b--", [b""]),
        (b"--b\r\n--bb\r\n--b-\r\nx--b\r\n--b--", [b"--bb\r\n--b-\r\nx--b"]),
        (b"--b\r\nfirst\r\n--b--\r\n--b\r\nafter the end\r\n--b--", [b"first"]),
        (b"\xff\r\n--b\r\n\x00\r\n--b--", [b"\x00"]),
        (b"--b" + b" " * 256 + b"\r\none\r\n--b--", [b"one"]),
        (b"--b" + b" " * 257 + b"\r\n--b\r\none\r\n--b--", [b"one"]),
        (b"--b\n--b \n--b\t\r\n--b--", [b"", b"", b""]),
    ],
)
def test_parts(body: bytes, parts: list[bytes]) -> None:
    assert [part.read() for part in split(span_of(body), b"b").parts] == parts


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "does not occur"),
        (b"--c\r\none\r\n--c--", "does not occur"),
        (b"x--b\r\none\r\n--bb--", "does not occur"),
        (b"--b\r\none\r\n", "before its last"),
        (b"--b", "before its last"),
        (b"--b--", "no part"),
    ],
)
def test_multiparts_that_are_not_whole(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        split(span_of(body), b"b")


def test_what_follows_the_last_part_is_told_apart() -> None:
    assert split(span_of(b"--b\r\none\r\n--b--\r\nmore"), b"b").epilogue.read() == b"more"


def test_parts_and_boundaries_are_bounded() -> None:
    with pytest.raises(Malformed, match="parts"):
        split(span_of(b"--b\r\n\r\n" * (MAX_PARTS + 2) + b"--b--"), b"b")
    with pytest.raises(Malformed, match="too long"):
        split(span_of(b"--b--"), b"b" * 1000)


@given(
    st.lists(st.binary(max_size=30).filter(lambda part: b"\n--b" not in b"\n" + part), min_size=1, max_size=4),
    st.binary(max_size=10).filter(lambda text: b"--b" not in text),
    st.sampled_from([b"\r\n", b"\n"]),
    st.integers(1, 9),
)
def test_parts_are_found_whatever_the_chunks(parts: list[bytes], preamble: bytes, line: bytes, size: int) -> None:
    body = preamble + line + b"".join(b"--b" + line + part + line for part in parts) + b"--b--"
    span = Span(io.BytesIO(b"before" + body + b"after"), 6, 6 + len(body))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entity_module, "CHUNK", size)
        found = [part.read() for part in split(span, b"b").parts]
    # What ends in CR and is followed by LF reads as one line break.
    expected = [part[:-1] if line == b"\n" and part.endswith(b"\r") else part for part in parts]
    assert found == expected


class Counted(io.BytesIO):
    """Counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


def test_lines_that_only_begin_like_a_boundary_cost_no_reading_and_are_bounded() -> None:
    """Whoever sends them names a boundary of one letter, and compresses two million of them to some kilobytes."""
    body = b"--b\r\n" + b"\n--bc" * MAX_LOOKALIKES + b"\n--b--"
    file = Counted(body)
    assert len(split(Span(file, 0, len(body)), b"b").parts) == 1
    assert file.reads <= len(body) // CHUNK + 3
    with pytest.raises(Malformed, match="begin with the boundary"):
        split(span_of(b"\n--bc" + body), b"b")


@given(
    st.lists(st.sampled_from([b"--b", b"--", b"b", b" ", b"\t", b"\r\n", b"\n", b"\r", b"x"]), max_size=30).map(
        b"".join
    ),
    st.integers(1, 9),
)
def test_what_is_a_boundary_does_not_depend_on_the_chunks(body: bytes, size: int) -> None:
    def found() -> list[bytes] | str:
        try:
            return [part.read() for part in split(span_of(body), b"b").parts]
        except Malformed as error:
            return str(error)

    at_once = found()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entity_module, "CHUNK", size)
        assert found() == at_once


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=3))
def test_any_bytes_are_parts_or_malformed(body: bytes, boundary: bytes) -> None:
    with contextlib.suppress(Malformed):
        split(span_of(body), boundary)
