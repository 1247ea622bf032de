"""The time of day as something that is handed in, so that tests decide what time it is."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

JUMP = timedelta(seconds=2)
"""How much a clock may differ from what really passed since it was last looked at before that counts as having been set."""


_BACK = -JUMP.total_seconds()


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class DatabaseClock:
    """The clock of a database that several nodes share, so that what they write agrees whatever their own clocks say.

    ``ask`` gives the database's time and is called by :meth:`sync` alone: every minute or so will do, and in between the time goes on
    by ``monotonic``, in seconds. Where the database cannot be asked, what ``ask`` raises is raised, and the time goes on as before.
    """

    def __init__(self, ask: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self.sync()

    def sync(self) -> None:
        """Set it by the database."""
        before = self._monotonic()
        told = self._ask()
        # The question and the answer took their time, one as long as the other.
        passed = timedelta(seconds=self._monotonic() - before) / 2
        with self._lock:
            self._base = told.astimezone(UTC) + passed
            self._at = self._monotonic()

    def now(self) -> datetime:
        with self._lock:
            return self._base + timedelta(seconds=self._monotonic() - self._at)


class WatchedClock:
    """A clock that notices when it is put back, by comparing what it says with what really passed, each time that it is asked: so
    nothing is timed by a clock that is wrong for a moment without its being known."""

    def __init__(self, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._time = clock.now()
        self._at = monotonic()
        self._back = timedelta(0)

    def now(self) -> datetime:
        with self._lock:
            now, at = self._clock.now(), self._monotonic()
            moved = (now - self._time).total_seconds() - (at - self._at)
            if moved < _BACK:
                self._back += timedelta(seconds=moved)
            self._time, self._at = now, at
        return now

    def put_back(self) -> timedelta:
        """By how much it was put back since the last call, all times together: negative, or nothing. What it was put forward in between
        is not made up for."""
        self.now()
        with self._lock:
            back, self._back = self._back, timedelta(0)
        return back
