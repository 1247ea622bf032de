"""What was begun and not ended: received and not read; submitted and not built; built and not sent; sent and not answered in time by an
MDN or 997; read and not taken by the ERP.

What is quarantined waits for a person, and is told by `tally exceptions` and the balance.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, OUTBOUND, DocumentRow
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from ..exchange.sendings import Sending
from .question import Question, Row, Scope

_NOT_SENT = (TransmissionState.READY, TransmissionState.FAILED)
_NOT_TAKEN = (DocumentState.PENDING, DocumentState.DEAD)
_NOT_READ = (ReceiptState.PENDING, ReceiptState.DEAD)


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    yield from _unread(session, scope)
    yield from _unbuilt(session, scope)
    yield from _unsent(session, scope)
    yield from _acknowledgements(session, scope)
    yield from _receipts(session, scope)
    yield from _documents(session, scope)


def _unread(session: Session, scope: Scope) -> Iterator[Row]:
    """Received, and not opened yet or for good."""
    came = select(Receipt).where(Receipt.state.in_(_NOT_READ), *scope.within(Receipt.received_at, Receipt.partner))
    for row in session.scalars(came.order_by(Receipt.id)):
        yield "reading", row.partner, row.filename, row.id, row.received_at, None, None, row.state


def _unbuilt(session: Session, scope: Scope) -> Iterator[Row]:
    """Taken for sending, and without the bytes that would be sent; what has them is told as not sent."""
    submitted = select(DocumentRow).where(
        DocumentRow.direction == OUTBOUND,
        DocumentRow.state.in_(_NOT_TAKEN),
        DocumentRow.transmission_id.is_(None),
        *scope.within(DocumentRow.created_at, DocumentRow.partner),
    )
    for row in session.scalars(submitted.order_by(DocumentRow.id)):
        yield "building", row.partner, _named(row), row.id, None, None, None, row.state


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
            _named(row),
            row.id,
            row.created_at,
            None,
            None,
            row.state,
        )


def _named(row: DocumentRow) -> str:
    return f"{row.type} {row.number or ''}".strip()


def _late(answered: datetime | None, due: datetime | None) -> bool:
    return answered is None or (due is not None and answered > due)


def _wrong(row: Row) -> bool:
    return row[6] is None


UNANSWERED = Question(
    "unanswered",
    "What was not read, not built, not sent, sent without an MDN or 997 within the deadline, or not taken by the ERP?",
    ("answer", "partner", "what", "id", "sent", "due", "answered", "state"),
    _rows,
    _wrong,
)
