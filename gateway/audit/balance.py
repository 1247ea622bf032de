"""Where everything is that came in a period: received = delivered + rejected + duplicate + quarantined + dead + pending."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import ReceiptState

from ..balance import PLACES
from .question import Question, Row, Scope

_FILES, _RECEIVED = "files", "received"

_Arrived: TypeAlias = Select[str | None]
_ByPartner: TypeAlias = defaultdict[str, Counter[str]]


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """Counted as :mod:`gateway.balance` does, of what arrived in the period: the left side by the journal, the right by the states."""
    arrived = select(JournalEntry.receipt_id).where(
        JournalEntry.step == Step.RECEIVED, *scope.within(JournalEntry.at, JournalEntry.partner)
    )
    counted: _ByPartner = defaultdict(Counter)
    _count_received(session, arrived, counted)
    _count_places(session, arrived, counted)
    for partner, counts in sorted(counted.items()):
        holds = counts[_RECEIVED] == sum(counts[place] for place in PLACES)
        yield (partner, counts[_FILES], counts[_RECEIVED], *(counts[place] for place in PLACES), holds)


def _count_received(session: Session, arrived: _Arrived, counted: _ByPartner) -> None:
    found = JournalEntry.detail["documents"].as_integer()
    steps = (
        select(JournalEntry.partner, JournalEntry.step, func.count(), func.coalesce(func.sum(found), 0))
        .where(JournalEntry.receipt_id.in_(arrived), JournalEntry.step.in_((Step.RECEIVED, Step.PARSED)))
        .group_by(JournalEntry.partner, JournalEntry.step)
    )
    for partner, step, times, documents in session.execute(steps):
        counts = counted[partner or ""]
        if step is Step.RECEIVED:
            counts[_FILES] += times
            counts[_RECEIVED] += times
        else:
            # An opened file counts as each of its documents, in place of as one.
            counts[_RECEIVED] += documents - times


def _count_places(session: Session, arrived: _Arrived, counted: _ByPartner) -> None:
    files = (
        select(Receipt.partner, Receipt.state, func.count())
        .where(Receipt.id.in_(arrived), Receipt.state != ReceiptState.OPENED)
        .group_by(Receipt.partner, Receipt.state)
    )
    opened = select(Receipt.id).where(Receipt.id.in_(arrived), Receipt.state == ReceiptState.OPENED)
    documents = (
        select(DocumentRow.partner, DocumentRow.state, func.count())
        .where(DocumentRow.direction == INBOUND, DocumentRow.receipt_id.in_(opened))
        .group_by(DocumentRow.partner, DocumentRow.state)
    )
    for statement in (files, documents):
        for partner, state, count in session.execute(statement):
            counted[partner][state.value] += count


def _wrong(row: Row) -> bool:
    return not row[-1]


BALANCE = Question(
    "balance",
    "Where is everything that came: received = delivered + rejected + duplicate + quarantined + dead + pending?",
    ("partner", "files", "received", *PLACES, "balances"),
    _rows,
    _wrong,
)
