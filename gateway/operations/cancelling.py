"""`tally doc cancel`: work is called off, and what waited for a decision is refused. Whoever counted on it is told."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from canonical.identity import PartnerId, ReceiptId
from partners import registry
from spool import documents, receipts, transmissions
from spool.clock import Clock
from spool.documents import INBOUND, DocumentRow
from spool.journal import Step
from spool.queue.port import WorkQueue
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from .. import inbound, outbound
from ..acks.matching import enqueue_report
from ..erp.port import OrderProgress
from ..journaling import Chronicle, what_answers
from ..outbound import Outbound
from ..unended import erp_decides
from ..unpacking.notice import called_off
from .instruction import Done, Instruction, NotPossible
from .subject import Subject, find
from .work import Work

_CALLED_OFF = "It is called off; nothing more is done with it."

_ANSWERS = ("997", "999", "TA1")
"""What comes in as an answer is never answered."""


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Every method works in the caller's transaction and raises NotPossible where it is too late, or already at its end."""

    clock: Clock
    queue: WorkQueue
    work: Work
    outbound: Outbound

    def cancel(self, session: Session, identifier: str, by: Instruction) -> Done:
        """Call off what is pending, and refuse what is quarantined or dead: what came ends as rejected, what was to leave as cancelled."""
        subject = find(session, identifier)
        if isinstance(subject, Receipt):
            return self._receipt(session, subject, by)
        if isinstance(subject, Transmission):
            return self._transmission(session, subject, by)
        if subject.direction == INBOUND:
            return self._inbound(session, subject, by)
        return self._outbound(session, subject, by)

    # What was received: the sender is told, unless it was told that it failed already.

    def _receipt(self, session: Session, row: Receipt, by: Instruction) -> Done:
        if row.state is ReceiptState.OPENED:
            raise NotPossible(f"File {row.id} was opened: call off its documents, `tally doc cancel ID` for each.")
        if row.state not in (ReceiptState.PENDING, ReceiptState.QUARANTINED, ReceiptState.DEAD):
            raise _at_its_end(f"File {row.id}", row)
        if documents.of_receipt(session, row.id):
            raise NotPossible(
                f"Documents of file {row.id} were taken in already, so it must come to its end: `tally doc retry {row.id}`. "
                "What has not reached the ERP then can be called off by document."
            )
        self.work.call_off(session, self.work.on(session, row, inbound.OPEN), by.reason)
        receipts.close(row, ReceiptState.REJECTED, reason=_reason(by))
        told = None
        if not transmissions.answering(session, row.id):
            told = self._tell(session, row, f"The file {row.filename}")
        Chronicle(self.clock, by.actor).of_receipt(
            Step.CANCELLED, row, outcome=by.reason, detail=_what_was_told(told)
        ).write(session)
        return Done("file", row.id, row.state, _CALLED_OFF + _told(row.partner, told))

    def _inbound(self, session: Session, row: DocumentRow, by: Instruction) -> Done:
        if row.state is DocumentState.DELIVERED:
            raise NotPossible(f"The ERP has document {row.id}: withdraw it there.")
        if row.state not in (DocumentState.PENDING, DocumentState.QUARANTINED, DocumentState.DEAD):
            raise _at_its_end(f"Document {row.id}", row)
        items = self.work.on(session, row, inbound.DELIVER)
        if row.state is DocumentState.PENDING and not items and erp_decides(session, row.id):
            raise NotPossible(f"The ERP has document {row.id} and has not decided yet: withdraw it there.")
        self.work.call_off(session, items, by.reason)
        documents.close(row, DocumentState.REJECTED, reason=_reason(by))
        file = session.get_one(Receipt, row.receipt_id)
        told = self._tell(session, file, f"{row.type} {row.number or ''}".rstrip()) if self._owed(row) else None
        Chronicle(self.clock, by.actor).of_document(
            Step.CANCELLED, row, outcome=by.reason, detail=_what_was_told(told)
        ).write(session)
        return Done("document", row.id, row.state, _CALLED_OFF + _told(row.partner, told))

    def _owed(self, row: DocumentRow) -> bool:
        """Whether its sender believes that it was taken."""
        return row.set_id not in _ANSWERS and row.partner_reason is None

    def _tell(self, session: Session, file: Receipt, what: str) -> Transmission | None:
        """Tell the sender in words; what carries that, None where there is no way to. The reason is the administrator's and stays here."""
        partner = PartnerId(file.partner)
        applied = registry.current(session, partner)
        if applied is None or not applied.profile.is_active:
            return None
        filename, data = called_off(file.filename, what)
        return self.outbound.report(session, partner, filename, data, answers=ReceiptId(file.id))

    # What is to leave: the ERP is told about its orders.

    def _outbound(self, session: Session, row: DocumentRow, by: Instruction) -> Done:
        if row.state is DocumentState.DELIVERED:
            raise NotPossible(
                f"{row.type} {row.number} was sent to {row.partner}. What was ordered is changed by an order change (860): "
                "send a PurchaseOrderChange with `tally send`."
            )
        if row.state not in (DocumentState.PENDING, DocumentState.DEAD):
            raise _at_its_end(f"Document {row.id}", row)
        self.work.call_off(session, self.work.on(session, row, outbound.BUILD), by.reason)
        sent = None
        if row.transmission_id is not None:
            sent = session.get_one(Transmission, row.transmission_id, with_for_update=True, populate_existing=True)
            self._stop(session, sent, by)
        documents.close(row, DocumentState.CANCELLED, reason=_reason(by))
        enqueue_report(self.queue, session, row, OrderProgress.CANCELLED, _reason(by))
        Chronicle(self.clock, by.actor).of_document(Step.CANCELLED, row, transmission=sent, outcome=by.reason).write(
            session
        )
        return Done("document", row.id, row.state, _CALLED_OFF)

    def _transmission(self, session: Session, row: Transmission, by: Instruction) -> Done:
        carried = documents.of_transmission(session, row.id)
        if carried:
            return self._outbound(session, carried[0], by)
        self._stop(session, row, by)
        Chronicle(self.clock, by.actor).of_report(Step.CANCELLED, row, outcome=by.reason).write(session)
        return Done("transmission", row.id, row.state, _CALLED_OFF)

    def _stop(self, session: Session, row: Transmission, by: Instruction) -> None:
        """Bytes that were not handed over yet never will be. Their control numbers are used up all the same."""
        if row.state is TransmissionState.CANCELLED:
            raise _at_its_end(row.filename, row)
        if row.state not in (TransmissionState.READY, TransmissionState.FAILED):
            raise NotPossible(f"{row.filename} was handed over to {row.partner}: it is {row.state}.")
        self.work.call_off(session, self.work.on(session, row, outbound.TRANSMIT), by.reason)
        transmissions.move(row, TransmissionState.CANCELLED, reason=_reason(by))


def _at_its_end(what: str, row: Subject) -> NotPossible:
    return NotPossible(f"{what} is at its end: {row.state}. {row.reason or ''}".rstrip())


def _reason(by: Instruction) -> str:
    return f"Called off by {by.actor}: {by.reason}"


def _what_was_told(sent: Transmission | None) -> dict[str, Any]:
    """What the journal says of the notice to the sender."""
    return {"told": False} if sent is None else {"told": True, **what_answers(sent)}


def _told(partner: str, sent: Transmission | None) -> str:
    return f" {partner} is told." if sent is not None else ""
