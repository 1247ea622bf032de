"""What keeps the work queue going whatever happens around it: to be called every few seconds."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from spool import journal
from spool.clock import JUMP, Clock, DatabaseClock, WatchedClock
from spool.database.port import Database
from spool.journal import Step
from spool.queue.port import WorkQueue

_log = structlog.get_logger(__name__)


LOOKED_BACK = 1000
"""Entries of the journal, from the last one back, that say how late it was when the gateway was last served."""


def catch_up_with_the_clock(session: Session, queue: WorkQueue, clock: Clock) -> None:
    """Where what happened last lies ahead of the clock, the clock was put back while nobody was there to notice, or just before: what
    waits is moved along. For a start, before anything else happens."""
    latest = max((entry.at for entry in journal.latest(session, limit=LOOKED_BACK)), default=clock.now())
    moved = latest - clock.now()
    if moved > JUMP:
        _log.warning("the clock was put back meanwhile; what waits is moved along", seconds=moved.total_seconds())
        queue.clock_moved(session, -moved)
        _note(session, clock, -moved)


class Upkeep:
    """Buries what is past its deadline though something holds it, and sees to it that nothing rests longer when a clock is put back."""

    def __init__(self, database: Database, queue: WorkQueue, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock

    def __call__(self) -> None:
        self._mind_the_clock()
        self._database.write(self._queue.release_expired)

    def _mind_the_clock(self) -> None:
        if isinstance(self._clock, DatabaseClock):
            # It is everybody's, and nobody sets it without thought.
            self._clock.sync()
            return
        if isinstance(self._clock, WatchedClock) and (moved := self._clock.put_back()):
            _log.warning("the clock was put back; what waits is moved along", seconds=-moved.total_seconds())
            self._database.write(lambda session: self._move_along(session, moved))

    def _move_along(self, session: Session, moved: timedelta) -> None:
        self._queue.clock_moved(session, moved)
        _note(session, self._clock, moved)


def _note(session: Session, clock: Clock, moved: timedelta) -> None:
    journal.record(session, clock, step=Step.CLOCK_SET, outcome=f"{moved.total_seconds():+.0f} s")
