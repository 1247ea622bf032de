"""`tally doc replay`: done anew from what it was made of, by the profile of then or of now, and linked to the original."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId
from partners import registry
from partners.registry import AppliedProfile
from spool import documents, receipts
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.documents import INBOUND, DocumentRow
from spool.identifiers import Identifiers
from spool.journal import Step
from spool.queue.port import WorkQueue
from spool.receipts import Receipt
from spool.states import DocumentState, ReceiptState
from spool.transmissions import Transmission

from .. import inbound, outbound
from ..journaling import Chronicle, what_leaves
from .instruction import Done, Instruction, NotPossible
from .replay import SETTLED, Replay
from .subject import file_of, find
from .superseding import Superseding
from .suspension import refuse_suspended
from .underway import refuse_second_of_file, refuse_second_of_number, refuse_second_of_received, refuse_second_of_sent
from .work import Work

TRANSPORT = "replay"
"""By which way a replayed file came: none of the partner's."""


class ProfileOf(StrEnum):
    """By which profile something is replayed."""

    NOW = "now"
    THEN = "then"


@dataclass(frozen=True, slots=True)
class Replaying:
    """Every method works in the caller's transaction and raises NotPossible where a replay makes no sense."""

    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    work: Work
    superseding: Superseding

    def replay(
        self, session: Session, identifier: str, by: Instruction, profile: ProfileOf, *, redeliver: bool = False
    ) -> Done:
        """Read a received file, or build a sent document, anew. What was delivered is left alone unless ``redeliver`` says so."""
        subject = find(session, identifier)
        if isinstance(subject, Transmission):
            subject = self._carried(session, subject)
        if isinstance(subject, Receipt):
            return self._file(session, subject, None, by, profile, redeliver=redeliver)
        if subject.direction == INBOUND:
            return self._file(session, file_of(session, subject), subject, by, profile, redeliver=redeliver)
        return self._sent(session, subject, by, profile, redeliver=redeliver)

    def _carried(self, session: Session, row: Transmission) -> DocumentRow:
        carried = documents.of_transmission(session, row.id)
        if carried:
            return carried[0]
        raise NotPossible(
            f"{row.filename} is a report on file {row.answers} and is made anew by replaying that file. "
            f"To send the same bytes once more: `tally doc retry {row.id} --reason TEXT`."
        )

    # What was received

    def _file(
        self,
        session: Session,
        file: Receipt,
        document: DocumentRow | None,
        by: Instruction,
        profile: ProfileOf,
        *,
        redeliver: bool,
    ) -> Done:
        if document is None:
            self._may_replay_file(session, file, redeliver=redeliver)
        else:
            self._may_replay_document(session, document, file, redeliver=redeliver)
        self._kept(session, file.sha256, f"File {file.id}")
        applied = self._profile(session, file.partner, profile, self._version_of(session, file, document))
        named = DocumentId(document.id) if document is not None else None
        asked = Replay(ReceiptId(file.id), applied.version, redeliver, named)
        replay = self._keep(session, file, asked, by)
        step = Step.RELEASED if _is_quarantined(file, document) else Step.REPLAYED
        detail = {"as": replay.id, "profile": applied.version, "redeliver": redeliver}
        if document is None:
            Chronicle(self.clock, by.actor).of_receipt(step, file, outcome=by.reason, detail=detail).write(session)
        else:
            Chronicle(self.clock, by.actor).of_document(step, document, outcome=by.reason, detail=detail).write(session)
        self.superseding.receipt(session, file, replay, inbound.OPEN)
        return Done(
            "file" if document is None else "document",
            file.id if document is None else document.id,
            file.state if document is None else document.state,
            f"Its file is read anew by version {applied.version} of the profile, as file {replay.id}.",
            replay.id,
        )

    def _keep(self, session: Session, file: Receipt, asked: Replay, by: Instruction) -> Receipt:
        """The same bytes as a file of their own, and the work of opening it."""
        row = Receipt(
            id=self.identifiers.new(),
            partner=file.partner,
            transport=TRANSPORT,
            filename=file.filename,
            sha256=file.sha256,
            size=file.size,
            received_at=moment_of(session, self.clock),
            state=ReceiptState.PENDING,
            replays=file.id,
        )
        receipts.add(session, row)
        Chronicle(self.clock, by.actor).of_receipt(
            Step.RECEIVED,
            row,
            outcome=f"replays {file.id}: {by.reason}",
            detail={"file": row.filename, "bytes": row.size, "transport": row.transport}
            | {"replays": file.id, "profile": asked.profile},
        ).write(session)
        self.queue.enqueue(
            session,
            kind=inbound.OPEN,
            lane=inbound.lane_from(file.partner),
            payload={"receipt": row.id, "replay": asked.as_payload()},
            partner=file.partner,
            unique_key=f"{inbound.OPEN}:{row.id}",
        )
        return row

    def _may_replay_file(self, session: Session, file: Receipt, *, redeliver: bool) -> None:
        if file.state is ReceiptState.PENDING:
            raise NotPossible(
                f"File {file.id} is still on its way; wait, or call it off: `tally doc cancel {file.id}`."
            )
        if file.state is ReceiptState.DUPLICATE:
            raise NotPossible(f"File {file.id} is a duplicate: {file.reason} Replay that one.")
        refuse_second_of_file(session, file)
        if file.state is ReceiptState.OPENED and not redeliver:
            states = {row.state for row in documents.of_receipt(session, file.id)}
            if states <= set(SETTLED):
                raise NotPossible(
                    f"Everything in file {file.id} was delivered, is on its way, or is a duplicate. "
                    "To give it to the ERP once more, as a new revision, add --redeliver."
                )

    def _may_replay_document(self, session: Session, document: DocumentRow, file: Receipt, *, redeliver: bool) -> None:
        if document.state is DocumentState.PENDING:
            raise NotPossible(
                f"Document {document.id} is still on its way; wait, or call it off: `tally doc cancel {document.id}`."
            )
        refuse_second_of_received(session, self.work, document, file)
        if document.state in SETTLED and not redeliver:
            raise NotPossible(
                f"Document {document.id} is {document.state}{f': {document.reason}' if document.reason else '.'} "
                "To give it to the ERP once more, as a new revision, add --redeliver."
            )
        if redeliver and document.business_key is None:
            raise NotPossible(f"Document {document.id} never goes to the ERP; replay it without --redeliver.")

    def _version_of(self, session: Session, file: Receipt, document: DocumentRow | None) -> int | None:
        """The version of the profile that was in force when the file was read, or when it came."""
        rows = [document] if document is not None else documents.of_receipt(session, file.id)
        known = next((row.profile_version for row in rows if row.profile_version is not None), None)
        if known is not None:
            return known
        then = registry.at(session, PartnerId(file.partner), file.received_at)
        return None if then is None else then.version

    # What was sent

    def _sent(
        self, session: Session, row: DocumentRow, by: Instruction, profile: ProfileOf, *, redeliver: bool
    ) -> Done:
        self._may_build_anew(session, row, redeliver=redeliver)
        self._kept(session, row.canonical_sha256 or "", f"Document {row.id}")
        applied = self._profile(session, row.partner, profile, row.profile_version)
        answers = self._answers(session, row)
        anew = DocumentRow(
            id=self.identifiers.new(),
            direction=row.direction,
            partner=row.partner,
            type=row.type,
            number=row.number,
            business_key=row.business_key,
            content_sha256=row.content_sha256,
            canonical_sha256=row.canonical_sha256,
            test=row.test,
            origin=row.origin,
            created_at=moment_of(session, self.clock),
            replays=row.id,
        )
        orders = documents.order_numbers_of(session, row.id)
        documents.add(session, anew, orders)
        detail = {"as": anew.id, "profile": applied.version, "redeliver": redeliver}
        Chronicle(self.clock, by.actor).of_document(Step.REPLAYED, row, outcome=by.reason, detail=detail).write(session)
        Chronicle(self.clock, by.actor).of_document(
            Step.SUBMITTED,
            anew,
            outcome=f"replays {row.id}: {by.reason}",
            detail={**what_leaves(anew, orders), "profile": applied.version},
        ).write(session)
        self.queue.enqueue(
            session,
            kind=outbound.BUILD,
            lane=outbound.lane_to(row.partner),
            payload={"document": anew.id, "answers": answers, "profile": applied.version},
            partner=row.partner,
            unique_key=f"{outbound.BUILD}:{anew.id}",
        )
        self.superseding.document(session, row, anew, outbound.BUILD)
        self._end_transmit(session, row, anew)
        return Done(
            "document",
            row.id,
            row.state,
            f"It is built anew by version {applied.version} of the profile, under new control numbers, as document {anew.id}.",
            anew.id,
        )

    def _may_build_anew(self, session: Session, row: DocumentRow, *, redeliver: bool) -> None:
        if row.state is DocumentState.PENDING:
            raise NotPossible(
                f"Document {row.id} is still on its way; to try it now: `tally doc retry {row.id}`, to stop it: `tally doc cancel`."
            )
        refuse_second_of_sent(session, row)
        if row.state is DocumentState.DUPLICATE and not redeliver:
            raise NotPossible(f"Document {row.id} is not sent any more: {row.reason} Replay that one.")
        if row.state in SETTLED and not redeliver:
            raise NotPossible(
                f"Document {row.id} was sent to {row.partner}{f': {row.reason}' if row.reason else '.'} The same bytes once more: "
                f"`tally doc retry {row.id}`. Under new control numbers, so that it counts twice if both arrive: add --redeliver."
            )
        if not redeliver:
            refuse_second_of_number(session, row)

    def _answers(self, session: Session, row: DocumentRow) -> str | None:
        """The receipt that an acknowledgement answers."""
        if row.transmission_id is not None:
            return session.get_one(Transmission, row.transmission_id).answers
        unbuilt = next(iter(self.work.on(session, row, outbound.BUILD)), None)
        return unbuilt.payload.get("answers") if unbuilt is not None else None

    def _end_transmit(self, session: Session, row: DocumentRow, anew: DocumentRow) -> None:
        """The old bytes are not sent any more."""
        if row.state is DocumentState.DUPLICATE and row.transmission_id is not None:
            old = session.get_one(Transmission, row.transmission_id)
            self.work.call_off(session, self.work.on(session, old, outbound.TRANSMIT), f"It was replayed as {anew.id}.")

    # Both

    def _profile(self, session: Session, partner: str, of: ProfileOf, then: int | None) -> AppliedProfile:
        current = registry.current(session, PartnerId(partner))
        if current is None:
            raise NotPossible(
                f"There is no profile of {partner}, so nobody can say what its files mean: write partners/{partner}.yaml and apply it."
            )
        refuse_suspended(current)
        if of is ProfileOf.NOW:
            return current
        if then is None:
            raise NotPossible(
                f"There was no profile of {partner} then; replay it by the profile of now: --profile now."
            )
        pinned = registry.version(session, PartnerId(partner), then)
        assert pinned is not None, f"version {then} of {partner} vanished"
        return pinned

    def _kept(self, session: Session, sha256: str, what: str) -> None:
        try:
            self.blobs.size(session, BlobDigest(sha256))
        except NotFound as error:
            raise NotPossible(f"{what} cannot be replayed: its bytes were pruned. Have it sent again.") from error


def _is_quarantined(file: Receipt, document: DocumentRow | None) -> bool:
    if document is not None:
        return document.state is DocumentState.QUARANTINED
    return file.state is ReceiptState.QUARANTINED
