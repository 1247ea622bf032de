"""The inbound path, top to bottom: the seven rooms of DESIGN §2 that a received file passes through."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from canonical.documents import AnyDocument
from canonical.errors import NotFound
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.order import PurchaseOrder
from partners import control_numbers, registry
from partners.control_numbers import InterchangeKey
from spool import documents, receipts, transmissions
from spool.blobs import BlobStore, StagedBlob
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import INBOUND, DocumentRow
from spool.identifiers import Identifiers
from spool.journal import Step
from spool.queue.port import Claim, WorkQueue
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState

from . import journaling
from .acks.matching import Answers
from .listeners.port import Arrival
from .operations.replay import Replay
from .operations.superseding import Superseding
from .orders import book
from .outbound import Effects, Outbound
from .unpacking.unpack import unpack
from .unpacking.unpacked import Unpacked, UnpackedDocument, UnpackedInterchange

OPEN = "open"
DELIVER = "deliver"

BATCH = 500
"""Documents committed at once; a file with more is committed in steps, so that it does not hold up everybody else."""


DIFFERS = (
    "{type} {number} was not taken: that number came before with other content. If this is a correction, agree with us which one "
    "holds, or send it under a number of its own."
)
REUSED = (
    "Interchange {control_number} was not taken: its control number was used before for something else. "
    "Send it again under a new control number."
)
"""What a sender is told of a document that its acknowledgement accepts, or cannot name, but that goes nowhere."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A document about to be committed."""

    id: DocumentId
    document: UnpackedDocument
    canonical: StagedBlob | None


@dataclass(frozen=True, slots=True)
class Inbound:
    """Files come in here."""

    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    outbound: Outbound
    answers: Answers
    superseding: Superseding

    # Rooms 1 to 4. A listener has staged the bytes and named the partner; the receipt and the work to be done on it commit
    # together, and only then is the sender answered.

    def receive(self, arrival: Arrival) -> ReceiptId:
        """Make a file ours. Returns once the commit is durable; raises a TallyError when it could not be kept."""
        return self.database.write(lambda session: self._keep(session, arrival))

    def _keep(self, session: Session, arrival: Arrival) -> ReceiptId:
        receipt = Receipt(
            id=self.identifiers.new(),
            partner=arrival.partner,
            transport=arrival.transport,
            filename=arrival.filename,
            sha256=self.blobs.put(session, arrival.payload),
            size=arrival.payload.size,
            remote=arrival.remote,
            received_at=self.clock.now(),
            state=ReceiptState.PENDING,
        )
        session.add(receipt)
        journaling.of_receipt(
            session, self.clock, Step.RECEIVED, receipt, detail={"file": receipt.filename, "bytes": receipt.size}
        )
        self.queue.enqueue(
            session,
            kind=OPEN,
            lane=lane_from(arrival.partner),
            payload={"receipt": receipt.id},
            unique_key=f"{OPEN}:{receipt.id}",
        )
        return ReceiptId(receipt.id)

    # Room 5. A worker opens the file. Everything slow happens outside any transaction; the effects commit together.

    def open(self, claim: Claim) -> Effects:
        """Work item ``open``: recognise duplicates, read, validate, translate, and answer."""
        receipt_id = ReceiptId(claim.payload["receipt"])
        with self.database.read() as session:
            receipt = receipts.get(session, receipt_id)
            if receipt is None:
                raise NotFound(f"Receipt {receipt_id} is to be opened but is not in the database.")
            if receipt.state is not ReceiptState.PENDING:
                return _nothing
            partner = PartnerId(receipt.partner)
            digest = BlobDigest(receipt.sha256)
            replay = Replay.asked(claim.payload)
            earlier = receipts.earlier_with_same_bytes(session, partner, digest, receipt_id) if replay is None else None
            if earlier is not None:
                return self._same_bytes(receipt_id, ReceiptId(earlier.id))
            profile = registry.current(session, partner)
            if profile is None:
                return self._quarantine(
                    receipt_id, f"There is no profile of {partner}, so nobody can say what its files mean."
                )
            if not profile.profile.is_active:
                return self._quarantine(
                    receipt_id,
                    f"{profile.profile.name} is suspended: nothing is exchanged and all is kept. "
                    f"Set status: active in partners/{partner}.yaml, apply it, and have the file sent again.",
                )
            if replay is not None:
                profile = replay.applied(session, partner)
            chunks = self.blobs.chunks(session, digest)
        unpacked = unpack(chunks, receipt.filename, profile, digest, partial(self._placed, partner))
        unpacked.replay = replay
        return self._take_in(claim, receipt_id, unpacked)

    def _placed(self, partner: PartnerId, number: str) -> PurchaseOrder | None:
        """The order that a document says it is about."""
        with self.database.read() as session:
            return book.placed(session, self.blobs, number, partner)

    def _same_bytes(self, receipt_id: ReceiptId, original: ReceiptId) -> Effects:
        """The second duplicate layer: the sender gets the same answers again, because it may have missed them."""

        def effects(session: Session) -> None:
            receipt = self._pending(session, receipt_id)
            if receipt is None:
                return
            reason = f"The same bytes came before as receipt {original}."
            receipts.close(receipt, ReceiptState.DUPLICATE, reason=reason, duplicate_of=original)
            journaling.of_receipt(
                session, self.clock, Step.DUPLICATE, receipt, outcome="same bytes", detail={"of": original}
            )
            for answer in transmissions.answering(session, original):
                self.outbound.send_again(session, answer, f"{receipt.filename} came again")

        return effects

    def _quarantine(self, receipt_id: ReceiptId, reason: str) -> Effects:
        def effects(session: Session) -> None:
            receipt = self._pending(session, receipt_id)
            if receipt is not None:
                receipts.close(receipt, ReceiptState.QUARANTINED, reason=reason)
                journaling.of_receipt(session, self.clock, Step.QUARANTINED, receipt, outcome=reason)

        return effects

    def _take_in(self, claim: Claim, receipt_id: ReceiptId, unpacked: Unpacked) -> Effects:
        """Commit what a file contained: all at once, or, for a very large one, in steps that may each be repeated."""
        starts = range(0, len(unpacked.documents), BATCH) or range(1)
        try:
            for start in starts[:-1]:
                self.database.write(
                    partial(self._take_in_some, claim, receipt_id, unpacked, self._batch(receipt_id, unpacked, start))
                )
            last = self._batch(receipt_id, unpacked, starts[-1])
        finally:
            unpacked.close()

        def effects(session: Session) -> None:
            receipt = self._pending(session, receipt_id)
            if receipt is not None:
                self._take_in_batch(session, receipt, unpacked, last)
                self._close(session, receipt, unpacked)

        return effects

    def _batch(self, receipt_id: ReceiptId, unpacked: Unpacked, start: int) -> list[_Taken]:
        """Some documents with the ids they have however often this runs, their JSON staged before any transaction."""
        taken = []
        for position, document in enumerate(unpacked.documents[start : start + BATCH], start=start + 1):
            canonical = unpacked.canonical(document)
            staged = None if canonical is None else self.blobs.stage_bytes(canonical)
            taken.append(_Taken(DocumentId(f"{receipt_id}-{position:06d}"), document, staged))
        return taken

    def _take_in_some(
        self,
        claim: Claim,
        receipt_id: ReceiptId,
        unpacked: Unpacked,
        batch: Sequence[_Taken],
        session: Session,
    ) -> None:
        self.queue.renew(session, claim)
        receipt = self._pending(session, receipt_id)
        if receipt is not None:
            self._take_in_batch(session, receipt, unpacked, batch)

    def _take_in_batch(
        self,
        session: Session,
        receipt: Receipt,
        unpacked: Unpacked,
        batch: Sequence[_Taken],
    ) -> None:
        for interchange in {taken.document.interchange: None for taken in batch}:
            self._register(session, receipt, unpacked.interchanges[interchange])
        for taken in batch:
            if documents.get(session, taken.id) is None:
                self._take_in_document(session, receipt, unpacked, taken)

    def _register(self, session: Session, receipt: Receipt, interchange: UnpackedInterchange) -> None:
        """The third duplicate layer: a control number that this sender used before for something else."""
        if not interchange.counts:
            return
        earlier = control_numbers.first_seen(
            session,
            InterchangeKey(
                PartnerId(receipt.partner), interchange.sender, interchange.receiver, interchange.control_number
            ),
            receipt_id=ReceiptId(receipt.id),
            position=interchange.position,
            sha256=BlobDigest(receipt.sha256),
            at=self.clock.now(),
        )
        if earlier is None or (earlier.receipt_id != receipt.id and earlier.sha256 == receipt.sha256):
            # The same file, of which nothing was taken the first time, is no other use of its number.
            interchange.repeats = None
        else:
            interchange.repeats = ReceiptId(earlier.receipt_id)

    def _take_in_document(
        self,
        session: Session,
        receipt: Receipt,
        unpacked: Unpacked,
        taken: _Taken,
    ) -> None:
        document = taken.document
        replay = unpacked.replay
        row = self._row(session, receipt, unpacked, taken)
        original = replay.original(session, row) if replay is not None else None
        if replay is not None and replay.leaves(original):
            return
        redelivered = replay is not None and replay.redelivers(original)
        documents.add(session, row, document.orders)
        if original is not None:
            self.superseding.document(session, original, row, DELIVER)
        repeats = unpacked.interchanges[document.interchange].repeats
        if document.rejected is not None:
            self._end(session, row, DocumentState.REJECTED, Step.REJECTED, document.rejected, told=document.told)
        elif repeats is not None and not redelivered:
            reason = f"Control number {row.interchange_control} was used before, for receipt {repeats}."
            # A TA1 is never answered, in no form.
            told = None if row.set_id == "TA1" else REUSED.format(control_number=row.interchange_control)
            self._end(session, row, DocumentState.DUPLICATE, Step.DUPLICATE, reason, told=told)
        elif document.held is not None:
            self._end(session, row, DocumentState.QUARANTINED, Step.QUARANTINED, document.held, told=document.told)
        elif document.answer is not None:
            self._match(session, row, document.answer)
        else:
            self._accept(session, row, document, redelivered=redelivered)
        if replay is not None and row.state is DocumentState.DUPLICATE:
            # That it came twice is of our making.
            row.partner_reason = None

    def _row(
        self,
        session: Session,
        receipt: Receipt,
        unpacked: Unpacked,
        taken: _Taken,
    ) -> DocumentRow:
        document = taken.document
        return DocumentRow(
            id=taken.id,
            direction=INBOUND,
            partner=receipt.partner,
            type=document.type,
            set_id=document.set_id,
            number=document.number,
            business_key=document.business_key,
            content_sha256=document.content_sha256,
            state=DocumentState.PENDING,
            receipt_id=receipt.id,
            canonical_sha256=self.blobs.put(session, taken.canonical) if taken.canonical else None,
            source_sha256=receipt.sha256,
            interchange_control=document.envelope.interchange,
            group_control=document.envelope.group,
            set_control=document.envelope.transaction_set,
            profile_version=unpacked.profile_version,
            test=document.test,
            findings=[finding.model_dump(mode="json", exclude_none=True) for finding in document.findings],
            created_at=self.clock.now(),
        )

    def _accept(
        self, session: Session, row: DocumentRow, document: UnpackedDocument, *, redelivered: bool = False
    ) -> None:
        """The fourth duplicate layer, then on to the ERP."""
        journaling.of_document(
            session,
            self.clock,
            Step.TRANSLATED,
            row,
            detail={"type": row.type, "number": row.number, "findings": len(row.findings)},
        )
        assert row.business_key is not None
        earlier = documents.earlier_with_business_key(session, row)
        if earlier is not None and not redelivered:
            self._repeated(session, row, earlier)
            return
        if row.revision is None:
            row.revision = self._next_revision(session, row)
        self.queue.enqueue(
            session,
            kind=DELIVER,
            lane=_order_lane(row, document.orders),
            payload={"document": row.id},
            unique_key=f"{DELIVER}:{row.id}",
        )

    def _next_revision(self, session: Session, row: DocumentRow) -> str:
        given = documents.given_count(session, row)
        revision = (row.business_key or "").rpartition("/")[2]
        return f"{revision}.{given + 1}" if given else revision

    def _repeated(self, session: Session, row: DocumentRow, earlier: DocumentRow) -> None:
        same = earlier.content_sha256 == row.content_sha256
        reason = f"{row.type} {row.number} came before as document {earlier.id}" + (
            " with the same content." if same else " with OTHER content; ask the supplier which one holds."
        )
        told = None if same else DIFFERS.format(type=row.type, number=row.number)
        self._end(
            session,
            row,
            DocumentState.DUPLICATE,
            Step.DUPLICATE,
            reason,
            told=told,
            duplicate_of=DocumentId(earlier.id),
        )

    def _match(self, session: Session, row: DocumentRow, answer: AnyDocument) -> None:
        """An answer to something we sent is consumed here: it moves the transmission, never a business state."""
        assert isinstance(answer, FunctionalAcknowledgement | InterchangeAcknowledgement)
        unknown = self.answers.match(session, row, answer)
        if unknown is None:
            documents.close(row, DocumentState.DELIVERED)
        else:
            self._end(session, row, DocumentState.QUARANTINED, Step.UNMATCHED, unknown)

    # Room 6. The answers to the sender go out by the outbound path, in the same transaction.

    def _close(self, session: Session, receipt: Receipt, unpacked: Unpacked) -> None:
        """End the receipt and answer its sender."""
        partner = PartnerId(receipt.partner)
        receipt_id = ReceiptId(receipt.id)
        receipt.format = unpacked.format
        if unpacked.quarantine is not None:
            receipts.close(receipt, ReceiptState.QUARANTINED, reason=unpacked.quarantine)
            journaling.of_receipt(
                session, self.clock, Step.QUARANTINED, receipt, outcome=unpacked.quarantine, detail=_findings(unpacked)
            )
        elif unpacked.rejection is not None:
            receipts.close(receipt, ReceiptState.REJECTED, reason=unpacked.rejection)
            journaling.of_receipt(
                session, self.clock, Step.REJECTED, receipt, outcome=unpacked.rejection, detail=_findings(unpacked)
            )
        else:
            receipts.close(receipt, ReceiptState.OPENED)
            journaling.of_receipt(
                session,
                self.clock,
                Step.PARSED,
                receipt,
                detail={"documents": self._found(session, receipt_id, unpacked)} | _findings(unpacked),
            )
        replay = unpacked.replay
        for answer in unpacked.replies() if replay is None else list(replay.replies(session, unpacked)):
            submitted = self.outbound.submit(session, answer, partner, answers=receipt_id)
            journaling.of_receipt(
                session, self.clock, Step.ACKNOWLEDGED, receipt, detail={"answer": answer.type, "document": submitted}
            )
        report = unpacked.report_on(receipt.filename, documents.told(session, receipt_id))
        if report is not None and not (replay is not None and replay.reported(session, report[1])):
            filename, data = report
            self.outbound.report(session, partner, filename, data, answers=receipt_id)
            journaling.of_receipt(
                session, self.clock, Step.ACKNOWLEDGED, receipt, detail={"answer": "report", "file": filename}
            )

    def _found(self, session: Session, receipt_id: ReceiptId, unpacked: Unpacked) -> int:
        """How many documents a file stands for; a replay leaves out those that are where they belong."""
        if unpacked.replay is None:
            return len(unpacked.documents)
        session.flush()
        return len(documents.of_receipt(session, receipt_id))

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """Opening failed for good: the receipt says so, visible and replayable."""
        receipt = self._pending(session, ReceiptId(claim.payload["receipt"]))
        if receipt is not None:
            receipts.close(receipt, ReceiptState.DEAD, reason=reason)
            journaling.of_receipt(session, self.clock, Step.DEAD, receipt, outcome=reason)

    # Room 7, delivery to the ERP, is in erp/delivery.py.

    def _pending(self, session: Session, receipt_id: ReceiptId) -> Receipt | None:
        """The receipt while it is pending; None when this step was already done, which makes every step repeatable."""
        receipt = receipts.get(session, receipt_id)
        return receipt if receipt is not None and receipt.state is ReceiptState.PENDING else None

    def _end(
        self,
        session: Session,
        row: DocumentRow,
        state: DocumentState,
        step: Step,
        reason: str,
        *,
        told: str | None = None,
        duplicate_of: DocumentId | None = None,
    ) -> None:
        documents.close(row, state, reason=reason, duplicate_of=duplicate_of)
        row.partner_reason = told
        journaling.of_document(
            session, self.clock, step, row, outcome=reason, detail={"type": row.type, "number": row.number}
        )


def lane_from(partner: str) -> str:
    """Everything from one partner is opened in the order it came."""
    return f"in:{partner}"


def _nothing(session: Session) -> None:
    """The effects of a step that was done before."""


def _order_lane(row: DocumentRow, orders: Sequence[str]) -> str:
    """Order is kept per partner and purchase order; documents about no order share the partner's own lane."""
    return f"po:{row.partner}:{orders[0]}" if orders else f"doc:{row.partner}"


def _findings(unpacked: Unpacked) -> dict[str, object]:
    return {"findings": [finding.model_dump(mode="json", exclude_none=True) for finding in unpacked.findings[:20]]}
