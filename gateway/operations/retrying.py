"""`tally doc retry`: work that failed, or waits after a failure, is tried now, on the same bytes."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import registry
from spool import documents, receipts, transmissions
from spool.clock import Clock
from spool.documents import INBOUND, DocumentRow
from spool.journal import Step
from spool.queue.tables import WorkItem
from spool.receipts import Receipt
from spool.states import DocumentState, ItemState, ReceiptState, TransmissionState
from spool.transmissions import Transmission

from .. import inbound, outbound
from ..exchange import mdns, sendings
from ..exchange.arrivals import Arrival
from ..journaling import Chronicle
from ..outbound import Outbound
from ..unended import erp_decides
from .holding import Ready
from .instruction import Done, Instruction, NotPossible
from .subject import Subject, find
from .suspension import refuse_suspended
from .underway import refuse_second_of_number
from .work import Work

_ONCE_MORE = (TransmissionState.SENT, TransmissionState.COLLECTED, TransmissionState.OVERDUE)
"""Sent, and not yet answered: the partner may have missed it."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """Every method works in the caller's transaction and raises NotPossible where there is nothing to try again."""

    clock: Clock
    work: Work
    outbound: Outbound

    def retry(self, session: Session, identifier: str, by: Instruction) -> Done:
        """Try the work on a document, file or transmission again; or send what was sent and not answered once more."""
        subject = find(session, identifier)
        _active(session, subject.partner)
        if isinstance(subject, Receipt):
            return self._receipt(session, subject, by)
        if isinstance(subject, Transmission):
            return self._transmission(session, subject, by)
        if subject.direction == INBOUND:
            return self._inbound(session, subject, by)
        return self._outbound(session, subject, by)

    def item(self, session: Session, item: WorkItem, by: Instruction) -> Done:
        """Try a dead work item again, and with it what it was about."""
        if item.state is not ItemState.DEAD:
            raise NotPossible(f"Work item {item.id} is {item.state}; only what is dead is replayed: `tally dead list`.")
        if item.kind == inbound.OPEN:
            return self.retry(session, item.payload["receipt"], by)
        if item.kind == outbound.TRANSMIT:
            return self._dead_transmit(session, item, by)
        if item.kind == mdns.ANSWER:
            return self._dead_mdn(session, item, by)
        row = documents.get(session, item.payload["document"])
        if row is not None and row.state is DocumentState.DEAD:
            return self.retry(session, row.id, by)
        return self._item_alone(session, item, by)

    def _dead_transmit(self, session: Session, item: WorkItem, by: Instruction) -> Done:
        row = transmissions.get(session, item.payload["transmission"])
        if row is not None and row.state is TransmissionState.FAILED:
            return self.retry(session, row.id, by)
        return self._item_alone(session, item, by)

    def _dead_mdn(self, session: Session, item: WorkItem, by: Instruction) -> Done:
        arrival = session.get_one(Arrival, item.payload["arrival"])
        partner = PartnerId(arrival.partner or "")
        _active(session, partner)
        begun = self.work.again(session, [item], by.reason)
        told = Chronicle(self.clock, by.actor)
        told.of_message(Step.RETRIED, partner, outcome=by.reason, detail={"item": item.id, "arrival": arrival.id})
        told.write(session)
        return Done("work item", item.id, ItemState.OPEN, begun.did, held=begun.held)

    def _item_alone(self, session: Session, item: WorkItem, by: Instruction) -> Done:
        """Work whose failure nobody's state tells of: a report to the ERP, or bytes sent once more."""
        row = documents.get(session, item.payload.get("document", ""))
        sent = transmissions.get(session, item.payload.get("transmission", ""))
        if sent is not None:
            _active(session, sent.partner)
        begun = self.work.again(session, [item], by.reason)
        detail = {"item": item.id, "kind": item.kind}
        if row is not None:
            Chronicle(self.clock, by.actor).of_document(Step.RETRIED, row, outcome=by.reason, detail=detail).write(
                session
            )
        elif sent is not None:
            Chronicle(self.clock, by.actor).of_report(Step.RETRIED, sent, outcome=by.reason, detail=detail).write(
                session
            )
        return Done("work item", item.id, ItemState.OPEN, begun.did, held=begun.held)

    def _receipt(self, session: Session, row: Receipt, by: Instruction) -> Done:
        match row.state:
            case ReceiptState.DEAD:
                receipts.close(row, ReceiptState.PENDING)
            case ReceiptState.PENDING:
                pass
            case ReceiptState.DUPLICATE:
                raise NotPossible(f"File {row.id} is not worked on: {row.reason} Ask for that one.")
            case ReceiptState.OPENED:
                raise NotPossible(f"File {row.id} was opened; what became of its documents: `tally trail --doc ID`.")
            case _:
                raise NotPossible(
                    f"File {row.id} is {row.state}: the same would come of it. Mend what its reason names, then "
                    f"`tally doc replay {row.id} --reason TEXT`."
                )
        begun = self._again(session, row, inbound.OPEN, by.reason)
        Chronicle(self.clock, by.actor).of_receipt(Step.RETRIED, row, outcome=by.reason).write(session)
        return Done("file", row.id, row.state, begun.did, held=begun.held)

    def _inbound(self, session: Session, row: DocumentRow, by: Instruction) -> Done:
        match row.state:
            case DocumentState.DEAD:
                refuse_second_of_number(session, row)
                documents.close(row, DocumentState.PENDING)
            case DocumentState.PENDING:
                pass
            case DocumentState.DELIVERED:
                raise NotPossible(
                    f"The ERP has document {row.id}. To give it once more under a new revision: "
                    f"`tally doc replay {row.id} --redeliver --reason TEXT`."
                )
            case _:
                raise NotPossible(
                    f"Document {row.id} is {row.state}: the same would come of it. "
                    f"To read its file anew: `tally doc replay {row.id} --reason TEXT`."
                )
        return self._document_done(session, row, by, self._again(session, row, inbound.DELIVER, by.reason))

    def _outbound(self, session: Session, row: DocumentRow, by: Instruction) -> Done:
        sent = self._locked(session, row.transmission_id)
        match row.state:
            case DocumentState.DEAD:
                refuse_second_of_number(session, row)
                documents.close(row, DocumentState.PENDING)
                if sent is None:
                    begun = self._again(session, row, outbound.BUILD, by.reason)
                else:
                    begun = self._send_failed(session, sent, by)
            case DocumentState.PENDING if sent is None:
                begun = self._again(session, row, outbound.BUILD, by.reason)
            case DocumentState.PENDING | DocumentState.DELIVERED if sent is not None:
                begun = self._send(session, sent, by)
            case _:
                raise NotPossible(
                    f"Document {row.id} is {row.state}: {row.reason or ''} To build it anew, under new control numbers: "
                    f"`tally doc replay {row.id} --reason TEXT`."
                )
        return self._document_done(session, row, by, begun, sent)

    def _transmission(self, session: Session, row: Transmission, by: Instruction) -> Done:
        carried = documents.of_transmission(session, row.id)
        if carried:
            return self.retry(session, carried[0].id, by)
        begun = self._send(session, row, by)
        Chronicle(self.clock, by.actor).of_report(Step.RETRIED, row, outcome=by.reason).write(session)
        return Done("transmission", row.id, row.state, begun.did, held=begun.held)

    def _send_failed(self, session: Session, row: Transmission, by: Instruction) -> Ready:
        transmissions.move(row, TransmissionState.READY)
        return self._again(session, row, outbound.TRANSMIT, by.reason)

    def _send(self, session: Session, row: Transmission, by: Instruction) -> Ready:
        """Send built bytes: sooner when they wait, once more when they may have been missed."""
        if row.state is TransmissionState.FAILED:
            # It was sent before, and could not be sent once more.
            return self._send_failed(session, row, by)
        if row.state is TransmissionState.READY:
            return self._again(session, row, outbound.TRANSMIT, by.reason)
        if row.state is TransmissionState.CANCELLED:
            raise NotPossible(f"{row.filename} is {row.state}: {row.reason or ''} It is not sent any more.")
        if row.state not in _ONCE_MORE:
            raise NotPossible(
                f"The partner answered {row.filename}: it is {row.state}. It would take the same control number for a duplicate."
            )
        if row.state is TransmissionState.OVERDUE:
            # Its answer is waited for anew, from when it is sent.
            transmissions.move(row, TransmissionState.READY)
            row.sent_at = None
        did = "The same bytes are sent once more."
        if sendings.confirmed(session, row.id) is not None:
            did = "The partner's MDN says that it has them. The same bytes are sent once more, in a new message."
        item = self.outbound.send_again(session, row, by.reason)
        return self.work.ready(session, item, did)

    def _again(self, session: Session, subject: Subject, kind: str, reason: str) -> Ready:
        items = self.work.on(session, subject, kind)
        if not items and erp_decides(session, subject.id):
            raise NotPossible(
                f"{subject.id} waits for the decision of the ERP, which has it; nothing of ours is left to be done."
            )
        if not items:
            raise NotPossible(
                f"No work on {subject.id} is left that could be tried again. Call it off, `tally doc cancel {subject.id} --reason TEXT`, "
                f"and have it done anew, `tally doc replay {subject.id} --reason TEXT`."
            )
        return self.work.again(session, items, reason)

    def _locked(self, session: Session, transmission_id: str | None) -> Transmission | None:
        if transmission_id is None:
            return None
        return session.get_one(Transmission, transmission_id, with_for_update=True, populate_existing=True)

    def _document_done(
        self, session: Session, row: DocumentRow, by: Instruction, begun: Ready, sent: Transmission | None = None
    ) -> Done:
        Chronicle(self.clock, by.actor).of_document(Step.RETRIED, row, transmission=sent, outcome=by.reason).write(
            session
        )
        return Done("document", row.id, row.state, begun.did, held=begun.held)


def _active(session: Session, partner: str) -> None:
    current = registry.current(session, PartnerId(partner))
    if current is not None:
        refuse_suspended(current)
