"""How things stand: what ``tally status`` shows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners import certificates
from spool import journal
from spool.journal import JournalEntry, Step
from spool.queue.port import EndpointCircuit, HeldWork, QueueStats, WorkQueue
from spool.queue.tables import Lane, LaneState, WorkItem
from spool.states import MessageState, TransmissionState
from spool.transmissions import Transmission

from ..balance import Balance, balance
from ..exchange.arrivals import Arrival, ArrivalKind
from ..exchange.sendings import Sending
from ..ledger import store, timestamping
from ..ledger.anchoring import unanchored
from ..ledger.tables import LedgerUnanchored
from ..ledger.timestamping import Standing
from .work import DEAD, OPEN

WINDOW = timedelta(minutes=5)
"""The time over which rates are counted."""

MOST_LANES = 10
"""Lanes shown: those whose first item has waited longest of those that failed."""

_COUNTED = (Step.RECEIVED, Step.DELIVERED, Step.SENT)
"""What rates are told of."""


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """Unfinished work of one kind: ``retrying`` of the ``open`` items failed at least once; ``oldest`` is the oldest open one's time."""

    kind: str
    open: int
    retrying: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class StuckLane:
    """A lane whose first open item failed: what stands behind it waits until ``next_at``, or until a worker that has it is done."""

    lane: str
    kind: str
    item: str
    attempts: int
    waiting: int
    next_at: datetime | None
    running: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Messages over AS2: those that came by what became of them, and those that went by their state."""

    came: Mapping[str, int] = field(default_factory=dict)
    went: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """``transmissions`` are counts by state; ``rates`` what was received, delivered and sent in the last :data:`WINDOW`.

    ``circuits`` are the endpoints in trouble, and ``held`` the due work that is not begun, with what keeps it.
    ``undecided`` certificates were sent by partners for approval. ``timestamps`` is how the stamps of the ledger's checkpoints stand,
    and ``unanchored`` what keeps one from being laid down elsewhere;
    ``in_ledger`` entries are there, and ``for_ledger`` wait for it.
    """

    balance: Balance
    queue: QueueStats
    transmissions: dict[str, int]
    kinds: Sequence[KindOfWork] = ()
    lanes: Sequence[StuckLane] = ()
    circuits: Sequence[EndpointCircuit] = ()
    held: Sequence[HeldWork] = ()
    rates: dict[str, int] | None = None
    messages: MessageCounts = field(default_factory=MessageCounts)
    undecided: int = 0
    timestamps: Standing = field(default_factory=Standing)
    unanchored: LedgerUnanchored | None = None
    in_ledger: int = 0
    for_ledger: int = 0

    @property
    def overdue(self) -> int:
        """Transmissions whose answer did not come in time."""
        return self.transmissions.get(TransmissionState.OVERDUE, 0)

    def as_json(self) -> dict[str, Any]:
        places = self.balance.places
        return {
            "balance": {"received": self.balance.received, **places, "holds": self.balance.holds},
            "files": self.balance.files,
            "work": asdict(self.queue) | {"oldest": _text(self.queue.oldest)},
            "kinds": {
                kind.kind: _without(asdict(kind), "kind") | {"oldest": _text(kind.oldest)} for kind in self.kinds
            },
            "lanes": [asdict(lane) | {"next_at": _text(lane.next_at)} for lane in self.lanes],
            "circuits": [asdict(circuit) | {"retry_at": _text(circuit.retry_at)} for circuit in self.circuits],
            "held": [_held(work) for work in self.held],
            "transmissions": self.transmissions,
            "overdue": self.overdue,
            "as2": {"came": dict(self.messages.came), "went": dict(self.messages.went)},
            "certificates": {"undecided": self.undecided},
            "ledger": {
                "entries": self.in_ledger,
                "waiting": self.for_ledger,
                "not_anchored": None if self.unanchored is None else self.unanchored.why,
            },
            "timestamps": {
                "last": _text(self.timestamps.last),
                "failing": [row.why for row in self.timestamps.failing],
            },
            "rates": {"seconds": int(WINDOW.total_seconds()), **(self.rates or {})},
        }


def report(session: Session, queue: WorkQueue, now: datetime) -> StatusReport:
    """Everything, as one unchanging state of the database has it."""
    sent = session.execute(select(Transmission.state, func.count()).group_by(Transmission.state)).all()
    counts = {state.value: count for state, count in sent}
    survey = queue.survey(session)
    return StatusReport(
        balance=balance(session),
        queue=queue.stats(session),
        transmissions={state.value: counts[state.value] for state in TransmissionState if state.value in counts},
        kinds=_kinds(session),
        lanes=_stuck(session),
        circuits=survey.circuits,
        held=survey.held,
        rates=_rates(session, now),
        messages=_messages(session),
        undecided=certificates.undecided(session),
        timestamps=timestamping.standing(session),
        unanchored=unanchored(session),
        in_ledger=store.size(session),
        for_ledger=store.count_waiting(session),
    )


def _messages(session: Session) -> MessageCounts:
    came = select(Arrival.outcome, func.count()).where(Arrival.kind == ArrivalKind.MESSAGE).group_by(Arrival.outcome)
    went = dict(session.execute(select(Sending.state, func.count()).group_by(Sending.state)).all())
    return MessageCounts(
        dict(session.execute(came.order_by(Arrival.outcome)).all()),
        {state.value: went[state] for state in MessageState if state in went},
    )


def _kinds(session: Session) -> list[KindOfWork]:
    failed, oldest = func.count(WorkItem.reason), func.min(WorkItem.created_at)
    waiting = session.execute(select(WorkItem.kind, func.count(), failed, oldest).where(OPEN).group_by(WorkItem.kind))
    dead = session.execute(select(WorkItem.kind, func.count()).where(DEAD).group_by(WorkItem.kind))
    found = {kind: KindOfWork(kind, count, failing, 0, since) for kind, count, failing, since in waiting}
    for kind, count in dead:
        found[kind] = replace(found.get(kind, KindOfWork(kind, 0, 0, 0, None)), dead=count)
    return [found[kind] for kind in sorted(found)]


def _stuck(session: Session) -> list[StuckLane]:
    """Only those whose first item failed: a lane that merely has much to do is not stuck."""
    first = select(func.min(WorkItem.position).label("position"), WorkItem.lane, func.count().label("waiting"))
    firsts = first.where(OPEN).group_by(WorkItem.lane).subquery()
    rows = session.execute(
        select(WorkItem, Lane, firsts.c.waiting)
        .join(firsts, (firsts.c.lane == WorkItem.lane) & (firsts.c.position == WorkItem.position))
        .join(Lane, Lane.key == WorkItem.lane)
        .where(OPEN, WorkItem.reason.is_not(None))
        .order_by(WorkItem.created_at, WorkItem.id)
        .limit(MOST_LANES)
    )
    return [
        StuckLane(
            lane.key,
            item.kind,
            item.id,
            item.attempts,
            waiting,
            lane.next_at,
            lane.state is LaneState.HELD,
            item.reason or "",
        )
        for item, lane, waiting in rows
    ]


def _rates(session: Session, now: datetime) -> dict[str, int]:
    """What lies ahead of the clock happened before that was put back."""
    since = journal.first_since(session, now - WINDOW)
    counted = (
        select(JournalEntry.step, func.count())
        .where(JournalEntry.id >= since, JournalEntry.at <= now, JournalEntry.step.in_(_COUNTED))
        .group_by(JournalEntry.step)
    )
    counts = dict(session.execute(counted).all())
    return {step.value: counts.get(step, 0) for step in _COUNTED}


def _held(work: HeldWork) -> dict[str, Any]:
    return _without(asdict(work), "hold") | {"by": work.hold.by, "until": _text(work.hold.until)}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
