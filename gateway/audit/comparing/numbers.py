"""Interchange control numbers that came: whose they are, which file brought them, and when."""

from collections.abc import Iterator

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from partners.control_numbers import ReceivedInterchange
from spool.documents import INBOUND, DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.states import ReceiptState

from ..question import Row
from ..removals import Named, Removed
from ..retelling import Retold
from .differences import AT_ONCE, NOTHING, as_text


def contradicted(session: Session, told: Retold, removed: Removed) -> Iterator[Row]:
    yield from _interchanges(session)
    yield from _numbers(session, told, removed)


def _interchanges(session: Session) -> Iterator[Row]:
    """A number that a document was taken in under is known to have been used, and what is known of it is true of its file."""
    used = (
        select(DocumentRow.id, DocumentRow.partner, DocumentRow.interchange_control)
        .join(JournalEntry, JournalEntry.document_id == DocumentRow.id)
        .where(
            JournalEntry.step == Step.TRANSLATED,
            DocumentRow.direction == INBOUND,
            DocumentRow.interchange_control.is_not(None),
            ~exists().where(
                ReceivedInterchange.partner == DocumentRow.partner,
                ReceivedInterchange.control_number == DocumentRow.interchange_control,
            ),
        )
    )
    for id_, partner, number in session.execute(used):
        yield "received_interchange", partner, number, "", NOTHING, f"the number of document {id_}"
    files = (
        select(ReceivedInterchange, Receipt.sha256)
        .join(Receipt, Receipt.id == ReceivedInterchange.receipt_id)
        .where(or_(ReceivedInterchange.sha256 != Receipt.sha256, ReceivedInterchange.partner != Receipt.partner))
    )
    for row, digest in session.execute(files):
        yield "received_interchange", row.partner, row.control_number, "sha256", row.sha256, digest


def _numbers(session: Session, told: Retold, removed: Removed) -> Iterator[Row]:
    """Numbers that came are those that files are told to have had, and came when these did; no others."""
    missing = removed.numbers | {
        (told.beginnings[receipt].partner or "", *named)
        for receipt, opened in told.opened.items()
        for named in opened.interchanges
    }
    for row in session.scalars(select(ReceivedInterchange).execution_options(yield_per=1000)):
        named = (row.partner, row.sender, row.receiver, row.control_number)
        missing.discard(named)
        id_ = _shown(named)
        if not _came(row.receipt_id, named, told, removed):
            yield "received_interchange", row.partner, id_, "", "a number that came", NOTHING
        opened = told.opened.get(row.receipt_id)
        if opened is None or row.receipt_id in told.vague:
            continue
        if not opened.earliest - AT_ONCE < row.at < opened.latest + AT_ONCE:
            should = f"{as_text(opened.earliest)} to {as_text(opened.latest)}"
            yield "received_interchange", row.partner, id_, "at", as_text(row.at), should
    for named in sorted(missing):
        yield "received_interchange", named[0], _shown(named), "", NOTHING, "a number that came"


def _came(receipt: str, named: Named, told: Retold, removed: Removed) -> bool:
    """Whether a file that is told of may have brought this number."""
    if receipt not in told.receipts:
        return removed.was_file(receipt) and (receipt not in removed.counted or named in removed.numbers)
    if receipt in told.vague or any(each.state is ReceiptState.PENDING for each in told.receipts[receipt]):
        # Where a file died on the way, what it was taken for before may have been another thing.
        return True
    opened = told.opened.get(receipt)
    return opened is not None and named[1:] in opened.interchanges


def _shown(named: Named) -> str:
    _, sender, receiver, number = named
    return f"{sender} to {receiver}, {number}"
