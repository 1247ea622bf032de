"""The balance of DESIGN §1.6: whatever was received is in exactly one place, at every moment."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import ReceiptState

from .operations import pruned

PLACES = ("delivered", "rejected", "duplicate", "quarantined", "dead", "pending")


@dataclass(frozen=True, slots=True)
class Balance:
    """What is counted is units: a file counts as one until it is opened, and from then on as each document found in it.

    ``received`` is counted from the journal of arrivals and of openings, the places from the states, so that the two sides
    come from different rows and can disagree if something was lost.
    """

    files: int
    received: int
    places: dict[str, int]

    @property
    def holds(self) -> bool:
        return self.received == sum(self.places.values())


def balance(session: Session) -> Balance:
    """Count both sides in one snapshot. Documents of a file that is not wholly taken in are part of that file.

    What retention removed is counted on, in the place where it ended.
    """
    receipts: Counter[str] = Counter()
    for state, count in session.execute(select(Receipt.state, func.count()).group_by(Receipt.state)):
        receipts[state.value] = count
    inbound = select(DocumentRow.state, func.count()).where(DocumentRow.direction == INBOUND)
    places = Counter(dict.fromkeys(PLACES, 0))
    for place, count in session.execute(inbound.group_by(DocumentRow.state)):
        places[place.value] += count
    unfinished = select(Receipt.id).where(Receipt.state != ReceiptState.OPENED)
    of_those = inbound.where(DocumentRow.receipt_id.in_(unfinished))
    for place, count in session.execute(of_those.group_by(DocumentRow.state)):
        places[place.value] -= count
    for name, count in receipts.items():
        if name != ReceiptState.OPENED:
            places[name] += count
    removed = pruned.counts(session)
    for name in PLACES:
        places[name] += removed.get(name, 0)
    return Balance(
        files=receipts.total() + removed.get(pruned.FILES, 0),
        received=_received(session) + removed.get(pruned.RECEIVED, 0),
        places=dict(places),
    )


def _received(session: Session) -> int:
    """What arrived, by the journal alone: one for each arrival, and for each opening its documents in place of that one."""
    arrivals = session.scalar(select(func.count()).where(JournalEntry.step == Step.RECEIVED)) or 0
    found = JournalEntry.detail["documents"].as_integer()
    opened, documents = session.execute(
        select(func.count(), func.coalesce(func.sum(found), 0)).where(JournalEntry.step == Step.PARSED)
    ).one()
    return int(arrivals - opened + documents)
