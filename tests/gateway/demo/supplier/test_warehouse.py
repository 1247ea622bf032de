import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.demo.supplier.warehouse import PRODUCTS, cartons, check_digit, sscc


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("629104150021", "3"),  # GS1's own example of the calculation (a GTIN-13)
        ("03600029145", "2"),  # the UPC-A of many textbooks
        ("10614141234567890", "8"),
        ("0" * 17, "0"),
    ],
)
def test_check_digit(digits: str, check: str) -> None:
    assert check_digit(digits) == check


@given(st.integers(0, 999_999_999))
def test_every_sscc_has_18_digits_and_the_right_last_one(serial: int) -> None:
    code = sscc(serial)
    assert len(code) == 18
    assert code[-1] == check_digit(code[:-1])


@given(st.integers(1, 5000), st.sampled_from(sorted(PRODUCTS)))
def test_cartons_hold_all_pieces_and_none_is_overfull_or_empty(pieces: int, part: str) -> None:
    packed = cartons(pieces, PRODUCTS[part])
    assert sum(packed) == pieces
    assert all(0 < count <= PRODUCTS[part].carton for count in packed)
