"""What came to its end long ago, and nothing kept refers to: what retention may remove."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from spool.documents import OUTBOUND, DocumentOrder, DocumentRow
from spool.journal import JournalEntry, Step
from spool.queue.tables import WorkItem
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from ..acks.matching import report_lane
from ..outbound import lane_to
from ..retention.protection import Protection
from .work import DEAD, OPEN

_ENDED_RECEIPTS = (ReceiptState.OPENED, ReceiptState.DUPLICATE, ReceiptState.REJECTED)
_WAITING = (DocumentState.PENDING, DocumentState.QUARANTINED, DocumentState.DEAD)

ABOUT = ("receipt", "document", "transmission", "answers")
"""Under which names the payload of a work item holds ids."""


@dataclass(slots=True)
class _Kept:
    """Ids of which some are kept, and what keeps others through them: whatever a kept one refers to is kept too."""

    ids: set[str]
    references: list[tuple[str, str]] = field(default_factory=list)

    def keeping(self, reasons: Collection[str]) -> set[str]:
        kept = {id_ for id_ in reasons if id_ in self.ids}
        while True:
            more = {old for new, old in self.references if old not in kept and (new in kept or new not in self.ids)}
            if not more:
                return kept
            kept |= more


def receipts_before(session: Session, protection: Protection, bound: str, after: str, limit: int) -> Sequence[str]:
    """Ids of files that ended and no rule keeps, older than the id ``bound`` and behind ``after``, in their order."""
    return session.scalars(
        select(Receipt.id)
        .where(Receipt.id > after, Receipt.id < bound, Receipt.state.in_(_ENDED_RECEIPTS), ~protection.of_file)
        .order_by(Receipt.id)
        .limit(limit)
    ).all()


def removable_receipts(session: Session, protection: Protection, ids: Sequence[str], cutoff: datetime) -> list[str]:
    """Those of ``ids`` that may go, with their documents and the answers to them.

    A file stays while a rule or a hold has it kept, or a copy of it is held, while one of its documents or answers waits for something,
    while anything younger is about one of its orders, while something that stays is a duplicate or a replay of it, and while what it
    acknowledged is here.
    """
    reasons = {
        *protection.files(session, ids),
        *_copies_of_held_files(session, protection, ids),
        *unfinished_receipts(session, ids),
        *_matching(session, ids),
        *_of_live_orders(session, DocumentRow.receipt_id.in_(ids), cutoff, by_receipt=True),
    }
    references = [*_files_referring(session, ids), *_documents_referring(session, ids)]
    kept = _Kept(set(ids), references).keeping({reason for reason in reasons if reason})
    # Since the ids were read, somebody else may have removed some.
    here = {*session.scalars(select(Receipt.id).where(Receipt.id.in_(ids)))}
    return [id_ for id_ in ids if id_ in here and id_ not in kept]


def unfinished_receipts(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that did not end, or of which a document or an answer waits for something."""
    open_ = session.scalars(select(Receipt.id).where(Receipt.id.in_(ids), Receipt.state.not_in(_ENDED_RECEIPTS)))
    waiting = session.scalars(
        select(DocumentRow.receipt_id).where(DocumentRow.receipt_id.in_(ids), DocumentRow.state.in_(_WAITING))
    )
    found = {*open_, *waiting, *_answers_at_work(session, ids), *_answers_made_anew(session, ids)}
    return {id_ for id_ in found if id_ in ids}


def _copies_of_held_files(session: Session, protection: Protection, ids: Collection[str]) -> set[str]:
    """Those of ``ids`` that are copies of what is held, as an erasure would take them along."""
    if not protection.holds.holds:
        return set()
    return copies_of_files(session, protection.holds.on_files(session, copies_of_files(session, ids))) & {*ids}


def outbound_before(session: Session, protection: Protection, bound: str, after: str, limit: int) -> Sequence[str]:
    """Ids of documents of ours that ended and no rule keeps, but for answers to files: these go with their files."""
    return session.scalars(
        select(DocumentRow.id)
        .outerjoin(Transmission, Transmission.id == DocumentRow.transmission_id)
        .where(
            DocumentRow.id > after,
            DocumentRow.id < bound,
            DocumentRow.direction == OUTBOUND,
            DocumentRow.state.not_in(_WAITING),
            ~protection.still,
            or_(
                Transmission.id.is_(None),
                and_(Transmission.answers.is_(None), Transmission.state != TransmissionState.OVERDUE),
            ),
        )
        .order_by(DocumentRow.id)
        .limit(limit)
    ).all()


def removable_outbound(session: Session, protection: Protection, ids: Sequence[str], cutoff: datetime) -> list[str]:
    """Those of ``ids`` that may go, with their transmissions."""
    reasons = {
        *protection.documents(session, ids),
        *unfinished_outbound(session, ids),
        *_of_live_orders(session, DocumentRow.id.in_(ids), cutoff, by_receipt=False),
    }
    rows = session.execute(
        select(DocumentRow.id, DocumentRow.duplicate_of, DocumentRow.replays).where(
            or_(DocumentRow.duplicate_of.in_(ids), DocumentRow.replays.in_(ids))
        )
    )
    references = [(new, old) for new, *olds in rows for old in olds if old]
    kept = _Kept(set(ids), references).keeping(reasons)
    here = {*session.scalars(select(DocumentRow.id).where(DocumentRow.id.in_(ids)))}
    return [id_ for id_ in ids if id_ in here and id_ not in kept]


def unfinished_outbound(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of ``ids`` that wait for something, or that work is still to be done on."""
    chosen = session.execute(
        select(
            DocumentRow.id, DocumentRow.partner, DocumentRow.number, DocumentRow.transmission_id, DocumentRow.state
        ).where(DocumentRow.id.in_(ids))
    ).all()
    lanes = {lane for row in chosen for lane in (lane_to(row.partner), report_lane(row.partner, row.number))}
    at_work = _at_work(session, lanes)
    return {row.id for row in chosen if row.state in _WAITING or row.id in at_work or row.transmission_id in at_work}


def copies_of_files(session: Session, ids: Collection[str]) -> set[str]:
    """Files with all that they are a duplicate or a replay of, or that is one of them, by themselves or by a document in them."""
    inside = select(DocumentRow.id).where(DocumentRow.receipt_id.in_(bindparam("ids", expanding=True)))

    def linked(some: Collection[str]) -> set[str]:
        rows = session.execute(
            select(Receipt.id, Receipt.duplicate_of, Receipt.replays).where(
                or_(Receipt.id.in_(some), Receipt.duplicate_of.in_(some), Receipt.replays.in_(some))
            )
        )
        found = {id_ for row in rows for id_ in row if id_}
        documents = copies_of_documents(session, session.scalars(inside, {"ids": [*some]}).all())
        files = session.scalars(select(DocumentRow.receipt_id).where(DocumentRow.id.in_(documents)))
        return found | {file for file in files if file}

    return _closed(ids, linked)


def copies_of_documents(session: Session, ids: Collection[str]) -> set[str]:
    """Documents with all that they are a duplicate or a replay of, or that is one of them."""

    def linked(some: Collection[str]) -> set[str]:
        rows = session.execute(
            select(DocumentRow.id, DocumentRow.duplicate_of, DocumentRow.replays).where(
                or_(DocumentRow.id.in_(some), DocumentRow.duplicate_of.in_(some), DocumentRow.replays.in_(some))
            )
        )
        return {id_ for row in rows for id_ in row if id_}

    return _closed(ids, linked)


def _closed(ids: Collection[str], linked: Callable[[Collection[str]], set[str]]) -> set[str]:
    """These with all that is linked to them, to the ends of the chain."""
    found, new = {*ids}, {*ids}
    while new:
        new = linked(new) - found
        found |= new
    return found


def _answers_at_work(session: Session, ids: Sequence[str]) -> Iterator[str]:
    """Files of which an answer is still to be built, sent, or sent once more."""
    partners = session.scalars(select(Receipt.partner).where(Receipt.id.in_(ids)).distinct())
    at_work = _at_work(session, [lane_to(partner) for partner in partners])
    yield from at_work
    for row in session.execute(select(Transmission.id, Transmission.answers).where(Transmission.answers.in_(ids))):
        if row.id in at_work:
            yield row.answers


def _answers_made_anew(session: Session, ids: Sequence[str]) -> Sequence[str | None]:
    """Files to which an answer was replayed that did not leave, and so does not go with them."""
    anew, answer = aliased(DocumentRow), aliased(DocumentRow)
    return session.scalars(
        select(Transmission.answers)
        .join(answer, answer.transmission_id == Transmission.id)
        .join(anew, anew.replays == answer.id)
        .where(Transmission.answers.in_(ids), anew.transmission_id.is_(None))
    ).all()


def _files_referring(session: Session, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Files with the one of ``ids`` that they are a duplicate of, stand for, or replay."""
    rows = session.execute(
        select(Receipt.id, Receipt.duplicate_of, Receipt.replays).where(
            or_(Receipt.duplicate_of.in_(ids), Receipt.replays.in_(ids))
        )
    )
    for id_, *referred in rows:
        yield from ((id_, each) for each in referred if each)


def _documents_referring(session: Session, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The same of their documents, by the files they are in."""
    documents = select(DocumentRow.id).where(DocumentRow.receipt_id.in_(ids))
    rows = session.execute(
        select(DocumentRow.receipt_id, DocumentRow.duplicate_of, DocumentRow.replays).where(
            or_(DocumentRow.duplicate_of.in_(documents), DocumentRow.replays.in_(documents))
        )
    )
    for receipt, *referred in rows:
        files = {each.rpartition("-")[0] for each in referred if each}
        yield from ((receipt, file) for file in files if receipt is not None and file != receipt)


def _at_work(session: Session, lanes: Collection[str]) -> set[str]:
    """Ids of whatever dead work, and open work in these lanes, is about."""
    payloads = [
        *session.scalars(select(WorkItem.payload).where(OPEN, WorkItem.lane.in_(lanes))),
        *session.scalars(select(WorkItem.payload).where(DEAD)),
    ]
    return {str(payload[key]) for payload in payloads for key in ABOUT if payload.get(key)}


def _matching(session: Session, ids: Sequence[str]) -> Sequence[str | None]:
    """Files that brought an acknowledgement of something that is still here."""
    return session.scalars(
        select(JournalEntry.receipt_id)
        .join(Transmission, Transmission.id == JournalEntry.transmission_id)
        .where(JournalEntry.receipt_id.in_(ids), JournalEntry.step == Step.MATCHED)
    ).all()


def _of_live_orders(session: Session, chosen: ColumnElement[bool], cutoff: datetime, *, by_receipt: bool) -> set[str]:
    """The chosen documents, or their files, about an order with which something happened since ``cutoff``, or that waits."""
    mine, other, others_order = aliased(DocumentOrder), aliased(DocumentRow), aliased(DocumentOrder)
    column = DocumentRow.receipt_id if by_receipt else DocumentRow.id
    found = session.scalars(
        select(column)
        .join(mine, mine.document_id == DocumentRow.id)
        .join(others_order, and_(others_order.order_number == mine.order_number, others_order.partner == mine.partner))
        .join(other, other.id == others_order.document_id)
        .where(chosen, or_(other.created_at >= cutoff, other.state.in_(_WAITING)))
        .distinct()
    )
    return {id_ for id_ in found if id_}
