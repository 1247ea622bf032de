"""A database that is up to date is found to be so without what would bring it there."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.migrate import VERSIONS, newest, upgrade

OPENED = """
import sys
from spool.database.sqlite import SqliteDatabase
from spool.migrate import upgrade
with SqliteDatabase(sys.argv[1]) as database:
    upgrade(database)
print(sorted(name for name in sys.modules if name.partition(".")[0] == "alembic"))
"""


def test_the_files_are_called_in_the_order_of_the_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert newest() == scripts[0].revision
    assert [script.revision for script in scripts] == sorted((script.revision for script in scripts), reverse=True)


def test_nothing_is_loaded_for_a_database_that_lacks_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "tally.db")
    with SqliteDatabase(url) as database:
        upgrade(database)
    told = subprocess.run([sys.executable, "-P", "-c", OPENED, url], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"
