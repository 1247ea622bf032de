"""Sending over AS2, top to bottom: the message is built once and stored, posted, and its MDN judged."""

import io
import mimetypes
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from canonical.errors import Ambiguous, Fault, Misconfigured
from canonical.identity import BlobDigest, PartnerId
from partners.registry import AppliedProfile
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.database.port import Database, one_at_a_time
from spool.identifiers import Identifiers
from spool.journal import Step
from spool.states import MessageState
from spool.tables import JsonObject

from ..as2.message import Attachment, build
from ..as2.mime.entity import read_entity
from ..as2.mime.headers import Headers
from ..as2.mime.span import whole
from ..as2.terms import ReceiptMode, Terms
from ..journaling import Chronicle
from ..senders.http import HttpAnswer, HttpClient, failure_of
from ..senders.port import Effects, Form, Parcel
from . import arrivals, proofs, sendings, telling
from .fresh import FreshNames
from .proofs import Proofs
from .sendings import Sending
from .terms import Agreements, posting
from .workspace import TemporaryWorkspace

X12 = "application/edi-x12"
ANY_TYPE = "application/octet-stream"


class NoMdn(Ambiguous):
    """The partner's server took the message, and no MDN came with its answer, where one was asked for."""

    fault = Fault.PARTNER


@dataclass(frozen=True, slots=True)
class As2Sender:
    """Posts what a transmission carries."""

    database: Database
    blobs: BlobStore
    clock: Clock
    identifiers: Identifiers
    agreements: Agreements
    proofs: Proofs
    client: HttpClient
    staging: Path
    domain: str

    def send(self, applied: AppliedProfile, parcel: Parcel) -> Effects:
        """Post the message that carries ``parcel``: the stored one, or a new one where there is none, where the partner refused it, or
        where it confirmed it and is to get the same bytes once more.

        Returns what is to be committed with the note that it was handed over. Raises the failures of :mod:`gateway.senders.http`,
        :class:`.proofs.NotTaken` and its neighbours, :class:`NoMdn`.
        """
        as2 = applied.profile.as2
        assert as2 is not None
        if as2.url is None:
            raise Misconfigured(
                f"The profile of {applied.partner} does not say where to post {parcel.filename}: give as2.url."
            )
        with self.database.read() as session:
            terms = self.agreements.terms(session, applied)
            sending = sendings.newest(session, parcel.transmission)
        receipt = terms.sending.receipt
        if receipt.mode is ReceiptMode.ASYNCHRONOUS and receipt.url is None:
            raise Misconfigured(
                f"{applied.partner} is to send asynchronous receipts, and nothing says where to: set as2_url in tally.toml to the URL "
                "at which partners reach us."
            )
        if sending is None or _is_over(sending, parcel):
            sending = self._built(applied, parcel, terms)
        if sending.state is MessageState.CONFIRMED:
            return _nothing
        answer = self._posted(sending, as2.url, applied)
        failure = failure_of(answer, as2.url, now=self.clock.now(), longest_wait=as2.http.longest_wait)
        if failure is not None:
            raise failure
        if sending.receipt == ReceiptMode.SYNCHRONOUS:
            self._prove(answer, sending, applied, terms)
            return _nothing
        return partial(self._handed_over, sending, applied)

    def _built(self, applied: AppliedProfile, parcel: Parcel, terms: Terms) -> Sending:
        """Build a message and store it; the one that another attempt stored meanwhile, where there is one."""
        fresh = FreshNames(self.identifiers, self.domain)
        now = self.clock.now()
        with TemporaryWorkspace(self.staging) as workspace:
            attachment = _attachment(parcel)
            message = build(
                [attachment], terms, message_id=fresh.message_id(), now=now, fresh=fresh, workspace=workspace
            )
            staged = self.blobs.stage_stream(message.body.chunks())
        receipt = terms.sending.receipt
        row = Sending(
            id=self.identifiers.new(),
            transmission=parcel.transmission,
            partner=applied.partner,
            sender=terms.own_name,
            recipient=terms.partner_name,
            message_id=message.message_id,
            headers=arrivals.written(message.headers),
            size=staged.size,
            mic=message.mic.written(),
            receipt=receipt.mode.value,
            signed_receipt=receipt.signed,
            state=MessageState.BUILT,
            built_at=now,
        )

        def keep(session: Session) -> Sending:
            one_at_a_time(session, "as2", parcel.transmission)
            other = sendings.newest(session, parcel.transmission)
            if other is not None and not _is_over(other, parcel):
                return other
            row.nth = 1 if other is None else other.nth + 1
            row.sha256 = self.blobs.put(session, staged)
            sendings.add(session, row)
            self._tell(session, Step.ENCLOSED, row, telling.whole(row))
            return row

        return self.database.write(keep)

    def _tell(self, session: Session, step: Step, row: Sending, says: JsonObject) -> None:
        told = Chronicle(self.clock)
        told.of_message(
            step,
            PartnerId(row.partner),
            transmission=row.transmission,
            outcome=row.message_id,
            detail={telling.ROWS: [says]},
        )
        told.write(session)

    def _posted(self, sending: Sending, url: str, applied: AppliedProfile) -> HttpAnswer:
        as2 = applied.profile.as2
        assert as2 is not None
        with self.database.read() as session:
            body = self.blobs.open(session, BlobDigest(sending.sha256))
        fields = [(name.encode(), value.encode()) for name, value in arrivals.read(sending.headers).pairs]
        with body:
            return self.client.post(url, fields, body, posting(as2, self.agreements.ourselves.shown))

    def _prove(self, answer: HttpAnswer, sending: Sending, applied: AppliedProfile, terms: Terms) -> None:
        """The MDN came with the answer: it is kept and judged. Raises where it does not prove that this message arrived."""
        if not answer.body.strip():
            raise NoMdn(
                f"The server of {applied.partner} took the message and answered {answer.status} without the MDN that was asked for. The "
                "same message is posted again; if that goes on, ask the partner whether its product answers asynchronously only."
            )
        headers = Headers(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.fields))
        with TemporaryWorkspace(self.staging) as workspace:
            judgement, about = self.proofs.take(
                headers,
                io.BytesIO(answer.body),
                applied,
                terms,
                size=len(answer.body),
                stage=lambda: self.blobs.stage_bytes(answer.body),
                remote=answer.address,
                workspace=workspace,
                answered=sending,
            )
        if about is None or about.id != sending.id:
            raise proofs.of_another(judgement)
        if (failed := proofs.failure(judgement)) is not None:
            raise failed

    def _handed_over(self, sending: Sending, applied: AppliedProfile, session: Session) -> None:
        """The partner's server took it. An asynchronous MDN may have been faster than this."""
        as2 = applied.profile.as2
        assert as2 is not None
        row = sendings.locked(session, sending.id)
        row.sent_at = row.sent_at or moment_of(session, self.clock)
        if row.state in (MessageState.BUILT, MessageState.OVERDUE):
            sendings.move(row, MessageState.SENT)
            row.due_at = None if row.receipt == ReceiptMode.NONE else self.clock.now() + as2.receipt_time
        self._tell(session, Step.POSTED, row, telling.changed(row, "state", "reason", "sent_at", "due_at"))


def _is_over(sending: Sending, parcel: Parcel) -> bool:
    """Whether another message must carry it."""
    return sending.state is MessageState.DECLINED or sending.id == parcel.beyond


def _nothing(_session: Session) -> None:
    """All that is to be committed was committed before."""


def _attachment(parcel: Parcel) -> Attachment:
    match parcel.form:
        case Form.X12:
            return Attachment(parcel.content, X12, parcel.filename)
        case Form.ENTITY:
            entity = read_entity(whole(parcel.content))
            return Attachment(entity.body.open(), entity.headers.get("content-type") or ANY_TYPE)
        case Form.FILE:
            return Attachment(parcel.content, file_type(parcel.filename), parcel.filename)


def file_type(filename: str) -> str:
    """As what a file that is no X12 is sent."""
    return mimetypes.guess_type(filename)[0] or ANY_TYPE
