"""`tally prune`: what ended long ago is removed, in small steps, and counted on in the balance (docs/howto/backup-and-restore.md)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from spool import identifiers, journal
from spool.blobs import Blob
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import DocumentRow
from spool.journal import OURSELVES, Step
from spool.queue import pruning

from ..erp.port import IdempotencyKey
from ..exchange import pruning as messages
from ..home import Home
from ..ledger.erasures import Erasure, erase_details, erase_payloads
from ..ledger.ledger import Ledger
from ..orders.invoiced import left_without
from ..retention import holds
from ..retention.protection import Protection
from ..retention.rules import Rules, partner_countries
from . import pruned
from .ended import outbound_before, receipts_before, removable_outbound, removable_receipts
from .outboxes import Placed, lying, note, placed, withdraw_noted
from .removing import (
    REFERRING,
    answers_to,
    counted,
    documents_with,
    given_to_erp,
    lock,
    numbers_in,
    numbers_on,
    remove_documents,
    remove_files,
    sent_with,
)
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
    ``outbox``, AS2 ``messages`` about either or about nothing, finished ``work`` items, and ``payloads`` that nothing referred to any
    more."""

    files: int = 0
    sent: int = 0
    outbox: int = 0
    messages: int = 0
    work: int = 0
    payloads: int = 0

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())

    def __add__(self, other: "Pruned") -> "Pruned":
        return Pruned(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """``count`` documents of a ``type`` exchanged with ``partner`` are kept by a rule, the first of them until ``until``."""

    partner: str
    type: str
    count: int
    until: date
    rule: str


@dataclass(frozen=True, slots=True)
class Retention:
    """Prunes one home. ``keep`` is how long everything that ended is kept, for ever when None; ``keep_work`` how long finished work is.
    ``forget_given`` blanks what we noted beside the ERP's files.

    ``rules`` and legal holds keep documents beyond that.
    """

    home: Home
    database: Database
    clock: Clock
    ledger: Ledger
    keep: timedelta | None
    keep_work: timedelta
    forget_given: Callable[[Sequence[IdempotencyKey]], None]
    rules: Rules = field(default_factory=Rules)

    def prune(self, actor: str = OURSELVES) -> Pruned:
        """Remove what the settings do not keep; may be run at any time, and stopped at any moment."""
        now = self.clock.now()
        # What goes must be in the ledger before, which then says that it went.
        self.ledger.drain()
        done = Pruned(outbox=self._withdraw(), work=self._work(now))
        done += self._steps(now, outbound_before, self._remove_outbound)
        done += self._steps(now, receipts_before, self._remove_receipts)
        done += Pruned(messages=self._messages(now), payloads=self._payloads(now))
        if done.anything:
            self.database.write(partial(self._note, done, actor))
            self.ledger.drain()
        # Also where nothing went now: an erasure before may have left what it could not clear.
        if not self.database.clear_traces():
            _log.warning(
                "what was removed still stands in the database's write-ahead log: somebody reads; it is tried again"
            )
        return done

    def would_prune(self) -> Pruned:
        """What :meth:`prune` would begin with; more may follow, when what referred to it is gone."""
        now = self.clock.now()
        with self.database.read() as session:
            work = pruning.finished_before(session, identifiers.first_at(now - self.keep_work))
        sent = self._steps(now, outbound_before, self._count_outbound)
        return sent + self._steps(now, receipts_before, self._count_receipts) + Pruned(work=work)

    def kept(self) -> list[KeptGroup]:
        """What is old enough to go and is kept all the same by a rule, by partner and type of document."""
        now = self.clock.now()
        if self.keep is None:
            return []
        with self.database.read() as session:
            countries = partner_countries(session)
            rows = session.execute(
                select(DocumentRow.partner, DocumentRow.type, func.count(), func.min(DocumentRow.created_at))
                .where(self.rules.still(session, now), DocumentRow.created_at < now - self.keep)
                .group_by(DocumentRow.partner, DocumentRow.type)
                .order_by(DocumentRow.partner, DocumentRow.type)
            ).all()
        found = (
            (partner, type_, count, self.rules.keeping(type_, first, countries.get(partner)))
            for partner, type_, count, first in rows
        )
        return [
            KeptGroup(partner, type_, count, kept.until, str(kept.rule))
            for partner, type_, count, kept in found
            if kept is not None
        ]

    def _work(self, now: datetime) -> int:
        bound = identifiers.first_at(now - self.keep_work)
        total = 0
        while removed := self.database.write(lambda session: pruning.forget_finished(session, bound, WORK_STEP)):
            total += removed
        return total

    def _steps(
        self,
        now: datetime,
        candidates: Callable[[Session, Protection, str, str, int], Sequence[str]],
        step: Callable[[Sequence[str], datetime], Pruned],
    ) -> Pruned:
        """Go through all candidates in the order of their age, some at a time; what was removed."""
        done = Pruned()
        if self.keep is None:
            return done
        cutoff = now - self.keep
        after = ""
        while True:
            with self.database.read() as session:
                protection = Protection.now(session, self.rules, now)
                ids = candidates(session, protection, identifiers.first_at(cutoff), after, STEP)
            if not ids:
                return done
            done += step(ids, cutoff)
            after = ids[-1]

    def _count_receipts(self, ids: Sequence[str], cutoff: datetime) -> Pruned:
        with self.database.read() as session:
            ended = removable_receipts(session, self._protection(session), ids, cutoff)
            return Pruned(files=len(ended), outbox=self._lying(placed(session, answers_to(session, ended))))

    def _count_outbound(self, ids: Sequence[str], cutoff: datetime) -> Pruned:
        with self.database.read() as session:
            ended = removable_outbound(session, self._protection(session), ids, cutoff)
            return Pruned(sent=len(ended), outbox=self._lying(placed(session, sent_with(session, ended))))

    def _protection(self, session: Session) -> Protection:
        return Protection.now(session, self.rules, self.clock.now())

    def _lying(self, files: Iterable[Placed]) -> int:
        return sum(lying(self.home, file) is not None for file in files)

    def _remove_receipts(self, ids: Sequence[str], cutoff: datetime) -> Pruned:
        with self.database.read() as session:
            chosen = removable_receipts(session, self._protection(session), ids, cutoff)
            given = given_to_erp(session, chosen)
        # In no transaction, as a share that does not answer would have everybody wait. Before they go: a death in between leaves the files,
        # and no name of what went is left for good.
        if given:
            self.forget_given(given)

        def remove(session: Session) -> Pruned:
            holds.lock(session)
            lock(session, files=chosen)
            ended = removable_receipts(session, self._protection(session), chosen, cutoff)
            pruned.add(session, counted(session, ended))
            answers = answers_to(session, ended)
            note(session, self.home, answers)
            carried = messages.about(session, ended, answers).answered(session)
            lost = {
                **numbers_on(session, answers),
                **numbers_in(session, ended),
                **left_without(session, documents_with(session, ended)),
                **carried.as_json(),
            }
            self._record(session, remove_files(session, ended, answers), lost)
            carried.remove(session)
            return Pruned(files=len(ended), messages=len(carried))

        return self.database.write(remove) + Pruned(outbox=self._withdraw())

    def _remove_outbound(self, ids: Sequence[str], cutoff: datetime) -> Pruned:
        def remove(session: Session) -> Pruned:
            holds.lock(session)
            lock(session, documents=ids)
            ended = removable_outbound(session, self._protection(session), ids, cutoff)
            sent = sent_with(session, ended)
            note(session, self.home, sent)
            carried = messages.about(session, (), sent).answered(session)
            lost = {**numbers_on(session, sent), **left_without(session, ended), **carried.as_json()}
            self._record(session, erase_details(session, remove_documents(session, ended, sent)), lost)
            carried.remove(session)
            return Pruned(sent=len(ended), messages=len(carried))

        return self.database.write(remove) + Pruned(outbox=self._withdraw())

    def _withdraw(self) -> int:
        """Only after the commit: a crash in between leaves a file too many for a while, never a file too few."""
        withdrawn = withdraw_noted(self.home, self.database)
        for file in withdrawn:
            _log.warning("removed from an outbox: it was kept long enough", partner=file.partner, file=file.filename)
        return len(withdrawn)

    def _messages(self, now: datetime) -> int:
        """AS2 messages that never brought or carried anything that is kept, and those that were left when it went."""
        if self.keep is None:
            return 0
        bound = identifiers.first_at(now - self.keep)
        total = 0
        while removed := self.database.write(partial(self._forget_messages, bound)):
            total += removed
        return total

    def _forget_messages(self, bound: str, session: Session) -> int:
        holds.lock(session)
        forgotten = messages.forget(session, bound, STEP, holds.in_force(session).partners)
        if forgotten:
            detail = {messages.FORGOTTEN: bound, messages.LEFT: []}
            journal.record(session, self.clock, step=Step.PRUNED, detail=detail)
        return forgotten

    def _payloads(self, now: datetime) -> int:
        """Payloads that nothing refers to any more. Who puts the same bytes in again renews the time of their row, or makes it anew."""
        if self.keep is None:
            return 0
        before = now - UNSETTLED
        with self.database.read() as session:
            unreferred = session.scalars(select(Blob.sha256).where(Blob.created_at < before).except_(*REFERRING)).all()
        for start in range(0, len(unreferred), STEP):
            self.database.write(partial(self._remove_payloads, unreferred[start : start + STEP], before))
        return len(unreferred)

    def _remove_payloads(self, digests: Sequence[str], before: datetime, session: Session) -> None:
        gone = session.scalars(
            delete(Blob).where(Blob.sha256.in_(digests), Blob.created_at < before).returning(Blob.sha256)
        ).all()
        self._record(session, erase_payloads(session, gone))

    def _record(self, session: Session, erasure: Erasure, lost: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Tell the ledger, in the transaction that removes them, which of its details and payloads are no longer there to be verified,
        and what else was ``lost`` with them: control numbers (:func:`.removing.numbers_on`, :func:`.removing.numbers_in`), what
        invoices that stay are about (:func:`.invoiced.left_without`), and which messages stay (:class:`.pruning.Messages`)."""
        if erasure:
            journal.record(session, self.clock, step=Step.PRUNED, detail={**erasure.as_json(), **lost})

    def sweep(self, before: datetime | None = None) -> int:
        """Remove payload files without a row, those that a crash left among them; how many. Nothing while a backup is being made."""
        try:
            return sweep(self.home.root, self.home.blobs, self.database, before or self.clock.now() - UNSETTLED)
        except Retryable:
            return 0

    def _note(self, done: Pruned, actor: str, session: Session) -> None:
        journal.record(session, self.clock, step=Step.PRUNED, actor=actor, detail=asdict(done))
