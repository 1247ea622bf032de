"""`tally prune`: what ended long ago is removed, in small steps, and counted on in the balance (docs/howto/backup-and-restore.md)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from spool import identifiers, journal
from spool.blobs import Blob
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import DocumentOrder, DocumentRow
from spool.journal import OURSELVES, JournalEntry, LedgerOutbox, Step
from spool.queue import pruning
from spool.receipts import Receipt
from spool.states import ReceiptState
from spool.transmissions import Transmission

from ..exchange import pruning as messages
from ..home import Home
from ..ledger.erasures import Erasure, erase_details, erase_payloads
from ..ledger.ledger import Ledger
from . import pruned
from .ended import outbound_before, receipts_before, removable_outbound, removable_receipts
from .outboxes import Placed, lying, placed, withdraw
from .sweeping import sweep

_log = structlog.get_logger(__name__)

STEP = 100
"""Files, or documents of ours, removed in one transaction: everybody else's writes go between."""

WORK_STEP = 1000
"""Finished work items removed in one transaction."""

UNSETTLED = timedelta(days=1)
"""A payload put in later than that may be about to be referred to, and stays."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: ``files`` received with their documents and answers, ``sent`` documents of ours, what of either still lay in an
    ``outbox``, AS2 ``messages``, finished ``work`` items, and ``payloads`` that nothing referred to any more."""

    files: int = 0
    sent: int = 0
    outbox: int = 0
    messages: int = 0
    work: int = 0
    payloads: int = 0

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Retention:
    """Prunes one home. ``keep`` is how long everything that ended is kept, for ever when None; ``keep_work`` how long finished work is."""

    home: Home
    database: Database
    clock: Clock
    ledger: Ledger
    keep: timedelta | None
    keep_work: timedelta

    def prune(self, actor: str = OURSELVES) -> Pruned:
        """Remove what the settings do not keep; may be run at any time, and stopped at any moment."""
        now = self.clock.now()
        # What goes must be in the ledger before, which then says that it went.
        self.ledger.drain()
        work = self._work(now)
        sent, left = self._steps(now, outbound_before, self._remove_outbound)
        files, unfetched = self._steps(now, receipts_before, self._remove_receipts)
        done = Pruned(files, sent, left + unfetched, self._messages(now), work, self._payloads(now))
        if done.anything:
            self.database.write(partial(self._note, done, actor))
            self.ledger.drain()
        return done

    def would_prune(self) -> Pruned:
        """What :meth:`prune` would begin with; more may follow, when what referred to it is gone."""
        now = self.clock.now()
        with self.database.read() as session:
            work = pruning.finished_before(session, identifiers.first_at(now - self.keep_work))
        sent, left = self._steps(now, outbound_before, self._count_outbound)
        files, unfetched = self._steps(now, receipts_before, self._count_receipts)
        return Pruned(files, sent, left + unfetched, work=work)

    def _work(self, now: datetime) -> int:
        bound = identifiers.first_at(now - self.keep_work)
        total = 0
        while removed := self.database.write(lambda session: pruning.forget_finished(session, bound, WORK_STEP)):
            total += removed
        return total

    def _steps(
        self,
        now: datetime,
        candidates: Callable[[Session, str, str, int], Sequence[str]],
        step: Callable[[Sequence[str], datetime], tuple[int, int]],
    ) -> tuple[int, int]:
        """Go through all candidates in the order of their age, some at a time; how many were removed, and how many files in outboxes."""
        if self.keep is None:
            return 0, 0
        cutoff = now - self.keep
        total, lay, after = 0, 0, ""
        while True:
            with self.database.read() as session:
                ids = candidates(session, identifiers.first_at(cutoff), after, STEP)
            if not ids:
                return total, lay
            removed, outbox = step(ids, cutoff)
            total, lay, after = total + removed, lay + outbox, ids[-1]

    def _count_receipts(self, ids: Sequence[str], cutoff: datetime) -> tuple[int, int]:
        with self.database.read() as session:
            ended = removable_receipts(session, ids, cutoff)
            return len(ended), self._lying(placed(session, _answers(session, ended)))

    def _count_outbound(self, ids: Sequence[str], cutoff: datetime) -> tuple[int, int]:
        with self.database.read() as session:
            ended = removable_outbound(session, ids, cutoff)
            return len(ended), self._lying(placed(session, _sent(session, ended)))

    def _lying(self, files: Iterable[Placed]) -> int:
        return sum(lying(self.home, file) is not None for file in files)

    def _remove_receipts(self, ids: Sequence[str], cutoff: datetime) -> tuple[int, int]:
        def remove(session: Session) -> tuple[int, list[Placed]]:
            ended = removable_receipts(session, ids, cutoff)
            pruned.add(session, _counted(session, ended))
            answers = _answers(session, ended)
            files = list(placed(session, answers))
            self._record(session, _remove_files(session, ended, answers))
            return len(ended), files

        removed, files = self.database.write(remove)
        return removed, self._withdraw(files)

    def _remove_outbound(self, ids: Sequence[str], cutoff: datetime) -> tuple[int, int]:
        def remove(session: Session) -> tuple[int, list[Placed]]:
            ended = removable_outbound(session, ids, cutoff)
            sent = _sent(session, ended)
            files = list(placed(session, sent))
            self._record(session, erase_details(session, _remove_documents(session, ended, sent)))
            return len(ended), files

        removed, files = self.database.write(remove)
        return removed, self._withdraw(files)

    def _withdraw(self, files: Sequence[Placed]) -> int:
        """Only after the commit: a crash in between leaves a file too many, never a file too few."""
        removed = 0
        for file in files:
            with self.database.read() as session:
                lay = withdraw(session, self.home, file)
            if lay:
                _log.warning(
                    "removed from an outbox: it was kept long enough", partner=file.partner, file=file.filename
                )
                removed += 1
        return removed

    def _messages(self, now: datetime) -> int:
        """AS2 messages whose files and transmissions are gone, and those that never brought any."""
        if self.keep is None:
            return 0
        bound = identifiers.first_at(now - self.keep)
        total = 0
        while removed := self.database.write(lambda session: messages.forget(session, bound, STEP)):
            total += removed
        return total

    def _payloads(self, now: datetime) -> int:
        """Payloads that nothing refers to any more. Who puts the same bytes in again renews the time of their row, or makes it anew."""
        if self.keep is None:
            return 0
        before = now - UNSETTLED
        with self.database.read() as session:
            unreferred = session.scalars(
                select(Blob.sha256)
                .where(Blob.created_at < before)
                .except_(
                    select(Receipt.sha256),
                    select(Transmission.sha256),
                    select(DocumentRow.canonical_sha256).where(DocumentRow.canonical_sha256.is_not(None)),
                    select(DocumentRow.source_sha256).where(DocumentRow.source_sha256.is_not(None)),
                    *messages.PAYLOADS,
                )
            ).all()
        for start in range(0, len(unreferred), STEP):
            self.database.write(partial(self._remove_payloads, unreferred[start : start + STEP], before))
        return len(unreferred)

    def _remove_payloads(self, digests: Sequence[str], before: datetime, session: Session) -> None:
        gone = session.scalars(
            delete(Blob).where(Blob.sha256.in_(digests), Blob.created_at < before).returning(Blob.sha256)
        ).all()
        self._record(session, erase_payloads(session, gone))

    def _record(self, session: Session, erasure: Erasure) -> None:
        """Tell the ledger, in the transaction that removes them, which of its details and payloads are no longer there to be verified."""
        if erasure:
            journal.record(session, self.clock, step=Step.PRUNED, detail=erasure.as_json())

    def sweep(self, before: datetime | None = None) -> int:
        """Remove payload files without a row, those that a crash left among them; how many. Nothing while a backup is being made."""
        try:
            return sweep(self.home.root, self.home.blobs, self.database, before or self.clock.now() - UNSETTLED)
        except Retryable:
            return 0

    def _note(self, done: Pruned, actor: str, session: Session) -> None:
        journal.record(session, self.clock, step=Step.PRUNED, actor=actor, detail=asdict(done))


def _counted(session: Session, ids: Sequence[str]) -> Counter[str]:
    """What goes, on both sides of the balance: the left from the journal, the right from the states (``gateway/balance.py``)."""
    counts: Counter[str] = Counter({pruned.FILES: len(ids)})
    mine = JournalEntry.receipt_id.in_(ids)
    arrivals = session.scalar(select(func.count()).where(mine, JournalEntry.step == Step.RECEIVED)) or 0
    found = JournalEntry.detail["documents"].as_integer()
    opened, documents = session.execute(
        select(func.count(), func.coalesce(func.sum(found), 0)).where(mine, JournalEntry.step == Step.PARSED)
    ).one()
    counts[pruned.RECEIVED] = int(arrivals - opened + documents)
    files = select(Receipt.state, func.count()).where(Receipt.id.in_(ids), Receipt.state != ReceiptState.OPENED)
    inside = (
        select(DocumentRow.state, func.count())
        .join(Receipt, Receipt.id == DocumentRow.receipt_id)
        .where(Receipt.id.in_(ids), Receipt.state == ReceiptState.OPENED)
    )
    for place, count in session.execute(files.group_by(Receipt.state)):
        counts[place.value] += count
    for state, count in session.execute(inside.group_by(DocumentRow.state)):
        counts[state.value] += count
    return counts


def _answers(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """What was sent in answer to these files."""
    return session.scalars(select(Transmission.id).where(Transmission.answers.in_(ids))).all()


def _sent(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """The transmissions of these documents."""
    found = select(DocumentRow.transmission_id).where(DocumentRow.id.in_(ids))
    return [id_ for id_ in session.scalars(found) if id_]


def _remove_files(session: Session, ids: Sequence[str], answers: Sequence[str]) -> Erasure:
    """Files received, the documents in them, and what was sent in answer; what of the ledger went with them."""
    documents = session.scalars(
        select(DocumentRow.id).where(or_(DocumentRow.receipt_id.in_(ids), DocumentRow.transmission_id.in_(answers)))
    ).all()
    told = [*_forget(session, JournalEntry.receipt_id.in_(ids)), *_remove_documents(session, documents, answers)]
    session.execute(delete(Receipt).where(Receipt.id.in_(ids)))
    return erase_details(session, told)


def _forget(session: Session, chosen: ColumnElement[bool]) -> Sequence[int]:
    """Remove entries of the journal; their ids. Raises Retryable where one is not in the ledger yet."""
    waiting = session.scalar(
        select(LedgerOutbox.journal_id).join(JournalEntry, JournalEntry.id == LedgerOutbox.journal_id).where(chosen)
    )
    if waiting is not None:
        raise Retryable(
            f"Entry {waiting} of the journal is old enough to be removed, but the ledger could not take it in yet. The log says why "
            "(ledger.held); nothing is removed before."
        )
    return session.scalars(delete(JournalEntry).where(chosen).returning(JournalEntry.id)).all()


_AT_ONCE = 1000
"""Ids in one statement."""


def _remove_documents(session: Session, documents: Sequence[str], sent: Sequence[str]) -> list[int]:
    """Documents with what left or is to leave of them, and all that happened to either; the ids of what the journal told of them."""
    told: list[int] = []
    for start in range(0, len(documents), _AT_ONCE):
        some = documents[start : start + _AT_ONCE]
        told += _forget(session, JournalEntry.document_id.in_(some))
        session.execute(delete(DocumentOrder).where(DocumentOrder.document_id.in_(some)))
        session.execute(delete(DocumentRow).where(DocumentRow.id.in_(some)))
    for start in range(0, len(sent), _AT_ONCE):
        some = sent[start : start + _AT_ONCE]
        told += _forget(session, JournalEntry.transmission_id.in_(some))
        session.execute(delete(Transmission).where(Transmission.id.in_(some)))
    return told
