from datetime import UTC, datetime, timedelta

import pytest

from canonical.errors import Retryable
from spool.clock import JUMP, DatabaseClock, SystemClock, WatchedClock
from spool.database.port import Database, time_of
from spool.database.sqlite import SqliteDatabase

from .scene import ManualClock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


class Elsewhere:
    """A database's clock, and the seconds that pass here; asking takes a while."""

    def __init__(self) -> None:
        self.time = NOON
        self.seconds = 1000.0
        self.asking_takes = 0.0
        self.error: Exception | None = None

    def ask(self) -> datetime:
        if self.error is not None:
            raise self.error
        self.seconds += self.asking_takes
        return self.time

    def monotonic(self) -> float:
        return self.seconds


def test_between_two_questions_a_databases_clock_goes_on_by_what_passes_here() -> None:
    elsewhere = Elsewhere()
    clock = DatabaseClock(elsewhere.ask, monotonic=elsewhere.monotonic)
    elsewhere.seconds += 30
    elsewhere.time = NOON + timedelta(days=1)
    assert clock.now() == NOON + timedelta(seconds=30)
    clock.sync()
    assert clock.now() == NOON + timedelta(days=1)


def test_half_of_what_asking_took_has_passed_since_the_answer_was_given() -> None:
    elsewhere = Elsewhere()
    elsewhere.asking_takes = 2.0
    assert DatabaseClock(elsewhere.ask, monotonic=elsewhere.monotonic).now() == NOON + timedelta(seconds=1)


def test_a_databases_clock_goes_on_where_the_database_cannot_be_asked() -> None:
    elsewhere = Elsewhere()
    clock = DatabaseClock(elsewhere.ask, monotonic=elsewhere.monotonic)
    elsewhere.error = Retryable("down")
    elsewhere.seconds += 90
    with pytest.raises(Retryable):
        clock.sync()
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_server_tells_its_time_as_it_passes_not_as_a_transaction_began(database: Database) -> None:
    if isinstance(database, SqliteDatabase):
        pytest.skip("a file has no clock")
    first = time_of(database)
    assert first.tzinfo is not None
    assert time_of(database) > first


@pytest.mark.parametrize(
    ("wall", "passed", "moved"),
    [
        (60, 60, 0),
        (61, 60, 0),
        (-3600 + 60, 60, -3600),
        (3600 + 60, 60, 0),
        (-JUMP.total_seconds(), 0, 0),
        (-JUMP.total_seconds() - 1, 0, -JUMP.total_seconds() - 1),
    ],
)
def test_a_clock_that_was_put_back_is_noticed_once(wall: float, passed: float, moved: float) -> None:
    clock, elsewhere = ManualClock(), Elsewhere()
    watched = WatchedClock(clock, monotonic=elsewhere.monotonic)
    clock.advance(seconds=wall)
    elsewhere.seconds += passed
    assert watched.now() == clock.now()
    assert [watched.put_back(), watched.put_back()] == [timedelta(seconds=moved), timedelta(0)]


def test_a_clock_that_was_wrong_for_a_moment_in_which_it_was_asked_is_noticed() -> None:
    """What was timed in that moment would rest for an hour."""
    clock = ManualClock()
    watched = WatchedClock(clock, monotonic=Elsewhere().monotonic)
    for hours in (1, -2, 1, -1, 1):
        clock.advance(seconds=hours * 3600)
        watched.now()
    assert watched.put_back() == timedelta(hours=-3)
