"""Names in AS2-From and AS2-To."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.identity import objection, read_name, written_name

PRINTABLE = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ACME", "ACME"),
        ('"ACME"', "ACME"),
        ('  "A B"  ', "A B"),
        ("A B", "A B"),
        (r'"A \"B\" \\ C"', r'A "B" \ C'),
        ('"', '"'),
        ('""', ""),
        ("acme", "acme"),
    ],
)
def test_reading(written: str, name: str) -> None:
    assert read_name(written) == name


@given(PRINTABLE.filter(lambda name: name == name.strip()))
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    assert read_name(written_name(name)) == name


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 129, "129 characters"),
        ("é", "ASCII"),
        ("a\r\nb", "ASCII"),
        ("x" * 128, None),
    ],
)
def test_names_that_can_be_none(name: str, fault: str | None) -> None:
    assert (fault is None) == (objection(name) is None)
    assert fault is None or fault in (objection(name) or "")
