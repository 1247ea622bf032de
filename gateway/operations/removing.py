"""Removing files and documents with all that belongs to them: what retention and erasures have in common.

Everything here works in the caller's transaction, which records in the ledger what went.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from canonical.identity import PartnerId
from partners.control_numbers import ReceivedInterchange
from spool.documents import INBOUND, DocumentOrder, DocumentRow
from spool.journal import ENDURING, JournalEntry, LedgerOutbox, Step
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState
from spool.transmissions import Transmission

from ..erp.port import IdempotencyKey
from ..exchange import pruning as messages
from ..ledger.erasures import STEPS, Erasure, erase_details, spans
from ..retention.presets import ENVELOPES
from . import pruned

REFERRING = (
    select(Receipt.sha256),
    select(Transmission.sha256),
    select(DocumentRow.canonical_sha256).where(DocumentRow.canonical_sha256.is_not(None)),
    select(DocumentRow.source_sha256).where(DocumentRow.source_sha256.is_not(None)),
    *messages.PAYLOADS,
)
"""The digests of all payloads that something refers to."""

_AT_ONCE = 1000
"""Ids in one statement."""


def lock(session: Session, *, files: Collection[str] = (), documents: Collection[str] = ()) -> None:
    """Wait until nobody else changes these files and documents of ours, tries them again or replays them, and keep others from it until
    this transaction ends. What was read of them before may have changed meanwhile.

    SQLite has one writer at a time anyway.
    """
    for table, ids in ((Receipt, sorted(files)), (DocumentRow, sorted(documents))):
        for start in range(0, len(ids), _AT_ONCE):
            some = table.id.in_(ids[start : start + _AT_ONCE])
            session.execute(select(table.id).where(some).order_by(table.id).with_for_update())


def counted(session: Session, ids: Sequence[str]) -> Counter[str]:
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


def answers_to(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """What was sent in answer to these files."""
    return session.scalars(select(Transmission.id).where(Transmission.answers.in_(ids))).all()


def documents_with(session: Session, ids: Sequence[str], answers: Sequence[str] = ()) -> Sequence[str]:
    """The documents in these files, and those that these transmissions carry."""
    return session.scalars(
        select(DocumentRow.id).where(or_(DocumentRow.receipt_id.in_(ids), DocumentRow.transmission_id.in_(answers)))
    ).all()


def given_to_erp(session: Session, ids: Sequence[str]) -> list[IdempotencyKey]:
    """Under what documents in these files were given to the ERP."""
    columns = DocumentRow.partner, DocumentRow.type, DocumentRow.number, DocumentRow.revision
    came = select(*columns).where(DocumentRow.receipt_id.in_(ids), DocumentRow.direction == INBOUND)
    return [
        IdempotencyKey(PartnerId(partner), type_, number, revision)
        for partner, type_, number, revision in session.execute(came.order_by(DocumentRow.id))
        if number is not None and revision is not None
    ]


def sent_with(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """The transmissions of these documents."""
    found = select(DocumentRow.transmission_id).where(DocumentRow.id.in_(ids))
    return [id_ for id_ in session.scalars(found) if id_]


def acknowledging_files(session: Session, sent: Sequence[str]) -> set[str]:
    """The files that brought an acknowledgement of any of these transmissions."""
    found = session.scalars(
        select(JournalEntry.receipt_id).where(JournalEntry.step == Step.MATCHED, JournalEntry.transmission_id.in_(sent))
    )
    return {file for file in found if file}


def files_with_more(session: Session, ids: Collection[str], sent: Sequence[str]) -> set[str]:
    """Those of these files in which there is more than acknowledgements of these transmissions, and of what was removed before."""
    others = exists().where(
        JournalEntry.document_id == DocumentRow.id,
        JournalEntry.step == Step.MATCHED,
        JournalEntry.transmission_id.not_in(sent),
    )
    more = or_(DocumentRow.type.not_in(ENVELOPES), DocumentRow.state != DocumentState.DELIVERED, others)
    return {
        file
        for file in session.scalars(select(DocumentRow.receipt_id).where(DocumentRow.receipt_id.in_(ids), more))
        if file
    }


NUMBERS = "numbers"
"""The key in the detail of what tells of a removal under which the control numbers stand that went, as ranges by partner."""


def numbers_on(session: Session, sent: Sequence[str]) -> dict[str, dict[str, list[list[int]]]]:
    """The interchange control numbers (ISA13) that these transmissions carry, for the entry that tells that they went."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for start in range(0, len(sent), _AT_ONCE):
        some = select(Transmission.partner, Transmission.interchange_control).where(
            Transmission.id.in_(sent[start : start + _AT_ONCE])
        )
        for partner, number in session.execute(some):
            if number is not None:
                found[partner].append(int(number))
    return {NUMBERS: {partner: spans(numbers) for partner, numbers in sorted(found.items())}} if found else {}


RECEIVED = "received"
"""The same of the numbers under which files came that went; these stay used."""


def numbers_in(session: Session, ids: Sequence[str]) -> dict[str, dict[str, list[Any]]]:
    """The names of the interchanges that these files brought, by partner: ISA06, ISA08 and the ranges of ISA13, for the entry that tells
    that the files went."""
    found: defaultdict[str, defaultdict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for start in range(0, len(ids), _AT_ONCE):
        some = ReceivedInterchange.receipt_id.in_(ids[start : start + _AT_ONCE])
        for row in session.scalars(select(ReceivedInterchange).where(some)):
            found[row.partner][row.sender, row.receiver].append(row.control_number)
    return {
        RECEIVED: {
            partner: [[*named, _ranges(numbers)] for named, numbers in sorted(series.items())]
            for partner, series in sorted(found.items())
        }
    }


def _ranges(numbers: Sequence[str]) -> list[list[int] | str]:
    """Numbers as the standard has them, nine digits, as ranges; any other as it is."""
    usual = [int(number) for number in numbers if _NUMBER.fullmatch(number)]
    return [*spans(usual), *sorted(number for number in numbers if not _NUMBER.fullmatch(number))]


_NUMBER = re.compile("[0-9]{9}")


def numbered(told: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, str, str, str]]:
    """What :func:`numbers_in` tells, one by one: partner, ISA06, ISA08, ISA13."""
    for partner, series in told.items():
        for sender, receiver, ranges in series:
            for each in ranges:
                if isinstance(each, str):
                    yield partner, sender, receiver, each
                else:
                    yield from ((partner, sender, receiver, f"{number:09d}") for number in range(each[0], each[1] + 1))


def removed_numbers(session: Session) -> Mapping[str, set[int]]:
    """By partner, the control numbers of what was sent to it and removed since, as the journal tells."""
    removed: defaultdict[str, set[int]] = defaultdict(set)
    for detail in session.scalars(select(JournalEntry.detail).where(JournalEntry.step.in_(STEPS))):
        for partner, ranges in detail.get(NUMBERS, {}).items():
            removed[partner].update(number for first, last in ranges for number in range(first, last + 1))
    return removed


def remove_files(session: Session, ids: Sequence[str], answers: Sequence[str]) -> Erasure:
    """Files received, the documents in them, and what was sent in answer; what of the ledger went with them."""
    documents = documents_with(session, ids, answers)
    told = [*forget(session, JournalEntry.receipt_id.in_(ids)), *remove_documents(session, documents, answers)]
    session.execute(delete(Receipt).where(Receipt.id.in_(ids)))
    return erase_details(session, told)


def forget(session: Session, chosen: ColumnElement[bool]) -> Sequence[int]:
    """Remove entries of the journal but for those that endure; their ids. Raises Retryable where one is not in the ledger yet."""
    waiting = session.scalar(
        select(LedgerOutbox.journal_id).join(JournalEntry, JournalEntry.id == LedgerOutbox.journal_id).where(chosen)
    )
    if waiting is not None:
        raise Retryable(
            f"Entry {waiting} of the journal is old enough to be removed, but the ledger could not take it in yet. The log says why "
            "(ledger.held); nothing is removed before."
        )
    going = and_(chosen, JournalEntry.step.not_in(ENDURING))
    return session.scalars(delete(JournalEntry).where(going).returning(JournalEntry.id)).all()


def remove_documents(session: Session, documents: Sequence[str], sent: Sequence[str]) -> list[int]:
    """Documents with what left or is to leave of them, and all that happened to either; the ids of what the journal told of them."""
    told: list[int] = []
    for start in range(0, len(documents), _AT_ONCE):
        some = documents[start : start + _AT_ONCE]
        told += forget(session, JournalEntry.document_id.in_(some))
        session.execute(delete(DocumentOrder).where(DocumentOrder.document_id.in_(some)))
        session.execute(delete(DocumentRow).where(DocumentRow.id.in_(some)))
    for start in range(0, len(sent), _AT_ONCE):
        some = sent[start : start + _AT_ONCE]
        told += forget(session, JournalEntry.transmission_id.in_(some))
        session.execute(delete(Transmission).where(Transmission.id.in_(some)))
    return told
