"""Invoices for which there is no purchase order, or no ship notice."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, OUTBOUND, DocumentOrder, DocumentRow

from ..orders.book import COUNTED
from .question import Question, Row, Scope

_ORDER, _NOTICE, _INVOICE = "PurchaseOrder", "ShipNotice", "Invoice"


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """An invoice is named once for each order it is about, and once where it names none."""
    known = _known(session)
    invoices = (
        select(DocumentRow, DocumentOrder.order_number)
        .join(DocumentOrder, DocumentOrder.document_id == DocumentRow.id, isouter=True)
        .where(
            DocumentRow.type == _INVOICE,
            DocumentRow.direction == INBOUND,
            DocumentRow.state.in_(COUNTED),
            *scope.within(DocumentRow.created_at, DocumentRow.partner),
        )
        .order_by(DocumentRow.id)
    )
    for row, order in session.execute(invoices):
        there = known.get((row.partner, order or ""), set())
        missing = [what for what in (_ORDER, _NOTICE) if what not in there]
        if missing:
            yield row.created_at, row.partner, row.number, row.id, order, " and ".join(missing)


def _known(session: Session) -> Mapping[tuple[str, str], set[str]]:
    """For which orders of whom there are purchase orders and ship notices."""
    sent = (DocumentRow.type == _ORDER) & (DocumentRow.direction == OUTBOUND)
    came = (DocumentRow.type == _NOTICE) & (DocumentRow.direction == INBOUND)
    statement = (
        select(DocumentOrder.partner, DocumentOrder.order_number, DocumentRow.type)
        .join(DocumentRow, DocumentRow.id == DocumentOrder.document_id)
        .where(sent | came, DocumentRow.state.in_(COUNTED))
    )
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for partner, order, type_ in session.execute(statement):
        known[partner, order].add(type_)
    return known


def _wrong(_row: Row) -> bool:
    return True


INVOICES = Question(
    "invoices",
    "Which invoices have no purchase order, or no ship notice?",
    ("at", "partner", "invoice", "document", "order", "missing"),
    _rows,
    _wrong,
)
