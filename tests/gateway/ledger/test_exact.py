"""JSON in one form: that of RFC 8785, as far as values are allowed at all."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import exact as exact_json
from gateway.ledger.exact import LIMIT, Inexact, exact, exact_text, read, write

text = st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(max_codepoint=0x7F))
values = st.recursive(
    st.none() | st.booleans() | st.integers(1 - LIMIT, LIMIT - 1) | text,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)
anything = st.recursive(
    st.none() | st.floats() | st.integers() | st.text() | st.decimals() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_and_written_again_the_same(value: Any) -> None:
    data = write(value)
    assert read(data) == value
    assert write(read(data)) == data


@given(anything)
def test_anything_has_a_form_once_it_is_made_exact(value: Any) -> None:
    made = exact(value)
    assert read(write(made)) == made
    assert exact(made) == made


@given(st.binary())
def test_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = read(data)
    except Inexact:
        return
    assert write(value) == data


def closely(data: bytes) -> Any:
    """As read where it does not look plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_json, "_read_plain", lambda _data: None)
        return read(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
    st.booleans(),
    st.sampled_from([(",", ":"), (", ", ": ")]),
    st.sampled_from(["", '{"a":1,"a":1}', '{"b":1,"a":1}', '{"a":"\\u0061"}', '{"a":01}', '{"a":-0}', '{"a":"\t"}']),
)
def test_what_looks_plain_is_read_as_by_a_closer_look(
    value: Any, escaped: bool, separators: tuple[str, str], instead: str
) -> None:
    text = json.dumps({"value": value}, ensure_ascii=escaped, separators=separators, sort_keys=True)
    data = (instead or text).encode("utf-8", "surrogatepass")
    try:
        expected = closely(data)
    except Inexact:
        with pytest.raises(Inexact):
            read(data)
    else:
        assert read(data) == expected


@given(st.dictionaries(st.text(max_size=3), anything, max_size=3))
def test_the_text_of_a_column_is_made_exact_by_its_value(value: dict[str, Any]) -> None:
    text = json.dumps(exact(value) | {"float": 1.5}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert read(exact_text(text).encode()) == exact(json.loads(text))


def test_the_text_of_a_column_that_is_exact_stays_as_it_is() -> None:
    text = '{"a":[1,"x",null,true],"b":{}}'
    assert exact_text(text) is text


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({"b": 1, "a": [True, None, "x"]}, b'{"a":[true,null,"x"],"b":1}'),
        ('\u20ac$\u000f\nA\'B"\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"'.encode()),
        ("\x00\x7f\u2028", '"\\u0000\x7f\u2028"'.encode()),
        ("\U0001f600", '"\U0001f600"'.encode()),
        (LIMIT - 1, b"9007199254740991"),
        ({}, b"{}"),
    ],
)
def test_the_one_form(value: Any, data: bytes) -> None:
    """The strings are those of RFC 8785, sections 3.2.2.2 and 3.2.4, as far as they have ASCII keys."""
    assert write(value) == data
    assert read(data) == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1,"a":2}', "stands there twice"),
        (b'{"a":{"b":1,"b":1}}', "stands there twice"),
        (b'{"b":1,"a":1}', "not written in its one form"),
        (b'{"a": 1}', "not written in its one form"),
        (b'{"a":1}\n', "not written in its one form"),
        (b'"\\u0041"', "not written in its one form"),
        (b'"\\/"', "not written in its one form"),
        (b"1.0", "no whole number"),
        (b"1e3", "no whole number"),
        (b"NaN", "no whole number"),
        (b"-Infinity", "no whole number"),
        (b"-0", "not written in its one form"),
        (b"9007199254740992", "too large"),
        (b"1" * 5000, "digits"),
        (b'"\\ud800"', "half of a character"),
        (b'{"\xc3\xa9":1}', "not ASCII"),
        (b'"\xff"', "no UTF-8"),
        (b'\xef\xbb\xbf"a"', "no JSON"),
        (b"1 2", "no JSON"),
        (b"", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Inexact, match=why):
        read(data)


@pytest.mark.parametrize("value", [1.0, LIMIT, -LIMIT, {1: 2}, {"\u00e9": 1}, "\ud800", Decimal(1), b"", (1,), {1}])
def test_what_is_not_written(value: Any) -> None:
    with pytest.raises(Inexact):
        write(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, "1.5"),
        (LIMIT, "9007199254740992"),
        ("a\ud800", "a\\ud800"),
        ({"\u00e9": (1, True)}, {"\\xe9": [1, True]}),
        (Decimal("2.50"), "2.50"),
    ],
)
def test_what_has_no_form_becomes_text(value: Any, expected: Any) -> None:
    assert exact(value) == expected
