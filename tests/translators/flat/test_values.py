"""Cell texts to canonical values: what is understood, what is refused and why."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.acknowledgement import LineStatus
from canonical.document import Purpose
from translators.flat.findings import Code, Fault
from translators.flat.values import (
    CANONICAL,
    CellValue,
    Formats,
    Kind,
    date_format_problem,
    line_status,
    parse,
    render,
)

GERMAN = Formats("DD.MM.YYYY", ",")
US = Formats("MM/DD/YY", ".")
COMPACT = Formats("YYYYMMDD", ".")


@pytest.mark.parametrize(
    ("kind", "text", "formats", "value"),
    [
        (Kind.TEXT, "=1+1", CANONICAL, "=1+1"),
        (Kind.DECIMAL, "12", CANONICAL, Decimal(12)),
        (Kind.DECIMAL, "-0.50", CANONICAL, Decimal("-0.50")),
        (Kind.DECIMAL, ".5", CANONICAL, Decimal("0.5")),
        (Kind.DECIMAL, "1234,5", GERMAN, Decimal("1234.5")),
        (Kind.INTEGER, "007", CANONICAL, 7),
        (Kind.DATE, "2024-02-29", CANONICAL, datetime.date(2024, 2, 29)),
        (Kind.DATE, "1.3.2024", GERMAN, datetime.date(2024, 3, 1)),
        (Kind.DATE, "12/31/99", US, datetime.date(1999, 12, 31)),
        (Kind.DATE, "12/31/24", US, datetime.date(2024, 12, 31)),
        (Kind.DATE, "1/1/69", US, datetime.date(1969, 1, 1)),
        (Kind.DATE, "1/1/68", US, datetime.date(2068, 1, 1)),
        (Kind.DATE, "20240301", COMPACT, datetime.date(2024, 3, 1)),
        (Kind.TIME, "9:05", CANONICAL, datetime.time(9, 5)),
        (Kind.TIME, "090507", CANONICAL, datetime.time(9, 5, 7)),
        (Kind.SSCC, "106141411234567897", CANONICAL, "106141411234567897"),
        (Kind.SSCC, "00106141411234567897", CANONICAL, "00106141411234567897"),
        (Kind.STATUS, "IA", CANONICAL, "accepted"),
        (Kind.STATUS, "r2", CANONICAL, "R2"),
        (Kind.STATUS, "Partial Backordered", CANONICAL, "partial_backordered"),
        (Kind.ANSWER, "AT", CANONICAL, "accepted"),
        (Kind.PURPOSE, "00", CANONICAL, Purpose.ORIGINAL),
        (Kind.PRICE_BASIS, "HP", CANONICAL, "per_hundred"),
    ],
)
def test_understood(kind: Kind, text: str, formats: Formats, value: CellValue) -> None:
    assert parse(kind, text, formats) == value


@pytest.mark.parametrize(
    ("kind", "text", "code", "words"),
    [
        (Kind.DECIMAL, "12x", Code.NOT_A_NUMBER, "'12x' is not a number"),
        (Kind.DECIMAL, "1,234.50", Code.NOT_A_NUMBER, "no thousands separators"),
        (Kind.DECIMAL, "$5", Code.NOT_A_NUMBER, "currency signs"),
        (Kind.DECIMAL, "NaN", Code.NOT_A_NUMBER, "'NaN' is not a number"),
        (Kind.DECIMAL, "٣", Code.NOT_A_NUMBER, "is not a number"),
        (Kind.DECIMAL, "1E5", Code.NOT_A_NUMBER, "shortened by a spreadsheet"),
        (Kind.DECIMAL, "1" * 21, Code.NOT_A_NUMBER, "at most 20"),
        (Kind.DECIMAL, ".", Code.NOT_A_NUMBER, "is not a number"),
        (Kind.INTEGER, "1.5", Code.NOT_A_WHOLE_NUMBER, "'1.5' is not a whole number"),
        (Kind.DATE, "31/12/2024", Code.NOT_A_DATE, "is not a date written as YYYY-MM-DD"),
        (Kind.DATE, "2023-02-29", Code.NOT_A_DATE, "not a day of the calendar"),
        (Kind.DATE, "0000-01-01", Code.NOT_A_DATE, "not a day of the calendar"),
        (Kind.TIME, "24:00", Code.NOT_A_TIME, "hours 00 to 23"),
        (Kind.SSCC, "1.06141E+17", Code.SSCC_INVALID, "shortened by a spreadsheet"),
        (Kind.SSCC, "12345", Code.SSCC_INVALID, "18 digits"),
        (Kind.STATUS, "acepted", Code.UNKNOWN_CODE, "Did you mean accepted?"),
        (Kind.STATUS, "R9", Code.UNKNOWN_CODE, "'R9' is not a known line status"),
        (Kind.ANSWER, "maybe", Code.UNKNOWN_CODE, "Possible: accepted_with_changes"),
    ],
)
def test_refused(kind: Kind, text: str, code: Code, words: str) -> None:
    fault = parse(kind, text, CANONICAL)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert words in fault.message


@pytest.mark.parametrize(
    ("text", "status"),
    [("accepted", (LineStatus.ACCEPTED, None)), ("R2", (LineStatus.REJECTED, "R2"))],
)
def test_a_reason_for_rejection_is_kept_beside_the_status(text: str, status: tuple[LineStatus, str | None]) -> None:
    assert line_status(text) == status


@pytest.mark.parametrize("date_format", ["%Y-%m-%d", "YYYY-MM", "DDMMYYYYDD", "YYYY MM DD h", "", "yyyy-mm-dd"])
def test_date_formats_that_cannot_be_read_are_refused(date_format: str) -> None:
    assert date_format_problem(date_format)


@pytest.mark.parametrize("date_format", ["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YY", "YYYYMMDD"])
def test_date_formats_that_can_be_read(date_format: str) -> None:
    assert date_format_problem(date_format) is None


values = st.one_of(
    st.tuples(st.just(Kind.DATE), st.dates()),
    st.tuples(st.just(Kind.TIME), st.times().map(lambda time: time.replace(microsecond=0))),
    st.tuples(st.just(Kind.DECIMAL), st.decimals(-(10**15), 10**15, allow_nan=False, places=4)),
    st.tuples(st.just(Kind.INTEGER), st.integers(-(10**17), 10**17)),
    st.tuples(st.just(Kind.PURPOSE), st.sampled_from([purpose for purpose in Purpose if purpose is not Purpose.OTHER])),
)


@given(values, st.sampled_from([CANONICAL, GERMAN, COMPACT]))
def test_what_is_rendered_is_read_as_the_same(kind_value: tuple[Kind, CellValue], formats: Formats) -> None:
    kind, value = kind_value
    assert parse(kind, render(kind, value, formats), formats) == value


@given(st.sampled_from(Kind), st.text(min_size=1), st.sampled_from([CANONICAL, GERMAN, US, COMPACT]))
def test_no_text_raises(kind: Kind, text: str, formats: Formats) -> None:
    parse(kind, text, formats)
