"""received = delivered + rejected + duplicate + quarantined + dead + pending, for a period and each partner.

As in :mod:`gateway.balance`, the left side is counted from the journal and the right side from the rows it tells of: a lost row shows.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import ReceiptState

from ..balance import PLACES
from .answer import Row
from .period import Period

COLUMNS = ("partner", "files", "received", *PLACES, "difference")


@dataclass(frozen=True, slots=True)
class PartnerBalance:
    """As :class:`gateway.balance.Balance`, of what one partner sent in a period."""

    partner: str
    files: int
    received: int
    places: Counter[str]

    @property
    def difference(self) -> int:
        """How many more were received than are anywhere: 0 where nothing was lost."""
        return self.received - self.places.total()

    def row(self) -> Row:
        return {
            "partner": self.partner,
            "files": self.files,
            "received": self.received,
            **{place: self.places[place] for place in PLACES},
            "difference": self.difference,
        }


def balances(session: Session, period: Period, partner: str | None = None) -> Sequence[PartnerBalance]:
    """Of each partner that sent something in the period and of which retention has not removed it."""
    arrived = _arrived(period, partner)
    files, received = _by_the_journal(session, arrived)
    places = _by_the_rows(session, arrived)
    return [PartnerBalance(name, files[name], received[name], places[name]) for name in sorted(files)]


def _arrived(period: Period, partner: str | None) -> Subquery:
    """The files that the journal saw arriving in the period."""
    chosen = [JournalEntry.step == Step.RECEIVED, *period.holds(JournalEntry.at)]
    if partner is not None:
        chosen.append(JournalEntry.partner == partner)
    return select(JournalEntry.receipt_id, JournalEntry.partner).where(*chosen).distinct().subquery()


def _by_the_journal(session: Session, arrived: Subquery) -> tuple[Counter[str], Counter[str]]:
    """Files, and units: one for each arrival, and for each opening its documents in place of that one."""
    files: Counter[str] = Counter()
    received: Counter[str] = Counter()
    found = func.coalesce(func.sum(JournalEntry.detail["documents"].as_integer()), 0)
    of_files = select(arrived.c.partner, JournalEntry.step, func.count(), found).join(
        arrived, arrived.c.receipt_id == JournalEntry.receipt_id
    )
    counted = of_files.where(JournalEntry.step.in_((Step.RECEIVED, Step.PARSED)))
    for name, step, count, documents in session.execute(counted.group_by(arrived.c.partner, JournalEntry.step)):
        if step is Step.RECEIVED:
            files[name] += count
            received[name] += count
        else:
            received[name] += int(documents) - count
    return files, received


def _by_the_rows(session: Session, arrived: Subquery) -> defaultdict[str, Counter[str]]:
    """Files that are not opened by their state, and the documents of those that are by theirs."""
    places: defaultdict[str, Counter[str]] = defaultdict(Counter)
    files = select(arrived.c.partner, Receipt.state, func.count()).join(Receipt, Receipt.id == arrived.c.receipt_id)
    closed = files.where(Receipt.state != ReceiptState.OPENED).group_by(arrived.c.partner, Receipt.state)
    inside = (
        select(arrived.c.partner, DocumentRow.state, func.count())
        .join(DocumentRow, DocumentRow.receipt_id == arrived.c.receipt_id)
        .join(Receipt, Receipt.id == arrived.c.receipt_id)
        .where(Receipt.state == ReceiptState.OPENED, DocumentRow.direction == INBOUND)
        .group_by(arrived.c.partner, DocumentRow.state)
    )
    for query in (closed, inside):
        for name, state, count in session.execute(query):
            places[name][state.value] += count
    return places
