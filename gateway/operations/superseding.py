"""What becomes of a document or file that was replayed: it no longer waits for anybody, the replay counts in its place."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from canonical.identity import DocumentId, ReceiptId
from spool import documents, receipts
from spool.documents import DocumentRow
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState

from .subject import Subject
from .work import Work

_WAITING_DOCUMENTS = (DocumentState.QUARANTINED, DocumentState.DEAD)
_WAITING_RECEIPTS = (ReceiptState.QUARANTINED, ReceiptState.DEAD)


@dataclass(frozen=True, slots=True)
class Superseding:
    """What came to an end of its own (delivered, rejected) stays as it is: that happened."""

    work: Work

    def document(self, session: Session, original: DocumentRow, replay: DocumentRow, *kinds: str) -> None:
        """``replay`` stands for ``original`` from now on, and takes over under which revision the ERP may have it already.

        ``kinds`` is the work on the original that nobody needs any more.
        """
        replay.replays = original.id
        if original.state not in _WAITING_DOCUMENTS:
            return
        self._call_off(session, original, replay.id, *kinds)
        documents.close(
            original,
            DocumentState.DUPLICATE,
            reason=f"It was replayed as document {replay.id}.",
            duplicate_of=DocumentId(replay.id),
        )
        replay.revision, original.revision = original.revision, None

    def receipt(self, session: Session, original: Receipt, replay: Receipt, *kinds: str) -> None:
        """As :meth:`document`, for a file of which nothing was taken."""
        if original.state not in _WAITING_RECEIPTS:
            return
        self._call_off(session, original, replay.id, *kinds)
        receipts.close(
            original,
            ReceiptState.DUPLICATE,
            reason=f"It was replayed as file {replay.id}.",
            duplicate_of=ReceiptId(replay.id),
        )

    def _call_off(self, session: Session, original: Subject, replay: str, *kinds: str) -> None:
        self.work.call_off(session, self.work.on(session, original, *kinds), f"It was replayed as {replay}.")
