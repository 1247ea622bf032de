"""Header fields as they come: folded or not, in any encoding, and bounded."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.headers import MAX_BLOCK, MAX_FIELDS, field, headers, read_fields
from gateway.as2.mime.malformed import Malformed


@pytest.mark.parametrize(
    ("block", "pairs"),
    [
        (b"", ()),
        (b"A: 1", (("A", "1"),)),
        (b"A: 1\r\nB:2\r\n", (("A", "1"), ("B", "2"))),
        (b"A: 1\nB: 2\n", (("A", "1"), ("B", "2"))),
        (b"A: 1\rB: 2\r", (("A", "1"), ("B", "2"))),
        (b"A: 1;\r\n\tx=2\r\n  y=3\r\n", (("A", "1; x=2 y=3"),)),
        (b"A:\r\n 1\r\n", (("A", " 1"),)),
        (b"A : 1\r\n", (("A", "1"),)),
        (b"A: \xc3\xa9\r\nB: \xe9\r\n", (("A", "é"), ("B", "é"))),
        (b"A:\r\n", (("A", ""),)),
    ],
)
def test_fields(block: bytes, pairs: tuple[tuple[str, str], ...]) -> None:
    assert read_fields(block).pairs == pairs


@pytest.mark.parametrize("block", [b"ISA*00*", b": 1", b" folded: first\r\n", b"a b: 1", b"A\x00: 1"])
def test_what_is_no_field(block: bytes) -> None:
    with pytest.raises(Malformed, match="is none"):
        read_fields(block)


def test_blocks_are_bounded() -> None:
    with pytest.raises(Malformed, match="201 header fields"):
        read_fields(b"A: 1\r\n" * (MAX_FIELDS + 1))
    with pytest.raises(Malformed, match="bytes"):
        read_fields(b"A: " + b"x" * MAX_BLOCK)
    assert "201" in (headers([("A", "1")] * (MAX_FIELDS + 1)).objection or "")
    assert "bytes" in (headers([("A", "x" * MAX_BLOCK)]).objection or "")
    assert headers([("A", "1")] * MAX_FIELDS).objection is None


def test_names_are_compared_without_case_and_all_values_are_given() -> None:
    found = headers([("AS2-From", " a "), ("as2-from", "b"), ("X", "c")])
    assert found.get("as2-FROM") == "a"
    assert found.all("AS2-From") == ("a", "b")
    assert found.get("y") is None
    assert found.only("as2-").pairs == (("AS2-From", " a "), ("as2-from", "b"))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_value_never_begins_a_line_of_its_own(value: str) -> None:
    written = field("X", value)
    assert [pair[0] for pair in read_fields(written)] == ["X"]


@given(st.binary(max_size=400))
def test_any_bytes_are_fields_or_malformed(block: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_fields(block)
