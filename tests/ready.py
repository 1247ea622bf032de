"""Databases that are up to date, made once by a process and copied from then on: to migrate one takes longer than most tests."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from spool.database.port import Database
from spool.database.postgresql import PostgresqlDatabase
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.migrate import upgrade
from spool.queue import jobs
from tests import postgresql


def put_file(path: Path) -> None:
    """Lay an empty, up-to-date SQLite database at ``path``, as Tallystick would make it there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_file())


def new_database() -> str:
    """The URL of a new, empty, up-to-date database of the tests' PostgreSQL server."""
    return postgresql.server().new_database(like=_database())


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """An up-to-date database of a kind (:data:`tests.spool.scene.KINDS`): on SQLite that of ``folder``, empty where there is none."""
    if kind == "sqlite":
        path = folder / "tally.db"
        if not path.exists():
            put_file(path)
        with SqliteDatabase(sqlite_url(path)) as file:
            yield file
        return
    url = new_database()
    try:
        with PostgresqlDatabase(url) as served:
            yield served
    finally:
        postgresql.server().drop(url)


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tally.db"
        with SqliteDatabase(sqlite_url(path)) as database:
            upgrade(database)
        assert list(path.parent.iterdir()) == [path], "what is in a log beside it would be missing from the copy"
        return path.read_bytes()


@cache
def _database() -> str:
    url = postgresql.server().new_database()
    with PostgresqlDatabase(url) as database:
        upgrade(database)
        jobs.prepare(database)
    return url
