"""What was begun, has no outcome, and has no work left that would bring it to one.

Whatever is begun is committed together with the work on it, and that work ends with an outcome or is dead. So there should never be
any of these, but for documents that the ERP took to decide on later; where there is another, somebody removed its work, or we did wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.queue.tables import WorkItem
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from .operations.work import OPEN


@dataclass(frozen=True, slots=True)
class Unended:
    """What has no outcome, of each kind the oldest first; ``undecided`` are documents that the ERP has and has not decided on."""

    files: Sequence[Receipt]
    documents: Sequence[DocumentRow]
    transmissions: Sequence[Transmission]
    undecided: Sequence[DocumentRow]


def unended(session: Session) -> Unended:
    """What was begun and will not end by itself."""
    files = select(Receipt).where(Receipt.state == ReceiptState.PENDING, _left(Receipt.id, "receipt"))
    documents = select(DocumentRow).where(DocumentRow.state == DocumentState.PENDING, _left(DocumentRow.id, "document"))
    ready = select(Transmission).where(Transmission.state == TransmissionState.READY)
    being_sent = ready.with_only_columns(Transmission.id)
    # What a file carries that is not sent yet is told with that file.
    documents = documents.where(DocumentRow.transmission_id.is_(None) | DocumentRow.transmission_id.not_in(being_sent))
    has_it = DocumentRow.id.in_(_OFFERED)
    transmissions = ready.where(_left(Transmission.id, "transmission"))
    return Unended(
        session.scalars(files.order_by(Receipt.id)).all(),
        session.scalars(documents.where(~has_it).order_by(DocumentRow.id)).all(),
        session.scalars(transmissions.order_by(Transmission.id)).all(),
        session.scalars(documents.where(has_it).order_by(DocumentRow.id)).all(),
    )


def erp_decides(session: Session, document_id: str) -> bool:
    """Whether the ERP took a document to decide on it later."""
    told = _OFFERED.where(JournalEntry.document_id == document_id).limit(1)
    return session.scalars(told).first() is not None


_OFFERED = select(JournalEntry.document_id).where(JournalEntry.step == Step.OFFERED)


def _left(identifier: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """Nothing that is still to be done is about it."""
    about = WorkItem.payload[name].as_string()
    return identifier.not_in(select(about).where(OPEN, about.is_not(None)))
