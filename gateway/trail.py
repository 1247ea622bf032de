"""The trail: everything that happened around an order, a document, an invoice or a partner, in the order it was committed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import DocumentId, PartnerId, ReceiptId, TransmissionId
from spool import documents, journal, receipts
from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

from .as2.disposition import without_mode
from .exchange.sendings import Sending
from .ledger.erasures import FILE, PO


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One thing that happened. ``subject`` says to what, in the trade's words."""

    id: int
    at: datetime
    step: str
    partner: str | None
    subject: str
    outcome: str
    receipt_id: str | None
    document_id: str | None
    transmission_id: str | None
    actor: str
    detail: dict[str, Any]


def in_words(entry: TrailEntry) -> str:
    """The outcome of an entry for people; an MDN's without what is the same in all of them."""
    said = without_mode(entry.outcome)
    match entry.step:
        case Step.ANSWERED:
            return f"MDN {'posted' if entry.detail.get('url') else 'given'}: {said}"
        case Step.TRIED:
            return f"A test message came. MDN: {said}"
        case Step.TURNED_AWAY:
            return f"{said} MDN: {without_mode(str(entry.detail.get('disposition')))}"
        case _:
            return said


def of_order(session: Session, order_number: str, partner: str | None = None) -> Sequence[TrailEntry]:
    """Everything about a purchase order, both ways. Raises NotFound where no document names it."""
    rows = documents.of_order(session, order_number, partner)
    refused = journal.refused_orders(session, order_number, None if partner is None else PartnerId(partner))
    if not rows and not refused:
        if erased := _erased(session, JournalEntry.detail[PO].as_string() == order_number):
            return _entries(session, [entry for entry in erased if partner in (None, entry.partner)])
        raise NotFound(
            f"No document names purchase order {order_number}. `tally order list` shows the orders there are."
        )
    return sorted([*_around(session, rows), *_entries(session, refused)], key=_in_order)


def of_document(session: Session, document_id: DocumentId) -> Sequence[TrailEntry]:
    """Everything about one document and the file it came in or left in; or about a file, given its id."""
    row = documents.get(session, document_id)
    if row is not None:
        return _around(session, [row])
    receipt = receipts.get(session, ReceiptId(document_id))
    if receipt is None:
        if erased := _erased(
            session,
            JournalEntry.document_id == document_id,
            JournalEntry.receipt_id == document_id,
            JournalEntry.detail[FILE].as_string() == document_id,
        ):
            return _entries(session, erased)
        raise NotFound(f"There is no document or file {document_id}. `tally doc list` shows what there is.")
    return _of_file(session, receipt)


def _erased(session: Session, *named: ColumnElement[bool]) -> Sequence[JournalEntry]:
    """What is told of an erasure that somebody asked for: all that is left of what was erased."""
    told = select(JournalEntry).where(JournalEntry.step == Step.ERASED, or_(*named))
    return session.scalars(told.order_by(JournalEntry.id)).all()


def _of_file(session: Session, receipt: Receipt) -> Sequence[TrailEntry]:
    """Everything about a file, its documents and its replays."""
    files = _replayed_files(session, {ReceiptId(receipt.id)}) | {ReceiptId(receipt.id)}
    files |= {ReceiptId(each) for each in session.scalars(select(Receipt.id).where(Receipt.replays.in_(files)))}
    rows = session.scalars(select(DocumentRow).where(DocumentRow.receipt_id.in_(files))).all()
    told = _entries(session, journal.entries(session, receipts=files))
    return sorted({entry.id: entry for entry in (*told, *_around(session, rows))}.values(), key=_in_order)


def of_invoice(session: Session, number: str) -> Sequence[TrailEntry]:
    """Everything about an invoice number, from any partner."""
    rows = session.scalars(
        select(DocumentRow).where(DocumentRow.type == "Invoice", DocumentRow.number == number).order_by(DocumentRow.id)
    ).all()
    if not rows:
        raise NotFound(f"There is no invoice {number}. `tally doc list --type Invoice` shows the invoices there are.")
    return _around(session, rows)


def of_partner(session: Session, partner: PartnerId, since: datetime | None = None) -> Sequence[TrailEntry]:
    """Everything with one partner since a moment."""
    statement = select(JournalEntry).where(JournalEntry.partner == partner).order_by(JournalEntry.id)
    if since is not None:
        statement = statement.where(JournalEntry.at >= since)
    return _entries(session, session.scalars(statement).all())


def _in_order(entry: TrailEntry) -> int:
    return entry.id


def _around(session: Session, rows: Sequence[DocumentRow]) -> Sequence[TrailEntry]:
    """What happened to documents, the files they came in, the files they left in, and the answers to either."""
    rows = [*rows, *_replays(session, rows)]
    document_ids = {DocumentId(row.id) for row in rows}
    receipt_ids = {ReceiptId(row.receipt_id) for row in rows if row.receipt_id}
    receipt_ids |= _replayed_files(session, receipt_ids)
    answers = session.scalars(select(Transmission.id).where(Transmission.answers.in_(receipt_ids))).all()
    answer_documents = session.scalars(select(DocumentRow.id).where(DocumentRow.transmission_id.in_(answers))).all()
    transmission_ids = {TransmissionId(row.transmission_id) for row in rows if row.transmission_id}
    transmission_ids |= {TransmissionId(answer) for answer in answers}
    document_ids |= {DocumentId(answer) for answer in answer_documents}
    receipt_ids |= _matched_by(session, transmission_ids)
    found = journal.entries(session, receipts=receipt_ids, documents=document_ids, transmissions=transmission_ids)
    return _entries(session, [entry for entry in found if _belongs(entry, document_ids, transmission_ids)])


def _replays(session: Session, rows: Sequence[DocumentRow]) -> Sequence[DocumentRow]:
    """What was made anew from these documents, and what they were made anew from, to the ends of the chain."""
    found = {row.id: row for row in rows}
    new = list(found.values())
    while new:
        linked = session.scalars(
            select(DocumentRow).where(
                or_(
                    DocumentRow.replays.in_([row.id for row in new]),
                    DocumentRow.id.in_([row.replays for row in new if row.replays]),
                )
            )
        ).all()
        new = [row for row in linked if row.id not in found]
        found |= {row.id: row for row in new}
    return [row for row in found.values() if row not in rows]


def _replayed_files(session: Session, receipt_ids: set[ReceiptId]) -> set[ReceiptId]:
    """The files whose bytes these ones were read from anew."""
    found: set[ReceiptId] = set()
    new = receipt_ids
    while new:
        replayed = session.scalars(select(Receipt.replays).where(Receipt.id.in_(new), Receipt.replays.is_not(None)))
        new = {ReceiptId(each) for each in replayed if each is not None} - found - receipt_ids
        found |= new
    return found


def _matched_by(session: Session, transmission_ids: set[TransmissionId]) -> set[ReceiptId]:
    """The files that brought the partner's answers to what we sent."""
    found = session.scalars(
        select(JournalEntry.receipt_id).where(
            JournalEntry.transmission_id.in_(transmission_ids),
            JournalEntry.step == Step.MATCHED,
            JournalEntry.receipt_id.is_not(None),
        )
    )
    return {ReceiptId(receipt_id) for receipt_id in found if receipt_id is not None}


def _belongs(entry: JournalEntry, document_ids: set[DocumentId], transmission_ids: set[TransmissionId]) -> bool:
    """A file may hold documents of other orders; what happened to those is not told."""
    return (
        entry.document_id is None
        or entry.document_id in document_ids
        or (entry.transmission_id is not None and entry.transmission_id in transmission_ids)
    )


def _entries(session: Session, found: Sequence[JournalEntry]) -> list[TrailEntry]:
    subjects = _subjects(session, {entry.document_id for entry in found if entry.document_id})
    files = _files(session, {entry.receipt_id for entry in found if entry.receipt_id and not entry.document_id})
    sent = _sent(session, {entry.transmission_id for entry in found if entry.transmission_id and not entry.document_id})
    return [
        TrailEntry(
            id=entry.id,
            at=entry.at,
            step=entry.step.value,
            partner=entry.partner,
            subject=subjects.get(entry.document_id or "")
            or str(entry.detail.get("file", ""))
            or files.get(entry.receipt_id or "", "")
            or sent.get(entry.transmission_id or "", "")
            or _message(entry)
            or _refused_order(entry),
            outcome=entry.outcome,
            receipt_id=entry.receipt_id,
            document_id=entry.document_id,
            transmission_id=entry.transmission_id,
            actor=entry.actor,
            detail=entry.detail,
        )
        for entry in found
    ]


def _message(entry: JournalEntry) -> str:
    message_id = entry.detail.get("message_id")
    return f"message {message_id}" if message_id else ""


def _refused_order(entry: JournalEntry) -> str:
    number = entry.detail.get(journal.REFUSED_ORDER)
    return f"order {number} from the ERP" if number else ""


def _subjects(session: Session, document_ids: Iterable[str]) -> dict[str, str]:
    wanted = list(document_ids)
    subjects: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        for row in session.scalars(select(DocumentRow).where(DocumentRow.id.in_(wanted[start : start + 500]))):
            subjects[row.id] = f"{row.set_id or ''} {row.type} {row.number or ''}".strip()
    return subjects


def _files(session: Session, receipt_ids: Iterable[str]) -> dict[str, str]:
    """The names under which files came."""
    wanted = list(receipt_ids)
    names: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        chosen = select(Receipt.id, Receipt.filename).where(Receipt.id.in_(wanted[start : start + 500]))
        names |= {row.id: row.filename for row in session.execute(chosen)}
    return names


def _sent(session: Session, transmission_ids: Iterable[str]) -> dict[str, str]:
    """The names under which files left, and the messages over AS2 that carry none."""
    wanted = list(transmission_ids)
    names: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        ids = wanted[start : start + 500]
        messages = select(Sending.transmission, Sending.message_id).where(Sending.transmission.in_(ids))
        names |= {row.transmission: f"message {row.message_id}" for row in session.execute(messages)}
        files = select(Transmission.id, Transmission.filename).where(Transmission.id.in_(ids))
        names |= {row.id: row.filename for row in session.execute(files)}
    return names
