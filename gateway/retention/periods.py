"""When years begin to count, and when they are over. Pure.

Which day it was depends on where one stands. What could already have been the next day somewhere counts as that, and a day is over when
it is over everywhere: so nothing goes too early, whatever the time zone of the books.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from .presets import Begins

_AHEAD = timedelta(hours=14)
"""How far the clocks of the earliest time zone are before UTC."""

_BEHIND = timedelta(hours=12)
"""How far those of the latest are behind it."""


def kept_until(moment: datetime, years: int, begins: Begins, fiscal_year_ends: int) -> date:
    """The last day on which something of ``moment`` is kept; ``fiscal_year_ends`` is a month."""
    end = _year_end((moment + _AHEAD).astimezone(UTC).date(), begins, fiscal_year_ends)
    return _month_end(end.year + years, end.month)


def is_over(day: date, now: datetime) -> bool:
    """Whether a day is over everywhere."""
    return now >= _everywhere_after(day)


def over_before(now: datetime, years: int, begins: Begins, fiscal_year_ends: int) -> datetime:
    """The moment of which, and from which on, all is still to be kept, and before which nothing is."""
    month = fiscal_year_ends if begins is Begins.FISCAL_YEAR else 12
    year = now.year - years
    while not is_over(_month_end(year + years, month), now):
        year -= 1
    last = _month_end(year, fiscal_year_ends if begins is not Begins.CALENDAR_YEAR else 12)
    return datetime.combine(last + timedelta(days=1), time(), UTC) - _AHEAD


def _year_end(day: date, begins: Begins, fiscal_year_ends: int) -> date:
    if begins is Begins.CALENDAR_YEAR:
        return date(day.year, 12, 31)
    year = day.year if day.month <= fiscal_year_ends else day.year + 1
    if begins is Begins.CALENDAR_YEAR_OF_FISCAL_YEAR:
        return date(year, 12, 31)
    return _month_end(year, fiscal_year_ends)


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _everywhere_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) + _BEHIND
