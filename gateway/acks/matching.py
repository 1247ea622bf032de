"""Answers that come back: matched with what we sent, and what follows from them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from canonical.functional_acknowledgement import FunctionalAcknowledgement, SetAcknowledgement, SyntaxStatus
from canonical.identity import DocumentId, PartnerId, ReceiptId, TransmissionId
from canonical.interchange_acknowledgement import InterchangeAcknowledgement
from spool import documents, journal, transmissions
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.documents import DocumentRow
from spool.journal import Step
from spool.queue.port import WorkQueue
from spool.states import DocumentState, TransmissionState
from spool.transmissions import Transmission

from ..agreed_limits import ERP
from ..erp.port import OrderProgress
from ..journaling import what_was_not_read

REPORT = "report"
"""Work item: tell the ERP how far one of its orders has come."""

_STATE = {
    SyntaxStatus.ACCEPTED: TransmissionState.ACCEPTED,
    SyntaxStatus.ACCEPTED_WITH_ERRORS: TransmissionState.ACCEPTED_WITH_ERRORS,
    SyntaxStatus.PARTIALLY_ACCEPTED: TransmissionState.REJECTED,
    SyntaxStatus.REJECTED: TransmissionState.REJECTED,
}

_ANSWERED = {TransmissionState.ACCEPTED, TransmissionState.ACCEPTED_WITH_ERRORS, TransmissionState.REJECTED}


@dataclass(frozen=True, slots=True)
class Answers:
    """Matches what partners answer with the transmissions it is about."""

    clock: Clock
    queue: WorkQueue

    def match(
        self, session: Session, row: DocumentRow, answer: FunctionalAcknowledgement | InterchangeAcknowledgement
    ) -> str | None:
        """Move the transmission that ``answer`` names; None, or why it names nothing of ours."""
        if isinstance(answer, FunctionalAcknowledgement):
            return self._functional(session, row, answer)
        return self._interchange(session, row, answer)

    def _functional(self, session: Session, row: DocumentRow, answer: FunctionalAcknowledgement) -> str | None:
        transmission = transmissions.by_group(
            session, PartnerId(row.partner), answer.functional_id, _number(answer.group_control_number)
        )
        if transmission is None:
            return (
                f"It answers group {answer.group_control_number} ({answer.functional_id}), which was never sent to {row.partner}. "
                "Ask the partner which interchange it means."
            )
        transmission = transmissions.locked(session, transmission.id) or transmission
        by_set = {_number(answered.control_number): answered for answered in answer.sets}
        if self._answered(session, row, transmission, _STATE[answer.status], answer.status.value):
            for document in documents.of_transmission(session, transmission.id):
                answered = by_set.get(_number(document.set_control or ""))
                status = answered.status if answered is not None else answer.status
                self._document_answered(session, row, document, status, _faults(answered))
        return None

    def _interchange(self, session: Session, row: DocumentRow, answer: InterchangeAcknowledgement) -> str | None:
        transmission = transmissions.by_interchange(session, PartnerId(row.partner), answer.control_number.zfill(9))
        if transmission is None:
            return f"It answers interchange {answer.control_number}, which was never sent to {row.partner}."
        transmission = transmissions.locked(session, transmission.id) or transmission
        if answer.status != "rejected":
            self._journal(session, row, transmission, None, f"interchange {answer.status}", {})
        elif self._answered(
            session, row, transmission, TransmissionState.REJECTED, f"interchange rejected ({answer.note})"
        ):
            reason = f"The interchange was rejected with code {answer.note}."
            for document in documents.of_transmission(session, transmission.id):
                self._document_answered(session, row, document, SyntaxStatus.REJECTED, reason)
        return None

    def _answered(
        self, session: Session, row: DocumentRow, transmission: Transmission, state: TransmissionState, outcome: str
    ) -> bool:
        """Whether this is the first verdict, which counts; a second one is recorded and changes nothing."""
        first = transmission.state not in _ANSWERED
        if first:
            transmissions.move(transmission, state, reason=None if state is TransmissionState.ACCEPTED else outcome)
            transmission.answered_at = moment_of(session, self.clock)
        told: dict[str, Any] = (
            {"answer": row.id} if first else {"answer": row.id, "ignored": f"answered before: {transmission.state}"}
        )
        self._journal(session, row, transmission, None, outcome, told)
        return first

    def _document_answered(
        self, session: Session, row: DocumentRow, document: DocumentRow, status: SyntaxStatus, faults: str
    ) -> None:
        progress = OrderProgress.ACCEPTED
        if document.state is DocumentState.PENDING:
            # The answer overtook our own note that it was sent.
            documents.close(document, DocumentState.DELIVERED)
        if status in (SyntaxStatus.REJECTED, SyntaxStatus.PARTIALLY_ACCEPTED):
            progress = OrderProgress.REJECTED
            if document.state is DocumentState.DELIVERED:
                documents.close(
                    document, DocumentState.REJECTED, reason=f"The partner could not read it. {faults}".strip()
                )
        transmission = transmissions.get(session, document.transmission_id or "")
        if transmission is not None:
            self._journal(session, row, transmission, document, status.value, {"faults": faults} if faults else {})
        enqueue_report(self.queue, session, document, progress, faults)

    def _journal(
        self,
        session: Session,
        row: DocumentRow,
        transmission: Transmission,
        document: DocumentRow | None,
        outcome: str,
        detail: dict[str, Any],
    ) -> None:
        journal.record(
            session,
            self.clock,
            step=Step.MATCHED,
            outcome=outcome,
            partner=PartnerId(row.partner),
            receipt_id=ReceiptId(row.receipt_id) if row.receipt_id and document is None else None,
            document_id=DocumentId(document.id) if document is not None else DocumentId(row.id),
            transmission_id=TransmissionId(transmission.id),
            # What answers is told of here for the first time.
            detail=detail if document is not None else {**what_was_not_read(row), **detail},
        )

    def overdue(self, session: Session) -> int:
        """Mark what the partner should have answered by now; how many were marked."""
        late = [row for row in transmissions.overdue(session, self.clock.now()) if self._still_waits(session, row)]
        for transmission in late:
            transmissions.move(transmission, TransmissionState.OVERDUE, reason="No acknowledgement came in time.")
            for document in documents.of_transmission(session, transmission.id):
                journal.record(
                    session,
                    self.clock,
                    step=Step.OVERDUE,
                    partner=PartnerId(transmission.partner),
                    document_id=DocumentId(document.id),
                    transmission_id=TransmissionId(transmission.id),
                    detail={"due": str(transmission.answer_due_at)},
                )
                enqueue_report(self.queue, session, document, OrderProgress.OVERDUE, "No acknowledgement came in time.")
        return len(late)

    def _still_waits(self, session: Session, row: Transmission) -> bool:
        """Whether no other node has noted an answer since it was found."""
        transmissions.locked(session, row.id)
        return row.state in (TransmissionState.SENT, TransmissionState.COLLECTED)


def enqueue_report(
    queue: WorkQueue, session: Session, document: DocumentRow, progress: OrderProgress, message: str = ""
) -> None:
    """Have the ERP told about one of its orders; nothing for documents that did not come from it."""
    if document.origin is None:
        return
    queue.enqueue(
        session,
        kind=REPORT,
        lane=report_lane(document.partner, document.number),
        payload={"document": document.id, "progress": progress.value, "message": message},
        partner=document.partner,
        endpoint=ERP,
        unique_key=f"{REPORT}:{document.id}:{progress.value}",
    )


def report_lane(partner: str, number: str | None) -> str:
    """The ERP is told of one order in the order in which things happened to it."""
    return f"erp:{partner}:{number}"


def _number(control_number: str) -> str:
    """Control numbers are compared as numbers where they are numbers: partners strip leading zeros."""
    return control_number.lstrip("0") if control_number.isdigit() else control_number


def _faults(answered: SetAcknowledgement | None) -> str:
    """The partner's findings in a line: segment, position, element and code as the 997 gives them."""
    if answered is None:
        return ""
    parts = []
    for fault in answered.faults:
        elements = ", ".join(
            f"element {element.position:02d} code {element.code}" + (f" ({element.value})" if element.value else "")
            for element in fault.elements
        )
        parts.append(f"{fault.segment} at {fault.position}: " + (elements or f"code {fault.code}"))
    return "; ".join(parts)
