"""The inbound path, top to bottom: the seven rooms of DESIGN §2 that a received file passes through."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from canonical.documents import ANY_DOCUMENT
from canonical.errors import NotFound, TallyError
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from canonical.order import PurchaseOrder
from partners import control_numbers, registry
from partners.control_numbers import InterchangeKey
from partners.registry import AppliedProfile
from spool import documents, receipts, transmissions
from spool.blobs import BlobStore, StagedBlob
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database
from spool.documents import INBOUND, DocumentRow, Precedents
from spool.identifiers import Identifiers
from spool.journal import BlobRole, NamedBlob, Step
from spool.queue.port import Claim, WorkQueue
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState

from .acks.matching import Answers
from .agreed_limits import ERP
from .answering import PreparedAnswer, content_of, prepare
from .business_key import QUICK, content_digest
from .journaling import Chronicle, as_role, as_sent, what_answers, what_came, what_was_not_read
from .listeners.port import Arrival
from .operations.replay import Replay
from .operations.superseding import Superseding
from .orders import book
from .outbound import Outbound
from .senders.port import Effects
from .unpacking.reply import document_of
from .unpacking.unpack import unpack
from .unpacking.unpacked import Unpacked, UnpackedInterchange
from .unpacking.unpacked_documents import UnpackedDocument

OPEN = "open"
DELIVER = "deliver"

BATCH = 50
"""Documents committed at once; a file with more is committed in steps. On SQLite everybody else waits for each step."""


DIFFERS = (
    "{type} {number} was not taken: that number came before with other content. If this is a correction, agree with us which one "
    "holds, or send it under a number of its own."
)
REUSED = (
    "Interchange {control_number} was not taken: its control number was used before for something else. "
    "Send it again under a new control number."
)
"""What a sender is told of a document that its acknowledgement accepts, or cannot name, but that goes nowhere."""


_NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})

PreparedAnswers = dict[int, PreparedAnswer]
"""Answers that are ready, by the identity of the reply."""


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
        return self.database.write(lambda session: self.keep(session, arrival))

    def keep(
        self,
        session: Session,
        arrival: Arrival,
        *,
        detail: Mapping[str, Any] = _NOTHING_MORE,
        blobs: Sequence[NamedBlob] = (),
        told: Chronicle | None = None,
    ) -> ReceiptId:
        """As :meth:`receive`, in the caller's transaction; ``detail`` is what else the journal is to say of how it came, and ``blobs`` are
        what it came in. Where the caller gives what it has ``told``, it writes that itself."""
        receipt = Receipt(
            id=self.identifiers.new(),
            partner=arrival.partner,
            transport=arrival.transport,
            filename=arrival.filename,
            sha256=self.blobs.put(session, arrival.payload),
            size=arrival.payload.size,
            remote=arrival.remote,
            received_at=moment_of(session, self.clock),
            state=ReceiptState.PENDING,
        )
        receipts.add(session, receipt)
        telling = told or Chronicle(self.clock)
        telling.of_receipt(
            Step.RECEIVED,
            receipt,
            detail={**_how_it_came(receipt), **detail},
            blobs=[*as_role(BlobRole.RECEIVED, arrival.payload), *blobs],
        )
        if told is None:
            telling.write(session)
        self.queue.enqueue(
            session,
            kind=OPEN,
            lane=lane_from(arrival.partner),
            payload={"receipt": receipt.id, "bytes": receipt.size},
            partner=arrival.partner,
            unique_key=f"{OPEN}:{receipt.id}",
        )
        return ReceiptId(receipt.id)

    # Room 5. A worker opens the file. Everything slow happens outside any transaction; the effects commit together.

    def open(self, claim: Claim) -> Effects:
        """Work item ``open``: recognise duplicates, read, validate, translate, and answer."""
        receipt_id = ReceiptId(claim.payload["receipt"])
        with self.database.read() as session:
            receipt = receipts.as_it_stands(session, receipt_id)
            if receipt is None:
                raise NotFound(f"Receipt {receipt_id} is to be opened but is not in the database.")
            if receipt.state is not ReceiptState.PENDING:
                return _nothing
            partner = PartnerId(receipt.partner)
            digest = BlobDigest(receipt.sha256)
            replay = Replay.asked(claim.payload)
            earlier = receipts.earlier_with_same_bytes(session, partner, digest, receipt_id) if replay is None else None
            if earlier is not None:
                return self._same_bytes(receipt, earlier)
            profile = registry.current(session, partner)
            if profile is None:
                return self._quarantine(
                    receipt, f"There is no profile of {partner}, so nobody can say what its files mean."
                )
            if not profile.profile.is_active:
                return self._quarantine(
                    receipt,
                    f"{profile.profile.name} is suspended: nothing is exchanged and all is kept. "
                    f"Set status: active in partners/{partner}.yaml, apply it, and have the file sent again.",
                )
            if replay is not None:
                profile = replay.applied(session, partner)
            chunks = self.blobs.chunks(session, digest)
        unpacked = unpack(chunks, receipt.filename, profile, digest, partial(self._placed, partner))
        unpacked.replay = replay
        return self._take_in(claim, receipt, unpacked, profile)

    def _placed(self, partner: PartnerId, number: str) -> PurchaseOrder | None:
        """The order that a document says it is about."""
        with self.database.read() as session:
            return book.placed(session, self.blobs, number, partner)

    def _prepared(self, profile: AppliedProfile, unpacked: Unpacked) -> PreparedAnswers:
        """The answers, made outside of any transaction; those that cannot be written are left to the outbound path, and die there."""
        prepared: PreparedAnswers = {}
        for reply in unpacked.replies():
            with suppress(TallyError):
                prepared[id(reply)] = prepare(self.outbound.envelopes, self.blobs, profile, reply)
        return prepared

    def _same_bytes(self, receipt: Receipt, original: ReceiptId) -> Effects:
        """The second duplicate layer: the sender gets the same answers again, because it may have missed them."""
        reason = f"The same bytes came before as receipt {original}."
        receipts.close(receipt, ReceiptState.DUPLICATE, reason=reason, duplicate_of=original)

        def effects(session: Session) -> None:
            if not receipts.end_pending(session, receipt):
                return
            told = Chronicle(self.clock)
            told.of_receipt(Step.DUPLICATE, receipt, outcome="same bytes", detail={"of": original})
            told.write(session)
            for answer in transmissions.answering(session, original):
                self.outbound.send_again(session, answer, f"{receipt.filename} came again")

        return effects

    def _quarantine(self, receipt: Receipt, reason: str) -> Effects:
        receipts.close(receipt, ReceiptState.QUARANTINED, reason=reason)

        def effects(session: Session) -> None:
            if receipts.end_pending(session, receipt):
                told = Chronicle(self.clock)
                told.of_receipt(Step.QUARANTINED, receipt, outcome=reason)
                told.write(session)

        return effects

    def _take_in(self, claim: Claim, receipt: Receipt, unpacked: Unpacked, profile: AppliedProfile) -> Effects:
        """Commit what a file contained: all at once, or, for a very large one, in steps that may each be repeated."""
        starts = range(0, unpacked.size, BATCH) or range(1)
        for start in starts[:-1]:
            self.database.write(
                partial(self._take_in_some, claim, receipt, unpacked, self._batch(receipt.id, unpacked, start))
            )
        last = self._batch(receipt.id, unpacked, starts[-1])
        answers = self._prepared(profile, unpacked)
        self._close(receipt, unpacked)

        def effects(session: Session) -> None:
            if receipts.end_pending(session, receipt):
                told = Chronicle(self.clock)
                self._take_in_batch(session, receipt, unpacked, last, told)
                self._answer(session, receipt, unpacked, answers, told)
                told.write(session)

        return effects

    def _batch(self, receipt_id: str, unpacked: Unpacked, start: int) -> list[_Taken]:
        """Some documents with the ids they have however often this runs, their JSON staged before any transaction."""
        taken = []
        for position, document in enumerate(unpacked.documents(start, start + BATCH), start=start + 1):
            canonical = unpacked.canonical(document)
            staged = None if canonical is None else self.blobs.stage_bytes(canonical)
            taken.append(_Taken(DocumentId(f"{receipt_id}-{position:06d}"), document, staged))
        return taken

    def _take_in_some(
        self,
        claim: Claim,
        receipt: Receipt,
        unpacked: Unpacked,
        batch: Sequence[_Taken],
        session: Session,
    ) -> None:
        self.queue.renew(session, claim)
        if self._is_pending(session, ReceiptId(receipt.id)):
            told = Chronicle(self.clock)
            self._take_in_batch(session, receipt, unpacked, batch, told)
            told.write(session)

    def _take_in_batch(
        self, session: Session, receipt: Receipt, unpacked: Unpacked, batch: Sequence[_Taken], told: Chronicle
    ) -> None:
        for interchange in {taken.document.interchange: None for taken in batch}:
            self._register(session, receipt, unpacked.interchanges[interchange])
        # Of a file that is taken in at once nothing can be there while it is pending.
        in_steps = unpacked.size > BATCH
        for taken in batch:
            if not in_steps or documents.get(session, taken.id) is None:
                self._take_in_document(session, receipt, unpacked, taken, told)

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
            at=moment_of(session, self.clock),
        )
        if earlier is None or (earlier.receipt_id != receipt.id and earlier.sha256 == receipt.sha256):
            # The same file, of which nothing was taken the first time, is no other use of its number.
            interchange.repeats = None
        else:
            interchange.repeats = ReceiptId(earlier.receipt_id)

    def _take_in_document(
        self, session: Session, receipt: Receipt, unpacked: Unpacked, taken: _Taken, told: Chronicle
    ) -> None:
        """Decide what becomes of a document, and keep it with that."""
        document = taken.document
        replay = unpacked.replay
        row = self._row(session, receipt, unpacked, taken)
        original = replay.original(session, row) if replay is not None else None
        if replay is not None and replay.leaves(original):
            return
        redelivered = replay is not None and replay.redelivers(original)
        # That a replay came twice is of our making, and nothing to tell the sender.
        silent = replay is not None
        if original is not None:
            self.superseding.document(session, original, row, DELIVER)
        repeats = unpacked.interchanges[document.interchange].repeats
        if document.rejected is not None:
            self._end(
                told,
                row,
                DocumentState.REJECTED,
                Step.REJECTED,
                document.rejected,
                document.orders,
                partner=document.told,
            )
        elif repeats is not None and not redelivered:
            reason = f"Control number {row.interchange_control} was used before, for receipt {repeats}."
            # A TA1 is never answered, in no form.
            reply = None if silent or row.set_id == "TA1" else REUSED.format(control_number=row.interchange_control)
            self._end(told, row, DocumentState.DUPLICATE, Step.DUPLICATE, reason, document.orders, partner=reply)
        elif document.held is not None:
            self._end(
                told,
                row,
                DocumentState.QUARANTINED,
                Step.QUARANTINED,
                document.held,
                document.orders,
                partner=document.told,
            )
        elif document.answer is not None:
            self._match(session, row, document, told)
        else:
            self._accept(session, row, taken, told, redelivered=redelivered, silent=silent)
        documents.add(session, row, document.orders)
        if row.state is DocumentState.PENDING:
            self._enqueue_delivery(session, row, document.orders)

    def _row(self, session: Session, receipt: Receipt, unpacked: Unpacked, taken: _Taken) -> DocumentRow:
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
            created_at=moment_of(session, self.clock),
        )

    def _accept(
        self, session: Session, row: DocumentRow, taken: _Taken, told: Chronicle, *, redelivered: bool, silent: bool
    ) -> None:
        """The fourth duplicate layer; what passes it is pending, on to the ERP."""
        assert row.business_key is not None
        earlier = documents.precedents(session, row)
        if earlier.given and earlier.counts is None:
            # What the ERP refused, or what died, may come to count after all at this moment.
            documents.alone_with_key(session, row.partner, INBOUND, row.business_key)
            earlier = documents.precedents(session, row)
        repeated = earlier.counts if not redelivered else None
        if repeated is None and row.revision is None:
            revision = row.business_key.rpartition("/")[2]
            row.revision = f"{revision}.{earlier.given + 1}" if earlier.given else revision
        detail = what_came(row, taken.document.orders)
        told.of_document(Step.TRANSLATED, row, detail=detail, blobs=as_role(BlobRole.CANONICAL, taken.canonical))
        if repeated is not None:
            same = self._says_the_same(session, row, earlier)
            self._repeated(row, repeated, told, same=same, silent=silent)

    def _enqueue_delivery(self, session: Session, row: DocumentRow, orders: Sequence[str]) -> None:
        self.queue.enqueue(
            session,
            kind=DELIVER,
            lane=_order_lane(row, orders),
            payload={"document": row.id},
            partner=row.partner,
            endpoint=ERP,
            unique_key=f"{DELIVER}:{row.id}",
        )

    def _says_the_same(self, session: Session, row: DocumentRow, earlier: Precedents) -> bool:
        """Whether a document says what the one that counts said. Seldom do quick digests leave that open."""
        if earlier.content_sha256 is None or row.content_sha256 == earlier.content_sha256:
            return row.content_sha256 == earlier.content_sha256
        try:
            before = earlier.content_sha256
            if before.startswith(QUICK):
                before = self._content_digest(session, earlier.canonical_sha256)
            return before == self._content_digest(session, row.canonical_sha256)
        except NotFound:
            # It was erased, and with it what it said.
            return False

    def _content_digest(self, session: Session, canonical: str | None) -> str:
        return content_digest(ANY_DOCUMENT.validate_json(self.blobs.read(session, BlobDigest(canonical or ""))))

    def _repeated(self, row: DocumentRow, earlier: DocumentId, told: Chronicle, *, same: bool, silent: bool) -> None:
        reason = f"{row.type} {row.number} came before as document {earlier}" + (
            " with the same content." if same else " with OTHER content; ask the supplier which one holds."
        )
        documents.close(row, DocumentState.DUPLICATE, reason=reason, duplicate_of=earlier)
        row.partner_reason = None if silent or same else DIFFERS.format(type=row.type, number=row.number)
        detail = {"type": row.type, "number": row.number, "of": earlier, "reply": row.partner_reason}
        told.of_document(Step.DUPLICATE, row, outcome=reason, detail=detail)

    def _match(self, session: Session, row: DocumentRow, document: UnpackedDocument, told: Chronicle) -> None:
        """An answer to something we sent is consumed here: it moves the transmission, never a business state."""
        answer = document.answer
        assert isinstance(answer, FunctionalAcknowledgement | InterchangeAcknowledgement)
        unknown = self.answers.match(session, row, answer)
        if unknown is None:
            documents.close(row, DocumentState.DELIVERED)
        else:
            self._end(told, row, DocumentState.QUARANTINED, Step.UNMATCHED, unknown, document.orders)

    # Room 6. The answers to the sender go out by the outbound path, in the same transaction.

    def _close(self, receipt: Receipt, unpacked: Unpacked) -> None:
        """How the file as a whole ends."""
        receipt.format = unpacked.format
        if unpacked.quarantine is not None:
            receipts.close(receipt, ReceiptState.QUARANTINED, reason=unpacked.quarantine)
        elif unpacked.rejection is not None:
            receipts.close(receipt, ReceiptState.REJECTED, reason=unpacked.rejection)
        else:
            receipts.close(receipt, ReceiptState.OPENED)

    def _answer(
        self, session: Session, receipt: Receipt, unpacked: Unpacked, answers: PreparedAnswers, told: Chronicle
    ) -> None:
        """Tell how the file ended, and answer its sender."""
        receipt_id = ReceiptId(receipt.id)
        found = self._found(session, receipt, unpacked)
        told.of_receipt(_ENDS[receipt.state], receipt, outcome=receipt.reason or "", detail=found)
        replay = unpacked.replay
        said = replay.said(session) if replay is not None else set()
        for reply in unpacked.replies() if replay is None else replay.replies(unpacked):
            answer = answers.get(id(reply)) or document_of(reply)
            if said and content_of(answer) in said:
                continue
            blobs: list[NamedBlob] = []
            if isinstance(answer, PreparedAnswer):
                document, transmission = self.outbound.answer(session, answer, receipt_id, told)
                blobs = as_sent(transmission, BlobRole.ANSWER)
            else:
                document = self.outbound.submit(session, answer, PartnerId(receipt.partner), answers=receipt_id)
            detail = {"answer": answer.type, "document": document}
            told.of_receipt(Step.ACKNOWLEDGED, receipt, detail=detail, blobs=blobs)
        report = unpacked.report_on(receipt.filename, documents.told(session, receipt_id))
        if report is not None and not (replay is not None and replay.reported(session, report[1])):
            filename, data = report
            sent = self.outbound.report(session, PartnerId(receipt.partner), filename, data, answers=receipt_id)
            told.of_receipt(
                Step.ACKNOWLEDGED,
                receipt,
                detail={"answer": "report", **what_answers(sent)},
                blobs=as_sent(sent, BlobRole.ANSWER),
            )

    def _found(self, session: Session, receipt: Receipt, unpacked: Unpacked) -> dict[str, object]:
        """The first findings of a file, how many documents it stands for, and whose control numbers it used; a replay leaves out those
        documents that are where they belong."""
        found: dict[str, object] = {
            "findings": [finding.model_dump(mode="json", exclude_none=True) for finding in unpacked.findings[:20]],
            "format": receipt.format,
        }
        if receipt.state is ReceiptState.OPENED:
            replayed = unpacked.replay is not None
            found["documents"] = len(documents.of_receipt(session, receipt.id)) if replayed else unpacked.size
            found["interchanges"] = [each.named for each in unpacked.interchanges if each.counts]
        return found

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        """Opening failed for good: the receipt says so, visible and replayable."""
        receipt = receipts.get(session, ReceiptId(claim.payload["receipt"]))
        if receipt is not None and receipt.state is ReceiptState.PENDING:
            receipts.close(receipt, ReceiptState.DEAD, reason=reason)
            told = Chronicle(self.clock)
            told.of_receipt(Step.DEAD, receipt, outcome=reason)
            told.write(session)

    # Room 7, delivery to the ERP, is in erp/delivery.py.

    def _is_pending(self, session: Session, receipt_id: ReceiptId) -> bool:
        """False when the file was wholly taken in by an earlier run, which makes every step repeatable."""
        receipt = receipts.get(session, receipt_id)
        return receipt is not None and receipt.state is ReceiptState.PENDING

    def _end(
        self,
        told: Chronicle,
        row: DocumentRow,
        state: DocumentState,
        step: Step,
        reason: str,
        orders: Sequence[str],
        *,
        partner: str | None = None,
    ) -> None:
        """What ends a document when it comes, told with all that it is."""
        documents.close(row, state, reason=reason)
        row.partner_reason = partner
        detail = what_was_not_read(row, orders)
        if step is Step.DUPLICATE:
            detail["of"] = None
        told.of_document(step, row, outcome=reason, detail=detail)


def lane_from(partner: str) -> str:
    """Everything from one partner is opened in the order it came."""
    return f"in:{partner}"


def _how_it_came(receipt: Receipt) -> dict[str, Any]:
    """What the journal is told of a file as it came."""
    said = {"file": receipt.filename, "bytes": receipt.size, "transport": receipt.transport}
    return said if receipt.remote is None else {**said, "remote": receipt.remote}


def _nothing(session: Session) -> None:
    """The effects of a step that was done before."""


def _order_lane(row: DocumentRow, orders: Sequence[str]) -> str:
    """Order is kept per partner and purchase order; documents about no order share the partner's own lane."""
    return f"po:{row.partner}:{orders[0]}" if orders else f"doc:{row.partner}"


_ENDS = {
    ReceiptState.QUARANTINED: Step.QUARANTINED,
    ReceiptState.REJECTED: Step.REJECTED,
    ReceiptState.OPENED: Step.PARSED,
}
