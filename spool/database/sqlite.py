"""The database as one SQLite file: any number of readers, one writer thread that groups commits.

What is written is written by closures. One thread runs up to :data:`GROUP_LIMIT` of them in one transaction, each in its
own savepoint, commits once, and only then tells their callers: one fsync serves them all, and nobody is told before it.
"""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar
from weakref import WeakSet

import structlog
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable, TallyError

from ..durability import sync_directory
from ..tables import json_text
from .port import AFTER_COMMIT
from .urls import parsed, shown

GROUP_LIMIT = 128
"""Closures that share one commit at most."""

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class _Undone(Exception):
    """The only closure of a transaction failed: all of it is rolled back, and its caller is told."""


def sqlite_url(path: Path) -> str:
    """The URL of the database file at ``path``."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


@dataclass(eq=False)
class _Job(Generic[T]):
    work: Callable[[Session], T]
    future: Future[T] = field(default_factory=Future)
    result: T | None = None
    error: BaseException | None = None
    actions: dict[Callable[[], None], None] = field(default_factory=dict)


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
        self._writer = self._engine("BEGIN IMMEDIATE", ("PRAGMA foreign_keys=ON",), connections=1)
        self._migrator = self._engine("BEGIN IMMEDIATE", ("PRAGMA foreign_keys=OFF",), connections=1)
        self._reader = self._engine("BEGIN", ("PRAGMA query_only=ON",), connections=64)
        self._jobs: deque[_Job[Any]] = deque()
        self._changed = threading.Condition()
        self._alone: set[str] = set()
        self._closing = False
        self._thread: threading.Thread | None = None
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

        ``work`` runs in the writer thread, together with other closures' work: keep it short, without I/O of its own, and
        let it neither commit nor roll back. What it raises undoes only its own changes and is raised here. Raises
        :class:`Retryable` when the database could not keep it (disk full, locked by another process, being closed).
        """
        if threading.current_thread() is self._thread:
            raise TallyError("Database.write was called from inside a write; pass the session on instead.")
        return self.submit(work).result()

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        """As :meth:`write`, without waiting: the future completes after the commit."""
        self._check_process()
        job = _Job(work)
        with self._changed:
            if self._closing:
                raise Retryable(f"The database {self._path} is being closed; nothing more is written to it.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
                self._thread.start()
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one unchanging state of the database, from its first query on, and cannot write."""
        self._check_process()
        try:
            with self._reader.connect() as connection, Session(connection, expire_on_commit=False) as session:
                yield session
        except DBAPIError as error:
            raise self._explain(error) or error from error

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Among the threads of this process; no other serves the file."""
        with self._changed:
            mine = name not in self._alone
            self._alone.add(name)
        try:
            yield mine
        finally:
            if mine:
                with self._changed:
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
        """Finish what was submitted, then let go of the file. May be called again."""
        if os.getpid() != self._process:
            return
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
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

        def begun(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", begun)
        return engine

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise TallyError(f"The database {self._path} was opened before a fork; open it again in the new process.")

    def _run(self) -> None:
        while jobs := self._next_group():
            self._commit(jobs)

    def _next_group(self) -> list[_Job[Any]]:
        """The jobs to commit together; none when the database closes and all is done."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            return [self._jobs.popleft() for _ in range(min(GROUP_LIMIT, len(self._jobs)))]

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        try:
            with self._writer.begin() as connection:
                for job in jobs:
                    self._run_job(job, connection, alone=len(jobs) == 1)
        except _Undone:
            pass
        except Exception as error:  # noqa: BLE001 - the writer thread serves everybody and must go on
            self._refuse(jobs, error)
            return
        for job in jobs:
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.error)
        actions = {action: None for job in jobs if job.error is None for action in job.actions}
        for action in actions:
            action()

    def _run_job(self, job: _Job[Any], connection: Connection, *, alone: bool) -> None:
        """Run one closure in its own savepoint, which one that is ``alone`` does not need. Raises only when the whole transaction
        is lost."""
        mode: Literal["rollback_only", "create_savepoint"] = "rollback_only" if alone else "create_savepoint"
        try:
            with Session(connection, join_transaction_mode=mode, expire_on_commit=False) as session:
                job.result = job.work(session)
                session.commit()
                job.actions = session.info.get(AFTER_COMMIT, {})
        except BaseException as error:
            job.error = (self._explain(error) if isinstance(error, DBAPIError) else None) or error
            if alone:
                raise _Undone from error
            if not _in_transaction(connection):
                # Disk full and I/O errors roll back everything; going on would commit each statement by itself.
                raise

    def _refuse(self, jobs: list[_Job[Any]], error: Exception) -> None:
        explained = self._explain(error) if isinstance(error, DBAPIError) else None
        _log.error("write refused", database=str(self._path), writes=len(jobs), error=str(explained or error))
        for job in jobs:
            told = job.error if isinstance(job.error, TallyError) else None
            if told is None:
                message = explained.message if explained else f"The database {self._path} could not be written: {error}"
                told = type(explained)(message) if explained else Retryable(message)
                told.__cause__ = error
            job.future.set_exception(told)

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


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.in_transaction
