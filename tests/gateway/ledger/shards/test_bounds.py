"""Which entries are a year's, where the times of entries go back."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.entry import timestamp
from gateway.ledger.shards.bounds import Bounds, Years
from gateway.ledger.shards.statement import Elsewhere, year_begins

NAMES = st.lists(st.integers(2020, 2026), max_size=40)
"""The years of entries, one behind the other."""


def of(year: int, *entries: tuple[int, int]) -> Bounds:
    """The bounds of a year among so many ``entries`` of one year behind so many of another."""
    return bounds(year, [each for count, each in entries for _ in range(count)])


def bounds(year: int, years: list[int]) -> Bounds:
    return filled(year, years).bounds()


def filled(year: int, years: list[int]) -> Years:
    found = Years(year_begins(year, 12), year_begins(year + 1, 12))
    for each in years:
        found.add(timestamp(datetime(each, 6, 1, tzinfo=UTC)))
    return found


def wrong(year: int, years: list[int], start: int) -> int:
    """How many entries are on the other side of where ``year`` begins than their times say."""
    return sum(each >= year for each in years[:start]) + sum(each < year for each in years[start:])


def test_in_order_a_year_is_what_is_of_it() -> None:
    assert of(2025, (3, 2024), (10, 2025), (5, 2026)) == Bounds(3, 13, 0, ())


def test_a_clock_that_ran_ahead_for_a_while_leaves_its_entries_where_they_happened() -> None:
    told = ((3, 2024), (10, 2025), (20, 2026), (30, 2025), (5, 2026))
    assert of(2025, *told) == Bounds(3, 63, 20, ())
    assert of(2026, *told) == Bounds(63, 68, 0, (Elsewhere(20, 13, 32),))


def test_a_clock_that_ran_behind_for_a_while_leaves_them_there_too() -> None:
    told = ((300, 2024), (300, 2025), (2, 1970), (80, 2025), (5, 2026))
    assert of(2025, *told) == Bounds(300, 682, 2, ())
    assert of(1970, *told) == Bounds(0, 0, 0, (Elsewhere(2, 600, 601),))


def test_where_more_is_told_of_the_wrong_year_the_rest_lies_elsewhere_and_is_told() -> None:
    told = ((3, 2024), (10, 2025), (40, 2026), (30, 2025), (5, 2026))
    assert of(2025, *told) == Bounds(3, 13, 0, (Elsewhere(30, 53, 82),))
    assert of(2026, *told) == Bounds(13, 88, 30, ())


@given(NAMES)
def test_every_entry_is_in_the_shard_of_exactly_one_year(years: list[int]) -> None:
    found = [bounds(year, years) for year in range(2020, 2027)]
    assert (found[0].first, found[-1].end) == (0, len(years))
    assert all(before.end == after.first for before, after in pairwise(found))


@given(NAMES, st.integers(2020, 2026))
def test_no_other_beginning_has_fewer_on_the_wrong_side_and_none_before_it_as_few(years: list[int], year: int) -> None:
    found = bounds(year, years).first
    counts = [wrong(year, years, start) for start in range(len(years) + 1)]
    assert found == counts.index(min(counts))


@given(NAMES, st.integers(2020, 2026))
def test_all_of_a_year_is_counted(years: list[int], year: int) -> None:
    found = bounds(year, years)
    inside = found.end - found.first - found.among
    assert inside + sum(each.entries for each in found.elsewhere) == years.count(year)
    for each in found.elsewhere:
        assert years[each.lowest] == years[each.highest] == year


@given(NAMES, st.integers(2020, 2026), st.integers(0, 40))
def test_what_was_bounded_so_shows_it_by_itself(years: list[int], year: int, later: int) -> None:
    found = bounds(year, years)
    alone = filled(year, years[found.first : found.end])
    assert (alone.better_start(), alone.better_end()) == (None, None)
    assert filled(year, [year - 1, *[year] * 2]).better_start() == 1
    assert filled(year, [*[year] * 2, *[year + 1] * (1 + later)]).better_end() == 2
