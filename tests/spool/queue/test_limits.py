from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.queue.limits import Downtime, Limit, next_free, take

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

MOMENTS = st.integers(-(10**8), 10**8).map(lambda seconds: NOON + timedelta(seconds=seconds))

CHICAGO = ZoneInfo("America/Chicago")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its clocks change by half an hour."""
SUNDAY = frozenset({6})
EVERY_DAY = frozenset(range(7))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


NIGHT = Downtime(SUNDAY, time(2), time(4), CHICAGO)
OVERNIGHT = Downtime(SUNDAY, time(22), time(4), CHICAGO)
WHOLE_DAY = Downtime(SUNDAY, time(0), time(0), CHICAGO)


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


JUMP = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
"""In Berlin the clocks go from 2:00 to 3:00."""
BACK = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
"""In Berlin they go from 3:00 back to 2:00."""


@pytest.mark.parametrize(
    ("start", "end", "change", "begins", "ends"),
    [
        # Minutes before and after the clocks change.
        ("01:30", "03:30", JUMP, -30, 30),
        ("01:30", "02:30", JUMP, -30, 0),
        ("01:30", "02:00", JUMP, -30, 0),
        ("02:30", "03:30", JUMP, 0, 30),
        ("03:00", "04:00", JUMP, 0, 60),
        ("23:00", "02:30", JUMP, -180, 0),
        ("01:30", "03:30", BACK, -90, 90),
        ("01:30", "02:30", BACK, -90, 30),
        ("02:15", "02:45", BACK, -45, 45),
        ("02:30", "03:30", BACK, -30, 90),
        ("03:00", "04:00", BACK, 60, 120),
        ("23:00", "02:30", BACK, -240, 30),
    ],
)
def test_a_downtime_on_the_day_the_clocks_change(
    start: str, end: str, change: datetime, begins: int, ends: int
) -> None:
    window = Downtime(EVERY_DAY, time.fromisoformat(start), time.fromisoformat(end), BERLIN)
    over = change + timedelta(minutes=ends)
    inside = [window.over_at(change + timedelta(minutes=minute)) for minute in range(begins, ends)]
    assert inside == [over] * (ends - begins)
    assert window.over_at(change + timedelta(minutes=begins, seconds=-1)) is None
    assert window.over_at(over) is None


@pytest.mark.parametrize(("start", "end"), [("02:00", "03:00"), ("02:15", "02:45")])
def test_an_hour_that_clocks_leave_out_is_no_downtime(start: str, end: str) -> None:
    skipping = Downtime(EVERY_DAY, time.fromisoformat(start), time.fromisoformat(end), BERLIN)
    around = [JUMP + timedelta(minutes=minute) for minute in range(-60, 60)]
    assert {skipping.over_at(moment) for moment in around} == {None}


CHANGES = [
    (BERLIN, JUMP),
    (BERLIN, BACK),
    (LORD_HOWE, datetime(2026, 4, 4, 15, 0, tzinfo=UTC)),
    (LORD_HOWE, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
]


@given(st.sampled_from(CHANGES), st.integers(-1500, 1500), st.times(), st.times())
def test_a_downtime_is_one_piece(changes: tuple[ZoneInfo, datetime], minute: int, start: time, end: time) -> None:
    """Whoever waits until it is over finds that it is, and was not in the meantime."""
    zone, change = changes
    window = Downtime(EVERY_DAY, start, end, zone)
    moment = change + timedelta(minutes=minute)
    over = window.over_at(moment)
    if over is not None and start < end:
        assert {window.over_at(moment + (over - moment) * part / 7) for part in range(7)} == {over}
        assert window.over_at(over) is None


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
