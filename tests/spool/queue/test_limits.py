from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.queue.limits import Downtime, Limit, next_free, take

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

MOMENTS = st.integers(-(10**8), 10**8).map(lambda seconds: NOON + timedelta(seconds=seconds))

CHICAGO = ZoneInfo("America/Chicago")
SUNDAY = frozenset({6})
EVERY_DAY = frozenset(range(7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


NIGHT = Downtime(SUNDAY, time(2), time(4), CHICAGO)
OVERNIGHT = Downtime(SUNDAY, time(22), time(4), CHICAGO)
WHOLE_DAY = Downtime(SUNDAY, time(0), time(0), CHICAGO)
FIRST_LIGHT = Downtime(EVERY_DAY, time(1, 15), time(1, 45), CHICAGO)


@pytest.mark.parametrize(
    ("window", "moment", "over"),
    [
        (NIGHT, "2026-01-04T01:59:59", None),
        (NIGHT, "2026-01-04T02:00", "2026-01-04T04:00"),
        (NIGHT, "2026-01-04T03:59:59", "2026-01-04T04:00"),
        (NIGHT, "2026-01-04T04:00", None),
        (NIGHT, "2026-01-05T03:00", None),
        (OVERNIGHT, "2026-01-04T21:59", None),
        (OVERNIGHT, "2026-01-04T23:00", "2026-01-05T04:00"),
        (OVERNIGHT, "2026-01-05T03:59", "2026-01-05T04:00"),
        (OVERNIGHT, "2026-01-04T03:00", None),
        (WHOLE_DAY, "2026-01-04T00:00", "2026-01-05T00:00"),
        (WHOLE_DAY, "2026-01-05T00:00", None),
    ],
)
def test_when_a_downtime_is_over(window: Downtime, moment: str, over: str | None) -> None:
    assert window.over_at(at(moment)) == (None if over is None else at(over))


def test_an_hour_that_clocks_show_twice_is_twice_in_the_window() -> None:
    first = at("2026-11-01T01:30")
    second = first.replace(fold=1)
    assert [FIRST_LIGHT.over_at(moment) for moment in (first, second)] == [
        datetime(2026, 11, 1, 6, 45, tzinfo=UTC),
        datetime(2026, 11, 1, 7, 45, tzinfo=UTC),
    ]


def test_an_hour_that_clocks_leave_out_is_no_downtime() -> None:
    skipping = Downtime(SUNDAY, time(2), time(3), CHICAGO)
    before, after = at("2026-03-08T01:59:59"), at("2026-03-08T03:00")
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(seconds=1)
    assert [skipping.over_at(before), skipping.over_at(after)] == [None, None]


@given(
    MOMENTS,
    st.sets(st.integers(0, 6)),
    st.times(),
    st.times(),
)
def test_a_downtime_is_over_later_than_any_moment_in_it(
    moment: datetime, days: set[int], start: time, end: time
) -> None:
    over = Downtime(frozenset(days), start, end, CHICAGO).over_at(moment)
    assert over is None or over > moment


def test_of_several_downtimes_the_last_to_end_counts() -> None:
    limit = Limit(downtime=(NIGHT, WHOLE_DAY))
    assert limit.down_until(at("2026-01-04T03:00")) == at("2026-01-05T00:00")
    assert Limit().down_until(at("2026-01-04T03:00")) is None


def begun(per_minute: int, seconds: list[float]) -> list[bool]:
    """Whether an item may begin at each of these moments, when as many begin as may."""
    used: datetime | None = None
    answers = []
    for second in seconds:
        now = NOON + timedelta(seconds=second)
        answers.append(next_free(used, now, per_minute) <= now)
        if answers[-1]:
            used = take(used, now, per_minute)
    return answers


@pytest.mark.parametrize(
    ("per_minute", "seconds", "answers"),
    [
        (1, [0, 59, 60, 61], [True, False, True, False]),
        (6, [0, 0, 9, 10, 20], [True, False, False, True, True]),
        (60, [0] * 7, [True] * 6 + [False]),
        (60, [0] * 6 + [1, 1], [True] * 6 + [True, False]),
    ],
)
def test_what_may_begin_at_a_rate(per_minute: int, seconds: list[float], answers: list[bool]) -> None:
    assert begun(per_minute, seconds) == answers


@given(
    st.integers(1, 600),
    st.lists(st.floats(0, 600), max_size=200).map(sorted),
)
def test_no_minute_sees_much_more_than_was_agreed(per_minute: int, seconds: list[float]) -> None:
    times = [second for second, ok in zip(seconds, begun(per_minute, seconds), strict=True) if ok]
    for first in times:
        assert sum(first <= second < first + 60 for second in times) <= per_minute + max(1, per_minute // 10)


@given(st.integers(1, 600), MOMENTS)
def test_what_is_refused_may_begin_at_the_moment_that_was_named(per_minute: int, used: datetime) -> None:
    free = next_free(used, NOON, per_minute)
    assert free >= NOON
    assert next_free(used, free, per_minute) == free
