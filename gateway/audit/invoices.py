"""Invoices for which there is no purchase order, or no ship notice: there never was any, or it was removed since, on record."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentOrder, DocumentRow

from ..orders.book import COUNTED
from ..orders.invoiced import INVOICE, NOTICE, ORDER, counterparts, removals
from .question import Question, Row, Scope


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """An invoice is named once for each order it is about, and once where it names none."""
    known, removed = _known(session), removals(session)
    invoices = (
        select(DocumentRow, DocumentOrder.order_number)
        .join(DocumentOrder, DocumentOrder.document_id == DocumentRow.id, isouter=True)
        .where(
            DocumentRow.type == INVOICE,
            DocumentRow.direction == INBOUND,
            DocumentRow.state.in_(COUNTED),
            *scope.within(DocumentRow.created_at, DocumentRow.partner),
        )
        .order_by(DocumentRow.id)
    )
    for row, order in session.execute(invoices):
        absent = {ORDER, NOTICE} - known.get((row.partner, order or ""), set())
        if absent:
            became = {what: removed.what_became_of(what, row) for what in (ORDER, NOTICE) if what in absent}
            missing = [what for what, gone in became.items() if gone is None]
            told = [f"{what} {gone}" for what, gone in became.items() if gone is not None]
            yield row.created_at, row.partner, row.number, row.id, order, " and ".join(missing), ", ".join(told)


def _known(session: Session) -> Mapping[tuple[str, str], set[str]]:
    """For which orders of whom there are purchase orders and ship notices."""
    statement = (
        select(DocumentOrder.partner, DocumentOrder.order_number, DocumentRow.type)
        .join(DocumentRow, DocumentRow.id == DocumentOrder.document_id)
        .where(counterparts())
    )
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for partner, order, type_ in session.execute(statement):
        known[partner, order].add(type_)
    return known


def _wrong(row: Row) -> bool:
    """What was removed on record was there."""
    return bool(row[_MISSING])


_COLUMNS = ("at", "partner", "invoice", "document", "order", "missing", "removed")
_MISSING = _COLUMNS.index("missing")

INVOICES = Question(
    "invoices",
    "Which invoices have no purchase order, or no ship notice?",
    _COLUMNS,
    _rows,
    _wrong,
)
