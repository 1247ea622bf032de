from collections.abc import Iterator
from pathlib import Path

import pytest

import partners.certificates
import partners.control_numbers
import partners.registry  # noqa: F401 - all declare the tables made below
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.tables import Base


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database with the tables of this room."""
    with SqliteDatabase(sqlite_url(tmp_path / "tally.db")) as database:
        with database.migration() as connection:
            Base.metadata.create_all(connection)
        yield database
