"""`tally migrate`: from one file to a database that several nodes share."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from canonical.errors import Misconfigured
from spool.clock import SystemClock

from ..home import Home
from ..settings import load
from .console import Terminal
from .context import explained, options, terminal


class Source(StrEnum):
    """Where everything is now."""

    SQLITE = "sqlite"


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate)


@explained
def migrate(
    to: Annotated[
        str, typer.Option("--to", help="postgresql, which is TALLY_DATABASE_URL, or a URL: postgresql+psycopg://...")
    ],
    source: Annotated[Source, typer.Option("--from", help="sqlite: the home's tally.db.")] = Source.SQLITE,
) -> None:
    """Move a home's database and payloads into an empty PostgreSQL database, and prove that everything arrived.

    The home must not be served meanwhile. Interrupted, it is run again. The file stays as it was.
    """
    # Only here: it needs procrastinate, which a home on SQLite does without.
    from ..moving import EXAMPLE_URL, Moved, move_home

    home = Home(options().home)
    home.require()
    url = load(home.root).database_url if to == "postgresql" else to
    if url is None:
        raise Misconfigured(f"TALLY_DATABASE_URL says nothing. Set it, or write --to {EXAMPLE_URL}.")
    if not home.database.exists():
        raise Misconfigured(f"The home {home.root} has no tally.db, so there is nothing to move.")
    moved = move_home(home, url, SystemClock())
    out = terminal()

    def told(moved: Moved, out: Terminal) -> None:
        out.table(
            ("table", "rows", "sha-256"),
            [(proof.table, str(proof.rows), proof.sha256) for proof in moved.tables],
        )
        out.say(f"{moved.payloads} payloads with {moved.payload_bytes} bytes were read back and give their digests.")
        out.say(
            "Everything arrived. Set TALLY_DATABASE_URL to the new database on every node, or database_url in tally.toml, then start "
            f"`tally serve`. Keep {home.database} as a backup; without the setting every command refuses to work on it: "
            "it does not know what happens from now on."
        )

    out.answer(asdict(moved), lambda: told(moved, out))
