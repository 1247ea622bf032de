"""What is written is DER: the shortest lengths, the order of sets, numbers and names as X.690 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.reader import Reader, whole
from gateway.as2.asn1.tags import INTEGER, OCTET_STRING, SET


@pytest.mark.parametrize(
    ("length", "octets"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "8180"),
        (255, "81ff"),
        (256, "820100"),
        (65_536, "83010000"),
        (1 << 32, "850100000000"),
    ],
)
def test_lengths_take_as_few_octets_as_they_can(length: int, octets: str) -> None:
    assert der.header(OCTET_STRING, length).hex() == "04" + octets


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.2.840.113549.1.7.2", "06092a864886f70d010702"),
        ("2.16.840.1.101.3.4.2.1", "0609608648016503040201"),
        ("2.5.29.14", "0603551d0e"),
        ("1.3.14.3.2.26", "06052b0e03021a"),
    ],
)
def test_object_identifiers(dotted: str, encoded: str) -> None:
    assert der.object_identifier(dotted).hex() == encoded


@pytest.mark.parametrize(("number", "encoded"), [(0, "020100"), (127, "02017f"), (128, "02020080"), (256, "02020100")])
def test_integers_that_are_not_negative_never_look_so(number: int, encoded: str) -> None:
    assert der.integer(number).hex() == encoded


@given(st.integers(min_value=0, max_value=1 << 200))
def test_an_integer_is_read_as_it_was_written(number: int) -> None:
    assert whole(der.integer(number), INTEGER).number() == number


@given(st.lists(st.binary(max_size=40)))
def test_a_set_is_in_order(contents: list[bytes]) -> None:
    parts = [der.octet_string(content) for content in contents]
    found = [element.encoded for element in whole(der.set_of(parts), SET).inside().all(OCTET_STRING)]
    assert found == sorted(parts)


@given(st.lists(st.binary(max_size=300)))
def test_parts_are_joined_as_they_are(contents: list[bytes]) -> None:
    encoded = der.sequence(*map(der.octet_string, contents))
    assert [element.content for element in Reader(encoded).take().inside().all()] == contents
