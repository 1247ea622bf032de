"""What the house knows of its database: sessions to read in, and write transactions that are durable when they return.

What is written is written by closures. Where they run differs: SQLite commits those that wait in groups, PostgreSQL each in a
transaction of its own. What is promised does not: a closure's changes commit or vanish together, and nobody is told before
they are durable.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, cast

from sqlalchemy import Connection, DateTime, func, select
from sqlalchemy.orm import Session

AFTER_COMMIT = "spool.after_commit"
"""Where a session's ``info`` keeps what :func:`after_commit` was asked for."""

T = TypeVar("T")


@dataclass(slots=True)
class Written(Generic[T]):
    """How a write went, once it is durable or undone."""

    result: T | None = None
    error: BaseException | None = None

    def outcome(self) -> T:
        """What the closure returned. Raises what it raised, or why the database could not keep what it wrote."""
        if self.error is not None:
            raise self.error
        return cast(T, self.result)


class Database(Protocol):
    """One database, shared by several threads and processes. Close it, or use it as a context manager.

    After a fork the child must open its own.
    """

    @property
    def url(self) -> str:
        """Where it is, with its password if it has one."""
        ...

    @property
    def name(self) -> str:
        """What people call it: the file, or the URL without the password."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several nodes may serve it at once; a file has one."""
        ...

    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a write transaction and return its result once that is durable.

        ``work`` must be short, without I/O of its own, and neither commit nor roll back; it may be run again after a conflict with
        another writer, so it changes nothing but the database. What it raises undoes its changes and is raised here.
        Raises :class:`canonical.errors.Retryable` when the database could not keep it.
        """
        ...

    def write_together(self, works: Sequence[Callable[[Session], T]]) -> Sequence[Written[T]]:
        """Run each of ``works`` as :meth:`write` does, in their order, and say how each went; on SQLite one commit serves them all."""
        ...

    def read(self) -> AbstractContextManager[Session]:
        """A session that sees one unchanging state of the database, from its first query on, and cannot write."""
        ...

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """Whether nobody else, on any node, is in a block of this name now; kept from others until the block ends.

        Also when the process dies. One that only seemed dead may still act, as if it had been slow: what it writes must not depend on
        being alone.
        """
        ...

    def migration(self) -> AbstractContextManager[Connection]:
        """A connection for changing the schema, in one transaction; other migrations wait meanwhile.

        Commits on leaving, rolls back on an exception.
        """
        ...

    def clear_traces(self) -> bool:
        """Have nothing of what was removed before still lie beside the tables, as far as that is ours; whether it was done.

        It is not where somebody reads for long: call it again later. What a server keeps, PostgreSQL until ``VACUUM`` and in its
        write-ahead log and the archives of that, is for its administrator.
        """
        ...

    def close(self) -> None:
        """Finish what is being written, then let go. May be called again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Have ``action`` run once what ``session`` writes is durable; not at all if it is rolled back.

    For a session handed out by :meth:`Database.write`. The action must be quick, must not fail and must not touch the database. The
    same action asked for several times in one commit runs once.
    """
    session.info.setdefault(AFTER_COMMIT, {})[action] = None


def time_of(database: Database) -> datetime:
    """What the clock of a PostgreSQL server says now, not when a transaction began."""
    with database.read() as session:
        return session.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()


def one_at_a_time(session: Session, *names: str) -> None:
    """Wait until nobody else is in a transaction that called this with the same names; held until this transaction ends.

    For what is looked up and then written, where no row can be locked yet. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("\x1f".join(names), 0))))
