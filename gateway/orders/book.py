"""The orders there are, and one order as all its documents leave it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.errors import NotFound
from canonical.finding import Severity
from canonical.identity import BlobDigest
from canonical.order import PurchaseOrder
from spool import documents
from spool.blobs import BlobStore
from spool.documents import OUTBOUND, DocumentOrder, DocumentRow
from spool.states import DocumentState

from .matching import OrderException, OrderState, match

COUNTED = (DocumentState.PENDING, DocumentState.DELIVERED)
"""Documents that say something about an order; rejected, duplicate, quarantined and cancelled ones do not, except :data:`UNREACHED`."""

UNREACHED = (DocumentState.REJECTED, DocumentState.DEAD, DocumentState.CANCELLED)
"""Orders of ours that their supplier does not have: they still say what was ordered."""


@dataclass(frozen=True, slots=True)
class OrderSummary:
    number: str
    partner: str
    documents: int
    types: tuple[str, ...]
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFile:
    """An order with its documents, oldest first, and what they amount to."""

    number: str
    partner: str
    documents: tuple[DocumentRow, ...]
    state: OrderState


def orders(session: Session, *, partner: str | None = None, limit: int = 100) -> Sequence[OrderSummary]:
    """The orders that any document names, the one with the newest document first."""
    statement = (
        select(
            DocumentOrder.order_number,
            DocumentOrder.partner,
            func.count(),
            func.aggregate_strings(DocumentRow.type, ","),
            func.max(DocumentRow.created_at),
        )
        .join(DocumentRow, DocumentRow.id == DocumentOrder.document_id)
        .group_by(DocumentOrder.order_number, DocumentOrder.partner)
        .order_by(func.max(DocumentRow.id).desc())
        .limit(limit)
    )
    if partner is not None:
        statement = statement.where(DocumentOrder.partner == partner)
    return [
        OrderSummary(number, owner, count, tuple(sorted(set(types.split(",")))), last_at)
        for number, owner, count, types, last_at in session.execute(statement)
    ]


def order(session: Session, blobs: BlobStore, number: str, partner: str | None = None) -> Sequence[OrderFile]:
    """The files of an order number, one for each partner that uses it. Raises NotFound where nobody does."""
    rows = documents.of_order(session, number, partner)
    if not rows:
        raise NotFound(f"No document names purchase order {number}. `tally order list` shows the orders there are.")
    owners = dict.fromkeys(row.partner for row in rows)
    return [_file(session, blobs, number, owner, [row for row in rows if row.partner == owner]) for owner in owners]


def placed(session: Session, blobs: BlobStore, number: str, partner: str) -> PurchaseOrder | None:
    """The order of this number as it was last given to, or by, the partner."""
    for row in reversed(documents.of_order(session, number, partner)):
        if row.type == "PurchaseOrder" and row.state in COUNTED and row.canonical_sha256:
            document = _document(session, blobs, row)
            return document if isinstance(document, PurchaseOrder) else None
    return None


def _file(session: Session, blobs: BlobStore, number: str, partner: str, rows: Sequence[DocumentRow]) -> OrderFile:
    counted = [row for row in rows if (row.state in COUNTED or _is_unreached(row)) and row.canonical_sha256]
    state = match(number, [_document(session, blobs, row) for row in counted])
    exceptions = (*_not_reached(counted), *state.exceptions)
    return OrderFile(number, partner, tuple(rows), replace(state, exceptions=exceptions))


def _is_unreached(row: DocumentRow) -> bool:
    return row.direction == OUTBOUND and row.type == "PurchaseOrder" and row.state in UNREACHED


def _not_reached(counted: Sequence[DocumentRow]) -> Iterator[OrderException]:
    """Why the supplier does not have the order, unless a later one reached it in its place."""
    ours = [row for row in counted if row.direction == OUTBOUND and row.type == "PurchaseOrder"]
    if not ours or not _is_unreached(ours[-1]):
        return
    row = ours[-1]
    if row.state is DocumentState.CANCELLED:
        message = f"The order was called off before it left. {row.reason or ''} {row.partner} does not have it."
        yield OrderException("order-cancelled", Severity.WARNING, message)
        return
    if row.state is DocumentState.REJECTED and row.transmission_id is not None:
        code, what = "order-not-readable-by-partner", f"{row.partner} rejected the transmission of the order."
    else:
        code, what = "order-not-sent", f"The order could not be sent to {row.partner}."
    message = f"{what} {row.reason or ''}".rstrip() + " The supplier does not have it: correct it and send it again."
    yield OrderException(code, Severity.ERROR, message)


def _document(session: Session, blobs: BlobStore, row: DocumentRow) -> AnyDocument:
    return ANY_DOCUMENT.validate_json(blobs.read(session, BlobDigest(row.canonical_sha256 or "")))
