"""Reading BER from a file: however it is cut, in pieces by its sender or in reads by its reader, the same is found."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.malformed import Malformed, Truncated
from gateway.as2.asn1.stream import MAX_ELEMENT, MAX_NESTING, MAX_STRINGS, PIECE, BerStream
from gateway.as2.asn1.tags import CONSTRUCTED_OCTET_STRING, INTEGER, OCTET_STRING, SEQUENCE, SET, context
from tests.gateway.as2.rewriting import ANY_STYLE, Style, rewritten

from .test_ber import TREES


class Dripping:
    """A source that gives at most ``size`` bytes a read."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file = BytesIO(data)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, self._size))


@given(TREES, st.binary(max_size=3000), ANY_STYLE, st.sampled_from([1, 3, 1000, PIECE]))
def test_a_small_value_and_content(tree: bytes, content: bytes, style: Style, drip: int) -> None:
    """SEQUENCE { tree, OCTET STRING, [0] IMPLICIT OCTET STRING }, followed by the line end that some products add."""
    written = der.sequence(tree, der.octet_string(content), der.value(context(0), bytes(40) + content))
    stream = BerStream(Dripping(rewritten(written, style, frozenset({context(0)})) + b"\r\n", drip))
    stream.enter(SEQUENCE)
    assert stream.element() == tree
    assert b"".join(stream.octets(OCTET_STRING)) == content
    assert b"".join(stream.octets(context(0))) == bytes(40) + content
    assert stream.tag() is None
    stream.leave()
    stream.finish()


@given(TREES, ANY_STYLE, st.sampled_from([1, 1000]))
def test_a_value_that_is_passed_over(tree: bytes, style: Style, drip: int) -> None:
    stream = BerStream(Dripping(rewritten(der.sequence(tree, der.integer(7)), style), drip))
    stream.enter(SEQUENCE)
    stream.skip()
    assert stream.element(INTEGER) == der.integer(7)
    stream.leave()
    stream.finish()


@given(st.lists(st.integers(min_value=0, max_value=300), max_size=200), st.booleans(), st.sampled_from([1, 17, PIECE]))
def test_pieces_of_any_sizes_in_any_order(sizes: list[int], nested: bool, drip: int) -> None:
    pieces = [bytes((number % 256,)) * size for number, size in enumerate(sizes)]
    written = b"".join(map(der.octet_string, pieces))
    if nested:
        written = der.value(CONSTRUCTED_OCTET_STRING, written) + bytes.fromhex("24802480000024020400") + b"\0\0"
    stream = BerStream(Dripping(der.sequence(der.value(CONSTRUCTED_OCTET_STRING, written)), drip))
    stream.enter(SEQUENCE)
    assert b"".join(stream.octets(OCTET_STRING)) == b"".join(pieces)
    stream.leave()
    stream.finish()


@pytest.mark.parametrize("piece", [1, 2, 127, 128, 1000, PIECE + 1])
def test_content_of_two_hundred_thousand_bytes(piece: int) -> None:
    content = bytes(range(200)) * 1_000
    stream = BerStream(BytesIO(rewritten(der.sequence(der.octet_string(content)), Style(piece=piece))))
    stream.enter(SEQUENCE)
    found = list(stream.octets(OCTET_STRING))
    assert b"".join(found) == content
    assert max(map(len, found)) <= PIECE


@pytest.mark.parametrize("piece", [1, 1000])
def test_twenty_million_bytes_in_small_pieces(piece: int) -> None:
    """What BouncyCastle sends, and the worst that can be sent; a reader that goes back for each piece would be at it for hours."""
    pieces = der.octet_string(b"x" * piece) * (20_000_000 // piece)
    stream = BerStream(BytesIO(bytes((SEQUENCE, 0x80, CONSTRUCTED_OCTET_STRING, 0x80)) + pieces + bytes(4)))
    stream.enter(SEQUENCE)
    assert sum(map(len, stream.octets(OCTET_STRING))) == 20_000_000
    stream.leave()
    stream.finish()


def test_pieces_of_one_byte_and_of_none_mixed_with_others() -> None:
    content = (
        [b"a"] * 1500
        + [bytes(200)]
        + [b"a"] * 50_000
        + [b""] * 50_000
        + [b"bc"]
        + [b"d"] * 50_000
        + [bytes(70_000)]
        + [b"e"]
    )
    stream = BerStream(BytesIO(der.sequence(der.value(CONSTRUCTED_OCTET_STRING, *map(der.octet_string, content)))))
    stream.enter(SEQUENCE)
    assert b"".join(stream.octets(OCTET_STRING)) == b"".join(content)


@given(
    st.binary(max_size=80),
    st.lists(st.sampled_from(["tag", "enter", "leave", "element", "skip", "octets"]), max_size=8),
)
def test_arbitrary_bytes_are_malformed_at_worst(data: bytes, steps: list[str]) -> None:
    stream = BerStream(BytesIO(data))
    with suppress(Malformed):
        stream.enter(data[0] if data else SEQUENCE)
        depth = 1
        for step in steps:
            if not depth:
                break
            following = stream.tag()
            if step == "enter" and following is not None:
                stream.enter(following)
                depth += 1
            elif step == "leave":
                stream.leave()
                depth -= 1
            elif step == "element":
                stream.element()
            elif step == "skip":
                stream.skip()
            elif step == "octets":
                list(stream.octets(OCTET_STRING))
    assert stream.offset <= len(data)


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("0405 616263", "longer than the one around it"),
        ("2480 04026162 0201", "where 0x04 belongs|ends within"),
        ("0401", "longer than the one around it"),
    ],
)
def test_nothing_leaves_the_value_around_it(inside: str, what: str) -> None:
    content = bytes.fromhex(inside)
    stream = BerStream(BytesIO(der.sequence(content) + bytes(100)))
    stream.enter(SEQUENCE)
    with pytest.raises(Malformed, match=what):
        list(stream.octets(OCTET_STRING))


def test_end_of_contents_beyond_the_value_around_it_is_malformed() -> None:
    """A value of definite length that holds one of indefinite length whose end lies outside."""
    stream = BerStream(BytesIO(bytes.fromhex("3002 3080") + bytes(20)))
    stream.enter(SEQUENCE)
    stream.enter(SEQUENCE)
    with pytest.raises(Truncated):
        stream.leave()


def test_depth_is_bounded() -> None:
    stream = BerStream(BytesIO(bytes.fromhex("3080") + bytes.fromhex("2480") * 100))
    stream.enter(SEQUENCE)
    with pytest.raises(Malformed, match=f"more than {MAX_NESTING} deep"):
        list(stream.octets(OCTET_STRING))


@pytest.mark.parametrize("string", ["2400", "24800000", "2403040161"])
def test_strings_within_a_string_are_bounded(string: str) -> None:
    def of(count: int) -> BerStream:
        stream = BerStream(BytesIO(der.sequence(der.value(CONSTRUCTED_OCTET_STRING, bytes.fromhex(string) * count))))
        stream.enter(SEQUENCE)
        return stream

    assert len(b"".join(of(MAX_STRINGS).octets(OCTET_STRING))) in (0, MAX_STRINGS)
    with pytest.raises(Malformed, match=f"more than {MAX_STRINGS} strings"):
        list(of(MAX_STRINGS + 1).octets(OCTET_STRING))


@pytest.mark.parametrize("length", [f"84{MAX_ELEMENT + 1:08x}", "80"])
def test_a_value_that_is_taken_whole_is_bounded(length: str) -> None:
    endless = bytes.fromhex("3080 31" + length) + der.octet_string(bytes(1000)) * (2 * MAX_ELEMENT // 1000)
    read = BytesIO(endless)
    stream = BerStream(read)
    stream.enter(SEQUENCE)
    with pytest.raises(Malformed, match=str(MAX_ELEMENT)):
        stream.element(SET)
    assert read.tell() <= MAX_ELEMENT + 2 * PIECE


@pytest.mark.parametrize("drip", [1000, PIECE])
def test_one_large_value_of_indefinite_length_after_another(drip: int) -> None:
    """BouncyCastle writes certificates and signers like this."""
    values = [der.value(SET, *[der.octet_string(bytes(100))] * count) for count in (50, 100, 1000, 60)]
    stream = BerStream(Dripping(rewritten(der.sequence(*values), Style()), drip))
    stream.enter(SEQUENCE)
    assert [stream.element(SET) for _ in values] == values
    stream.leave()
    stream.finish()


def test_what_follows_the_end() -> None:
    def ended(after: bytes) -> BerStream:
        stream = BerStream(BytesIO(der.sequence() + after))
        stream.enter(SEQUENCE)
        stream.leave()
        return stream

    ended(b"\r\n\r\n").finish()
    ended(b"\0" * 3 * PIECE).finish()
    with pytest.raises(Malformed, match="something follows"):
        ended(b"\r\n" + bytes(PIECE) + b"x").finish()


def test_a_length_that_the_file_does_not_hold_is_truncated() -> None:
    stream = BerStream(BytesIO(bytes.fromhex("3084ffffffff 0484fffffff0") + bytes(1000)))
    stream.enter(SEQUENCE)
    with pytest.raises(Truncated):
        list(stream.octets(OCTET_STRING))
