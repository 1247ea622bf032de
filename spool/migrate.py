"""Bring a database to the schema this program knows. Goes forward only; a newer database is refused, never touched."""

from pathlib import Path

from sqlalchemy import String, column, inspect, select, text

from .database.port import Database

VERSIONS = Path(__file__).parent / "migrations" / "versions"
"""The folder of the revisions, each in a file that is called by its number."""


def upgrade(database: Database, *, versions: Path = VERSIONS) -> None:
    """Apply the revisions that ``database`` lacks. Raises :class:`Misconfigured` as :func:`.revisions.apply` does."""
    if _revision(database) != newest(versions):
        # Alembic takes longer to load than most commands take to run, and nearly none needs it.
        from . import revisions

        revisions.apply(database, versions)


def newest(versions: Path = VERSIONS) -> str:
    """The number of the newest revision; none where there are none."""
    return max((path.name.partition("_")[0] for path in versions.glob("[0-9]*_*.py")), default="")


def _revision(database: Database) -> str | None:
    """The revision a database is at; None where nobody wrote one down."""
    with database.read() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        return session.scalars(_REVISION).first()


_REVISION = select(column("version_num", String)).select_from(text("alembic_version"))
