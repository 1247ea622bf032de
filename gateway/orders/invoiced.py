"""What an invoice should have beside it, its purchase order and its ship notice, and where that was removed while the invoice stays.

The entry that tells of a removal names such invoices, by their ids: an entry that stays for ever is no place for numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from spool.documents import INBOUND, OUTBOUND, DocumentOrder, DocumentRow
from spool.journal import JournalEntry, Step

from ..ledger.erasures import entries_erased
from ..ledger.tables import LedgerPartner
from .book import COUNTED

ORDER, NOTICE, INVOICE = "PurchaseOrder", "ShipNotice", "Invoice"

LEFT = "left_without"
"""The key in the detail of what tells of a removal: by type of what was removed, the invoices that stay. Earlier programs did not say."""

_AT_ONCE = 1000
"""Ids in one statement."""

_FIRST = {ORDER: Step.SUBMITTED, NOTICE: Step.TRANSLATED}
"""By which step the journal tells first of a document that went as such a one: an order of ours is submitted, a notice is read."""

_WORDS = {Step.PRUNED: "removed by retention", Step.ERASED: "erased"}


def counterparts() -> ColumnElement[bool]:
    """Whether a document is an order of ours or a notice of theirs, and counts."""
    ours = and_(DocumentRow.type == ORDER, DocumentRow.direction == OUTBOUND)
    theirs = and_(DocumentRow.type == NOTICE, DocumentRow.direction == INBOUND)
    return and_(or_(ours, theirs), DocumentRow.state.in_(COUNTED))


def left_without(session: Session, going: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Which invoices stay when these documents go, for the entry that tells of it; to be asked before they are removed."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    mine, theirs, invoice = aliased(DocumentOrder), aliased(DocumentOrder), aliased(DocumentRow)
    about_the_same = (
        select(DocumentRow.type, invoice.id)
        .join(mine, mine.document_id == DocumentRow.id)
        .join(theirs, and_(theirs.order_number == mine.order_number, theirs.partner == mine.partner))
        .join(invoice, invoice.id == theirs.document_id)
        .where(counterparts(), invoice.type == INVOICE, invoice.direction == INBOUND)
    )
    for start in range(0, len(going), _AT_ONCE):
        some = about_the_same.where(DocumentRow.id.in_(going[start : start + _AT_ONCE]))
        for type_, invoice_id in session.execute(some):
            found[type_].add(invoice_id)
    left = {type_: sorted(invoices.difference(going)) for type_, invoices in sorted(found.items())}
    return {LEFT: {type_: invoices for type_, invoices in left.items() if invoices}}


@dataclass(frozen=True, slots=True)
class Removal:
    """A removal of documents that does not say which invoices stay. ``told`` is by which first steps the entries that lost their details
    told of documents, and of whose, by pseudonym: more of what went is not known any more."""

    at: datetime
    words: str
    told: Collection[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Removals:
    """What the journal tells of removals: by the id of an invoice, how what it had beside it went, by type; and those that do not say.
    ``pseudonyms`` are what the ledger calls partners."""

    of: Mapping[str, Mapping[str, str]]
    unsaid: Sequence[Removal]
    pseudonyms: Mapping[str, str]

    def what_became_of(self, type_: str, invoice: DocumentRow) -> str | None:
        """How what an invoice had beside it was removed, or may have been; None where it was not."""
        said = self.of.get(invoice.id, {}).get(type_)
        if said is not None:
            return said
        would_be = _FIRST[type_], self.pseudonyms.get(invoice.partner, "")
        after = (each for each in self.unsaid if each.at >= invoice.created_at and would_be in each.told)
        first = next(after, None)
        return None if first is None else f"perhaps {first.words}, which does not say"


def removals(session: Session) -> Removals:
    """All there were."""
    removed: defaultdict[str, dict[str, str]] = defaultdict(dict)
    unsaid: list[Removal] = []
    columns = JournalEntry.step, JournalEntry.at, JournalEntry.detail
    told = select(*columns).where(JournalEntry.step.in_(_WORDS)).order_by(JournalEntry.id)
    for step, at, detail in session.execute(told).all():
        words = f"{_WORDS[step]} on {at:%Y-%m-%d}"
        if LEFT not in detail:
            firsts = ((each.type, each.partner) for each in entries_erased(session, detail))
            unsaid.append(Removal(at, words, {each for each in firsts if each[0] in _FIRST.values()}))
        for type_, invoices in detail.get(LEFT, {}).items():
            for invoice in invoices:
                removed[invoice][type_] = words
    pseudonyms = dict(session.execute(select(LedgerPartner.partner, LedgerPartner.pseudonym)).all())
    return Removals(removed, unsaid, pseudonyms)
