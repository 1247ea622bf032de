"""The server under test: `tally serve` in a process of its own, started by the hundred at little cost and killed at will.

A process that has imported everything forks for each start (multiprocessing's fork server), so that a life begins where the
work of starting begins: reading the home, the database, the port.
"""

import json
import multiprocessing
import os
import select
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

BATCH = 5
"""Documents committed at once by the server under test, so that a file of a dozen is taken in by steps."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["gateway.cli.main", "gateway.app", "spool.migrations.versions", "pytest"])


def _run(arguments: list[str], said: Connection, log: Path) -> None:
    """In the child: what the ``tally`` command does, its output going to ``said`` and its log to ``log``."""
    from gateway import inbound
    from gateway.cli.main import main

    inbound.BATCH = BATCH
    os.dup2(said.fileno(), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False, buffering=1)
    main(arguments)


class Command:
    """A ``tally`` command that runs."""

    def __init__(self, home: Path, *arguments: str, log: Path) -> None:
        self._said, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_run, args=(["--json", "--home", str(home), *arguments], theirs, log), daemon=True
        )
        self._process.start()
        theirs.close()
        self._heard = b""

    @classmethod
    def serve(cls, home: Path, *, log: Path) -> "Command":
        return cls(home, "serve", "--sftp-port", "0", log=log)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def port(self, seconds: float) -> int | None:
        """The SFTP port, once it is served; None when that does not come within ``seconds``, or the process ended."""
        end = monotonic() + seconds
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._said.fileno()], [], [], max(0.0, end - monotonic()))
            heard = os.read(self._said.fileno(), 4096) if ready else b""
            if not heard:
                return None
            self._heard += heard
        return int(json.loads(self._heard.split(b"\n")[0])["sftp"]["port"])

    def wait(self, seconds: float) -> int | None:
        """The exit code; None when it still runs after ``seconds``."""
        self._process.join(seconds)
        return self._process.exitcode

    def kill(self) -> bool:
        """SIGKILL, and wait for its end; whether that was what ended it."""
        self._process.kill()
        self._process.join()
        killed = self._process.exitcode == -signal.SIGKILL
        self._close()
        return killed

    def stop(self, seconds: float = 30.0) -> int | None:
        """SIGTERM; the exit code, None when it did not end within ``seconds`` and was killed."""
        self._process.terminate()
        code = self.wait(seconds)
        if code is None:
            self._process.kill()
            self._process.join()
        self._close()
        return code

    def _close(self) -> None:
        self._said.close()
        self._process.close()
