"""`tally erase`: what somebody has a right to have erased goes at once, and the ledger says that it went, and why.

What goes is a file that came, with every document in it and our answers, or a document of ours with what left of it; with either all
its copies: what it is a duplicate or a replay of, and the other way round; and what the partner acknowledged it with. A file with documents
that nobody asked about is refused, since its bytes cannot go in part; one that acknowledges other things too stays, and is named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import DocumentId, PartnerId, ReceiptId
from spool import documents, journal
from spool.blobs import Blob, BlobPart, BlobUpload
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.queue.pruning import forget_finished_about
from spool.receipts import Receipt
from spool.transmissions import Transmission

from ..erp.port import IdempotencyKey
from ..exchange import pruning as messages
from ..home import Home
from ..ledger.erasures import FILE, PO, Erasure, erase_details, erase_payloads
from ..ledger.ledger import Ledger
from ..orders.invoiced import left_without
from ..retention import holds
from ..retention.periods import is_over
from ..retention.presets import ENVELOPES
from ..retention.rules import Rules, partner_countries
from . import pruned
from .ended import ABOUT, copies_of_documents, copies_of_files, unfinished_outbound, unfinished_receipts
from .instruction import Instruction, NotPossible
from .outboxes import note, withdraw_noted
from .removing import (
    REFERRING,
    acknowledging_files,
    answers_to,
    counted,
    documents_with,
    files_with_more,
    forget,
    given_to_erp,
    lock,
    numbers_in,
    numbers_on,
    remove_documents,
    remove_files,
    sent_with,
)
from .sweeping import remove_unknown


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased: documents and files by their ids, or all about the order ``po`` of ``partner``, of anybody where None.

    ``despite_retention`` is whether a rule that has it kept is to be set aside.
    """

    ids: tuple[str, ...] = ()
    po: str | None = None
    partner: str | None = None
    despite_retention: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: ``files`` and ``documents`` by their ids, ``entries`` of the ledger that lost their details, ``payloads``, and what lay in
    an ``outbox``.

    ``stayed`` are payloads that went from here and are still here, by their digests: something else has the same bytes, or, behind them,
    their file waits to be swept. ``shared`` are files that acknowledge some of what went together with something that stays, and so
    stay. ``despite`` are the rules that were set aside, in words. ``traces`` is whether what went still stands in the database's
    write-ahead log (:meth:`spool.database.port.Database.clear_traces`).
    """

    files: tuple[str, ...]
    documents: tuple[str, ...]
    entries: int
    payloads: int
    stayed: Mapping[str, str]
    despite: tuple[str, ...]
    shared: tuple[str, ...] = ()
    outbox: int = 0
    traces: bool = False


@dataclass(slots=True)
class _Chosen:
    """Files that came, documents of ours, and what the journal says of orders that never became documents, with whose they were;
    ``shared`` files acknowledge some of it and something else, and stay."""

    files: set[str] = field(default_factory=set)
    ours: set[str] = field(default_factory=set)
    refused_orders: dict[int, str | None] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Erasing:
    """Erases from one home, what ``rules`` keep only when told to. ``forget_given`` blanks what we noted beside the ERP's files."""

    home: Home
    database: Database
    clock: Clock
    ledger: Ledger
    rules: Rules
    forget_given: Callable[[Sequence[IdempotencyKey]], None]

    def erase(self, wanted: Wanted, by: Instruction) -> Erased:
        """1. What is meant. 2. Whether it may go. 3. It goes, and the journal says so, in one transaction. 4. What lay in folders, also
        what an earlier removal left there that did not come to its end. 5. What the database keeps of it for a while.

        Raises NotFound, and NotPossible where something waits, is held, is kept by a rule, or came with what nobody asked about.
        """
        # A share of the ERP's that does not answer is waited for here, where nobody else has to wait too.
        self.forget_given(())
        withdraw_noted(self.home, self.database)
        self.ledger.drain()
        done, files = self.database.write(partial(self._erase, wanted, by))
        outbox = len(withdraw_noted(self.home, self.database))
        self.ledger.drain()
        return Erased(
            done.files,
            done.documents,
            done.entries,
            done.payloads,
            {**done.stayed, **remove_unknown(self.home.root, self.database, files)},
            done.despite,
            done.shared,
            outbox,
            not self.database.clear_traces(),
        )

    def _erase(self, wanted: Wanted, by: Instruction, session: Session) -> tuple[Erased, dict[Path, datetime]]:
        holds.lock(session)
        chosen = _locked(session, wanted)
        _require_whole(session, chosen, wanted)
        self._require_finished(session, chosen)
        _require_free(session, chosen, wanted)
        despite = self._kept(session, chosen)
        if despite and not wanted.despite_retention:
            raise NotPossible(
                f"It must be kept: {despite[0]}{f', and {len(despite) - 1} more' if len(despite) > 1 else ''}. Where a duty to erase goes "
                "before that, add --despite-retention; it is recorded with your reason."
            )
        return self._remove(session, chosen, wanted, by, despite)

    # 2. Whether it may go

    def _require_finished(self, session: Session, chosen: _Chosen) -> None:
        unfinished = unfinished_receipts(session, [*chosen.files]) | unfinished_outbound(session, [*chosen.ours])
        if unfinished:
            raise NotPossible(
                f"{min(unfinished)} is not done with: something of it waits, or is to be sent. Let it end, or `tally doc cancel` it, then "
                "erase it."
            )

    def _kept(self, session: Session, chosen: _Chosen) -> tuple[str, ...]:
        """The rules that have any of it kept, each with what it is about."""
        countries = partner_countries(session)
        now = self.clock.now()
        found = []
        for row in _documents(session, chosen):
            kept = self.rules.keeping(row.type, row.created_at, countries.get(row.partner))
            if kept is not None and not is_over(kept.until, now):
                found.append(f"{row.type} {row.number or row.id} until {kept.until} ({kept.rule})")
        return tuple(found)

    # 3. It goes

    def _remove(
        self, session: Session, chosen: _Chosen, wanted: Wanted, by: Instruction, despite: Sequence[str]
    ) -> tuple[Erased, dict[Path, datetime]]:
        files, ours = sorted(chosen.files), sorted(chosen.ours)
        answers, sent = answers_to(session, files), sent_with(session, ours)
        subjects = _subjects(session, chosen)
        given = given_to_erp(session, files)
        note(session, self.home, [*answers, *sent])
        carried = messages.about(session, files, [*answers, *sent])
        digests = _digests(session, chosen, [*answers, *sent]) | carried.payloads(session)
        pruned.add(session, counted(session, files))
        lost = {
            **numbers_on(session, [*answers, *sent]),
            **numbers_in(session, files),
            **left_without(session, [*documents_with(session, files), *ours]),
            **carried.as_json(),
        }
        everything = [*files, *ours, *documents_with(session, files, answers), *answers, *sent]
        forget_finished_about(session, ABOUT, everything)
        told = [*remove_documents(session, ours, sent), *forget(session, JournalEntry.id.in_(chosen.refused_orders))]
        details = erase_details(session, told).details
        details = sorted([*details, *remove_files(session, files, answers).details])
        carried.remove(session)
        # As with outboxes, before the commit: a death in between leaves the documents, and nothing is given to the ERP twice.
        self.forget_given(given)
        gone, stayed, paths = self._payloads(session, digests)
        erasure = Erasure(details, erase_payloads(session, gone).payloads)
        self._tell(session, subjects, {**erasure.as_json(), **lost}, wanted, by, despite)
        ids = tuple(document for document, _, _ in subjects if document)
        return Erased(
            tuple(files), ids, len(details), len(gone), stayed, tuple(despite), tuple(sorted(chosen.shared))
        ), paths

    def _payloads(
        self, session: Session, digests: Iterable[str]
    ) -> tuple[list[str], dict[str, str], dict[Path, datetime]]:
        """Remove those that nothing refers to any more; them, why others stay, and the files of those that went by when they were put in.

        Whoever puts the same bytes in at this moment renews the time of their row, and has it.
        """
        rows = session.execute(
            select(Blob.sha256, Blob.created_at, Blob.upload).where(Blob.sha256.in_(digests)).order_by(Blob.sha256)
        ).all()
        stayed: dict[str, str] = {}
        gone: dict[Path, datetime] = {}
        for digest, put_in, upload in rows:
            if _referred(session, digest):
                stayed[digest] = "something that stays has the same bytes"
            elif not session.scalars(
                delete(Blob).where(Blob.sha256 == digest, Blob.created_at == put_in).returning(Blob.sha256)
            ).all():
                stayed[digest] = "the same bytes came in again at this moment"
            else:
                gone[self.home.blobs / digest[:2] / digest] = put_in
                session.execute(delete(BlobPart).where(BlobPart.upload == upload))
                session.execute(delete(BlobUpload).where(BlobUpload.id == upload))
        return [path.name for path in gone], stayed, gone

    def _tell(
        self,
        session: Session,
        subjects: Sequence[tuple[str | None, str | None, str | None]],
        lost: Mapping[str, Any],
        wanted: Wanted,
        by: Instruction,
        despite: Sequence[str],
    ) -> None:
        """An entry for each document, and for each file without any: the last of its history. The first says what all of them ``lost``."""
        said: dict[str, Any] = {PO: wanted.po} if wanted.po else {}
        first = {**lost, **({"despite": list(despite)} if despite else {})}
        journal.write(
            session,
            self.clock,
            [
                journal.entry(
                    step=Step.ERASED,
                    outcome=by.reason,
                    partner=PartnerId(partner) if partner else None,
                    document_id=None if document is None else DocumentId(document),
                    receipt_id=ReceiptId(file) if file and not document else None,
                    actor=by.actor,
                    detail=said | ({FILE: file} if file else {}) | ({} if number else first),
                )
                for number, (document, file, partner) in enumerate(subjects)
            ],
        )


# 1. What is meant


def _chosen(session: Session, wanted: Wanted) -> _Chosen:
    """What was asked for, with its copies. Raises NotFound, and NotPossible for what goes with something else only."""
    chosen = _Chosen()
    rows = [_document(session, id_) for id_ in wanted.ids]
    if wanted.po is not None:
        about = documents.of_order(session, wanted.po, wanted.partner)
        refused = journal.refused_orders(session, wanted.po, PartnerId(wanted.partner) if wanted.partner else None)
        _require_one_partner(
            wanted, {row.partner for row in about} | {each.partner for each in refused if each.partner}
        )
        rows += about
        chosen.refused_orders = {entry.id: entry.partner for entry in refused}
        if not about and not refused:
            raise NotFound(
                f"No document names purchase order {wanted.po}. `tally order list` shows the orders there are."
            )
    for row in rows:
        if isinstance(row, Receipt):
            chosen.files.add(row.id)
        elif row.direction == INBOUND:
            chosen.files.add(row.receipt_id or "")
        else:
            chosen.ours.add(row.id)
    chosen.files = copies_of_files(session, chosen.files)
    chosen.ours = copies_of_documents(session, chosen.ours)
    _take_acknowledgements(session, chosen)
    return chosen


def _locked(session: Session, wanted: Wanted) -> _Chosen:
    """What was asked for, kept from everybody else. Whoever replayed some of it made more of it, which shows once he is done."""
    chosen = _chosen(session, wanted)
    while True:
        inside = documents_with(session, [*chosen.files])
        lock(session, files=chosen.files, documents={*chosen.ours, *inside})
        again = _chosen(session, wanted)
        if again.files <= chosen.files and again.ours <= chosen.ours:
            return again
        chosen = again


def _take_acknowledgements(session: Session, chosen: _Chosen) -> None:
    """Choose what acknowledges what was chosen, and what acknowledges our answers to that; but for files that acknowledge something else
    as well, which stay."""
    while True:
        sent = [*answers_to(session, [*chosen.files]), *sent_with(session, [*chosen.ours])]
        acknowledging = acknowledging_files(session, sent) - chosen.files
        chosen.shared = acknowledging & files_with_more(session, acknowledging, sent)
        if acknowledging == chosen.shared:
            return
        chosen.files = copies_of_files(session, chosen.files | (acknowledging - chosen.shared))


def _document(session: Session, id_: str) -> DocumentRow | Receipt:
    found = documents.get(session, DocumentId(id_)) or session.get(Receipt, id_)
    if found is None:
        raise NotFound(f"There is no document or file {id_}. `tally doc list` shows what there is.")
    return found


def _require_one_partner(wanted: Wanted, partners: set[str]) -> None:
    if len(partners) > 1:
        raise NotPossible(
            f"{', '.join(sorted(partners))} have an order {wanted.po} each. Say whose is to be erased: --partner P."
        )


# 2. Whether it may go


def _require_whole(session: Session, chosen: _Chosen, wanted: Wanted) -> None:
    """Whatever goes takes along what is in one file with it: that must have been asked for."""
    asked = {*wanted.ids}
    if wanted.po is not None:
        asked |= {row.id for row in documents.of_order(session, wanted.po, wanted.partner)}
    asked = copies_of_documents(session, asked) | copies_of_files(session, asked)
    for row in _documents(session, chosen):
        if row.direction != INBOUND or row.receipt_id in asked or row.id in asked or row.type in ENVELOPES:
            continue
        raise NotPossible(
            f"File {row.receipt_id} also brought {row.type} {row.number or row.id}, and its bytes cannot go in part. To erase all of it: "
            f"`tally erase --doc {row.receipt_id}`."
        )
    for transmission in session.scalars(
        select(Transmission)
        .join(DocumentRow, DocumentRow.transmission_id == Transmission.id)
        .where(DocumentRow.id.in_(chosen.ours))
    ):
        if transmission.answers is not None:
            raise NotPossible(
                f"It answers file {transmission.answers}, and goes with that: `tally erase --doc {transmission.answers}`."
            )


def _require_free(session: Session, chosen: _Chosen, wanted: Wanted) -> None:
    """Raises NotPossible where a hold is on any of it."""
    found = holds.in_force(session)
    held = [*found.on_files(session, chosen.files).items(), *found.on_documents(session, chosen.ours).items()]
    if wanted.po is not None:
        # By the partner whose order was refused: nobody need have named one.
        on_orders = (
            found.on_order(wanted.po, partner) for partner in {wanted.partner, *chosen.refused_orders.values()}
        )
        held += [(f"order {wanted.po}", hold) for hold in on_orders if hold is not None]
    if held:
        id_, hold = min(held, key=lambda each: each[0])
        raise NotPossible(
            f"{id_} is under {hold.id} ({hold.target}), placed by {hold.placed_by} because: {hold.reason!r}. Nothing was erased. A hold "
            f"goes before any request; `tally hold release {hold.id}` when its reason is gone."
        )


# 3. It goes


def _documents(session: Session, chosen: _Chosen) -> Sequence[DocumentRow]:
    """All documents that go, but for our answers."""
    return session.scalars(
        select(DocumentRow)
        .where(or_(DocumentRow.receipt_id.in_(chosen.files), DocumentRow.id.in_(chosen.ours)))
        .order_by(DocumentRow.id)
    ).all()


def _subjects(session: Session, chosen: _Chosen) -> list[tuple[str | None, str | None, str | None]]:
    """Each document that goes, its file and its partner, and the files in which there are none; at least one."""
    found: list[tuple[str | None, str | None, str | None]] = [
        (row.id, row.receipt_id, row.partner) for row in _documents(session, chosen)
    ]
    empty = chosen.files - {file for _, file, _ in found if file}
    files = select(Receipt.id, Receipt.partner).where(Receipt.id.in_(empty)).order_by(Receipt.id)
    found += [(None, id_, partner) for id_, partner in session.execute(files)]
    refused = {*chosen.refused_orders.values()}
    return found or [(None, None, partner) for partner in sorted(refused, key=str)] or [(None, None, None)]


def _digests(session: Session, chosen: _Chosen, sent: Sequence[str]) -> set[str]:
    """The payloads of all that goes."""
    files = session.scalars(select(Receipt.sha256).where(Receipt.id.in_(chosen.files)))
    left = session.scalars(select(Transmission.sha256).where(Transmission.id.in_(sent)))
    rows = session.execute(
        select(DocumentRow.canonical_sha256, DocumentRow.source_sha256).where(
            or_(
                DocumentRow.receipt_id.in_(chosen.files),
                DocumentRow.id.in_(chosen.ours),
                DocumentRow.transmission_id.in_(sent),
            )
        )
    )
    return {*files, *left} | {digest for row in rows for digest in row if digest}


def _referred(session: Session, digest: str) -> bool:
    """Whether anything refers to a payload."""
    return any(
        session.scalars(each.where(each.selected_columns[0] == digest).limit(1)).first() is not None
        for each in REFERRING
    )
