"""What the rest of the house knows of work: put in items, take them in order, and say how it went.

A *lane* is a line of items that must be worked strictly one after the other, also through retries: a partner and an order,
or an endpoint. Lanes do not wait for each other. What is claimed is always a lane, and with it the first of its open items.
Every method works inside the caller's transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.orm import Session

from canonical.errors import Fault, TallyError

from ..retry import MAX_ATTEMPTS
from .channel import NORMAL
from .circuit import CircuitState


class LeaseLost(TallyError):
    """The lane was given to somebody else, or the item called off, while it was being worked on; its effects must not commit."""

    fault = Fault.ENVIRONMENT
    retryable = True


@dataclass(frozen=True, slots=True)
class Claim:
    """An item handed to a worker, and the right to finish it.

    ``token`` fences: once the lane is claimed by another, nothing done under an older token counts. ``attempt`` is 1 for
    the first and was committed with the claim. ``enqueued_at`` is when the item was put in, ``claimed_at`` when ``owner`` got it.
    ``endpoint`` is what the work talks to, ``partner`` whom it is for. A ``probe`` tries whether an endpoint whose circuit is open is back.
    """

    item_id: str
    lane: str
    token: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    max_attempts: int
    enqueued_at: datetime
    claimed_at: datetime
    owner: str
    endpoint: str | None
    partner: str | None
    deadline: datetime | None
    probe: bool = False

    @property
    def exhausted(self) -> bool:
        """Whether all attempts were used up without one that ended: each time, whoever worked on it died."""
        return self.attempt > self.max_attempts

    @property
    def expired(self) -> bool:
        """Whether the deadline passed before it was claimed, so that no attempt is to be made any more."""
        return self.deadline is not None and self.claimed_at > self.deadline


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


class HeldBy(StrEnum):
    """Why due work is not begun."""

    CIRCUIT = "circuit"
    """What it talks to failed again and again, and is left alone for a while."""
    DOWNTIME = "downtime"
    """What it talks to is not to be reached at this hour."""
    RUNNING = "running"
    """As much as was agreed is under way."""
    RATE = "rate"
    """As much as was agreed was begun of late."""
    BUSY = "busy"
    """Another node is just beginning some of it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """``until`` is None where it ends with somebody else's work."""

    by: HeldBy
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldWork:
    """Due work of one partner and endpoint that is not begun, and why: ``lanes`` of them."""

    endpoint: str | None
    partner: str | None
    lanes: int
    hold: Hold


@dataclass(frozen=True, slots=True)
class EndpointCircuit:
    """An endpoint in trouble: after ``failures`` in a row, the last for ``reason``. From ``retry_at`` on a probe may be made."""

    endpoint: str
    state: CircuitState
    failures: int
    retry_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """How many items of a kind are ``open``, how many of these have failed before (``retrying``), and how many are ``dead``."""

    open: int
    retrying: int
    dead: int


@dataclass(frozen=True, slots=True)
class QueueSurvey:
    """What there is to do, by kind; how it goes; and what stands in the way.

    ``due``, ``running`` and ``resting`` are lanes; ``done_in_minute`` and ``done_in_hour`` items done just before now.
    """

    kinds: Mapping[str, KindOfWork]
    due: int
    running: int
    resting: int
    oldest: datetime | None
    done_in_minute: int
    done_in_hour: int
    circuits: Sequence[EndpointCircuit]
    held: Sequence[HeldWork]


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
    endpoint: str | None
    partner: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at an item that did not end well: who made it, from when to when, and what went wrong."""

    attempt: int
    owner: str
    started_at: datetime
    ended_at: datetime
    reason: str


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
        partner: str | None = None,
        endpoint: str | None = None,
        priority: int = NORMAL,
        unique_key: str | None = None,
        not_before: datetime | None = None,
        deadline: datetime | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> str:
        """Put an item at the end of ``lane``; its id.

        ``endpoint`` is what the work talks to (``erp``, ``out:acme``; None for work inside the house) and ``partner`` whom it is for:
        limits, downtime and circuits go by them, and lanes of different ones take turns. A lane whose first open item has a lower
        ``priority`` number goes first. With a ``unique_key`` that was used before nothing is put in, and the id is that of the
        item that used it. ``not_before`` holds the item, and so whatever comes behind it in the lane. After ``deadline`` no attempt
        is made: the item is dead.
        """
        ...

    def due(self, session: Session) -> bool:
        """Whether :meth:`claim` would find something; needs no write transaction."""
        ...

    def claim(self, session: Session, owner: str) -> Claim | None:
        """Take a lane that is due, with its first open item; None when there is none that may be worked on now. Counts the attempt.

        The most urgent go first; among equals, channels of partner and endpoint take turns, and in each the lane due longest is next.
        Where very many wait, what is put in meanwhile may wait for a small part of a round, however urgent.
        """
        ...

    def claims(self, session: Session, owner: str) -> Iterator[Claim]:
        """Take one after the other, each as :meth:`claim` does when it is asked for, until there is none that may be worked on now.

        What is due is looked up once: nothing else is written in the transaction before the last is asked for.
        """
        ...

    def renew(self, session: Session, claim: Claim) -> None:
        """Extend the lease of work that takes long. Raises :class:`LeaseLost`."""
        ...

    def hangs(self, session: Session, claim: Claim) -> None:
        """The attempt waits for its endpoint without end, which keeps its lease: nothing else is sent there until it comes back."""
        ...

    def complete(self, session: Session, claim: Claim) -> None:
        """The item is done. Raises :class:`LeaseLost`, so that the effects written beside it are undone."""
        ...

    def may_retry(self, claim: Claim, error: BaseException) -> bool:
        """Whether another attempt is to be made after one failed with ``error``; if not, the item is :meth:`dead`."""
        ...

    def retry_later(self, session: Session, claim: Claim, error: BaseException) -> datetime:
        """The attempt failed; the lane rests until the returned moment. Raises :class:`LeaseLost`.

        An ``error`` that is the partner's or the environment's fault counts against the circuit of the claim's endpoint. Where the
        claim was a probe, it does not count as an attempt: an endpoint that is away for a day uses up nothing.
        """
        ...

    def dead(self, session: Session, claim: Claim, reason: str, error: BaseException | None = None) -> None:
        """The item is given up; the lane goes on with the next one. Raises :class:`LeaseLost`.

        ``error`` is what the last attempt failed with, and counts as in :meth:`retry_later`.
        """
        ...

    def cancel(self, session: Session, item_id: str, reason: str) -> bool:
        """Call off an open or dead item; one that is being worked on will not commit. Whether that changed anything.

        Raises NotFound, IllegalMove.
        """
        ...

    def retry_now(self, session: Session, item_id: str) -> bool:
        """End the rest of an open item, and of those before it in its lane; whether there was one. Raises NotFound, IllegalMove."""
        ...

    def replay(self, session: Session, item_id: str, reason: str) -> bool:
        """Open a dead item again, with all its attempts and without a deadline, at its old place in the lane.

        Whether that changed anything: one that is open stays as it is. Raises NotFound, IllegalMove.
        """
        ...

    def history(self, session: Session, item_id: str) -> Sequence[Attempt]:
        """The attempts at an item that failed, first to last; also those whose worker died."""
        ...

    def dead_items(self, session: Session, *, kind: str | None = None, limit: int = 100) -> Sequence[DeadItem]:
        """What was given up, or what of one ``kind``, latest first."""
        ...

    def release_expired(self, session: Session) -> int:
        """Let lanes whose first item is past its deadline be claimed whatever holds them, so that it is buried; how many.

        To be called again and again.
        """
        ...

    def clock_moved(self, session: Session, by: timedelta) -> None:
        """The clock was set, ``by`` as much: move all that waits for a moment along, so that it rests as long as it would have.

        Deadlines stay: they were promised by the clocks of others.
        """
        ...

    def release_all(self, session: Session) -> int:
        """Take every lane from its owner and make it due; how many. For the start of the only process that works them."""
        ...

    def hold(self, session: Session, item_id: str) -> Hold | None:
        """What keeps the lane of an item from being worked on, also when it is due; None when nothing does. Raises NotFound."""
        ...

    def waiting_in(self, session: Session, lane: str) -> int:
        """How many items ``lane`` holds from the one that is next, or being worked on, to its last; those called off between count."""
        ...

    def stats(self, session: Session) -> QueueStats:
        """How much work there is."""
        ...

    def survey(self, session: Session) -> QueueSurvey:
        """How much work there is of what kind, how it goes, and what stands in the way; for people."""
        ...
