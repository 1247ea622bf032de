"""What stands in the way of doing something once more: a replay that is on its way, or another document of the same number that counts."""

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from spool import documents
from spool.database.port import one_at_a_time
from spool.documents import INBOUND, DocumentRow
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState

from .. import inbound
from .instruction import NotPossible
from .replay import Replay
from .work import Work


def refuse_second_of_file(session: Session, file: Receipt) -> None:
    """Raises NotPossible while a replay of the file, or of a document in it, is on its way. Holds off others that ask the same."""
    one_at_a_time(session, "replay", file.id)
    unopened = next(iter(_unopened(session, file)), None)
    if unopened is not None:
        raise _already(f"File {file.id}", f"file {unopened.id}", unopened.id)
    # Only now: what is opened in between is found as one or the other.
    _refuse_pending(session, f"File {file.id}", _PENDING_OF_FILE, file.id)


def refuse_second_of_received(session: Session, work: Work, document: DocumentRow, file: Receipt) -> None:
    """As :func:`refuse_second_of_file`, for one document of it; a replay of another document is not in its way."""
    one_at_a_time(session, "replay", file.id)
    for receipt in _unopened(session, file):
        asked = [Replay.asked(item.payload) for item in work.on(session, receipt, inbound.OPEN)]
        if any(replay is not None and replay.document in (None, document.id) for replay in asked):
            raise _already(f"Document {document.id}", f"file {receipt.id}", receipt.id)
    _refuse_pending_of(session, document)


def refuse_second_of_sent(session: Session, document: DocumentRow) -> None:
    """Raises NotPossible while the document, built anew, is on its way. Holds off others that ask the same."""
    one_at_a_time(session, "replay", document.id)
    _refuse_pending_of(session, document)


def refuse_second_of_number(session: Session, document: DocumentRow) -> None:
    """Raises NotPossible where another document of this key counts: two of one number must not both go through."""
    if document.business_key is None:
        return
    documents.alone_with_key(session, document.partner, document.direction, document.business_key)
    other = documents.with_business_key(session, PartnerId(document.partner), document.direction, document.business_key)
    if other is not None:
        raise NotPossible(f"{_came_again(document, other)} {_instead(document)}")


def _came_again(document: DocumentRow, other: DocumentRow) -> str:
    if other.direction == INBOUND:
        became = "the ERP has that" if other.state is DocumentState.DELIVERED else "that is on its way to the ERP"
    else:
        became = "that was sent" if other.state is DocumentState.DELIVERED else "that is not sent yet"
    return f"{document.type} {document.number} came again as document {other.id}, and {became}."


def _instead(document: DocumentRow) -> str:
    if document.state is DocumentState.DEAD:
        return f"Call this one off: `tally doc cancel {document.id} --reason TEXT`."
    return "There is nothing to mend."


def _unopened(session: Session, file: Receipt) -> list[Receipt]:
    return list(session.scalars(_UNOPENED, {"file": file.id}))


_UNOPENED = (
    select(Receipt)
    .where(Receipt.replays == bindparam("file"), Receipt.state == ReceiptState.PENDING)
    .order_by(Receipt.id)
)


def _refuse_pending_of(session: Session, document: DocumentRow) -> None:
    _refuse_pending(session, f"Document {document.id}", _PENDING_OF_DOCUMENT, document.id)


def _refuse_pending(session: Session, original: str, replays: Select[str], replayed: str) -> None:
    found = session.scalars(replays, {"replayed": replayed}).first()
    if found is not None:
        raise _already(original, f"document {found}", found)


_PENDING = select(DocumentRow.id).where(DocumentRow.state == DocumentState.PENDING).order_by(DocumentRow.id).limit(1)
_PENDING_OF_DOCUMENT = _PENDING.where(DocumentRow.replays == bindparam("replayed"))
_PENDING_OF_FILE = _PENDING.where(
    DocumentRow.receipt_id.in_(select(Receipt.id).where(Receipt.replays == bindparam("replayed")))
)


def _already(original: str, replay: str, replay_id: str) -> NotPossible:
    return NotPossible(
        f"{original} is being replayed already as {replay}; wait, or call that one off: "
        f"`tally doc cancel {replay_id} --reason TEXT`."
    )
