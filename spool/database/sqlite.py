"""The database as one SQLite file: any number of readers, and writers that commit in groups.

What is written is written by closures. Whoever comes while nobody writes leads: its thread runs the closures of up to
:data:`GROUP_LIMIT` callers that wait in one transaction, commits once, and only then tells the callers: one fsync serves them all, and
nobody is told before it. Then the first of those that came meanwhile leads. A writer alone so changes no thread.

Closures seldom fail, and savepoints cost as much as some of them: only where one of several did, all are undone and run again, each in
a savepoint of its own.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from weakref import WeakSet

import structlog
from sqlalchemy import URL, Connection, Engine, FromClause, QueuePool, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable, TallyError

from ..durability import sync_directory
from ..tables import json_text
from . import leaving
from .port import AFTER_COMMIT, Written
from .prepared import forget_notes
from .urls import parsed, shown

GROUP_LIMIT = 128
"""Callers that share one commit at most."""

KEPT_READERS = 8
"""Connections that are kept open for whoever reads next."""

_WRITING = ("PRAGMA foreign_keys=ON", "PRAGMA temp_store=MEMORY", "PRAGMA secure_delete=ON")
"""How the writer's connection is set. What a savepoint may have to undo is kept in memory: it would be a file else, made and removed for
many a commit. What is removed is overwritten."""

_CLEARING_TRIES = 8
_CLEARING_SECONDS = 0.5
"""How often it is tried to empty the write-ahead log, and how long each time it is waited for who reads or writes."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_Begin = Callable[[sqlite3.Connection], None]


class _HintedCompiler(SQLiteCompiler):
    """Writes hints for SQLite (``INDEXED BY``), which SQLAlchemy leaves out."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


def sqlite_url(path: Path) -> str:
    """The URL of the database file at ``path``."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


class _Write(Written[T]):
    """A closure to run."""

    __slots__ = ("actions", "work")

    def __init__(self, work: Callable[[Session], T]) -> None:
        super().__init__()
        self.work = work
        self.actions: dict[Callable[[], None], None] = {}

    def run(self, session: Session) -> None:
        self.result = self.work(session)
        session.flush()
        self.actions = session.info.get(AFTER_COMMIT, {})
        # The session is used again; what is noted in it, its moment too, is of this closure alone.
        forget_notes(session)


class _Job:
    """What a caller writes; ``turn`` is released when it is done, and when the caller is to lead."""

    __slots__ = ("settled", "turn", "writes")

    def __init__(self, writes: Sequence[_Write[Any]]) -> None:
        self.writes = writes
        self.turn = threading.Lock()
        self.turn.acquire()
        self.settled = False


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
        self._writer = self._engine(self._begin_to_write, _WRITING, connections=1)
        self._migrator = self._engine(self._begin_to_write, ("PRAGMA foreign_keys=OFF",), connections=1)
        self._reader = self._engine(_begin_to_read, ("PRAGMA query_only=ON",), connections=64)
        # Entered as it is, not by way of the condition, whose methods a signal can interrupt between taking and letting go.
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)
        self._jobs: deque[_Job] = deque()
        self._led = False
        self._heir: _Job | None = None
        self._leader: int | None = None
        self._writing: Session | None = None
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
        [written] = self.write_together([work])
        return written.outcome()

    def write_together(self, works: Sequence[Callable[[Session], T]]) -> Sequence[Written[T]]:
        """As :meth:`write` for each of ``works``, in one commit."""
        self._check_process()
        if threading.get_ident() == self._leader:
            raise TallyError("Database.write was called from inside a write; pass the session on instead.")
        writes = [_Write(work) for work in works]
        if writes:
            job = _Job(writes)
            self._wait(job)
            if not job.settled:
                self._lead()
        return writes

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

    def clear_traces(self) -> bool:
        """What was removed is overwritten in the file, and stands in the write-ahead log as it was until that is emptied.

        Readers keep it from that, those of other processes too. Each try is short, as nobody can write meanwhile.
        """
        self._check_process()
        try:
            with closing(sqlite3.connect(self._path, timeout=_CLEARING_SECONDS, isolation_level=None)) as connection:
                return any(_emptied(connection) for _ in range(_CLEARING_TRIES))
        except sqlite3.Error as error:
            _log.warning("the write-ahead log was not emptied", database=str(self._path), error=str(error))
            return False

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

    def _engine(self, begin: _Begin, pragmas: tuple[str, ...], *, connections: int) -> Engine:
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
        dialect.do_begin = begin
        # SQLAlchemy's own compile a statement anew each time, which takes longer than most of what is written in a savepoint.
        dialect.do_savepoint = lambda connection, name: _execute(connection, f"SAVEPOINT {name}")
        dialect.do_release_savepoint = lambda connection, name: _execute(connection, f"RELEASE {name}")
        dialect.do_rollback_to_savepoint = lambda connection, name: _execute(connection, f"ROLLBACK TO {name}")
        event.listen(engine, "connect", connected)
        return engine

    def _begin_to_write(self, driver: sqlite3.Connection) -> None:
        driver.execute("BEGIN IMMEDIATE").close()
        try:
            leaving.require_here(self._path)
        except BaseException:
            driver.rollback()
            raise

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise TallyError(f"The database {self._path} was opened before a fork; open it again in the new process.")

    @contextmanager
    def _one_to_read(self) -> Iterator[Session]:
        """A session with a connection of its own, kept for the next who reads: making both takes longer than most queries.

        SQLAlchemy begins its transaction once; that of the database is begun and ended for each reading, by the driver.
        """
        try:
            session = self._reading.pop()
            _execute(_connection(session), "BEGIN")
        except IndexError:
            session = self._one_in_transaction()
        try:
            yield session
        except BaseException:
            _let_go(session)
            raise
        if self._closing or len(self._reading) >= KEPT_READERS or not _as_it_began(session):
            _let_go(session)
        else:
            session.expunge_all()
            forget_notes(session)
            _driver(_connection(session)).rollback()
            self._reading.append(session)

    def _one_in_transaction(self) -> Session:
        connection = self._reader.connect()
        connection.begin()
        return Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False)

    def _wait(self, job: _Job) -> None:
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

    def _get_in_line(self, job: _Job) -> None:
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
        writes = [write for job in jobs for write in job.writes]
        self._leader = threading.get_ident()
        try:
            self._commit(writes)
        finally:
            self._leader = None
            for job in jobs:
                job.settled = True
                job.turn.release()
            with self._guard:
                self._pass_on()
        for action in {action: None for write in writes if write.error is None for action in write.actions}:
            action()

    def _pass_on(self) -> None:
        self._heir = self._jobs[0] if self._jobs else None
        if self._heir is None:
            self._led = False
            self._idle.notify_all()
        else:
            self._heir.turn.release()

    def _commit(self, writes: Sequence[_Write[Any]]) -> None:
        try:
            session = self._writing = self._writing or self._one_to_write()
            if self._failed(writes, session) and len(writes) > 1:
                self._run_apart(writes, _connection(session))
        except BaseException as error:
            # Whatever it was, the others are told and the next leader begins anew.
            self._drop_connection()
            self._refuse(writes, error)
            if not isinstance(error, Exception):
                raise

    def _one_to_write(self) -> Session:
        """The session for all that does not fail; it leaves the transaction to whoever leads."""
        return Session(self._writer.connect(), join_transaction_mode="rollback_only", expire_on_commit=False)

    def _drop_connection(self) -> None:
        if self._writing is not None:
            _let_go(self._writing)
            self._writing = None

    def _failed(self, writes: Sequence[_Write[Any]], session: Session) -> bool:
        """Run all closures in one transaction; whether one failed, which undid it. Raises when it could not be committed."""
        connection = _connection(session)
        with connection.begin() as transaction:
            for write in writes:
                ran = self._ran(write, session)
                if not ran:
                    session.close()
                    if transaction.is_active:
                        transaction.rollback()
                    return True
                session.expunge_all()
                _require_transaction(connection)
            session.close()
        return False

    def _run_apart(self, writes: Sequence[_Write[Any]], connection: Connection) -> None:
        """Run closures of which one failed anew, each in its own savepoint. Raises when it could not be committed."""
        for write in writes:
            if not isinstance(write.error, Exception | None):
                # Whoever wants the process to end is not kept from it.
                raise write.error
        with connection.begin():
            for write in writes:
                write.error = None
                with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
                    if self._ran(write, session):
                        session.commit()
                _require_transaction(connection)

    def _ran(self, write: _Write[Any], session: Session) -> bool:
        """Run a closure; whether it did not fail."""
        try:
            write.run(session)
        except BaseException as error:  # noqa: BLE001 - raised when its outcome is asked for
            write.error = (self._explain(error) if isinstance(error, DBAPIError) else None) or error
            session.info.clear()
            return False
        return True

    def _refuse(self, writes: Sequence[_Write[Any]], error: BaseException) -> None:
        explained = self._explain(error) if isinstance(error, DBAPIError) else _of_ours(error)
        _log.error("write refused", database=str(self._path), writes=len(writes), error=str(explained or error))
        for write in writes:
            told = write.error if isinstance(write.error, TallyError) else None
            if told is None:
                message = explained.message if explained else f"The database {self._path} could not be written: {error}"
                told = type(explained)(message) if explained else Retryable(message)
                told.__cause__ = error
            write.error = told

    def _explain(self, error: DBAPIError) -> TallyError | None:
        """The error of ours that ``error`` stands for; None when it is a mistake in a statement."""
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None:
            return None
        primary = code & 0xFF
        if primary == sqlite3.SQLITE_BUSY and leaving.is_being_moved(self._path):
            return Retryable(f"The database {self._path} {_BEING_MOVED}")
        if primary in _RETRYABLE:
            return Retryable(f"The database {self._path} {_RETRYABLE[primary]}")
        if primary in _MISCONFIGURED:
            return Misconfigured(f"The database {self._path} {_MISCONFIGURED[primary]}")
        return None


_BEING_MOVED = (
    "is being moved into another database (`tally migrate`), and nothing is written to it meanwhile; nothing was changed. Do it again "
    "when that has ended."
)

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


def _begin_to_read(driver: sqlite3.Connection) -> None:
    driver.execute("BEGIN").close()


def _of_ours(error: BaseException) -> TallyError | None:
    return error if isinstance(error, TallyError) else None


def _emptied(connection: sqlite3.Connection) -> bool:
    """Whether all of the write-ahead log went into the file, and it was cut off."""
    [busy, _, _] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _execute(connection: Connection, statement: str) -> None:
    """Run a statement that SQLAlchemy need not know."""
    try:
        _driver(connection).execute(statement).close()
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=connection.dialect) from error


def _require_transaction(connection: Connection) -> None:
    """Disk full and I/O errors roll back everything; going on would commit each statement by itself."""
    if not _driver(connection).in_transaction:
        raise Retryable("The disk is full, or could not be read or written; nothing was changed, it is tried again.")


def _connection(session: Session) -> Connection:
    connection = session.bind
    assert isinstance(connection, Connection)
    return connection


def _as_it_began(session: Session) -> bool:
    """Whether whoever read with it left its transaction alone."""
    return _connection(session).in_transaction() and not session.in_nested_transaction()


def _let_go(session: Session) -> None:
    connection = _connection(session)
    session.close()
    connection.close()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
