"""What tests of durable state start from: a clock that is moved by hand and a database with the declared tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import spool.blobs
import spool.journal
import spool.queue.tables  # noqa: F401 - declares its tables
from spool.database.port import Database
from spool.database.postgresql import PostgresqlDatabase
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.tables import Base
from tests import postgresql

D = TypeVar("D", bound=Database)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, *, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def new_database(folder: Path, *, busy_timeout: float = 10.0) -> SqliteDatabase:
    """A database file in ``folder`` with the tables declared so far; the caller closes it."""
    return with_tables(SqliteDatabase(sqlite_url(folder / "tally.db"), busy_timeout=busy_timeout))


def with_tables(database: D) -> D:
    """The database, given the tables declared so far."""
    with database.migration() as connection:
        Base.metadata.create_all(connection)
    return database


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[Database]:
    """A new database without tables: a file in ``folder`` for ``sqlite``, or one of a server's for ``postgresql``."""
    if kind == "sqlite":
        with SqliteDatabase(sqlite_url(folder / "tally.db")) as file:
            yield file
        return
    url = postgresql.server().new_database()
    try:
        with PostgresqlDatabase(url) as database:
            yield database
    finally:
        postgresql.server().drop(url)


KINDS = ("sqlite", "postgresql")
"""The kinds of database that all of the spool must work on."""
