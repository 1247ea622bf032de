import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from spool.database.port import Database
from spool.queue.schedule import due
from tests.spool.scene import ManualClock

MINUTE = timedelta(minutes=1)


def asking(clock: ManualClock, name: str = "tick") -> Callable[[Session], bool]:
    return lambda session: due(session, name, MINUTE, clock.now())


def test_it_is_due_once_in_each_period_whoever_asks(database: Database, clock: ManualClock) -> None:
    told = []
    for _ in range(5):
        told.append([database.write(asking(clock)) for _node in range(2)])
        clock.advance(seconds=30)
    assert told == [[True, False], [False, False], [True, False], [False, False], [True, False]]


def test_who_asks_late_does_not_make_it_rarer_and_what_was_missed_is_not_made_up_for(
    database: Database, clock: ManualClock
) -> None:
    told = []
    for seconds in (0, 70, 51, 600, 1):
        clock.advance(seconds=seconds)
        told.append(database.write(asking(clock)))
    assert told == [True, True, True, True, False]


def test_each_name_has_its_own_turns(database: Database, clock: ManualClock) -> None:
    assert database.write(asking(clock, "one"))
    assert database.write(asking(clock, "other"))


def test_a_turn_whose_transaction_fails_was_not_taken(database: Database, clock: ManualClock) -> None:
    def fail(session: Session) -> None:
        assert asking(clock)(session)
        raise KeyError

    for _ in range(2):
        try:
            database.write(fail)
        except KeyError:
            continue
    assert database.write(asking(clock))


def test_of_many_who_ask_at_once_one_is_told(database: Database, clock: ManualClock) -> None:
    for _ in range(3):
        told: list[bool] = []
        start = threading.Barrier(4)

        def ask(told: list[bool] = told, start: threading.Barrier = start) -> None:
            start.wait(20)
            told.append(database.write(asking(clock)))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == [False, False, False, True]
        clock.advance(seconds=60)
