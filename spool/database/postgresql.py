"""The database as PostgreSQL, for any number of nodes: every write is a transaction of its own, in the thread of its caller.

PostgreSQL groups the commits of its sessions itself. What two writers must not do at once is kept apart by the rows they lock, or by
:func:`spool.database.port.one_at_a_time`.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, Retryable, TallyError

from ..tables import json_text
from .port import AFTER_COMMIT, Written
from .urls import EXAMPLES, parsed, shown

CONNECTIONS = 32
"""Connections of one process at most; PostgreSQL itself allows 100 for all unless told otherwise."""

CONFLICTS = 8
"""How often a write is run again because another one was in its way."""

WAIT_SECONDS = 10.0
"""How long to wait for a connection, or for a lock that somebody else holds."""

STANDSTILL_SECONDS = 30.0
"""How long a transaction may do nothing. The locks of a node that hangs would keep the others waiting for as long as it hangs."""

_MIGRATION_LOCK = 0x7A11_7511
"""Any number, the same in every node: who changes the schema holds the advisory lock of this number."""

T = TypeVar("T")


class PostgresqlDatabase:
    """A database of a PostgreSQL server, 15 or newer, that belongs to Tallystick alone.

    ``url`` is ``postgresql+psycopg://user:password@host:port/name``. Nothing is connected before the first use. Raises
    Misconfigured for a URL that is none.
    """

    def __init__(self, url: str) -> None:
        self._parsed = _parsed(url)
        self._url = url
        self._process = os.getpid()
        self._engine = self._make_engine()
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._inside = threading.local()
        self._closing = False

    @property
    def url(self) -> str:
        return self._url

    @property
    def name(self) -> str:
        """The URL without the password."""
        return shown(self._parsed)

    @property
    def shared(self) -> bool:
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction of its own, again where another writer was in its way; see :class:`Database`."""
        if getattr(self._inside, "write", False):
            raise TallyError("Database.write was called from inside a write; pass the session on instead.")
        self._check_usable()
        return self._write(work)

    def write_together(self, works: Sequence[Callable[[Session], T]]) -> Sequence[Written[T]]:
        """A transaction each, so that none holds its locks for longer than it takes."""
        return [self._written(work) for work in works]

    def _written(self, work: Callable[[Session], T]) -> Written[T]:
        try:
            return Written(result=self.write(work))
        except Exception as error:  # noqa: BLE001 - raised when its outcome is asked for
            return Written(error=error)

    def _write(self, work: Callable[[Session], T]) -> T:
        self._inside.write = True
        try:
            return self._repeated(work)
        finally:
            self._inside.write = False

    def _repeated(self, work: Callable[[Session], T]) -> T:
        for _ in range(CONFLICTS):
            try:
                return self._once(work)
            except DBAPIError as error:
                if _state(error) not in _CONFLICTS:
                    raise self._explain(error) or error from error
        raise Retryable(f"The database {self.name} had other writers in the way {CONFLICTS} times; it is tried again.")

    def _once(self, work: Callable[[Session], T]) -> T:
        with (
            self._connected(self._engine) as connection,
            connection.begin(),
            Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session,
        ):
            result = work(session)
            session.flush()
            actions: dict[Callable[[], None], None] = session.info.get(AFTER_COMMIT, {})
        for action in actions:
            action()
        return result

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session in a read-only transaction that sees one state (REPEATABLE READ)."""
        self._check_usable()
        try:
            with (
                self._connected(self._reader) as connection,
                Session(connection, expire_on_commit=False) as session,
            ):
                yield session
        except DBAPIError as error:
            raise self._explain(error) or error from error

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """By an advisory lock of a connection of its own, which ends with the connection."""
        self._check_usable()
        try:
            with self._connected(self._engine.execution_options(isolation_level="AUTOCOMMIT")) as connection:
                lock = {"name": name}
                mine = bool(connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 1))"), lock))
                try:
                    yield mine
                finally:
                    if mine:
                        connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 1))"), lock)
        except DBAPIError as error:
            raise self._explain(error) or error from error

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        """A connection for changing the schema; an advisory lock lets one process at a time do it."""
        self._check_usable()
        try:
            with self._connected(self._engine) as connection, connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
                yield connection
        except DBAPIError as error:
            raise self._explain(error) or error from error

    def clear_traces(self) -> bool:
        """All there is, is on the server."""
        return True

    def close(self) -> None:
        if os.getpid() != self._process:
            return
        self._closing = True
        self._engine.dispose()

    def _make_engine(self) -> Engine:
        engine = create_engine(
            self._parsed,
            pool_size=8,
            max_overflow=CONNECTIONS - 8,
            pool_timeout=WAIT_SECONDS,
            # A connection that died while it rested must not cost anybody an attempt.
            pool_pre_ping=True,
            json_serializer=json_text,
            connect_args={
                "application_name": "tallystick",
                "connect_timeout": int(WAIT_SECONDS),
                # Dead peers are noticed in half a minute, not in hours.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 4,
            },
        )

        def connected(connection: Any, _record: object) -> None:
            connection.autocommit = True
            # Whatever the server's or the role's default: what is told committed is on the disk. Times come back in UTC.
            connection.execute("SET synchronous_commit TO on")
            connection.execute("SET timezone TO 'UTC'")
            connection.execute(f"SET lock_timeout TO '{int(WAIT_SECONDS)}s'")
            connection.execute(f"SET idle_in_transaction_session_timeout TO '{int(STANDSTILL_SECONDS * 1000)}ms'")
            connection.autocommit = False

        event.listen(engine, "connect", connected)
        return engine

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        try:
            connection = engine.connect()
        except PoolTimeout as error:
            raise Retryable(
                f"All {CONNECTIONS} connections to the database {self.name} are in use; it is tried again."
            ) from error
        with connection:
            yield connection

    def _unreachable(self, error: DBAPIError) -> TallyError:
        said = " ".join(str(error.orig).split())
        if any(phrase in said for phrase in _NOT_LET_IN):
            return Misconfigured(
                f"The database {self.name} does not let us in: {said}. Create the database with `createdb`, or correct "
                "TALLY_DATABASE_URL."
            )
        return Retryable(f"The database {self.name} {_REACH} ({said})")

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            raise TallyError(f"The database {self.name} was opened before a fork; open it again in the new process.")
        if self._closing:
            raise Retryable(f"The database {self.name} is being closed; nothing more is done with it.")

    def _explain(self, error: DBAPIError) -> TallyError | None:
        """The error of ours that ``error`` stands for; None when it is a mistake in a statement."""
        state = _state(error)
        if state is None and type(error.orig).__name__ == "ProgrammingError" and "connection option" in str(error.orig):
            return Misconfigured(f"The database {self.name} has an option that PostgreSQL does not know: {error.orig}")
        if state is None:
            # Without a state it never came from the server: there is no connection, or no more.
            return self._unreachable(error) if _is_lost(error) else None
        for start, remark in _RETRYABLE.items():
            if state.startswith(start):
                return Retryable(f"The database {self.name} {remark}")
        for start, remark in _MISCONFIGURED.items():
            if state.startswith(start):
                return Misconfigured(f"The database {self.name} {remark}")
        return None


_NOT_LET_IN = ("does not exist", "authentication failed", "no pg_hba.conf entry", "no password supplied")
"""What PostgreSQL says to those it does not let in; before there is a connection, errors carry no SQLSTATE."""

_REACH = "cannot be reached, or the connection broke; it is tried again. Check that the server runs."

_CONFLICTS = {"40001", "40P01", "55P03"}
"""Serialization failure, deadlock, lock not available in time."""

_RETRYABLE = {
    "08": _REACH,
    "57P": "is shutting down or starting up; it is tried again.",
    "57014": "took too long to answer; it is tried again.",
    "53100": "could not be written because the server's disk is full; nothing was changed. Free some space.",
    "53": "has no connections or memory left for us; nothing was changed. Raise max_connections, or run fewer nodes.",
    "25P03": "ended a transaction of ours that stood still for too long; nothing was changed, and it is tried again.",
    "25006": "is read-only just now (a standby server?); nothing was changed.",
    "58": "could not be read or written (I/O error on the server); check its disk and its log.",
}
"""SQLSTATE by its first characters (PostgreSQL, appendix A): what passes by itself."""

_MISCONFIGURED = {
    "28": "refuses our user or password; correct TALLY_DATABASE_URL.",
    "3D000": "does not exist; create it with `createdb`, or correct TALLY_DATABASE_URL.",
    "42501": "does not allow our user what is needed; make that user the owner of the database.",
    "XX001": "is damaged; stop Tallystick and restore the last backup.",
    "XX002": "has a damaged index; stop Tallystick and run REINDEX, or restore the last backup.",
}


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_lost(error: DBAPIError) -> bool:
    return error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "InterfaceError")


def _parsed(url: str) -> URL:
    named = parsed(url)
    if named.drivername not in ("postgresql", "postgresql+psycopg") or not named.database:
        raise Misconfigured(f"The database {shown(named)} cannot be used. {EXAMPLES}")
    return named.set(drivername="postgresql+psycopg")
