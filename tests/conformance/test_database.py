"""What holds for every :class:`spool.database.port.Database`."""

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from canonical.errors import Retryable, TallyError
from spool.database.port import Database, after_commit, one_at_a_time
from tests.spool.scene import KINDS, empty_database


@pytest.fixture(params=KINDS)
def numbers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with a table of numbers."""
    with empty_database(request.param, tmp_path) as database:
        with database.migration() as connection:
            connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
        yield database


def inserting(number: int) -> Callable[[Session], int]:
    def insert(session: Session) -> int:
        session.execute(text("INSERT INTO number VALUES (:n)"), {"n": number})
        return number

    return insert


def kept(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(text("SELECT n FROM number ORDER BY n")))


def test_what_is_written_is_read(numbers: Database) -> None:
    assert numbers.write(inserting(1)) == 1
    assert numbers.write(inserting(2)) == 2
    assert kept(numbers) == [1, 2]


def test_an_exception_undoes_its_work_and_is_raised(numbers: Database) -> None:
    def fail(session: Session) -> None:
        inserting(1)(session)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        numbers.write(fail)
    assert kept(numbers) == []


def test_of_what_is_written_together_an_exception_undoes_only_its_own(numbers: Database) -> None:
    def fail(session: Session) -> int:
        inserting(2)(session)
        raise KeyError("mine")

    first, second, third = numbers.write_together([inserting(1), fail, inserting(3)])
    assert (first.outcome(), third.outcome()) == (1, 3)
    with pytest.raises(KeyError, match="mine"):
        second.outcome()
    assert kept(numbers) == [1, 3]
    assert list(numbers.write_together([])) == []


def test_of_what_is_written_together_each_sees_what_came_before(numbers: Database) -> None:
    def count(session: Session) -> int:
        return session.scalar(text("SELECT count(*) FROM number")) or 0

    written = numbers.write_together([inserting(7), count, inserting(8), count])
    assert [each.outcome() for each in written] == [7, 1, 8, 2]


def test_a_reader_sees_one_state_however_long_it_looks_and_cannot_write(numbers: Database) -> None:
    numbers.write(inserting(1))
    with numbers.read() as session:
        assert session.scalar(text("SELECT count(*) FROM number")) == 1
        numbers.write(inserting(2))
        assert session.scalar(text("SELECT count(*) FROM number")) == 1
    with pytest.raises(TallyError), numbers.read() as session:
        inserting(3)(session)
    assert kept(numbers) == [1, 2]


def test_whoever_reads_next_sees_what_was_written_since_and_nothing_of_an_earlier_reader(numbers: Database) -> None:
    numbers.write(inserting(1))
    for number in range(2, 5):
        with numbers.read() as session:
            assert session.scalar(text("SELECT count(*) FROM number")) == number - 1
            session.info["noted"] = number
        numbers.write(inserting(number))
    with numbers.read() as session:
        assert "noted" not in session.info


@pytest.mark.parametrize("leave", [Session.rollback, Session.close, Session.begin_nested])
def test_whatever_a_reader_does_with_its_transaction_harms_no_other(
    numbers: Database, leave: Callable[[Session], object]
) -> None:
    for number in range(1, 4):
        with numbers.read() as session:
            assert session.scalar(text("SELECT count(*) FROM number")) == number - 1
            leave(session)
        numbers.write(inserting(number))


def test_what_waits_for_the_commit_runs_once_and_never_for_what_was_undone(numbers: Database) -> None:
    told: list[str] = []
    after = threading.Event()

    def tell() -> None:
        told.append("told")
        after.set()

    def twice(session: Session) -> None:
        after_commit(session, tell)
        after_commit(session, tell)

    def undone(session: Session) -> None:
        after_commit(session, lambda: told.append("never"))
        raise KeyError

    with pytest.raises(KeyError):
        numbers.write(undone)
    numbers.write(twice)
    assert after.wait(10)
    numbers.write(inserting(1))
    assert told == ["told"]


def test_a_write_inside_a_write_is_refused_not_deadlocked(numbers: Database) -> None:
    with pytest.raises(TallyError, match="inside a write"):
        numbers.write(lambda _session: numbers.write(inserting(1)))
    assert numbers.write(inserting(2)) == 2


def test_what_two_look_up_and_then_write_is_done_one_at_a_time(numbers: Database) -> None:
    """Without the lock two of eight writers would find the same highest number."""

    def next_number(session: Session) -> int:
        one_at_a_time(session, "number", "next")
        highest = session.scalar(text("SELECT max(n) FROM number")) or 0
        return inserting(highest + 1)(session)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: numbers.write(next_number), range(64)))
    assert sorted(found) == list(range(1, 65))


def test_what_is_closed_takes_nothing_more(numbers: Database) -> None:
    numbers.close()
    with pytest.raises(Retryable, match="being closed"):
        numbers.write(inserting(999))
    numbers.close()


def test_after_a_fork_the_child_is_told_to_open_its_own(numbers: Database) -> None:
    numbers.write(inserting(1))
    with warnings.catch_warnings():
        # Python warns of exactly what is tried here: a fork of a process that has threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            numbers.close()
            numbers.write(inserting(2))
        except TallyError as error:
            os._exit(0 if "fork" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    numbers.write(inserting(3))
    assert kept(numbers) == [1, 3]


def test_nothing_is_lost_by_clearing_what_was_removed(numbers: Database) -> None:
    for number in (1, 2):
        numbers.write(inserting(number))
    numbers.write(lambda session: session.execute(text("DELETE FROM number WHERE n = 1")))
    assert numbers.clear_traces()
    assert kept(numbers) == [2]
