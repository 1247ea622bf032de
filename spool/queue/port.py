"""What the rest of the house knows of work: put in items, take them in order, and say how it went.

A *lane* is a line of items that must be worked strictly one after the other, also through retries: a partner and an order,
or an endpoint. Lanes do not wait for each other. What is claimed is always a lane, and with it the first of its open items.
Every method works inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from canonical.errors import Fault, TallyError

from ..retry import MAX_ATTEMPTS


class LeaseLost(TallyError):
    """The lane was given to somebody else, or the item called off, while it was being worked on; its effects must not commit."""

    fault = Fault.ENVIRONMENT
    retryable = True


@dataclass(frozen=True, slots=True)
class Claim:
    """An item handed to a worker, and the right to finish it.

    ``token`` fences: once the lane is claimed by another, nothing done under an older token counts. ``attempt`` is 1 for
    the first and was committed with the claim. ``enqueued_at`` is when the item was put in.
    """

    item_id: str
    lane: str
    token: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    max_attempts: int
    enqueued_at: datetime

    @property
    def exhausted(self) -> bool:
        """Whether all attempts were used up without one that ended: each time, whoever worked on it died."""
        return self.attempt > self.max_attempts


@dataclass(frozen=True, slots=True)
class QueueStats:
    """``open`` items are not finished; ``due`` lanes wait for a worker now; ``running`` lanes have one; ``retrying`` open items
    have failed at least once; ``dead`` items were given up; ``oldest`` is when the oldest open item was put in."""

    open: int
    due: int
    running: int
    retrying: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadItem:
    """An item that was given up, and why."""

    item_id: str
    lane: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    reason: str
    enqueued_at: datetime


class Waker(Protocol):
    """Sees to it that somebody works a lane that has work. All that differs between one process and several nodes."""

    def lane_due(self, session: Session, lane: str, at: datetime) -> None:
        """``lane`` will be due at ``at``, if ``session`` commits. Nothing may depend on it alone: whoever works also looks."""
        ...


class WorkQueue(Protocol):
    """Work items in lanes. One conformance suite holds for every implementation."""

    def enqueue(
        self,
        session: Session,
        *,
        kind: str,
        lane: str,
        payload: Mapping[str, Any],
        unique_key: str | None = None,
        not_before: datetime | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> str:
        """Put an item at the end of ``lane``; its id.

        With a ``unique_key`` that was used before nothing is put in, and the id is that of the item that used it.
        ``not_before`` holds the item, and so whatever comes behind it in the lane.
        """
        ...

    def due(self, session: Session) -> bool:
        """Whether :meth:`claim` would find something; needs no write transaction."""
        ...

    def claim(self, session: Session, owner: str) -> Claim | None:
        """Take the lane that has been due longest, with its first open item; None when no lane is due. Counts the attempt."""
        ...

    def renew(self, session: Session, claim: Claim) -> None:
        """Extend the lease of work that takes long. Raises :class:`LeaseLost`."""
        ...

    def complete(self, session: Session, claim: Claim) -> None:
        """The item is done. Raises :class:`LeaseLost`, so that the effects written beside it are undone."""
        ...

    def retry_later(self, session: Session, claim: Claim, error: BaseException) -> datetime:
        """The attempt failed; the lane rests until the returned moment. Raises :class:`LeaseLost`."""
        ...

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """The item is given up; the lane goes on with the next one. Raises :class:`LeaseLost`."""
        ...

    def cancel(self, session: Session, item_id: str, reason: str) -> None:
        """Call off an open or dead item; one that is being worked on will not commit. Raises NotFound, IllegalMove."""
        ...

    def replay(self, session: Session, item_id: str) -> None:
        """Open a dead item again, with all its attempts, at its old place in the lane. Raises NotFound, IllegalMove."""
        ...

    def retry_now(self, session: Session, item_id: str) -> bool:
        """End the rest of an open item, and of those before it in its lane; whether there was one. Raises NotFound, IllegalMove."""
        ...

    def dead_items(self, session: Session, *, limit: int = 100) -> Sequence[DeadItem]:
        """What was given up, latest first."""
        ...

    def release_all(self, session: Session) -> int:
        """Take every lane from its owner and make it due; how many. For the start of the only process that works them."""
        ...

    def stats(self, session: Session) -> QueueStats:
        """How much work there is."""
        ...
