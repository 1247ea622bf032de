"""The outbound path, top to bottom: submit, build once, transmit as often as it takes, expect an answer (DESIGN §2)."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT, AnyDocument, as_json, document_number, order_numbers
from canonical.errors import Fault, Misconfigured, NotFound, TallyError
from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId
from canonical.order import PurchaseOrder
from canonical.order_change import PurchaseOrderChange
from partners import registry
from partners.registry import AppliedProfile
from spool import documents, transmissions
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database
from spool.documents import OUTBOUND, DocumentRow
from spool.identifiers import Identifiers
from spool.journal import BlobRole, Step
from spool.queue.port import Claim, WorkQueue
from spool.states import DocumentState, TransmissionState
from spool.transmissions import Transmission

from .acks.matching import enqueue_report
from .agreed_limits import out_to
from .answering import PreparedAnswer
from .business_key import business_key, content_digest
from .envelopes import Draft, Envelopes, Sealed
from .erp.port import OrderProgress
from .exchange import sendings
from .journaling import SET_CONTROL, Chronicle, as_role, as_sent, what_carries, what_leaves
from .senders.port import Effects, Form, Parcel, Senders

BUILD = "build"
TRANSMIT = "transmit"

REPORT = "report"
CERTIFICATES = "certificates"
"""Kinds of transmissions that no document stands for."""

WITHOUT_DOCUMENT = {REPORT, CERTIFICATES}


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
            documents.alone_with_key(session, partner, OUTBOUND, key)
            earlier = documents.with_business_key(session, partner, OUTBOUND, key)
            if earlier is not None:
                return self._same(earlier, content)
        canonical = self.blobs.stage_bytes(as_json(document))
        row = DocumentRow(
            id=self.identifiers.new(),
            direction=OUTBOUND,
            partner=partner,
            type=document.type,
            number=document_number(document),
            business_key=key,
            content_sha256=content,
            canonical_sha256=self.blobs.put(session, canonical),
            test=document.test,
            origin=origin,
            created_at=moment_of(session, self.clock),
        )
        orders = order_numbers(document)
        documents.add(session, row, orders)
        told = Chronicle(self.clock)
        told.of_document(
            Step.SUBMITTED, row, detail=what_leaves(row, orders), blobs=as_role(BlobRole.CANONICAL, canonical)
        )
        told.write(session)
        self.queue.enqueue(
            session,
            kind=BUILD,
            lane=lane_to(partner),
            payload={"document": row.id, "answers": answers},
            partner=partner,
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

    def answer(
        self, session: Session, prepared: PreparedAnswer, answers: ReceiptId, told: Chronicle
    ) -> tuple[DocumentId, Transmission]:
        """Keep an acknowledgement together with its bytes and the work of transmitting them; its id, and what carries it."""
        draft = prepared.draft
        row = DocumentRow(
            id=self.identifiers.new(),
            direction=OUTBOUND,
            partner=draft.partner,
            type=prepared.type,
            number=draft.number,
            business_key=prepared.business_key,
            content_sha256=prepared.content_sha256,
            state=DocumentState.PENDING,
            canonical_sha256=self.blobs.put(session, prepared.canonical),
            test=prepared.test,
            created_at=moment_of(session, self.clock),
        )
        sealed = self.envelopes.seal(session, draft, moment_of(session, self.clock))
        transmission = self._sealed(session, draft, sealed, answers)
        _carried(row, draft, sealed, transmission)
        documents.add(session, row, ())
        detail = {**what_leaves(row), "canonical": row.canonical_sha256, **_built(draft, sealed, transmission)}
        told.of_document(Step.BUILT, row, transmission=transmission, detail=detail, blobs=as_sent(transmission))
        self._enqueue_transmit(session, transmission)
        return DocumentId(row.id), transmission

    def report(
        self, session: Session, partner: PartnerId, filename: str, data: bytes, *, answers: ReceiptId
    ) -> Transmission:
        """Take an answer in plain words or CSV for sending as it is, to a sender that no 997 can reach.

        A partner that sends every file under one name gets answers under different ones: an earlier one may not be collected yet.
        Returns what carries it.
        """
        if transmissions.by_filename(session, partner, filename) is not None:
            stem, _, ending = filename.rpartition(".")
            filename = f"{stem}.{answers}.{ending}"
        transmission = self._made(session, partner, REPORT, filename, data)
        transmission.answers = answers
        transmissions.add(session, transmission)
        self._enqueue_transmit(session, transmission)
        return transmission

    def enclose(self, session: Session, partner: PartnerId, filename: str, entity: bytes) -> str:
        """Take a certificate exchange message, a MIME entity, for sending; the id of its transmission."""
        transmission = self._made(session, partner, CERTIFICATES, filename, entity)
        transmissions.add(session, transmission)
        told = Chronicle(self.clock)
        told.of_report(Step.BUILT, transmission, detail=what_carries(transmission), blobs=as_sent(transmission))
        told.write(session)
        self._enqueue_transmit(session, transmission)
        return transmission.id

    # 2.-5. Its bytes are built once, with control numbers taken in the transaction that stores them.

    def build(self, claim: Claim) -> Effects:
        """Work item ``build``: write the document in the form the partner agreed to."""
        document_id = DocumentId(claim.payload["document"])
        with self.database.read() as session:
            row = documents.get(session, document_id)
            if row is None:
                raise NotFound(f"Document {document_id} is to be built but is not in the database.")
            document = ANY_DOCUMENT.validate_json(self.blobs.read(session, BlobDigest(row.canonical_sha256 or "")))
            draft = self.envelopes.draft(session, PartnerId(row.partner), document, claim.payload.get("profile"))

        def effects(session: Session) -> None:
            current = documents.get(session, document_id)
            if current is None or current.transmission_id is not None:
                return
            sealed = self.envelopes.seal(session, draft, moment_of(session, self.clock))
            transmission = self._sealed(session, draft, sealed, claim.payload.get("answers"))
            _carried(current, draft, sealed, transmission)
            told = Chronicle(self.clock)
            detail = _built(draft, sealed, transmission)
            told.of_document(Step.BUILT, current, transmission=transmission, detail=detail, blobs=as_sent(transmission))
            told.write(session)
            self._enqueue_transmit(session, transmission)

        return effects

    # 6. The stored bytes are transmitted; a retry transmits the same.

    def transmit(self, claim: Claim) -> Effects:
        """Work item ``transmit``: hand the stored bytes to the partner's sender."""
        transmission_id = claim.payload["transmission"]
        with self.database.read() as session:
            row = transmissions.as_it_stands(session, transmission_id)
            if row is None:
                raise NotFound(f"Transmission {transmission_id} is to be sent but is not in the database.")
            content = self.blobs.open(session, BlobDigest(row.sha256))
            applied = registry.current(session, PartnerId(row.partner))
        with content:
            if applied is None:
                raise Misconfigured(f"There is no partner {row.partner} in force to send {row.filename} to.")
            handed_over = None
            if not _has_arrived(row):
                parcel = Parcel(row.id, row.filename, content, _form(row), claim.payload.get("beyond"))
                handed_over = self.senders.send(applied, parcel)
        return partial(self._sent, row, _patience(row, applied), handed_over)

    # 7. From now on an answer is expected.

    def _sent(
        self, row: Transmission, patience: timedelta | None, handed_over: Effects | None, session: Session
    ) -> None:
        if handed_over is not None:
            handed_over(session)
        now = moment_of(session, self.clock)
        due = now + patience if patience is not None else None
        again = not transmissions.mark_sent(session, row.id, now, due)
        carried = documents.carried_by(session, row.id)
        if not again:
            for document in carried:
                documents.move(session, document.id, DocumentState.PENDING, DocumentState.DELIVERED)
                enqueue_report(self.queue, session, document, OrderProgress.SENT)
        told = Chronicle(self.clock)
        detail: dict[str, Any] = {"file": row.filename, "again": again}
        if not again:
            detail["due"] = None if due is None else due.isoformat()
        for document in carried:
            told.of_document(Step.SENT, document, transmission=row, detail=detail)
        if row.kind in WITHOUT_DOCUMENT:
            told.of_report(Step.SENT, row, detail=detail)
        told.write(session)

    def send_again(self, session: Session, row: Transmission, reason: str) -> str:
        """Transmit stored bytes once more, because the partner asked again for what they answer; the id of the work item.

        A message that the partner confirmed is not posted again, which would tell it nothing new: another one carries them.
        """
        return self.queue.enqueue(
            session,
            kind=TRANSMIT,
            lane=lane_to(row.partner),
            payload={
                "transmission": row.id,
                "reason": reason,
                "beyond": sendings.confirmed(session, row.id),
            },
            partner=row.partner,
            endpoint=out_to(row.partner),
        )

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """Building or transmitting failed for good: the document and the transmission say so."""
        transmission = transmissions.locked(session, claim.payload.get("transmission", ""))
        if transmission is not None and transmission.state is TransmissionState.READY:
            transmissions.move(transmission, TransmissionState.FAILED, reason=reason)
        rows = documents.of_transmission(session, transmission.id) if transmission else []
        row = documents.get(session, DocumentId(claim.payload.get("document", "")))
        told = Chronicle(self.clock)
        for document in [*rows, *([row] if row else [])]:
            if document.state is DocumentState.PENDING:
                documents.close(document, DocumentState.DEAD, reason=reason)
                enqueue_report(self.queue, session, document, OrderProgress.REFUSED, reason)
            told.of_document(Step.DEAD, document, transmission=transmission, outcome=reason)
        if transmission is not None and transmission.kind in WITHOUT_DOCUMENT:
            told.of_report(Step.DEAD, transmission, outcome=reason, detail={"file": transmission.filename})
        told.write(session)

    def _sealed(self, session: Session, draft: Draft, sealed: Sealed, answers: ReceiptId | None) -> Transmission:
        """Keep finished bytes and the numbers they travel under."""
        transmission = self._made(session, draft.partner, draft.kind, sealed.filename, sealed.data)
        transmission.functional_id = sealed.functional_id
        transmission.interchange_control = sealed.interchange_control
        transmission.group_control = sealed.group_control
        transmission.answers = answers
        transmissions.add(session, transmission)
        return transmission

    def _made(self, session: Session, partner: str, kind: str, filename: str, data: bytes) -> Transmission:
        """A transmission that is not kept yet, its bytes kept."""
        return Transmission(
            id=self.identifiers.new(),
            partner=partner,
            kind=kind,
            filename=filename,
            sha256=self.blobs.put(session, self.blobs.stage_bytes(data)),
            size=len(data),
            state=TransmissionState.READY,
            created_at=moment_of(session, self.clock),
        )

    def _enqueue_transmit(self, session: Session, row: Transmission) -> None:
        self.queue.enqueue(
            session,
            kind=TRANSMIT,
            lane=lane_to(row.partner),
            payload={"transmission": row.id},
            partner=row.partner,
            endpoint=out_to(row.partner),
            unique_key=f"{TRANSMIT}:{row.id}",
        )


def _carried(row: DocumentRow, draft: Draft, sealed: Sealed, transmission: Transmission) -> None:
    """Note on a document what it is carried by."""
    row.transmission_id = transmission.id
    row.source_sha256 = transmission.sha256
    row.set_id = sealed.set_id
    row.interchange_control = sealed.interchange_control
    row.group_control = sealed.group_control
    row.set_control = sealed.set_control
    row.profile_version = draft.profile_version


def _built(draft: Draft, sealed: Sealed, transmission: Transmission) -> dict[str, Any]:
    """What the journal is told of a document that is carried now, so that neither numbers nor what it was written by can be changed."""
    return {
        **what_carries(transmission),
        "set": sealed.set_id,
        SET_CONTROL: sealed.set_control,
        "profile": draft.profile_version,
    }


def _form(row: Transmission) -> Form:
    if row.kind == CERTIFICATES:
        return Form.ENTITY
    return Form.FILE if row.interchange_control is None else Form.X12


def _has_arrived(row: Transmission) -> bool:
    """Whether the partner fetched or answered what a crash kept us from noting as sent; it must not be put there twice."""
    return row.sent_at is None and row.state not in (TransmissionState.READY, TransmissionState.FAILED)


def _patience(row: Transmission, applied: AppliedProfile) -> timedelta | None:
    """How long we wait for the partner's 997; None where none is expected."""
    if row.kind != "document" or row.group_control is None or applied.profile.x12 is None:
        return None
    return applied.profile.x12.answer_time


def lane_to(partner: str) -> str:
    """Everything to one partner leaves in the order it was submitted."""
    return f"out:{partner}"
