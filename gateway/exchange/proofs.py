"""What comes back for messages of ours: each MDN is kept as it came, judged, and moves what it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from canonical.errors import Fault, Retryable, TallyError
from canonical.identity import BlobDigest, PartnerId
from partners.registry import AppliedProfile
from spool import documents, transmissions
from spool.blobs import BlobStore, StagedBlob
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database
from spool.identifiers import Identifiers
from spool.journal import BlobRole, NamedBlob, Step
from spool.queue.port import WorkQueue
from spool.states import DocumentState, MessageState, TransmissionState

from ..acks.matching import enqueue_report
from ..as2.answer import Judgement, Outcome, SentMessage, judge, named_message
from ..as2.cms.algorithms import Digest
from ..as2.disposition import Reason
from ..as2.mic import read_mic
from ..as2.mime.headers import Headers
from ..as2.mime.span import Readable
from ..as2.mime.workspace import Workspace
from ..as2.terms import Terms
from ..erp.port import OrderProgress
from ..journaling import Chronicle
from ..printable import shortened
from . import arrivals, sendings, telling
from .arrivals import Arrival, ArrivalKind
from .keeping import has_room
from .refusals import RefusalCounter, RefusalKind
from .sendings import Sending

_log = structlog.get_logger(__name__)

_STEP = {
    MessageState.CONFIRMED: Step.CONFIRMED,
    MessageState.DECLINED: Step.DECLINED,
    MessageState.UNPROVEN: Step.UNPROVEN,
}

_DONE = {MessageState.CONFIRMED, MessageState.DECLINED}


class NotTaken(TallyError):
    """The partner's MDN says that it did not take the message, and will not until somebody changes something."""

    fault = Fault.PARTNER


class NotTakenNow(Retryable):
    """The partner's MDN says that it failed with the message in hand."""

    fault = Fault.PARTNER


class Unproven(TallyError):
    """What came back for a message proves nothing. It must not be taken for a receipt, and is not asked for again and again."""

    fault = Fault.PARTNER


@dataclass(frozen=True, slots=True)
class Proofs:
    """Keeps and judges MDNs."""

    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    refusals: RefusalCounter

    def take(
        self,
        headers: Headers,
        body: Readable,
        applied: AppliedProfile,
        terms: Terms,
        *,
        size: int,
        stage: Callable[[], StagedBlob],
        remote: str | None,
        workspace: Workspace,
        answered: Sending | None = None,
    ) -> tuple[Judgement, Sending | None]:
        """Judge what came as an MDN. Whatever it is, it is kept, and moves only the message that it proves something of.

        ``answered`` is the message on whose connection it came. What came on one of its own anybody may have posted, and of what proves
        nothing not all is kept; ``stage`` stages the body, which has ``size`` bytes, if it is.
        """
        named = named_message(headers, body)
        with self.database.read() as session:
            sending = answered if named is None else sendings.about(session, applied.partner, named)
        judgement = judge(headers, body, terms, sent=_sent(sending), now=self.clock.now(), workspace=workspace)
        about = None if judgement.outcome is Outcome.UNKNOWN_MESSAGE else sending
        if answered is None and _moves_nothing(judgement, about) and not self._has_room(applied.partner):
            self.refusals.note(
                applied.partner, RefusalKind.NOT_KEPT, size=size, remote=remote, why=f"As an MDN: {judgement.why}"
            )
            return judgement, about
        raw = stage()
        arrival = self._arrival(headers, applied.partner, terms, raw, remote, judgement, about)

        def commit(session: Session) -> None:
            self.blobs.put(session, raw)
            arrivals.add(session, arrival)
            self._settle(session, applied.partner, judgement, about, arrival, ours=answered is not None)

        self.database.write(commit)
        if not judgement.outcome.delivered:
            _log.warning("as2.mdn", partner=applied.partner, outcome=judgement.outcome.value, why=judgement.why)
        return judgement, about

    def _has_room(self, partner: PartnerId) -> bool:
        with self.database.read() as session:
            return has_room(session, partner, self.clock.now())

    def _settle(
        self,
        session: Session,
        partner: PartnerId,
        judgement: Judgement,
        sending: Sending | None,
        arrival: Arrival,
        *,
        ours: bool,
    ) -> None:
        """The first proof counts, and a proof counts more than what was no proof; anything else is recorded and changes nothing.

        ``ours`` is whether we made the connection that it came on.
        """
        told = Chronicle(self.clock)
        rows = [telling.whole(arrival)]
        detail: dict[str, Any] = {"arrival": arrival.id, "outcome": judgement.outcome.value, telling.ROWS: rows}
        if arrival.signed_by is not None:
            detail["signed_by"] = arrival.signed_by
        blobs = [NamedBlob(BlobRole.WIRE, BlobDigest(arrival.sha256), arrival.size)]
        if sending is None:
            told.of_message(Step.UNPROVEN, partner, outcome=judgement.why, detail=detail, blobs=blobs)
            told.write(session)
            return
        row = sendings.locked(session, sending.id)
        state = _state_after(judgement)
        late = row.state is MessageState.OVERDUE
        if row.state in _DONE or (row.state is MessageState.UNPROVEN and state is MessageState.UNPROVEN):
            detail["ignored"] = f"it was {row.state} before"
        elif not ours and _moves_nothing(judgement, row):
            detail["ignored"] = "nothing shows that the partner wrote it; its own is still awaited"
        elif row.sent_at is None and _for_now(judgement):
            detail["ignored"] = "the same message is posted again"
        else:
            row.answered_at = moment_of(session, self.clock)
            sendings.move(row, state, reason=None if state is MessageState.CONFIRMED else judgement.why)
            rows.append(telling.changed(row, "state", "reason", "answered_at"))
            if late:
                detail["late"] = f"due at {row.due_at:%Y-%m-%d %H:%M} UTC"
            if state is not MessageState.CONFIRMED and row.sent_at is not None:
                self._failed(session, row, judgement)
        blobs.append(NamedBlob(BlobRole.SENT, BlobDigest(row.sha256), row.size))
        carried = documents.carried_by(session, row.transmission)
        transmission = transmissions.get(session, row.transmission)
        for document in carried:
            told.of_document(
                _STEP[state], document, transmission=transmission, outcome=judgement.why, detail=detail, blobs=blobs
            )
        if not carried:
            told.of_message(
                _STEP[state],
                partner,
                transmission=row.transmission,
                outcome=judgement.why,
                detail=detail,
                blobs=blobs,
            )
        told.write(session)

    def _failed(self, session: Session, row: Sending, judgement: Judgement) -> None:
        """What was handed over did not arrive after all, or nothing proves that it did."""
        transmission = transmissions.locked(session, row.transmission)
        if transmission is not None and transmission.state is TransmissionState.SENT:
            transmissions.move(transmission, TransmissionState.FAILED, reason=judgement.why)
        if _state_after(judgement) is not MessageState.DECLINED:
            return
        for document in documents.of_transmission(session, row.transmission):
            if document.state is DocumentState.DELIVERED:
                documents.close(document, DocumentState.REJECTED, reason=judgement.why)
                enqueue_report(self.queue, session, document, OrderProgress.REJECTED, judgement.why)

    def overdue(self, session: Session) -> int:
        """Note which MDNs did not come in time; how many."""
        late = sendings.overdue(session, self.clock.now())
        told = Chronicle(self.clock)
        for row in late:
            sendings.move(row, MessageState.OVERDUE, reason=f"No MDN came by {row.due_at:%Y-%m-%d %H:%M} UTC.")
            told.of_message(
                Step.OVERDUE,
                PartnerId(row.partner),
                transmission=row.transmission,
                outcome=row.reason or "",
                detail={"message_id": row.message_id, telling.ROWS: [telling.changed(row, "state", "reason")]},
            )
        told.write(session)
        return len(late)

    def _arrival(
        self,
        headers: Headers,
        partner: PartnerId,
        terms: Terms,
        raw: StagedBlob,
        remote: str | None,
        judgement: Judgement,
        sending: Sending | None,
    ) -> Arrival:
        report = judgement.report
        return Arrival(
            id=self.identifiers.new(),
            at=self.clock.now(),
            kind=ArrivalKind.MDN,
            partner=partner,
            sender=terms.partner_name,
            recipient=terms.own_name,
            message_id=headers.get("message-id"),
            remote=remote,
            headers=arrivals.written(headers),
            sha256=raw.digest,
            size=raw.size,
            outcome=judgement.outcome.value,
            disposition=None if report is None else _said(report.disposition_field),
            why=judgement.why,
            mic=None if report is None else _said(report.mic_field),
            signed_by=judgement.signed_by.fingerprint if judgement.signed_by else None,
            sending=None if sending is None else sending.id,
        )


def _said(text: str | None) -> str | None:
    return None if text is None else shortened(text)


def _moves_nothing(judgement: Judgement, sending: Sending | None) -> bool:
    """Whether what came on a connection of its own changes nothing, whatever else it says: anybody may have posted it."""
    return sending is None or (sending.signed_receipt and judgement.signed_by is None)


def failure(judgement: Judgement) -> TallyError | None:
    """What an attempt ended with whose MDN came on the same connection; None where it proves that the message arrived."""
    if judgement.outcome.delivered:
        return None
    if judgement.outcome is Outcome.REFUSED:
        if _for_now(judgement):
            return NotTakenNow(f"The partner did not take the message. {judgement.why} It is tried again.")
        return NotTaken(f"The partner did not take the message. {judgement.why} {_advice(judgement)}")
    return Unproven(
        f"The partner answered with an MDN that proves nothing ({judgement.outcome.value}). {judgement.why} "
        "Ask the partner whether it has the message; `tally doc retry` posts the same message again, which it recognises."
    )


def of_another(judgement: Judgement) -> Unproven:
    """What an attempt ended with that was answered by an MDN about another message, however well that one is proven."""
    named = judgement.report.original_message_id if judgement.report else None
    named = shortened(named or "it names none")
    return Unproven(
        f"The partner answered with an MDN about another message ({named}), which proves nothing about this one. "
        "Ask the partner whether it has the message; `tally doc retry` posts the same message again, which it recognises."
    )


_ADVICE = {
    Reason.AUTHENTICATION_FAILED: "It does not know the certificate we sign with: `tally cert export` writes it.",
    Reason.DECRYPTION_FAILED: (
        "It cannot decrypt with the certificate we have of it: ask for its current one, then `tally cert import`. Some, this gateway among "
        "them, say no more than that either where they do not know the certificate we sign with, which `tally cert export` writes, or "
        "agreed on something else. Compare as2.sign and as2.encrypt in the profile with what was agreed."
    ),
    Reason.INSUFFICIENT_MESSAGE_SECURITY: "Compare as2.sign and as2.encrypt in the profile with what was agreed.",
    Reason.UNKNOWN_TRADING_PARTNER: "Compare as2.id and our AS2 name with what the partner has, also their case.",
    Reason.UNKNOWN_TRADING_RELATIONSHIP: "Compare as2.id and our AS2 name with what the partner has, also their case.",
    Reason.DECOMPRESSION_FAILED: "It may not know compression: set as2.compress to none.",
    Reason.UNSUPPORTED_MIC_ALGORITHMS: "Agree on another digest and set as2.sign to it.",
}


def _advice(judgement: Judgement) -> str:
    reason = _reason(judgement)
    return "Show this to the partner." if reason is None else _ADVICE.get(reason, "Show this to the partner.")


def _for_now(judgement: Judgement) -> bool:
    """Whether the partner failed rather than refused, so that the same message may be taken later."""
    return judgement.outcome is Outcome.REFUSED and _reason(judgement) is Reason.UNEXPECTED_PROCESSING_ERROR


def _reason(judgement: Judgement) -> Reason | None:
    return judgement.report.disposition.reason if judgement.report and judgement.report.disposition else None


def _state_after(judgement: Judgement) -> MessageState:
    if judgement.outcome.delivered:
        return MessageState.CONFIRMED
    return MessageState.DECLINED if judgement.outcome is Outcome.REFUSED else MessageState.UNPROVEN


def _sent(sending: Sending | None) -> SentMessage | None:
    if sending is None:
        return None
    mic = read_mic(sending.mic, unnamed=Digest.SHA1)
    assert mic is not None
    return SentMessage(sending.message_id, mic, sending.signed_receipt)
