"""Legal holds: what they cover is not removed, whatever else is said, until they are released.

A hold is what the journal tells of it, and nothing else: so it is in the ledger, moves and is backed up with everything, and cannot be
taken away unnoticed. Who places one waits for what is being removed at the moment, and who removes looks at the holds in the transaction
in which it does (:func:`lock`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import PartnerId
from partners import registry
from spool import journal
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import one_at_a_time
from spool.documents import DocumentOrder, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

from ..operations.instruction import Instruction, NotPossible


class HoldKind(StrEnum):
    """What a hold is on."""

    ORDER = "order"
    """Every document about a purchase order, with the files they came and left in."""
    DOCUMENT = "document"
    """One document, or one file, with all that it came or left with."""
    PARTNER = "partner"
    """Everything exchanged with a partner."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a hold is on: a number, an id or a partner; ``partner`` is whose order it is, anybody's where None."""

    kind: HoldKind
    subject: str
    partner: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}" + (f" of {self.partner}" if self.partner else "")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold, placed by whom and why, and released likewise; ``released`` is None while it is in force."""

    id: str
    target: Target
    placed: datetime
    placed_by: str
    reason: str
    released: datetime | None = None
    released_by: str | None = None
    why_released: str | None = None


def lock(session: Session) -> None:
    """Wait until nobody else removes anything, or places or releases a hold; until this transaction ends, nobody else does."""
    one_at_a_time(session, "retention")


def place(session: Session, clock: Clock, target: Target, by: Instruction) -> Hold:
    """Have nothing removed that ``target`` covers. Raises NotFound where it covers nothing that is here."""
    lock(session)
    _require(session, target)
    hold = Hold(f"hold-{len(every(session)) + 1}", target, moment_of(session, clock), by.actor, by.reason)
    _tell(session, clock, Step.HELD, hold, by)
    return hold


def release(session: Session, clock: Clock, hold_id: str, by: Instruction) -> Hold:
    """Let a hold go. Raises NotFound, and NotPossible for one that was released before."""
    lock(session)
    hold = next((each for each in every(session) if each.id == hold_id), None)
    if hold is None:
        raise NotFound(f"There is no hold {hold_id}. `tally hold list` shows those in force.")
    if hold.released is not None:
        raise NotPossible(f"{hold_id} was released on {hold.released:%Y-%m-%d} by {hold.released_by}.")
    _tell(session, clock, Step.UNHELD, hold, by)
    return replace(hold, released=moment_of(session, clock), released_by=by.actor, why_released=by.reason)


def every(session: Session) -> list[Hold]:
    """All holds there ever were, in their order."""
    told = select(JournalEntry).where(JournalEntry.step.in_((Step.HELD, Step.UNHELD))).order_by(JournalEntry.id)
    found: dict[str, Hold] = {}
    for entry in session.scalars(told):
        hold_id = str(entry.detail.get("hold"))
        if entry.step is Step.HELD:
            target = Target(HoldKind(entry.detail["on"]), entry.detail["subject"], entry.detail.get("of"))
            found[hold_id] = Hold(hold_id, target, entry.at, entry.actor, entry.outcome)
        elif hold_id in found:
            found[hold_id] = replace(
                found[hold_id], released=entry.at, released_by=entry.actor, why_released=entry.outcome
            )
    return list(found.values())


def in_force(session: Session) -> "Holds":
    """The holds that are not released."""
    return Holds([hold for hold in every(session) if hold.released is None])


@dataclass(frozen=True, slots=True)
class Holds:
    """Some holds, and what they cover."""

    holds: Sequence[Hold]
    partners: dict[str, Hold] = field(default_factory=dict)
    _ids: dict[str, Hold] = field(default_factory=dict)
    _orders: dict[tuple[str, str | None], Hold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for hold in self.holds:
            target = hold.target
            match target.kind:
                case HoldKind.PARTNER:
                    self.partners.setdefault(target.subject, hold)
                case HoldKind.DOCUMENT:
                    self._ids.setdefault(target.subject, hold)
                case HoldKind.ORDER:
                    self._orders.setdefault((target.subject, target.partner), hold)

    def on_files(self, session: Session, ids: Collection[str]) -> dict[str, Hold]:
        """Those of these files that are held, with the documents in them and the answers to them, each by one hold on it."""
        if not self.holds:
            return {}
        found = {id_: self._ids[id_] for id_ in ids if id_ in self._ids}
        files = select(Receipt.id, Receipt.partner).where(Receipt.id.in_(ids))
        found |= {id_: self.partners[partner] for id_, partner in session.execute(files) if partner in self.partners}
        inside = select(DocumentRow.receipt_id, DocumentRow.id).where(DocumentRow.receipt_id.in_(ids))
        answers = (
            select(Transmission.answers, DocumentRow.id)
            .join(DocumentRow, DocumentRow.transmission_id == Transmission.id)
            .where(Transmission.answers.in_(ids))
        )
        for statement in (inside, answers):
            found |= {file: self._ids[id_] for file, id_ in session.execute(statement) if file and id_ in self._ids}
        if self._orders:
            orders = (
                select(DocumentRow.receipt_id, DocumentOrder.order_number, DocumentOrder.partner)
                .join(DocumentOrder, DocumentOrder.document_id == DocumentRow.id)
                .where(DocumentRow.receipt_id.in_(ids))
            )
            found |= self._on_orders(session.execute(orders))
        return found

    def on_documents(self, session: Session, ids: Collection[str]) -> dict[str, Hold]:
        """Those of these documents of ours that are held, each by one hold on it."""
        if not self.holds:
            return {}
        found = {id_: self._ids[id_] for id_ in ids if id_ in self._ids}
        rows = select(DocumentRow.id, DocumentRow.partner).where(DocumentRow.id.in_(ids))
        found |= {id_: self.partners[partner] for id_, partner in session.execute(rows) if partner in self.partners}
        if self._orders:
            orders = select(DocumentOrder.document_id, DocumentOrder.order_number, DocumentOrder.partner)
            found |= self._on_orders(session.execute(orders.where(DocumentOrder.document_id.in_(ids))))
        return found

    def _on_orders(self, rows: Iterable[Any]) -> dict[str, Hold]:
        found = {}
        for id_, number, partner in rows:
            hold = self._orders.get((number, None)) or self._orders.get((number, partner))
            if hold is not None:
                found[id_] = hold
        return found

    def on_order(self, number: str, partner: str | None) -> Hold | None:
        """The hold on an order of which there may be no document."""
        held = self._orders.get((number, None)) or self._orders.get((number, partner))
        return held or self.partners.get(partner or "")


def _require(session: Session, target: Target) -> None:
    """A hold on what is not here would keep nothing, and look as if it did."""
    match target.kind:
        case HoldKind.ORDER:
            orders = select(DocumentOrder.partner).where(DocumentOrder.order_number == target.subject)
            if target.partner is not None:
                orders = orders.where(DocumentOrder.partner == target.partner)
            refused = journal.refused_orders(
                session, target.subject, None if target.partner is None else PartnerId(target.partner)
            )
            here = session.scalars(orders.limit(1)).first() or (target.subject if refused else None)
        case HoldKind.DOCUMENT:
            document = session.scalar(select(DocumentRow.id).where(DocumentRow.id == target.subject))
            here = document or session.scalar(select(Receipt.id).where(Receipt.id == target.subject))
        case HoldKind.PARTNER:
            applied = registry.current(session, PartnerId(target.subject))
            files = select(Receipt.partner).where(Receipt.partner == target.subject).limit(1)
            here = session.scalar(files) if applied is None else applied.partner
    if here is None:
        raise NotFound(f"There is no {target}, so nothing would be held. `tally doc list` shows what there is.")


def _tell(session: Session, clock: Clock, step: Step, hold: Hold, by: Instruction) -> None:
    """About no document: what was said of it would go with it once the hold is released."""
    target = hold.target
    whose = target.subject if target.kind is HoldKind.PARTNER else target.partner
    journal.record(
        session,
        clock,
        step=step,
        outcome=by.reason,
        partner=None if whose is None else PartnerId(whose),
        actor=by.actor,
        detail={"hold": hold.id, "on": target.kind.value, "subject": target.subject, "of": target.partner},
    )
