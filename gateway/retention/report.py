"""Until when documents are kept, told for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from spool import documents
from spool.documents import INBOUND, DocumentRow

from . import holds
from .rules import Kept, Rules, partner_countries


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document, what keeps it, and the hold that is on it or on something in its file; ``kept`` is None where no rule is about it."""

    id: str
    type: str
    number: str | None
    partner: str
    kept: Kept | None
    hold: str | None


def of_order(session: Session, rules: Rules, number: str) -> list[KeptDocument]:
    """All documents about an order. Raises NotFound."""
    rows = documents.of_order(session, number)
    if not rows:
        raise NotFound(f"No document names purchase order {number}. `tally order list` shows the orders there are.")
    return _told(session, rules, rows)


def of_file(session: Session, rules: Rules, id_: str) -> list[KeptDocument]:
    """A document, or all documents in a file. Raises NotFound."""
    chosen = select(DocumentRow).where(or_(DocumentRow.id == id_, DocumentRow.receipt_id == id_))
    rows = session.scalars(chosen.order_by(DocumentRow.id)).all()
    if not rows:
        raise NotFound(f"There is no document {id_}, and none in a file {id_}. `tally doc list` shows what there is.")
    return _told(session, rules, rows)


def _told(session: Session, rules: Rules, rows: Sequence[DocumentRow]) -> list[KeptDocument]:
    countries = partner_countries(session)
    found = holds.in_force(session)
    files = found.on_files(session, {row.receipt_id for row in rows if row.direction == INBOUND and row.receipt_id})
    ours = found.on_documents(session, {row.id for row in rows if row.direction != INBOUND})
    held = {id_: hold.id for id_, hold in (files | ours).items()}
    return [
        KeptDocument(
            row.id,
            row.type,
            row.number,
            row.partner,
            rules.keeping(row.type, row.created_at, countries.get(row.partner)),
            held.get(row.receipt_id or "") or held.get(row.id),
        )
        for row in rows
    ]
