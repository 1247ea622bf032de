"""The revisions of the schema: how those that a database lacks are applied, and how a new one is written."""

from argparse import Namespace
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, BigInteger, Connection, DateTime, Enum, MetaData, String, inspect

from canonical.errors import Misconfigured

from .database.port import Database
from .tables import Text, UtcDateTime

SCRIPTS = Path(__file__).parent / "migrations"
"""The folder with what Alembic runs."""


def apply(database: Database, versions: Path) -> None:
    """Apply the revisions that ``database`` lacks, all in one transaction; another process that starts meanwhile waits.

    Raises :class:`Misconfigured` for a database of a newer version of this program, or one that is not ours.
    """
    config = _config(versions)
    with database.migration() as connection:
        _check_ours(database, connection, ScriptDirectory.from_config(config))
        config.attributes["context"] = _context(connection)
        command.upgrade(config, "head")
        if connection.dialect.name == "sqlite":
            _check_references(database, connection)


def differences(database: Database, metadata: MetaData) -> list[Any]:
    """What ``metadata`` has that ``database`` lacks or has differently, as Alembic's operations; empty when they agree."""
    with database.migration() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_storage})
        return list(compare_metadata(context, metadata))


def new_revision(database: Database, metadata: MetaData, message: str, *, versions: Path) -> Path | None:
    """Write the revision that brings ``database``, itself up to date, to ``metadata``; its file, or None when nothing differs."""
    if not differences(database, metadata):
        return None
    config = _config(versions)
    number = sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions()) + 1
    with database.migration() as connection:
        config.attributes["context"] = _context(connection, metadata)
        script = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    assert script is not None
    assert not isinstance(script, list)
    return Path(script.path)


def _context(connection: Connection, metadata: MetaData | None = None) -> dict[str, Any]:
    """What ``migrations/env.py`` configures Alembic's context with."""
    return {
        "connection": connection,
        "target_metadata": metadata,
        "compare_type": _same_storage,
        "render_item": _render_type,
        # SQLite alters a table by rebuilding it, and does undo changes of the schema.
        "render_as_batch": True,
        "transactional_ddl": True,
    }


def _config(versions: Path) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", _literal(SCRIPTS))
    config.set_main_option("version_locations", _literal(versions))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _literal(path: Path) -> str:
    """A path as a configuration value, in which a per cent sign means something else."""
    return str(path).replace("%", "%%")


def _check_ours(database: Database, connection: Connection, scripts: ScriptDirectory) -> None:
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = sorted(set(heads) - known)
    if unknown:
        raise Misconfigured(
            f"The database {database.name} was made by a newer Tallystick (schema {', '.join(unknown)}; this program knows up to "
            f"{scripts.get_current_head() or 'none'}). Nothing was changed: start the newer program, or restore an older backup."
        )
    strangers = sorted(inspect(connection).get_table_names()) if not heads else []
    if strangers:
        raise Misconfigured(
            f"The database {database.name} was not made by Tallystick: it has tables ({', '.join(strangers[:5])}) but no schema "
            "version. Nothing was changed; name another file."
        )


def _check_references(database: Database, connection: Connection) -> None:
    """SQLite's tables are rebuilt with foreign keys unchecked; PostgreSQL checks them all along."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Misconfigured(
            f"The database {database.name} has a row in {broken[0]} that refers to a missing one in {broken[2]}; "
            "nothing was changed. Restore a backup, or ask for help with this message."
        )


def _render_type(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Types as a revision names them: by what is stored, so that an old revision does not change with our classes."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, JSON):
        return "sa.JSON()"
    if isinstance(item, BigInteger):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if isinstance(item, Text):
        return "sa.String()"
    return False


def _same_storage(
    _context: MigrationContext, _inspected: Any, _column: Any, inspected_type: Any, metadata_type: Any
) -> bool | None:
    """False where two types that look different are stored the same way; None leaves the verdict to Alembic."""
    if isinstance(metadata_type, UtcDateTime) and isinstance(inspected_type, DateTime):
        return False
    if isinstance(metadata_type, Text) and isinstance(inspected_type, String):
        return False
    return None
