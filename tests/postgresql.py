"""A PostgreSQL server of the tests' own: real, on a socket in a temporary folder, ended with the process that started it.

``TALLY_TEST_POSTGRESQL=URL`` uses a running server instead, as a user that may create databases. Where there is neither a server nor the
programs to start one, tests are skipped with the reason; with ``TALLY_TEST_REQUIRES=postgresql`` they fail.
"""

import atexit
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

_UNSAFE_BUT_QUICK = ("fsync=off", "full_page_writes=off")
"""For tests that cut no power: what a kill of the server leaves is in the system's memory all the same."""

_databases = count(1)


class NoPostgresql(Exception):
    """There is none here; the message says what is missing."""


@dataclass(frozen=True)
class Server:
    """A running server. ``url`` names its maintenance database; ``data`` is None for a server that was running before."""

    url: URL
    data: Path | None = None

    def new_database(self, like: str | None = None) -> str:
        """The URL of a new database: an empty one, or one like another, to which nobody may be connected."""
        name = f"tally_{os.getpid()}_{next(_databases)}"
        template = "" if like is None else f' TEMPLATE "{make_url(like).database}"'
        self._run(f'CREATE DATABASE "{name}"{template}')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def restart(self) -> None:
        """End the server at once, as a crash would, and start it again."""
        assert self.data is not None, "a server that was running before is not restarted"
        self.stop()
        self.start()

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        assert self.data is not None, "a server that was running before is not stopped"
        _as_user([_program("pg_ctl"), "-D", str(self.data), "-w", "-m", "immediate", "stop"])

    def start(self) -> None:
        """Start it again after :meth:`stop`."""
        assert self.data is not None
        _as_user([_program("pg_ctl"), "-D", str(self.data), "-w", "-l", str(self.data / "log"), "start"])

    def _run(self, statement: str) -> None:
        with _engine(self.url).connect() as connection:
            connection.execute(text(statement))


@cache
def _engine(url: URL) -> Engine:
    """Its connection is kept: to connect takes as long as to drop a database."""
    return create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)


@cache
def server() -> Server:
    """The server all tests of this process share; started when it is first asked for. Skips the test where there is none."""
    try:
        return _running() or start_server()
    except NoPostgresql as reason:
        if "postgresql" in os.environ.get("TALLY_TEST_REQUIRES", ""):
            raise
        pytest.skip(str(reason))


def _running() -> Server | None:
    url = os.environ.get("TALLY_TEST_POSTGRESQL")
    return Server(make_url(url).set(drivername="postgresql+psycopg")) if url else None


def start_server(options: Sequence[str] = _UNSAFE_BUT_QUICK, *, parent: Path | None = None) -> Server:
    """A new server in a folder of its own, below ``parent`` or that for temporary files.

    Raises NoPostgresql where its programs are not installed.
    """
    initdb = _program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="tally-pg-", dir=parent))
    shutil.chown(folder, _user())
    data = folder / "data"
    _as_user([initdb, "-D", str(data), "-U", "tally", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nmax_connections = 200\n")
        settings.writelines(f"{option}\n" for option in options)
    made = Server(
        URL.create("postgresql+psycopg", username="tally", database="postgres", query={"host": str(folder)}), data
    )
    _end_with_us(made, folder)
    made.start()
    return made


def _end_with_us(made: Server, folder: Path) -> None:
    """Have the server ended and its folder removed once this process is over, however it ends: then the pipe is closed."""
    assert made.data is not None
    stop = shlex.join(_command_as_user([_program("pg_ctl"), "-D", str(made.data), "-m", "fast", "stop"]))
    script = f"cat; {stop}; rm -rf {shlex.quote(str(folder))}"
    keeper = subprocess.Popen(
        ["sh", "-c", script],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(keeper.communicate)


def _program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise NoPostgresql(f"PostgreSQL's {name} is not installed (Debian: apt-get install postgresql)")
    return program


def _user() -> str:
    """Who the server runs as: it refuses to run as root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _command_as_user(command: list[str]) -> list[str]:
    return ["runuser", "-u", _user(), "--", *command] if os.getuid() == 0 else command


def _as_user(command: list[str]) -> None:
    done = subprocess.run(_command_as_user(command), cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout} {done.stderr}")
