import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from spool.queue.port import Claim
from spool.under_way import PATIENCE_SECONDS, UnderWay

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def claim(number: int) -> Claim:
    return Claim(
        item_id=f"item{number}",
        lane=f"lane{number}",
        token=1,
        kind="job",
        payload={},
        attempt=1,
        max_attempts=10,
        enqueued_at=NOW,
        claimed_at=NOW,
        owner="test",
        endpoint=None,
        partner=None,
        deadline=None,
    )


FIRST, SECOND, THIRD = map(claim, range(3))


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def under_way(time: Time) -> UnderWay:
    return UnderWay(time)


def test_all_that_is_held_is_kept(under_way: UnderWay) -> None:
    with under_way.holding([FIRST, SECOND]):
        assert under_way.turn_to(FIRST)
        assert under_way.kept() == [FIRST, SECOND]
    assert under_way.kept() == []


@pytest.mark.parametrize(("seconds", "hangs"), [(PATIENCE_SECONDS, False), (PATIENCE_SECONDS + 0.1, True)])
def test_who_is_at_one_thing_for_too_long_hangs(under_way: UnderWay, time: Time, seconds: float, hangs: bool) -> None:
    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        time.seconds = seconds
        assert under_way.hanging() == ([FIRST] if hangs else [])
        assert under_way.kept() == ([FIRST] if hangs else [FIRST, SECOND])


def test_many_things_that_take_long_together_are_not_one_that_hangs(under_way: UnderWay, time: Time) -> None:
    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        time.seconds += PATIENCE_SECONDS
        under_way.turn_to(SECOND)
        time.seconds += PATIENCE_SECONDS
        assert under_way.hanging() == []


def test_what_is_only_to_be_committed_does_not_hang(under_way: UnderWay, time: Time) -> None:
    """The database has limits of its own."""
    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        assert under_way.all_tried()
        time.seconds += PATIENCE_SECONDS + 1
        assert under_way.hanging() == []
        assert under_way.kept() == [FIRST, SECOND]


def test_who_hung_begins_nothing_that_was_let_go(under_way: UnderWay, time: Time) -> None:
    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        time.seconds += PATIENCE_SECONDS + 1
        under_way.kept()
        assert not under_way.turn_to(SECOND)
        assert not under_way.all_tried()
        assert under_way.kept() == []


def test_who_only_nearly_hung_loses_nothing(under_way: UnderWay, time: Time) -> None:
    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        time.seconds += PATIENCE_SECONDS + 1
        assert under_way.turn_to(SECOND), "nobody looked meanwhile"
        assert under_way.kept() == [FIRST, SECOND]


def test_what_one_thread_hangs_in_is_nothing_to_the_others(under_way: UnderWay, time: Time) -> None:
    def with_another_thread(then: Callable[[], None]) -> None:
        holds, done = threading.Event(), threading.Event()

        def hold() -> None:
            with under_way.holding([THIRD]):
                under_way.turn_to(THIRD)
                holds.set()
                done.wait(20)

        other = threading.Thread(target=hold)
        other.start()
        assert holds.wait(20)
        try:
            then()
        finally:
            done.set()
            other.join()

    with under_way.holding([FIRST, SECOND]):
        under_way.turn_to(FIRST)
        time.seconds += PATIENCE_SECONDS + 1

        def seen() -> None:
            assert under_way.hanging() == [FIRST]
            assert under_way.kept() == [FIRST, THIRD]

        with_another_thread(seen)
