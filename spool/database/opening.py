"""Which kind of database a URL names."""

from canonical.errors import Misconfigured

from .port import Database
from .sqlite import SqliteDatabase
from .urls import parsed


def open_database(url: str) -> Database:
    """The database that ``url`` names; the caller closes it. Raises Misconfigured for a kind that we do not know."""
    if parsed(url).get_backend_name() != "postgresql":
        return SqliteDatabase(url)
    try:
        from .postgresql import PostgresqlDatabase
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"PostgreSQL needs {error.name}, which is not installed here: pip install 'tallystick[postgresql]'."
        ) from error
    return PostgresqlDatabase(url)
