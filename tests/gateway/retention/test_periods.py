"""When years begin to count, and when they are over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.retention.periods import is_over, kept_until, over_before
from gateway.retention.presets import Begins

CALENDAR, FISCAL, BOTH = Begins.CALENDAR_YEAR, Begins.FISCAL_YEAR, Begins.CALENDAR_YEAR_OF_FISCAL_YEAR


@pytest.mark.parametrize(
    ("received", "begins", "fiscal_year_ends", "until"),
    [
        ("2026-01-01T00:00", FISCAL, 12, "2034-12-31"),
        ("2026-11-26T12:00", FISCAL, 12, "2034-12-31"),
        ("2026-03-31T09:00", FISCAL, 3, "2034-03-31"),
        ("2026-04-01T00:00", FISCAL, 3, "2035-03-31"),
        ("2027-02-01T00:00", FISCAL, 2, "2035-02-28"),
        ("2028-02-29T00:00", FISCAL, 2, "2036-02-29"),
        ("2026-04-01T00:00", CALENDAR, 3, "2034-12-31"),
        ("2026-03-31T09:00", BOTH, 3, "2034-12-31"),
        ("2026-04-01T00:00", BOTH, 3, "2035-12-31"),
        # Where the new year began already, it was received in that.
        ("2026-12-31T09:59", CALENDAR, 12, "2034-12-31"),
        ("2026-12-31T10:00", CALENDAR, 12, "2035-12-31"),
        ("2026-03-31T10:00", FISCAL, 3, "2035-03-31"),
    ],
)
def test_eight_years_count_from_the_end_of_the_year(
    received: str, begins: Begins, fiscal_year_ends: int, until: str
) -> None:
    moment = datetime.fromisoformat(received).replace(tzinfo=UTC)
    assert kept_until(moment, 8, begins, fiscal_year_ends) == date.fromisoformat(until)


def test_a_day_is_over_when_it_is_over_everywhere() -> None:
    day = date(2034, 12, 31)
    assert not is_over(day, datetime(2035, 1, 1, 11, 59, tzinfo=UTC))
    assert is_over(day, datetime(2035, 1, 1, 12, tzinfo=UTC))


DAYS = st.dates(date(2001, 1, 1), date(2060, 1, 1))
MOMENTS = st.builds(datetime.combine, DAYS, st.times(), st.just(UTC))


@given(MOMENTS, MOMENTS, st.integers(1, 30), st.sampled_from(Begins), st.integers(1, 12))
def test_what_is_over_is_what_came_before_one_moment(
    moment: datetime, now: datetime, years: int, begins: Begins, fiscal_year_ends: int
) -> None:
    """The database is asked by that moment, people are told the day: the two never differ."""
    bound = over_before(now, years, begins, fiscal_year_ends)
    for each in (moment, bound, bound - timedelta(microseconds=1)):
        assert (each < bound) == is_over(kept_until(each, years, begins, fiscal_year_ends), now)


@given(MOMENTS, st.integers(1, 30), st.sampled_from(Begins), st.integers(1, 12))
def test_nothing_is_kept_for_fewer_years_than_asked_nor_for_two_more(
    moment: datetime, years: int, begins: Begins, fiscal_year_ends: int
) -> None:
    until = kept_until(moment, years, begins, fiscal_year_ends)
    assert years * 365 <= (until - moment.date()).days + 1 <= (years + 2) * 366
