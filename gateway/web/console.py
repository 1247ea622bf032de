"""What the API and the pages are made of, and where they are on the HTTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spool.clock import Clock
from spool.database.port import Database

from ..audit.desk import Desk
from ..refused_logins import RefusedLogins, counted
from ..users.logins import Logins
from ..users.users import Users
from .bridge import Application, Bridge

SHOWN = ("/", "/page.css", "/login", "/logout", "/audit", "/audit/*", "/api/v1/*")
"""The paths that are asked for; ``/*`` is all below."""
POSTED = ("/login", "/logout")

MOST_ROWS = 50_000
"""Rows of one answer. More take memory that others need; the command line has no such bound."""


@dataclass(frozen=True, slots=True)
class Console:
    """``staging`` is the HTTP server's own, where evidence is written before it is sent."""

    desk: Desk
    users: Users
    logins: Logins
    refused: RefusedLogins
    staging: Path

    def application(self) -> Application:
        """What answers. Imports FastAPI, which takes a second of a processor that no other command needs."""
        from .application import application

        return application(self)


@contextmanager
def console(database: Database, clock: Clock, desk: Desk, users: Users, staging: Path) -> Iterator[Bridge]:
    """The console, for a server that ends before the block does."""
    with counted(database, clock) as refused:
        yield Bridge(Console(desk, users, Logins(database, clock), refused, staging).application, staging)
