"""Each number that the journal gave out is told of once: in the ledger, where details say so or were erased, or by what waits.

Entries come in the order of these numbers, but for late ones: held up until their payload was there again, or, on PostgreSQL, committed
after others with higher numbers. Erased entries have lost their numbers. Those that were free for them are known all the same: they are
between the numbers told right before and right after, and told of by nobody else.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from spool.journal import JournalEntry, LedgerOutbox, Step

from . import store
from .chain import WrongEntry
from .entry import read_entry
from .erasures import ERASED
from .tables import LedgerDetail

_Told = tuple[int, int]
"""The number of a row of the journal, and the entry that tells of it."""

_BEFORE: _Told = (0, -1)
"""What is told before the first."""


@dataclass(slots=True)
class Numbers:
    """Takes the numbers that entries tell of in their order, and looks at the late ones afterwards."""

    highest: int = 0
    late: list[_Told] = field(default_factory=list)

    def take(self, idx: int, journal_id: int) -> None:
        """Entry ``idx`` tells of that row."""
        if journal_id > self.highest:
            self.highest = journal_id
        else:
            self.late.append((journal_id, idx))

    def check_told_once(self, session: Session) -> None:
        """Raises WrongEntry where a late one tells of what an erased entry had told of."""
        late = frozenset(journal_id for journal_id, _ in self.late)
        for journal_id, idx in self.late:
            if _taken(session, journal_id, late):
                raise WrongEntry(idx, f"tells of row {journal_id} of the journal, {_AGAIN}")

    def told_again(self, session: Session) -> str | None:
        """What is wrong, in words, where something waits to be told of what an erased entry had told of."""
        late = frozenset(journal_id for journal_id, _ in self.late)
        waiting = select(LedgerOutbox.journal_id).where(LedgerOutbox.journal_id < self.highest)
        for journal_id in session.scalars(waiting.order_by(LedgerOutbox.journal_id)).all():
            if _taken(session, journal_id, late):
                return f"The ledger is to be told of row {journal_id} of the journal, {_AGAIN}."
        return None


_AGAIN = "of which an entry whose details were erased told before: the row was changed under that erasure, or put there again"


def _taken(session: Session, journal_id: int, late: Collection[int]) -> bool:
    """Whether more entries were erased where a number belongs than there are numbers that they can have had."""
    above = _next(session, journal_id, late, up=True)
    if above is None:
        return False
    below = _next(session, journal_id, late, up=False) or _BEFORE
    (first, start), (last, end) = below, above
    free = _free(session, first, last)
    return _erased(session, start, end) > free and _erased_of_that_time(session, start, end) > free


def _next(session: Session, journal_id: int, late: Collection[int], *, up: bool) -> _Told | None:
    """The next number in a direction that was told in its order."""
    column = LedgerDetail.journal_id
    where, order = (column > journal_id, column.asc()) if up else (column < journal_id, column.desc())
    with session.execute(select(column, LedgerDetail.idx).where(where).order_by(order)).yield_per(10) as rows:
        return next(((number, idx) for number, idx in rows if number not in late), None)


def _erased(session: Session, start: int, end: int) -> int:
    """How many entries between two have no details any more."""
    kept = select(func.count()).where(LedgerDetail.idx > start, LedgerDetail.idx < end)
    return end - start - 1 - (session.scalar(kept) or 0)


def _free(session: Session, first: int, last: int) -> int:
    """How many numbers between two nobody tells of."""
    told = select(func.count()).where(LedgerDetail.journal_id > first, LedgerDetail.journal_id < last)
    waiting = select(func.count()).where(LedgerOutbox.journal_id > first, LedgerOutbox.journal_id < last)
    return last - first - 1 - (session.scalar(told) or 0) - (session.scalar(waiting) or 0)


def _erased_of_that_time(session: Session, start: int, end: int) -> int:
    """As :func:`_erased`, only those of that time: one told late among them has its number elsewhere."""
    kept = frozenset(session.scalars(select(LedgerDetail.idx).where(LedgerDetail.idx > start, LedgerDetail.idx < end)))
    times = [(idx, read_entry(body).ts) for idx, body in store.numbered(session, max(start, 0), end + 1)]
    (_, begun), (_, over) = times[0], times[-1]
    return sum(idx not in kept and begun <= ts <= over for idx, ts in times if start < idx < end)


def _pruned_before_it_began(session: Session) -> bool:
    """Whether rows of the journal were removed before there was a ledger to record it: then nobody knows how many."""
    pruned = select(JournalEntry.detail).where(JournalEntry.step == Step.PRUNED).order_by(JournalEntry.id)
    for detail in session.scalars(pruned):
        if ERASED in detail:
            return False
        if detail.get("files") or detail.get("sent"):
            return True
    return False


def gap(session: Session) -> str | None:
    """What the journal gave out and nobody tells of, in words.

    On SQLite alone: there numbers are given out one after the other, and a transaction that is undone gives its own back. On PostgreSQL
    it does not.
    """
    if session.get_bind().dialect.name != "sqlite" or _pruned_before_it_began(session):
        return None
    counted = session.scalar(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'journal_entry'")) or 0
    given = max(counted, session.scalar(select(func.max(JournalEntry.id))) or 0)
    told = store.size(session) + store.count_waiting(session)
    if told < given:
        return f"The journal numbered {given} rows, and the ledger was told of {told}: the others were taken out of the journal before."
    if told > given:
        return f"The journal numbered {given} rows, and the ledger was told of {told}: some were told of twice."
    return None
