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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

from spool.clock import Clock
from spool.database.port import Database

BATCH = 5
"""Documents committed at once by the server under test, so that a file of a dozen is taken in by steps."""

LEASE = timedelta(seconds=4)
"""How long a worker under test may be silent before its work is taken over."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["gateway.cli.main", "gateway.app", "spool.migrations.versions", "pytest"])


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a server under test lives with. ``clock`` is a file that says by how many seconds its clock is wrong at this moment."""

    clock: Path | None = None


@dataclass(frozen=True, slots=True)
class OffsetClock:
    """The machine's clock, wrong by what is written in ``file``."""

    file: Path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text()))


def _run(arguments: list[str], node: str | None, conditions: Conditions, said: Connection, log: Path) -> None:
    """In the child: what the ``tally`` command does, its output going to ``said`` and its log to ``log``."""
    from gateway.cli.main import main

    _hurry()
    if conditions.clock is not None:
        _set_clock(OffsetClock(conditions.clock))
    if node is not None:
        os.environ["TALLY_NODE"] = node
    os.dup2(said.fileno(), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False, buffering=1)
    main(arguments)


def _hurry() -> None:
    """Have what takes minutes happen in seconds: leases end, nodes count as dead, what failed is tried again."""
    from gateway import inbound, routines
    from spool import retry, worker
    from spool.queue import circuit, jobs
    from spool.queue.lanes import LaneQueue

    inbound.BATCH = BATCH
    routines.UPKEEP_SECONDS = 0.5
    routines.HALF_WRITTEN = LEASE
    routines.LEFTOVERS_SECONDS = 1.0
    defaults = LaneQueue.__init__.__kwdefaults__
    assert defaults is not None
    defaults["lease"] = LEASE
    worker.HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
    retry.FIRST_DELAY = timedelta(seconds=0.2)
    circuit.FIRST_PAUSE = timedelta(seconds=1)
    jobs.SWEEP_SECONDS = 1
    jobs.HEARTBEAT_SECONDS = 1.0
    jobs.STALLED_SECONDS = LEASE.total_seconds()


def _set_clock(clock: OffsetClock) -> None:
    from gateway import sharing

    def clock_of(database: Database) -> Clock:
        return clock

    sharing.clock_of = clock_of


class Command:
    """A ``tally`` command that runs."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        log: Path,
        node: str | None = None,
        conditions: Conditions = Conditions(),
    ) -> None:
        self._said, theirs = _CONTEXT.Pipe(duplex=False)
        command = ["--json", "--home", str(home), *arguments]
        self._process = _CONTEXT.Process(target=_run, args=(command, node, conditions, theirs, log), daemon=True)
        self._process.start()
        theirs.close()
        self._heard = b""

    @classmethod
    def serve(cls, home: Path, *, log: Path, node: str | None, role: str, conditions: Conditions) -> "Command":
        arguments = ("serve", "--sftp-port", "0", "--http-port", "0", "--role", role)
        return cls(home, *arguments, log=log, node=node, conditions=conditions)

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def greeting(self, seconds: float) -> dict[str, Any] | None:
        """What it says once it serves; None when that does not come within ``seconds``, or the process ended."""
        end = monotonic() + seconds
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._said.fileno()], [], [], max(0.0, end - monotonic()))
            heard = os.read(self._said.fileno(), 4096) if ready else b""
            if not heard:
                return None
            self._heard += heard
        said: dict[str, Any] = json.loads(self._heard.split(b"\n")[0])
        return said

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

    def freeze(self) -> None:
        """Have it stand still, as a machine does that swaps or is moved."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on, as if no time had passed."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGCONT)

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
