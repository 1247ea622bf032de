"""What the journal is told of receipts, documents and transmissions: one way for both paths, so that trails join up."""

from typing import Any

from sqlalchemy.orm import Session

from canonical.identity import DocumentId, PartnerId, ReceiptId, TransmissionId
from canonical.order import PurchaseOrder
from spool import journal
from spool.clock import Clock
from spool.documents import DocumentRow
from spool.journal import Step
from spool.receipts import Receipt
from spool.transmissions import Transmission


def of_receipt(
    session: Session,
    clock: Clock,
    step: Step,
    receipt: Receipt,
    *,
    outcome: str = "",
    actor: str = journal.OURSELVES,
    detail: dict[str, Any] | None = None,
) -> None:
    """Something happened to a file that came."""
    journal.record(
        session,
        clock,
        step=step,
        outcome=outcome,
        partner=PartnerId(receipt.partner),
        receipt_id=ReceiptId(receipt.id),
        actor=actor,
        detail=detail,
    )


def of_document(
    session: Session,
    clock: Clock,
    step: Step,
    row: DocumentRow,
    *,
    transmission: Transmission | None = None,
    outcome: str = "",
    actor: str = journal.OURSELVES,
    detail: dict[str, Any] | None = None,
) -> None:
    """Something happened to a document; the file it came in is named too, and the one it leaves in where that is given."""
    journal.record(
        session,
        clock,
        step=step,
        outcome=outcome,
        partner=PartnerId(row.partner),
        receipt_id=ReceiptId(row.receipt_id) if row.receipt_id else None,
        document_id=DocumentId(row.id),
        transmission_id=TransmissionId(transmission.id) if transmission else None,
        actor=actor,
        detail=detail,
    )


def of_refused_order(session: Session, clock: Clock, order: PurchaseOrder, reason: str) -> None:
    """The ERP gave an order that was not taken in."""
    partner = None if order.partner is None else PartnerId(_storable(order.partner))
    detail = {journal.REFUSED_ORDER: _storable(order.number)}
    journal.record(session, clock, step=Step.REJECTED, outcome=_storable(reason), partner=partner, detail=detail)


def _storable(text: str) -> str:
    """What an ERP gave may hold what is no text (lone surrogates), which may be why it was refused."""
    return text.encode("utf-8", "replace").decode("utf-8")


def of_report(
    session: Session,
    clock: Clock,
    step: Step,
    row: Transmission,
    *,
    outcome: str = "",
    actor: str = journal.OURSELVES,
    detail: dict[str, Any] | None = None,
) -> None:
    """Something happened to an answer that no document stands for; it belongs to the receipt it answers."""
    journal.record(
        session,
        clock,
        step=step,
        outcome=outcome,
        partner=PartnerId(row.partner),
        receipt_id=ReceiptId(row.answers) if row.answers else None,
        transmission_id=TransmissionId(row.id),
        actor=actor,
        detail=detail,
    )
