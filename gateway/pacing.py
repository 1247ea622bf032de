"""How fast one partner's files are taken in: who sends more than is worked on is answered later, so that the others are not kept waiting.

A sender that waits for its answers, as SFTP clients do, then sends about as fast as its files are opened. Nothing takes longer for it in
the end, as what it sends sooner only waits here; what it no longer does is take the machine from those whose files could be opened.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from canonical.identity import PartnerId, ReceiptId
from spool.database.port import Database
from spool.queue.port import WorkQueue

from .inbound import lane_from
from .listeners.port import Arrival, Intake

FREE = 50
"""Files of a partner that may wait to be opened without any consequence."""

SECONDS_EACH = 0.0005
"""How much later the sender is answered for each file beyond those."""

LONGEST_SECONDS = 0.5
"""The latest; far from where clients give up, and bearable where nobody works on anything for a while."""

LOOK_SECONDS = 1.0
"""How often it is looked how many files wait; what comes meanwhile is counted."""


def rest(waiting: int) -> float:
    """How many seconds later the sender is answered when so many of its files wait to be opened."""
    return min(LONGEST_SECONDS, max(0, waiting - FREE) * SECONDS_EACH)


@dataclass(slots=True)
class _Backlog:
    """Files of a partner that wait, as of the last look and by what came since."""

    waiting: int = 0
    looked_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class PacedIntake:
    """An :class:`~gateway.listeners.port.Intake` that answers a sender the later the more of its files wait.

    ``monotonic`` is in seconds. Once ``ended`` is set nobody waits any more.
    """

    intake: Intake
    database: Database
    queue: WorkQueue
    monotonic: Callable[[], float] = time.monotonic
    ended: threading.Event = field(default_factory=threading.Event)
    _backlogs: dict[PartnerId, _Backlog] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def receive(self, arrival: Arrival) -> ReceiptId:
        """Commit it at once, whatever waits: only the answer is late."""
        receipt = self.intake.receive(arrival)
        seconds = rest(self._count(arrival.partner))
        if seconds:
            self.ended.wait(seconds)
        return receipt

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Have senders wait until the block ends; then those that do are answered at once."""
        self.ended.clear()
        try:
            yield
        finally:
            self.ended.set()

    def _count(self, partner: PartnerId) -> int:
        """How many files of the partner wait, this one included."""
        with self._lock:
            backlog = self._backlogs.setdefault(partner, _Backlog())
            backlog.waiting += 1
            now = self.monotonic()
            if backlog.waiting <= FREE or now < backlog.looked_at + LOOK_SECONDS:
                return backlog.waiting
            backlog.looked_at = now
        with self.database.read() as session:
            waiting = self.queue.waiting_in(session, lane_from(partner))
        with self._lock:
            backlog.waiting = waiting
        return waiting
