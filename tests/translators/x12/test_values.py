"""Numbers, dates and times as X12 writes them."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.x12.values import (
    CannotWrite,
    parse_date,
    parse_implied,
    parse_real,
    parse_time,
    parse_whole,
    render_date,
    render_implied,
    render_real,
    render_time,
)

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("0.00", "0"),
        ("-0", "0"),
        ("12.50", "12.5"),
        ("0.85", ".85"),
        ("-0.5", "-.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-7", ".0000001"),
        ("007.1", "7.1"),
    ],
)
def test_real_is_exact_and_short(number: str, text: str) -> None:
    assert render_real(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        ("12.5", 2, "1250"),
        ("0.05", 2, "5"),
        ("-0.05", 2, "-5"),
        ("0", 2, "0"),
        ("-0", 2, "0"),
        ("3", 0, "3"),
        ("3.00", 0, "3"),
        ("1.230", 2, "123"),
        ("1E+2", 2, "10000"),
    ],
)
def test_implied_decimals(number: str, places: int, text: str) -> None:
    assert render_implied(Decimal(number), places) == text


@pytest.mark.parametrize(("number", "places"), [("1.234", 2), ("0.5", 0), ("NaN", 2), ("Infinity", 2)])
def test_what_would_lose_a_digit_is_refused(number: str, places: int) -> None:
    with pytest.raises(CannotWrite):
        render_implied(Decimal(number), places)


@given(NUMBERS)
def test_real_survives(number: Decimal) -> None:
    assert parse_real(render_real(number)) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**40), max_value=10**40))
def test_implied_survives_beyond_the_default_context(number: Decimal) -> None:
    assert parse_implied(render_implied(number, 2), 2) == number


@given(st.dates(min_value=datetime.date(1, 1, 1)))
def test_date_survives(date: datetime.date) -> None:
    assert parse_date(render_date(date)) == date


@given(st.times())
def test_time_survives_to_the_hundredth(time: datetime.time) -> None:
    assert parse_time(render_time(time)) == time.replace(microsecond=time.microsecond // 10_000 * 10_000)


@pytest.mark.parametrize(("text", "year"), [("791231", 2079), ("800101", 1980), ("250101", 2025)])
def test_short_dates_have_a_century(text: str, year: int) -> None:
    date = parse_date(text)
    assert date is not None
    assert date.year == year


def test_absent_elements_are_none() -> None:
    absent = [parse_real(""), parse_implied("", 2), parse_whole(""), parse_date(""), parse_time("")]
    assert absent == [None] * 5


@pytest.mark.parametrize("text", ["1,5", "+1", "1E3", " 1", "1 ", "--1", ".", "-", "٣", "1.2.3"])
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="no decimal number"):
        parse_real(text)


@pytest.mark.parametrize("text", ["20251301", "20250229", "2025010", "2025-1-1", "２０２５０１０１"])
def test_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (also what datetime itself raises)
        parse_date(text)


@pytest.mark.parametrize("text", ["2400", "1260", "12345", "12", "ab00"])
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (also what datetime itself raises)
        parse_time(text)


@pytest.mark.parametrize("text", ["1E+999999999", "-1E-999999999", "9" * 2_000_001], ids=["large", "small", "long"])
def test_a_number_that_would_fill_the_memory_is_not_written_out(text: str) -> None:
    with pytest.raises(CannotWrite, match="more than 2000000 digits"):
        render_real(Decimal(text))
    with pytest.raises(CannotWrite, match="more than 2000000 digits"):
        render_implied(Decimal(text), 2)
