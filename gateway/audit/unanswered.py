"""What was begun and not ended: built and not sent; sent and not answered in time by an MDN or 997; received and not taken by the ERP."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentRow
from spool.states import DocumentState, TransmissionState
from spool.transmissions import Transmission

from ..exchange.sendings import Sending
from .question import Question, Row, Scope

_NOT_SENT = (TransmissionState.READY, TransmissionState.FAILED)
_NOT_TAKEN = (DocumentState.PENDING, DocumentState.DEAD)


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    yield from _unsent(session, scope)
    yield from _acknowledgements(session, scope)
    yield from _receipts(session, scope)
    yield from _documents(session, scope)


def _unsent(session: Session, scope: Scope) -> Iterator[Row]:
    """Built, and not handed over yet or for good."""
    built = select(Transmission).where(
        Transmission.state.in_(_NOT_SENT), *scope.within(Transmission.created_at, Transmission.partner)
    )
    for row in session.scalars(built.order_by(Transmission.id)):
        yield "sending", row.partner, row.filename, row.id, None, None, None, row.state


def _acknowledgements(session: Session, scope: Scope) -> Iterator[Row]:
    sent = select(Transmission).where(
        Transmission.answer_due_at < scope.now, *scope.within(Transmission.sent_at, Transmission.partner)
    )
    for row in session.scalars(sent.order_by(Transmission.id)):
        if _late(row.answered_at, row.answer_due_at):
            yield "997", row.partner, row.filename, row.id, row.sent_at, row.answer_due_at, row.answered_at, row.state


def _receipts(session: Session, scope: Scope) -> Iterator[Row]:
    sent = select(Sending).where(Sending.due_at < scope.now, *scope.within(Sending.sent_at, Sending.partner))
    for row in session.scalars(sent.order_by(Sending.id)):
        if _late(row.answered_at, row.due_at):
            yield "MDN", row.partner, row.message_id, row.id, row.sent_at, row.due_at, row.answered_at, row.state


def _documents(session: Session, scope: Scope) -> Iterator[Row]:
    """The ERP has no deadline: what is named is what it has not taken now."""
    waiting = select(DocumentRow).where(
        DocumentRow.direction == INBOUND,
        DocumentRow.state.in_(_NOT_TAKEN),
        *scope.within(DocumentRow.created_at, DocumentRow.partner),
    )
    for row in session.scalars(waiting.order_by(DocumentRow.id)):
        yield (
            "ERP",
            row.partner,
            f"{row.type} {row.number or ''}".strip(),
            row.id,
            row.created_at,
            None,
            None,
            row.state,
        )


def _late(answered: datetime | None, due: datetime | None) -> bool:
    return answered is None or (due is not None and answered > due)


def _wrong(row: Row) -> bool:
    return row[6] is None


UNANSWERED = Question(
    "unanswered",
    "What was built and not sent, sent without an MDN or 997 within the deadline, or not taken by the ERP?",
    ("answer", "partner", "what", "id", "sent", "due", "answered", "state"),
    _rows,
    _wrong,
)
