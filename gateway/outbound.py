"""The outbound path, top to bottom: submit, build once, transmit as often as it takes, expect an answer (DESIGN §2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, AnyDocument, document_number, order_numbers
from canonical.errors import Fault, NotFound, TallyError
from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId
from canonical.order import PurchaseOrder
from canonical.order_change import PurchaseOrderChange
from spool import documents, transmissions
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database, one_at_a_time
from spool.documents import OUTBOUND, DocumentRow
from spool.identifiers import Identifiers
from spool.journal import Step
from spool.queue.port import Claim, WorkQueue
from spool.states import DocumentState, TransmissionState
from spool.transmissions import Transmission

from . import journaling
from .acks.matching import enqueue_report
from .business_key import business_key, content_digest
from .envelopes import Envelopes
from .erp.port import OrderProgress
from .senders.port import Senders

BUILD = "build"
TRANSMIT = "transmit"

Effects = Callable[[Session], None]


class OrderChanged(TallyError):
    """An order that was already given to the supplier came again with other content."""

    fault = Fault.OPERATOR


@dataclass(frozen=True, slots=True)
class Outbound:
    """Everything that leaves goes through here, acknowledgements included."""

    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    envelopes: Envelopes
    senders: Senders

    # 1. A document is kept together with the work of sending it.

    def submit(
        self,
        session: Session,
        document: AnyDocument,
        partner: PartnerId,
        *,
        answers: ReceiptId | None = None,
        origin: dict[str, Any] | None = None,
    ) -> DocumentId:
        """Take a document for sending, in the caller's transaction; the id under which it is kept.

        The same order or order change submitted again is the same document: its first id is returned and nothing is sent
        twice. Raises :class:`OrderChanged` when the order was given before with other content.
        """
        key = str(business_key(document))
        content = content_digest(document)
        if isinstance(document, PurchaseOrder | PurchaseOrderChange):
            one_at_a_time(session, "submit", partner, key)
            earlier = documents.with_business_key(session, partner, OUTBOUND, key)
            if earlier is not None:
                return self._same(earlier, content)
        row = DocumentRow(
            id=self.identifiers.new(),
            direction=OUTBOUND,
            partner=partner,
            type=document.type,
            number=document_number(document),
            business_key=key,
            content_sha256=content,
            canonical_sha256=self.blobs.put(session, self.blobs.stage_bytes(ANY_DOCUMENT.dump_json(document))),
            test=document.test,
            origin=origin,
            created_at=self.clock.now(),
        )
        documents.add(session, row, order_numbers(document))
        journaling.of_document(
            session, self.clock, Step.SUBMITTED, row, detail={"type": row.type, "number": row.number}
        )
        self.queue.enqueue(
            session,
            kind=BUILD,
            lane=_lane(partner),
            payload={"document": row.id, "answers": answers},
            unique_key=f"{BUILD}:{row.id}",
        )
        return DocumentId(row.id)

    def _same(self, earlier: DocumentRow, content: str) -> DocumentId:
        if earlier.content_sha256 != content:
            raise OrderChanged(
                f"Purchase order {earlier.number} went to {earlier.partner} before with other content (document {earlier.id}). "
                "What was ordered is changed by an order change (860): send a PurchaseOrderChange with `tally send`, "
                "or give the order a new number."
            )
        return DocumentId(earlier.id)

    def report(self, session: Session, partner: PartnerId, filename: str, data: bytes, *, answers: ReceiptId) -> None:
        """Take an answer in plain words or CSV for sending as it is, to a sender that no 997 can reach.

        A partner that sends every file under one name gets answers under different ones: an earlier one may not be collected yet.
        """
        if transmissions.by_filename(session, partner, filename) is not None:
            stem, _, ending = filename.rpartition(".")
            filename = f"{stem}.{answers}.{ending}"
        transmission = self._keep(session, partner, "report", filename, data)
        transmission.answers = answers
        self._enqueue_transmit(session, transmission)

    # 2.-5. Its bytes are built once, with control numbers taken in the transaction that stores them.

    def build(self, claim: Claim) -> Effects:
        """Work item ``build``: write the document in the form the partner agreed to."""
        document_id = DocumentId(claim.payload["document"])
        with self.database.read() as session:
            row = documents.get(session, document_id)
            if row is None:
                raise NotFound(f"Document {document_id} is to be built but is not in the database.")
            document = ANY_DOCUMENT.validate_json(self.blobs.read(session, BlobDigest(row.canonical_sha256 or "")))
            draft = self.envelopes.draft(session, PartnerId(row.partner), document)

        def effects(session: Session) -> None:
            current = documents.get(session, document_id)
            if current is None or current.transmission_id is not None:
                return
            sealed = self.envelopes.seal(session, draft, self.clock.now())
            transmission = self._keep(session, draft.partner, draft.kind, sealed.filename, sealed.data)
            transmission.functional_id = sealed.functional_id
            transmission.interchange_control = sealed.interchange_control
            transmission.group_control = sealed.group_control
            transmission.answers = claim.payload.get("answers")
            session.flush()
            current.transmission_id = transmission.id
            current.source_sha256 = transmission.sha256
            current.set_id = sealed.set_id
            current.interchange_control = sealed.interchange_control
            current.group_control = sealed.group_control
            current.set_control = sealed.set_control
            current.profile_version = draft.profile_version
            journaling.of_document(
                session,
                self.clock,
                Step.BUILT,
                current,
                transmission=transmission,
                detail={"file": transmission.filename, "interchange": sealed.interchange_control},
            )
            self._enqueue_transmit(session, transmission)

        return effects

    # 6. The stored bytes are transmitted; a retry transmits the same.

    def transmit(self, claim: Claim) -> Effects:
        """Work item ``transmit``: hand the stored bytes to the partner's sender."""
        transmission_id = claim.payload["transmission"]
        with self.database.read() as session:
            row = transmissions.get(session, transmission_id)
            if row is None:
                raise NotFound(f"Transmission {transmission_id} is to be sent but is not in the database.")
            data = self.blobs.read(session, BlobDigest(row.sha256))
            patience = self.envelopes.patience(session, PartnerId(row.partner)) if _expects_answer(row) else None
        if not _has_arrived(row):
            self.senders.send(PartnerId(row.partner), row.filename, data)

        def effects(session: Session) -> None:
            current = transmissions.locked(session, transmission_id)
            if current is not None:
                self._sent(session, current, patience)

        return effects

    # 7. From now on an answer is expected.

    def _sent(self, session: Session, row: Transmission, patience: timedelta | None) -> None:
        again = row.sent_at is not None
        if not again:
            now = self.clock.now()
            if row.state is TransmissionState.READY:
                transmissions.move(row, TransmissionState.SENT)
            row.sent_at = now
            row.answer_due_at = now + patience if patience is not None else None
            for document in documents.of_transmission(session, row.id):
                if document.state is DocumentState.PENDING:
                    documents.close(document, DocumentState.DELIVERED)
                enqueue_report(self.queue, session, document, OrderProgress.SENT)
        for document in documents.of_transmission(session, row.id):
            journaling.of_document(
                session,
                self.clock,
                Step.SENT,
                document,
                transmission=row,
                detail={"file": row.filename, "again": again},
            )
        if row.kind == "report":
            journaling.of_report(session, self.clock, Step.SENT, row, detail={"file": row.filename, "again": again})

    def send_again(self, session: Session, row: Transmission, reason: str) -> None:
        """Transmit stored bytes once more, because the partner asked again for what they answer."""
        self.queue.enqueue(
            session, kind=TRANSMIT, lane=_lane(row.partner), payload={"transmission": row.id, "reason": reason}
        )

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """Building or transmitting failed for good: the document and the transmission say so."""
        transmission = transmissions.locked(session, claim.payload.get("transmission", ""))
        if transmission is not None and transmission.state is TransmissionState.READY:
            transmissions.move(transmission, TransmissionState.FAILED, reason=reason)
        rows = documents.of_transmission(session, transmission.id) if transmission else []
        row = documents.get(session, DocumentId(claim.payload.get("document", "")))
        for document in [*rows, *([row] if row else [])]:
            if document.state is DocumentState.PENDING:
                documents.close(document, DocumentState.DEAD, reason=reason)
                enqueue_report(self.queue, session, document, OrderProgress.REFUSED, reason)
            journaling.of_document(
                session, self.clock, Step.DEAD, document, transmission=transmission, outcome=reason, detail={}
            )
        if transmission is not None and transmission.kind == "report":
            journaling.of_report(
                session, self.clock, Step.DEAD, transmission, outcome=reason, detail={"file": transmission.filename}
            )

    def _keep(self, session: Session, partner: str, kind: str, filename: str, data: bytes) -> Transmission:
        row = Transmission(
            id=self.identifiers.new(),
            partner=partner,
            kind=kind,
            filename=filename,
            sha256=self.blobs.put(session, self.blobs.stage_bytes(data)),
            size=len(data),
            created_at=self.clock.now(),
        )
        session.add(row)
        return row

    def _enqueue_transmit(self, session: Session, row: Transmission) -> None:
        self.queue.enqueue(
            session,
            kind=TRANSMIT,
            lane=_lane(row.partner),
            payload={"transmission": row.id},
            unique_key=f"{TRANSMIT}:{row.id}",
        )


def _has_arrived(row: Transmission) -> bool:
    """Whether the partner fetched or answered what a crash kept us from noting as sent; it must not be put there twice."""
    return row.sent_at is None and row.state not in (TransmissionState.READY, TransmissionState.FAILED)


def _expects_answer(row: Transmission) -> bool:
    return row.kind == "document" and row.group_control is not None


def _lane(partner: str) -> str:
    """Everything to one partner leaves in the order it was submitted."""
    return f"out:{partner}"
