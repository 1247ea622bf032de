"""What is SQLite's own: one writer that groups commits, and the file. What holds for every database is in tests/conformance."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable
from spool.database import sqlite
from spool.database.port import after_commit
from spool.database.sqlite import GROUP_LIMIT, SqliteDatabase, sqlite_url
from tests.spool.scene import new_database

T = TypeVar("T")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """A database with a table of numbers; a ``child`` refers to a number."""
    with SqliteDatabase(sqlite_url(tmp_path / "numbers.db"), busy_timeout=0.05) as database:
        with database.migration() as connection:
            connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
            connection.execute(text("CREATE TABLE child (n INTEGER REFERENCES number DEFERRABLE INITIALLY DEFERRED)"))
        yield database


def insert(session: Session, number: int) -> int:
    session.execute(text("INSERT INTO number VALUES (:n)"), {"n": number})
    return number


def inserting(number: int) -> Callable[[Session], int]:
    return lambda session: insert(session, number)


def kept(database: SqliteDatabase) -> list[int]:
    with database.read() as session:
        return list(session.scalars(text("SELECT n FROM number ORDER BY n")))


class Gate:
    """Keeps whoever leads busy until it is opened, so that what gets in line meanwhile is committed together."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._opened = threading.Event()
        self._pool = ThreadPoolExecutor(400)
        self.in_line = threading.Semaphore(0)
        entered = threading.Event()

        def hold(_session: Session) -> None:
            entered.set()
            assert self._opened.wait(10)

        self._held = self._pool.submit(database.write, hold)
        assert entered.wait(10)
        # Nothing else tells that a write is in line and not still on its way there.
        database._jobs = _Line(self.in_line)

    def write(self, work: Callable[[Session], T]) -> Future[T]:
        """Have another thread get in line."""
        future = self._pool.submit(self._database.write, work)
        assert self.in_line.acquire(timeout=10)
        return future

    def open(self) -> None:
        self._opened.set()
        self._held.result(10)
        self._pool.shutdown(wait=False)


class _Line(deque[Any]):
    def __init__(self, in_line: threading.Semaphore) -> None:
        super().__init__()
        self._in_line = in_line

    def append(self, job: Any) -> None:
        super().append(job)
        self._in_line.release()


def test_every_connection_waits_for_the_disk_and_checks_references(numbers: SqliteDatabase) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert numbers.write(lambda session: [session.scalar(text(f"PRAGMA {name}")) for name in pragmas]) == ["wal", 2, 1]


def test_an_exception_undoes_only_its_own_work_and_goes_to_its_own_caller(numbers: SqliteDatabase) -> None:
    def fail(session: Session) -> None:
        insert(session, 2)
        raise KeyError("mine")

    gate = Gate(numbers)
    first = gate.write(inserting(1))
    second = gate.write(fail)
    third = gate.write(inserting(3))
    gate.open()
    assert (first.result(), third.result()) == (1, 3)
    with pytest.raises(KeyError, match="mine"):
        second.result()
    assert kept(numbers) == [1, 3]


def test_many_writes_share_one_commit_and_nobody_is_told_before_it(numbers: SqliteDatabase) -> None:
    commits = []

    def count(_connection: object) -> None:
        commits.append(1)

    gate = Gate(numbers)
    futures = [gate.write(inserting(n)) for n in range(GROUP_LIMIT - 1)]
    last = gate.write(lambda _session: any(future.done() for future in futures))
    beyond = gate.write(lambda _session: None)
    event.listen(Engine, "commit", count)
    try:
        gate.open()
        assert last.result(10) is False
        assert beyond.result(10) is None
    finally:
        event.remove(Engine, "commit", count)
    # The gate's own, the full group's, and that of the one beyond the limit.
    assert len(commits) == 3


def test_a_failed_commit_is_told_to_all_as_retryable(numbers: SqliteDatabase) -> None:
    gate = Gate(numbers)
    good = gate.write(inserting(1))
    bad = gate.write(lambda session: session.execute(text("INSERT INTO child VALUES (99)")).close())
    gate.open()
    assert isinstance(good.exception(10), Retryable)
    assert isinstance(bad.exception(10), Retryable)
    assert kept(numbers) == []
    assert numbers.write(inserting(2)) == 2


def test_when_sqlite_drops_the_whole_transaction_nothing_of_the_group_is_kept(numbers: SqliteDatabase) -> None:
    def lose(session: Session) -> None:
        """What SQLite itself does on a full disk or an I/O error."""
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("ROLLBACK").close()
        insert(session, 2)

    gate = Gate(numbers)
    futures: list[Future[Any]] = [
        gate.write(inserting(1)),
        gate.write(lose),
        gate.write(inserting(3)),
    ]
    gate.open()
    for future in futures:
        with pytest.raises(Retryable):
            future.result(10)
    assert 1 not in kept(numbers)
    assert 3 not in kept(numbers)


def test_a_full_disk_is_retryable_and_says_so(numbers: SqliteDatabase) -> None:
    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1")).close()
        session.execute(text("CREATE TABLE big AS SELECT zeroblob(1000000) AS b")).close()

    with pytest.raises(Retryable, match="the disk is full"):
        numbers.write(fill)


def test_a_database_locked_by_another_process_is_retryable_and_says_so(numbers: SqliteDatabase) -> None:
    other = sqlite3.connect(numbers.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE").close()
        with pytest.raises(Retryable, match="locked by another process"):
            numbers.write(inserting(1))
        other.execute("ROLLBACK").close()
    finally:
        other.close()
    assert numbers.write(inserting(1)) == 1


def test_what_waits_for_the_commit_runs_once_and_never_for_what_was_undone(numbers: SqliteDatabase) -> None:
    told: list[str] = []
    after = threading.Event()

    def tell() -> None:
        told.append("told")

    def undone(session: Session) -> None:
        after_commit(session, lambda: told.append("never"))
        raise KeyError

    gate = Gate(numbers)
    gate.write(lambda session: after_commit(session, tell))
    gate.write(lambda session: after_commit(session, tell))
    gate.write(lambda session: after_commit(session, after.set))
    failed = gate.write(undone)
    gate.open()
    assert after.wait(10)
    assert failed.exception(10) is not None
    assert told == ["told"]


def test_whoever_is_interrupted_in_line_holds_up_nobody(numbers: SqliteDatabase) -> None:
    class Interrupted(BaseException):
        pass

    interrupted = threading.Event()

    def interrupt(_number: int, _frame: object) -> None:
        if not interrupted.is_set():
            interrupted.set()
            raise Interrupted

    def while_in_line() -> None:
        assert gate.in_line.acquire(timeout=10)
        # A signal that comes just before the thread blocks does not wake it; Python then sees it only with the next.
        while not interrupted.wait(0.05):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    gate = Gate(numbers)
    try:
        signals = threading.Thread(target=while_in_line)
        signals.start()
        with pytest.raises(Interrupted):
            numbers.write(inserting(1))
        signals.join(10)
    finally:
        signal.signal(signal.SIGUSR1, before)
    behind = gate.write(inserting(2))
    gate.open()
    assert behind.result(10) == 2
    assert numbers.write(inserting(3)) == 3
    assert kept(numbers) == [2, 3]


def test_closing_finishes_what_is_in_line_and_takes_nothing_more(numbers: SqliteDatabase) -> None:
    gate = Gate(numbers)
    futures = [gate.write(inserting(n)) for n in range(300)]
    gate.open()
    numbers.close()
    assert [future.result(10) for future in futures] == list(range(300))
    with pytest.raises(Retryable, match="being closed"):
        numbers.write(inserting(999))
    numbers.close()


WRITER = """
import sys
from sqlalchemy import text
from spool.database.sqlite import SqliteDatabase
with SqliteDatabase(sys.argv[1]) as database:
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        database.write(lambda session: session.execute(text(f"INSERT INTO number VALUES ({number})")).close())
"""


def test_two_processes_write_at_the_same_time(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        with database.migration() as connection:
            connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
        other = subprocess.Popen([sys.executable, "-W", "error", "-c", WRITER, database.url, "1000", "1100"], cwd=ROOT)
        for number in range(100):
            database.write(inserting(number))
        assert other.wait(60) == 0
        assert len(kept(database)) == 200


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        assert database.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "must be a SQLite file"),
        ("sqlite:///:memory:", "must be a SQLite file"),
        ("postgresql://user:secret@db/tally", "must be a SQLite file"),
        ("sqlite:////nowhere/at/all/tally.db", "check the folder /nowhere/at/all"),
    ],
)
def test_what_cannot_be_a_database_is_refused_in_words(url: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as caught:
        SqliteDatabase(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "tally.db").write_bytes(b"ISA*00*" * 1000)
    with (
        SqliteDatabase(sqlite_url(tmp_path / "tally.db")) as database,
        pytest.raises(Misconfigured, match="is not a database"),
    ):
        database.write(inserting(1))


def test_a_savepoint_in_a_savepoint_undoes_only_what_came_after_it(numbers: SqliteDatabase) -> None:
    def write(session: Session) -> None:
        insert(session, 1)
        with suppress(KeyError), session.begin_nested():
            insert(session, 2)
            with session.begin_nested():
                insert(session, 3)
            raise KeyError
        with session.begin_nested():
            insert(session, 4)
            with suppress(KeyError), session.begin_nested():
                insert(session, 5)
                raise KeyError

    numbers.write(write)
    assert kept(numbers) == [1, 4]


class TestTraces:
    """What was removed must not be found any more in any of the database's files."""

    SECRET = b"nobody else's business"

    @pytest.fixture
    def removed(self, numbers: SqliteDatabase) -> SqliteDatabase:
        """Where a secret was written, and removed again."""
        with numbers.migration() as connection:
            connection.execute(text("CREATE TABLE told (what BLOB)"))
        numbers.write(lambda session: session.execute(text("INSERT INTO told VALUES (:what)"), {"what": self.SECRET}))
        assert self.lies_in(numbers) == ["numbers.db-wal"]
        numbers.write(lambda session: session.execute(text("DELETE FROM told")))
        return numbers

    def lies_in(self, database: SqliteDatabase) -> list[str]:
        files = sorted(database.path.parent.glob("numbers.db*"))
        return [path.name for path in files if self.SECRET in path.read_bytes()]

    def test_the_log_has_it_until_it_is_cleared(self, removed: SqliteDatabase) -> None:
        assert self.lies_in(removed) == ["numbers.db-wal"]
        assert removed.clear_traces()
        assert self.lies_in(removed) == []

    def test_it_is_said_where_who_reads_kept_it_from_that(
        self, removed: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite, "_CLEARING_SECONDS", 0.01)
        with removed.read() as session:
            session.execute(text("SELECT n FROM number")).all()
            removed.write(inserting(1))
            assert not removed.clear_traces()
        assert removed.clear_traces()
        assert self.lies_in(removed) == []
        assert kept(removed) == [1]

    def test_what_went_into_the_file_before_is_overwritten_there(self, removed: SqliteDatabase) -> None:
        removed.write(
            lambda session: session.execute(text("INSERT INTO told VALUES (:what)"), {"what": self.SECRET * 1000})
        )
        removed.clear_traces()
        assert self.lies_in(removed) == ["numbers.db"]
        removed.write(lambda session: session.execute(text("DELETE FROM told")))
        removed.clear_traces()
        assert self.lies_in(removed) == []
