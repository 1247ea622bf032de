"""Which kind of database a URL names."""

from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError

from canonical.errors import Misconfigured

from .port import Database
from .sqlite import SqliteDatabase


def open_database(url: str) -> Database:
    """The database that ``url`` names; the caller closes it. Raises Misconfigured for a kind that we do not know."""
    if not _is_postgresql(url):
        return SqliteDatabase(url)
    try:
        from .postgresql import PostgresqlDatabase
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"PostgreSQL needs {error.name}, which is not installed here: pip install 'tallystick[postgresql]'."
        ) from error
    return PostgresqlDatabase(url)


def _is_postgresql(url: str) -> bool:
    try:
        return make_url(url).get_backend_name() == "postgresql"
    except ArgumentError:
        return False
