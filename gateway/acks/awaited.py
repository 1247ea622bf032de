"""What partners owe us an answer for: the 997s of what was sent, and the MDNs of what went over AS2."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from spool.states import MessageState, TransmissionState
from spool.transmissions import Transmission

from ..exchange.sendings import Sending


class Standing(StrEnum):
    """How an answer stands."""

    AWAITED = "awaited"
    OVERDUE = "overdue"
    UNPROVEN = "unproven"
    """It came and proves nothing."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that is not here. ``id`` is that of the transmission or, where ``answer`` is an MDN, of the message."""

    answer: str
    standing: Standing
    partner: str
    id: str
    what: str
    sent_at: datetime | None
    due_at: datetime | None
    why: str | None


def awaited(session: Session, partner: str | None = None) -> Sequence[Awaited]:
    """All of them, what was due first coming first."""
    found = [*_acknowledgements(session, partner), *_receipts(session, partner)]
    return sorted(found, key=lambda each: (each.due_at is None, each.due_at, each.id))


def _acknowledgements(session: Session, partner: str | None) -> list[Awaited]:
    sent = Transmission.state.in_((TransmissionState.SENT, TransmissionState.COLLECTED))
    statement = select(Transmission).where(
        or_(Transmission.state == TransmissionState.OVERDUE, and_(sent, Transmission.answer_due_at.is_not(None)))
    )
    if partner is not None:
        statement = statement.where(Transmission.partner == partner)
    return [
        Awaited(
            "997",
            Standing.OVERDUE if row.state is TransmissionState.OVERDUE else Standing.AWAITED,
            row.partner,
            row.id,
            row.filename,
            row.sent_at,
            row.answer_due_at,
            row.reason,
        )
        for row in session.scalars(statement)
    ]


_STANDINGS = {
    MessageState.SENT: Standing.AWAITED,
    MessageState.OVERDUE: Standing.OVERDUE,
    MessageState.UNPROVEN: Standing.UNPROVEN,
}


def _receipts(session: Session, partner: str | None) -> list[Awaited]:
    asked = and_(Sending.state == MessageState.SENT, Sending.due_at.is_not(None))
    statement = (
        select(Sending, Transmission.filename)
        .join(Transmission, Transmission.id == Sending.transmission, isouter=True)
        .where(or_(asked, Sending.state.in_((MessageState.OVERDUE, MessageState.UNPROVEN))))
    )
    if partner is not None:
        statement = statement.where(Sending.partner == partner)
    return [
        Awaited(
            "MDN",
            _STANDINGS[row.state],
            row.partner,
            row.id,
            filename or "test message",
            row.sent_at,
            row.due_at,
            row.reason,
        )
        for row, filename in session.execute(statement)
    ]
