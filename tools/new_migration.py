"""Write the next revision of the schema: ``python -m tools.new_migration "what changes"``.

The tables that the program declares are compared with an empty database to which all revisions so far are applied.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import MetaData

from spool import migrate, revisions
from spool.database.sqlite import SqliteDatabase, sqlite_url


def write_revision(metadata: MetaData, message: str, versions: Path = migrate.VERSIONS) -> Path | None:
    """The file of the new revision, or None when the revisions so far give ``metadata`` already."""
    with TemporaryDirectory() as folder, SqliteDatabase(sqlite_url(Path(folder) / "empty.db")) as database:
        migrate.upgrade(database, versions=versions)
        return revisions.new_revision(database, metadata, message, versions=versions)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print('usage: python -m tools.new_migration "what changes"', file=sys.stderr)
        return 2
    # Only here, so that the rest can be used without the whole house.
    from gateway.schema import metadata

    path = write_revision(metadata, arguments[0])
    if path is None:
        print("nothing to do: the revisions give the tables as they are declared")
        return 0
    for step in (["format", "--quiet"], ["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=True)
    print(f"wrote {path}; read it before you commit it")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
