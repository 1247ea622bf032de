"""Check digits of GS1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.gs1 import bare_sscc, check_digit, gtin_fault, sscc_fault

digits = st.text("0123456789", min_size=17, max_size=17)


def test_the_check_digit_is_that_of_the_specification() -> None:
    assert check_digit("10614141123456789") == 7
    assert check_digit("629104150021") == 3


@given(digits, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(code: str, at: int, off: int) -> None:
    whole = f"{code}{check_digit(code)}"
    assert sscc_fault(whole) is None
    assert sscc_fault(f"00{whole}") is None
    wrong = whole[:at] + str((int(whole[at]) + off) % 10) + whole[at + 1 :]
    assert "and should be" in (sscc_fault(wrong) or "")


@pytest.mark.parametrize("value", ["", "1", "10614141123456789", "0110614141123456789", "１06141411234567897"])
def test_what_is_no_sscc(value: str) -> None:
    assert sscc_fault(value) == "it must have 18 digits, or 20 that begin with 00"


def test_the_prefix_is_no_part_of_the_code() -> None:
    assert bare_sscc("00106141411234567897") == bare_sscc("106141411234567897") == "106141411234567897"


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("6291041500213", None),
        ("6291041500214", "its check digit is 4 and should be 3"),
        ("62910415002", "it must have 8, 12, 13 or 14 digits"),
    ],
)
def test_the_number_of_an_article(value: str, fault: str | None) -> None:
    assert gtin_fault(value) == fault
