"""Between the pipeline and the ERP: deliver documents, take orders, report their progress, collect late answers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.errors import NotFound, TallyError
from canonical.identity import BlobDigest, DocumentId, PartnerId
from canonical.order import PurchaseOrder
from spool import documents
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import DocumentRow
from spool.journal import Step
from spool.queue.port import Claim
from spool.states import DocumentState

from ..business_key import business_key
from ..journaling import Chronicle
from ..outbound import OrderChanged, Outbound
from ..senders.port import Effects
from . import cursors
from .port import (
    AlreadyApplied,
    Applied,
    Context,
    ErpAdapter,
    IdempotencyKey,
    OrderProgress,
    OrderRef,
    OrderStatus,
    Outcome,
    Page,
    Pending,
    PulledOrder,
    Refused,
)

PULL_LIMIT = 100
"""Orders taken in one transaction."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Work with the ERP, whichever adapter it is."""

    database: Database
    blobs: BlobStore
    clock: Clock
    adapter: ErpAdapter
    outbound: Outbound
    may_order: Callable[[Session, PartnerId, AnyDocument], str | None]

    def deliver(self, claim: Claim) -> Effects:
        """Work item ``deliver``: give a document to the ERP, once, however often this runs."""
        document_id = DocumentId(claim.payload["document"])
        with self.database.read() as session:
            row = documents.as_it_stands(session, document_id)
            if row is None:
                raise NotFound(f"Document {document_id} is to be delivered but is not in the database.")
            document = self._document(session, row)
            revision = row.revision or business_key(document).revision
        context = Context(at=self.clock.now(), revision=revision)
        outcome = self._settled(document, context) if claim.attempt > 1 else None
        if outcome is None:
            outcome = self.adapter.apply(document, context)
        return lambda session: self._decided(session, row, outcome)

    def given(self, document_id: DocumentId) -> Outcome | None:
        """What the ERP says of a document of which an attempt ended without an answer; None when it never had it."""
        with self.database.read() as session:
            row = documents.get(session, document_id)
            if row is None or row.canonical_sha256 is None or row.revision is None:
                return None
            document = self._document(session, row)
        return self._settled(document, Context(at=self.clock.now(), revision=row.revision))

    def _settled(self, document: AnyDocument, context: Context) -> Outcome | None:
        """What became of an earlier attempt that ended without an answer."""
        assert document.partner is not None
        key = business_key(document)
        return self.adapter.lookup(IdempotencyKey(document.partner, key.document_type, key.number, context.revision))

    def _decided(self, session: Session, row: DocumentRow, outcome: Outcome) -> None:
        told = Chronicle(self.clock)
        match outcome:
            case Applied(reference=reference) | AlreadyApplied(reference=reference):
                if documents.move(session, row.id, DocumentState.PENDING, DocumentState.DELIVERED):
                    told.of_document(Step.DELIVERED, row, detail={"reference": reference})
                else:
                    self._taken_after_all(session, row, reference, told)
            case Refused(problem=problem):
                reason = f"The ERP refused it: {problem.message}"
                if _moved(session, row, DocumentState.REJECTED, _UNREFUSED, reason):
                    told.of_document(Step.REFUSED, row, outcome=problem.message, detail={"code": problem.code})
            case Pending():
                told.of_document(Step.OFFERED, row)
        told.write(session)

    def _taken_after_all(self, session: Session, row: DocumentRow, reference: str | None, told: Chronicle) -> None:
        """The ERP took what it had refused before. If another document of the same key came since, only that one can be delivered."""
        key = row.business_key or ""
        documents.alone_with_key(session, row.partner, row.direction, key)
        now = documents.as_it_stands(session, DocumentId(row.id))
        if now is None or now.state is not DocumentState.REJECTED:
            return
        if documents.with_business_key(session, PartnerId(row.partner), row.direction, key) is None:
            documents.move(session, row.id, DocumentState.REJECTED, DocumentState.DELIVERED)
            told.of_document(Step.DELIVERED, row, detail={"reference": reference})
            return
        note = "The ERP took it although another of its number counts; see that the ERP has it once."
        told.of_document(Step.DUPLICATE, row, outcome=note, detail={"reference": reference})
        _log.warning("the ERP took a document that was replaced", document=row.id)

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """Delivering failed for good: the document says so, visible and replayable."""
        row = documents.get(session, DocumentId(claim.payload["document"]))
        if row is not None and row.state is DocumentState.PENDING:
            documents.close(row, DocumentState.DEAD, reason=reason)
            told = Chronicle(self.clock)
            told.of_document(Step.DEAD, row, outcome=reason)
            told.write(session)

    def report(self, claim: Claim) -> Effects:
        """Work item ``report``: tell the ERP how far one of its orders has come."""
        with self.database.read() as session:
            row = documents.get(session, DocumentId(claim.payload["document"]))
        if row is not None and row.origin is not None:
            status = OrderStatus(OrderProgress(claim.payload["progress"]), claim.payload["message"])
            self.adapter.report(OrderRef(**row.origin), status, Context(at=self.clock.now()))
        return lambda session: None

    def pull(self) -> int:
        """Take what orders the ERP has for us; how many were taken. Each is confirmed only after our commit."""
        taken = 0
        while True:
            with self.database.read() as session:
                cursor = cursors.get(session, "orders")
            page = self.adapter.pull_orders(cursor, PULL_LIMIT)
            if not page.items and page.cursor == cursor:
                return taken
            refused = self.database.write(partial(self._take, cursor, page))
            context = Context(at=self.clock.now())
            for ref, reason in refused:
                self.adapter.report(ref, OrderStatus(OrderProgress.REFUSED, reason), context)
            self.adapter.confirm_pulled([pulled.ref for pulled in page.items], context)
            taken += len(page.items)
            if not page.more:
                return taken

    def _take(self, cursor: str | None, page: Page[PulledOrder], session: Session) -> list[tuple[OrderRef, str]]:
        cursors.advance(session, "orders", cursor, page.cursor)
        refused = []
        told = Chronicle(self.clock)
        for pulled in page.items:
            reason = self._submit_alone(session, pulled)
            if reason is not None:
                refused.append((pulled.ref, reason))
                # There is no document to hang it on, so the journal keeps the number by which an auditor will ask.
                told.of_refused_order(pulled.order, reason)
        told.write(session)
        return refused

    def _submit_alone(self, session: Session, pulled: PulledOrder) -> str | None:
        """As :meth:`_submit`, in a savepoint of its own: what nobody foresaw about one order must not hold up the others."""
        try:
            with session.begin_nested():
                return self._submit(session, pulled)
        except Exception as error:  # One order must not keep the others from being taken, at each poll anew.
            if _is_of_the_house(error):
                raise
            _log.exception("order refused because of a fault of ours", order=ascii(pulled.ref.number))
            return (
                f"This order could not be taken because of a fault in Tallystick ({type(error).__name__}); the others were. "
                "Look for unusual values in it, correct them and give it again. The log has the details: please report them."
            )

    def _submit(self, session: Session, pulled: PulledOrder) -> str | None:
        """Submit an order for sending; None, or why it cannot be sent as it is."""
        order: PurchaseOrder = pulled.order
        if order.partner is None:
            return 'The order names no partner: give "partner" the id of the supplier\'s profile.'
        problem = self.may_order(session, order.partner, order)
        if problem is not None:
            return problem
        origin = {"id": pulled.ref.id, "revision": pulled.ref.revision, "number": pulled.ref.number}
        try:
            self.outbound.submit(session, order, order.partner, origin=origin)
        except OrderChanged as error:
            return error.message
        return None

    def collect(self) -> int:
        """Take the decisions that the ERP made later; how many there were."""
        with self.database.read() as session:
            cursor = cursors.get(session, "outcomes")
        page = self.adapter.collect(cursor)
        if not page.items and page.cursor == cursor:
            return 0

        def keep(session: Session) -> None:
            cursors.advance(session, "outcomes", cursor, page.cursor)
            for outcome in page.items:
                row = _given(session, outcome.key)
                if row is None:
                    _log.warning("the ERP answered about a document we do not know", number=outcome.key.number)
                else:
                    self._decided(session, row, outcome)

        self.database.write(keep)
        return len(page.items)

    def _document(self, session: Session, row: DocumentRow) -> AnyDocument:
        data = self.blobs.read(session, BlobDigest(row.canonical_sha256 or ""))
        return ANY_DOCUMENT.validate_json(data).model_copy(update={"id": row.id})


_UNREFUSED = (DocumentState.PENDING, DocumentState.DELIVERED)


def _moved(
    session: Session, row: DocumentRow, new: DocumentState, olds: Sequence[DocumentState], reason: str | None = None
) -> bool:
    """Move a document that is in one of these states; whether it was."""
    return any(documents.move(session, row.id, old, new, reason=reason) for old in olds)


def _given(session: Session, key: IdempotencyKey) -> DocumentRow | None:
    """The very document an outcome is about: the one whose bytes were handed over."""
    return documents.given_as(session, key.partner, key.document_type, key.number, key.revision)


def keys_given(database: Database, types: Collection[str]) -> Iterator[IdempotencyKey]:
    """The keys of all documents of these types that were, or are to be, given to the ERP."""
    with database.read() as session:
        for partner, type_, number, revision in documents.keys_given(session, types):
            yield IdempotencyKey(PartnerId(partner), type_, number, revision)


def _is_of_the_house(error: Exception) -> bool:
    """Whether a fault is about the database, the disk or the settings, so that every order would meet it until that is mended."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError)
    return isinstance(error, TallyError | OSError | MemoryError)
