"""What tests of durable state start from: a clock that is moved by hand and a database with the declared tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import spool.blobs
import spool.journal
import spool.queue.tables  # noqa: F401 - declares its tables
from spool.database import Database, sqlite_url
from spool.tables import Base


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, *, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def new_database(folder: Path, *, busy_timeout: float = 10.0) -> Database:
    """A database in ``folder`` with the tables declared so far; the caller closes it."""
    database = Database(sqlite_url(folder / "tally.db"), busy_timeout=busy_timeout)
    with database.migration() as connection:
        Base.metadata.create_all(connection)
    return database
