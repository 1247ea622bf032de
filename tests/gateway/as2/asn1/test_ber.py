"""BER in any style gives the DER that it stands for, in one pass; nothing else gets through."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.ber import MAX_DEPTH, to_der
from gateway.as2.asn1.malformed import Malformed, Truncated
from gateway.as2.asn1.tags import INTEGER, SEQUENCE, SET, context, context_constructed
from tests.gateway.as2.rewriting import ANY_STYLE, MIXED_STYLES, Style, rewritten

LEAVES = st.one_of(
    st.binary(max_size=300).map(der.octet_string),
    st.integers(min_value=0, max_value=1 << 70).map(der.integer),
    st.binary(max_size=30).map(lambda content: der.value(context(0), content)),
)
TREES = st.recursive(
    LEAVES,
    lambda inside: st.builds(
        lambda tag, parts: der.value(tag, *parts),
        st.sampled_from([SEQUENCE, SET, context_constructed(0), context_constructed(1)]),
        st.lists(inside, max_size=5),
    ),
    max_leaves=15,
)


@given(TREES, MIXED_STYLES)
def test_any_style_gives_the_same_der(tree: bytes, styles: Callable[[], Style]) -> None:
    ber = rewritten(tree, styles)
    assert to_der(ber) == (tree, len(ber))
    assert to_der(tree) == (tree, len(tree))


@given(TREES, ANY_STYLE, st.binary(max_size=5), st.binary(max_size=5))
def test_a_value_within_more_is_found_with_its_end(tree: bytes, style: Style, before: bytes, after: bytes) -> None:
    ber = rewritten(tree, style)
    assert to_der(before + ber + after, len(before)) == (tree, len(before) + len(ber))


@given(TREES, ANY_STYLE, st.data())
def test_a_value_that_was_cut_off_is_truncated(tree: bytes, style: Style, data: st.DataObject) -> None:
    ber = rewritten(tree, style)
    cut = data.draw(st.integers(min_value=0, max_value=len(ber) - 1))
    with pytest.raises(Truncated):
        to_der(ber[:cut])
    with pytest.raises(Truncated):
        to_der(ber, 0, cut)


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_malformed_or_become_der(data: bytes) -> None:
    try:
        encoded, end = to_der(data)
    except Malformed:
        return
    assert to_der(encoded) == (encoded, len(encoded))
    assert end <= len(data)


@pytest.mark.parametrize(
    ("encoded", "what"),
    [
        ("0280", "primitive value of indefinite length"),
        ("30030402 6161", "longer than the one around it"),
        ("2480020105 0000", "among the pieces"),
        ("2405020105", "ends within"),
        ("2403020105", "among the pieces"),
        ("0000", "end-of-contents"),
        ("30020000", "end-of-contents"),
        ("1f8101", "tag number above 30"),
    ],
)
def test_what_is_no_ber(encoded: str, what: str) -> None:
    with pytest.raises(Malformed, match=what):
        to_der(bytes.fromhex(encoded))


@pytest.mark.parametrize("opening", ["3080", "2480", "a080"])
def test_depth_is_bounded(opening: str) -> None:
    deep = bytes.fromhex(opening)
    to_der(deep * MAX_DEPTH + bytes(2) * MAX_DEPTH)
    with pytest.raises(Malformed, match="deep"):
        to_der(deep * (MAX_DEPTH + 1) + bytes(2) * (MAX_DEPTH + 1))


def test_twenty_thousand_pieces_become_one_string() -> None:
    content = bytes(20_000_000)
    assert to_der(rewritten(der.octet_string(content), Style(piece=1000))) == (
        der.octet_string(content),
        20_000_000 + 20_000 * 4 + 4,
    )


def test_order_and_values_are_left_as_they_came() -> None:
    unordered = der.value(SET, der.integer(2), der.integer(1))
    assert to_der(unordered) == (unordered, len(unordered))
    assert unordered[2] == INTEGER
