"""The database as one SQLite file: any number of readers, and writers that commit in groups.

What is written is written by closures. Whoever comes while nobody writes leads: its thread runs up to :data:`GROUP_LIMIT` of the
closures that wait in one transaction, each in its own savepoint, commits once, and only then tells their callers: one fsync serves
them all, and nobody is told before it. Then the first of those that came meanwhile leads. A writer alone so changes no thread.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, cast
from weakref import WeakSet

import structlog
from sqlalchemy import URL, Connection, Engine, FromClause, QueuePool, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable, TallyError

from ..durability import sync_directory
from ..tables import json_text
from .port import AFTER_COMMIT
from .urls import parsed, shown

GROUP_LIMIT = 128
"""Closures that share one commit at most."""

KEPT_READERS = 8
"""Connections that are kept open for whoever reads next."""

_WRITING = ("PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY")
"""How the writer's connection is set. What a savepoint may have to undo is kept in memory: it would be a file else, made and removed for
many a commit."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class _HintedCompiler(SQLiteCompiler):
    """Writes hints for SQLite (``INDEXED BY``), which SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


class _Undone(Exception):
    """The only closure of a transaction failed: all of it is rolled back, and its caller is told."""


def sqlite_url(path: Path) -> str:
    """The URL of the database file at ``path``."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


class _Job(Generic[T]):
    """A closure to run; ``turn`` is released when it is done, and when its caller is to lead."""

    __slots__ = ("_result", "actions", "error", "settled", "turn", "work")

    def __init__(self, work: Callable[[Session], T]) -> None:
        self.work = work
        self.turn = threading.Lock()
        self.turn.acquire()
        self.settled = False
        self.error: BaseException | None = None
        self.actions: dict[Callable[[], None], None] = {}
        self._result: T | None = None

    def run(self, session: Session) -> None:
        self._result = self.work(session)

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return cast(T, self._result)


class SqliteDatabase:
    """One SQLite file in WAL mode with ``synchronous=FULL``, shared by several threads and processes; local disk only.

    ``url`` names the file (see :func:`sqlite_url`); the file is made, readable by its owner only, when it is absent.
    ``busy_timeout`` is how many seconds to wait for another process that is writing. Close it, or use it as a context
    manager. After a fork the child must open its own.
    """

    def __init__(self, url: str, *, busy_timeout: float = 10.0) -> None:
        self._path = _existing_file(url)
        self._url = url
        self._process = os.getpid()
        self._busy_timeout = busy_timeout
        self._writer = self._engine("BEGIN IMMEDIATE", _WRITING, connections=1)
        self._migrator = self._engine("BEGIN IMMEDIATE", ("PRAGMA foreign_keys=OFF",), connections=1)
        self._reader = self._engine("BEGIN", ("PRAGMA query_only=ON",), connections=64)
        # Entered as it is, not by way of the condition, whose methods a signal can interrupt between taking and letting go.
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)
        self._jobs: deque[_Job[Any]] = deque()
        self._led = False
        self._heir: _Job[Any] | None = None
        self._leader: int | None = None
        self._writing: Connection | None = None
        self._reading: list[Session] = []
        self._alone: set[str] = set()
        self._closing = False
        _open.add(self)

    @property
    def url(self) -> str:
        return self._url

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def name(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def shared(self) -> bool:
        return False

    def __enter__(self) -> "SqliteDatabase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a write transaction and return its result once that is durable.

        ``work`` may run in the thread of another caller, together with others' work: keep it short, without I/O of its own, and
        let it neither commit nor roll back. What it raises undoes only its own changes and is raised here. Raises
        :class:`Retryable` when the database could not keep it (disk full, locked by another process, being closed).
        """
        self._check_process()
        if threading.get_ident() == self._leader:
            raise TallyError("Database.write was called from inside a write; pass the session on instead.")
        job = _Job(work)
        self._wait(job)
        if not job.settled:
            self._lead()
        return job.outcome()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one unchanging state of the database, from its first query on, and cannot write."""
        self._check_process()
        try:
            with self._one_to_read() as session:
                yield session
        except DBAPIError as error:
            raise self._explain(error) or error from error

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Among the threads of this process; no other serves the file."""
        with self._guard:
            mine = name not in self._alone
            self._alone.add(name)
        try:
            yield mine
        finally:
            if mine:
                with self._guard:
                    self._alone.discard(name)

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """A connection for changing the schema: one write transaction, foreign keys unchecked so that tables can be rebuilt.

        Commits on leaving, rolls back on an exception; other writers wait meanwhile.
        """
        self._check_process()
        try:
            with self._migrator.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._explain(error) or error from error

    def close(self) -> None:
        """Finish what is being written, then let go of the file. May be called again."""
        if os.getpid() != self._process:
            return
        with self._guard:
            self._closing = True
            self._idle.wait_for(lambda: not self._led)
        self._drop_connection()
        while self._reading:
            _let_go(self._reading.pop())
        for engine in (self._reader, self._migrator, self._writer):
            engine.dispose()

    def _engine(self, begin: str, pragmas: tuple[str, ...], *, connections: int) -> Engine:
        engine = create_engine(
            self._url,
            # The driver must not begin or commit by itself: its legacy mode commits behind a rolled-back savepoint.
            connect_args={"isolation_level": None, "timeout": self._busy_timeout, "check_same_thread": False},
            poolclass=QueuePool,
            pool_size=min(connections, 8),
            max_overflow=max(connections - 8, 0),
            json_serializer=json_text,
        )

        def connected(connection: sqlite3.Connection, _record: object) -> None:
            for pragma in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *pragmas):
                connection.execute(pragma).close()

        dialect: Any = engine.dialect
        dialect.statement_compiler = _HintedCompiler
        dialect.do_begin = lambda driver: driver.execute(begin).close()
        # SQLAlchemy's own compile a statement anew each time, which takes longer than most of what is written in a savepoint.
        dialect.do_savepoint = lambda connection, name: _execute(connection, f"SAVEPOINT {name}")
        dialect.do_release_savepoint = lambda connection, name: _execute(connection, f"RELEASE {name}")
        dialect.do_rollback_to_savepoint = lambda connection, name: _execute(connection, f"ROLLBACK TO {name}")
        event.listen(engine, "connect", connected)
        return engine

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise TallyError(f"The database {self._path} was opened before a fork; open it again in the new process.")

    @contextmanager
    def _one_to_read(self) -> Iterator[Session]:
        """A session with a connection of its own, kept for the next who reads: making both takes longer than most queries."""
        try:
            session = self._reading.pop()
        except IndexError:
            session = Session(self._reader.connect(), expire_on_commit=False)
        try:
            yield session
            session.close()
        except BaseException:
            _let_go(session)
            raise
        if self._closing or len(self._reading) >= KEPT_READERS:
            _let_go(session)
        else:
            self._reading.append(session)

    def _wait(self, job: _Job[Any]) -> None:
        """Get in line, and wait until the job is done or its caller is to lead. Whoever is interrupted leaves the line."""
        try:
            self._get_in_line(job)
            if self._heir is not job:
                job.turn.acquire()
        except BaseException:
            with self._guard:
                with suppress(ValueError):
                    self._jobs.remove(job)
                if self._heir is job:
                    self._pass_on()
            raise

    def _get_in_line(self, job: _Job[Any]) -> None:
        with self._guard:
            if self._closing:
                raise Retryable(f"The database {self._path} is being closed; nothing more is written to it.")
            self._jobs.append(job)
            if not self._led:
                self._led = True
                self._heir = job

    def _lead(self) -> None:
        """Commit the first in line together, then let the next lead."""
        with self._guard:
            self._heir = None
            jobs = [self._jobs.popleft() for _ in range(min(GROUP_LIMIT, len(self._jobs)))]
        self._leader = threading.get_ident()
        try:
            self._commit(jobs)
        finally:
            self._leader = None
            for job in jobs:
                job.settled = True
                job.turn.release()
            with self._guard:
                self._pass_on()
        for action in {action: None for job in jobs if job.error is None for action in job.actions}:
            action()

    def _pass_on(self) -> None:
        self._heir = self._jobs[0] if self._jobs else None
        if self._heir is None:
            self._led = False
            self._idle.notify_all()
        else:
            self._heir.turn.release()

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        try:
            connection = self._writing = self._writing or self._writer.connect()
            with connection.begin():
                for job in jobs:
                    self._run_job(job, connection, alone=len(jobs) == 1)
        except _Undone:
            pass
        except BaseException as error:
            # Whatever it was, the others are told and the next leader begins anew.
            self._drop_connection()
            self._refuse(jobs, error)
            if not isinstance(error, Exception):
                raise

    def _drop_connection(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def _run_job(self, job: _Job[Any], connection: Connection, *, alone: bool) -> None:
        """Run one closure in its own savepoint, which one that is ``alone`` does not need. Raises only when the whole transaction
        is lost."""
        mode: Literal["rollback_only", "create_savepoint"] = "rollback_only" if alone else "create_savepoint"
        try:
            with Session(connection, join_transaction_mode=mode, expire_on_commit=False) as session:
                job.run(session)
                session.commit()
                job.actions = session.info.get(AFTER_COMMIT, {})
        except BaseException as error:
            job.error = (self._explain(error) if isinstance(error, DBAPIError) else None) or error
            if alone:
                raise _Undone from error
            if not _in_transaction(connection):
                # Disk full and I/O errors roll back everything; going on would commit each statement by itself.
                raise

    def _refuse(self, jobs: list[_Job[Any]], error: BaseException) -> None:
        explained = self._explain(error) if isinstance(error, DBAPIError) else None
        _log.error("write refused", database=str(self._path), writes=len(jobs), error=str(explained or error))
        for job in jobs:
            told = job.error if isinstance(job.error, TallyError) else None
            if told is None:
                message = explained.message if explained else f"The database {self._path} could not be written: {error}"
                told = type(explained)(message) if explained else Retryable(message)
                told.__cause__ = error
            job.error = told

    def _explain(self, error: DBAPIError) -> TallyError | None:
        """The error of ours that ``error`` stands for; None when it is a mistake in a statement."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None:
            return None
        primary = code & 0xFF
        if primary in _RETRYABLE:
            return Retryable(f"The database {self._path} {_RETRYABLE[primary]}")
        if primary in _MISCONFIGURED:
            return Misconfigured(f"The database {self._path} {_MISCONFIGURED[primary]}")
        return None


_RETRYABLE = {
    sqlite3.SQLITE_BUSY: "is locked by another process that writes; nothing was changed, it is tried again.",
    sqlite3.SQLITE_LOCKED: "is locked by another connection; nothing was changed, it is tried again.",
    sqlite3.SQLITE_NOMEM: "could not be written for lack of memory; nothing was changed.",
    sqlite3.SQLITE_IOERR: "could not be read or written (I/O error); check the disk and the system log.",
    sqlite3.SQLITE_FULL: "could not be written because the disk is full; nothing was changed. Free some space.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the folder exists, its permissions and the limit of open files.",
}

_MISCONFIGURED = {
    sqlite3.SQLITE_READONLY: "is read-only; make the file and its folder writable by the user who runs Tallystick.",
    sqlite3.SQLITE_PERM: "may not be opened; make it readable and writable by the user who runs Tallystick.",
    sqlite3.SQLITE_CORRUPT: "is damaged; stop Tallystick, keep a copy of the file and restore the last backup.",
    sqlite3.SQLITE_NOTADB: "is not a database; check the path, or restore the file from a backup.",
}

_open: "WeakSet[SqliteDatabase]" = WeakSet()

_inherited: list[SqliteDatabase] = []
"""In a forked child: its parent's databases, kept from the garbage collector. SQLite's locks belong to the process that took
them, and even closing an inherited connection can corrupt the file."""

os.register_at_fork(after_in_child=lambda: _inherited.extend(_open))


def _existing_file(url: str) -> Path:
    named = parsed(url)
    if named.get_backend_name() != "sqlite" or not named.database or named.database == ":memory:":
        raise Misconfigured(
            f"The database {shown(named)} cannot be used: it must be a SQLite file, "
            "for example sqlite:////var/lib/tally/tally.db."
        )
    path = Path(named.database)
    if path.exists():
        return path
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        sync_directory(path.parent)
    except OSError as error:
        raise Misconfigured(
            f"The database {path} cannot be made ({error.strerror}); check the folder {path.parent}."
        ) from error
    return path


def _execute(connection: Connection, statement: str) -> None:
    """Run a statement that SQLAlchemy need not know."""
    try:
        _driver(connection).execute(statement).close()
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=connection.dialect) from error


def _in_transaction(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _let_go(session: Session) -> None:
    connection = session.bind
    assert isinstance(connection, Connection)
    session.close()
    connection.close()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
