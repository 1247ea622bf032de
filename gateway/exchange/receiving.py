"""Messages and MDNs that partners post to us, top to bottom: named, judged, kept together with the work and the answer, then answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from canonical.identity import BlobDigest, PartnerId
from partners import registry
from partners.registry import AppliedProfile
from spool.blobs import BlobStore, StagedBlob
from spool.clock import Clock
from spool.database.port import Database
from spool.identifiers import Identifiers
from spool.journal import BlobRole, NamedBlob, Step
from spool.queue.port import WorkQueue
from spool.tables import JsonObject

from ..as2.cem import Request as CertificateRequest
from ..as2.cem import Response as CertificateResponse
from ..as2.cem import is_exchange, read_exchange
from ..as2.disposition import Reason, refused
from ..as2.envelope import Envelope, Kind, bare, envelope_of, names_of
from ..as2.mdn import Mdn
from ..as2.mime.headers import Headers
from ..as2.mime.malformed import Malformed
from ..as2.payloads import Payload
from ..as2.receive import (
    Received,
    Rejected,
    answer_later,
    objection_to_fields,
    objection_to_parties,
    receive,
    reject,
    reject_stranger,
)
from ..as2.terms import Terms
from ..as2.unforeseen import NOT_OF_THE_MESSAGE, unforeseen
from ..inbound import Inbound
from ..journaling import Chronicle, as_role
from ..listeners.http import Answer, Head, Request, plain
from ..listeners.http.basic import BasicPasswords
from ..listeners.port import Arrival as FileArrival
from . import arrivals, telling
from .arrivals import RECEIVED, REFUSED, REPEATED, Arrival
from .certificates import CertificateMessages
from .door import refused_at_the_door
from .doorkeeper import Doorkeeper, named_sender
from .fresh import FreshNames
from .keeping import has_room
from .mdns import enqueue_mdn
from .post import Post, digest_of, digested, headers_of
from .post_book import PostBook, PreparedMdn, Record, mdn_of
from .proofs import Proofs
from .refusals import STRANGERS, RefusalCounter, RefusalKind
from .terms import Agreements
from .trial_text import is_trial
from .workspace import TemporaryWorkspace

TRANSPORT = "as2"

SHOWN = 80
"""Characters of a name that somebody else chose."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """With whom a post is exchanged, on which terms; ``key`` is what all attempts at its message share."""

    applied: AppliedProfile
    terms: Terms
    key: str


_Judge = Callable[[Post, Request, _Agreed, Arrival | None, TemporaryWorkspace], Answer]
"""What is made of a post that was let in; with the message of its name that was taken, if one was."""

_OF_THE_HOUSE = (TallyError, SQLAlchemyError, *NOT_OF_THE_MESSAGE)
"""What goes wrong here whatever is posted: nothing could be kept either, and the sender sends it again."""


@dataclass(frozen=True)
class As2Receiver:
    """Takes what is posted to ``/as2``: a :class:`gateway.listeners.http.port.Handler`."""

    database: Database
    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers
    inbound: Inbound
    agreements: Agreements
    proofs: Proofs
    certificates: CertificateMessages
    passwords: BasicPasswords
    staging: Path
    domain: str
    refusals: RefusalCounter
    book: PostBook
    remark: Callable[[], str]
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)

    def admit(self, head: Head) -> Answer | None:
        refusal = self.doorkeeper.admit(head)
        if refusal is not None and refusal.status == HTTPStatus.FORBIDDEN:
            why = f"AS2-From is {named_sender(head)[:SHOWN]!r}, whom no profile names, and its body is too large to be looked at."
            self.refusals.note(STRANGERS, RefusalKind.LOGIN, remote=head.peer.address, why=why)
        return refusal

    def ended(self, head: Head) -> None:
        self.doorkeeper.ended(head)

    def close(self) -> None:
        """No request comes any more: let go of what they needed."""
        self.passwords.close()
        self.refusals.write()

    def look_who_is_known(self) -> None:
        """Read again whom the profiles name; to be called now and then, and before the first request."""
        with self.database.read() as session:
            sections = [applied.profile.as2 for applied in registry.all(session)]
        self.doorkeeper.know({as2.id: as2.at_once for as2 in sections if as2 is not None})

    def answer(self, request: Request) -> Answer:
        """1. Who is it? 2. May it come in? 3. An MDN is judged, a message opened. 4. All of it is committed. 5. Then it is answered."""
        headers, now = headers_of(request.head), self.clock.now()
        try:
            return self._let_in(request, headers, envelope_of(headers, request.body), now, self._judged)
        except _OF_THE_HOUSE:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the bytes
            _log.exception("as2.unforeseen", remote=request.head.peer.address)
            return self._let_in(request, headers, names_of(headers), now, partial(self._unforeseen, error))

    def _let_in(self, request: Request, headers: Headers, envelope: Envelope, now: datetime, judge: _Judge) -> Answer:
        with TemporaryWorkspace(self.staging, request.in_hand) as workspace:
            with self.database.read() as session:
                applied = self._partner(session, envelope)
                if applied is None or applied.profile.as2 is None:
                    return self._stranger(Post(request.head, headers, envelope, self._staged(request), now))
                if (refusal := refused_at_the_door(applied.profile.as2, request.head, self.passwords)) is not None:
                    self.refusals.note(
                        applied.partner, RefusalKind.LOGIN, remote=request.head.peer.address, why=refusal.why
                    )
                    return refusal.answer
                terms = replace(self.agreements.terms(session, applied), remark=self.remark())
                key = arrivals.key_of(terms.partner_name, terms.own_name, bare(envelope.message_id or ""))
                earlier = arrivals.taken(session, key) if envelope.kind is Kind.MESSAGE else None
            post = self._post(request, headers, envelope, now, applied.partner)
            return judge(post, request, _Agreed(applied, terms, key), earlier, workspace)

    # 1. and 2. The names say who it is; the connection may have to prove it too.

    def _partner(self, session: Session, envelope: Envelope) -> AppliedProfile | None:
        if envelope.sender is None or envelope.recipient is None:
            return None
        return registry.by_as2_names(session, envelope.sender, envelope.recipient, self.agreements.ourselves.name)

    def _stranger(self, post: Post) -> Answer:
        """Nobody we know: it is kept and told so, unsigned."""
        objection = objection_to_parties(post.headers)
        reason, why = objection or (
            Reason.UNKNOWN_TRADING_PARTNER,
            "No profile has these AS2 names; they are compared with their case.",
        )
        rejected = reject_stranger(post.headers, reason, why, now=post.now, fresh=self._fresh())
        record = self.book.record(post, None, REFUSED, rejected.disposition.field, why, rejected.mdn)

        if self._may_keep(None, post):
            self.database.write(partial(self._turned_away, record, rejected))
        else:
            self._not_kept(STRANGERS, post, why)
        _log.warning("as2.stranger", remote=post.head.peer.address, why=why)
        return _answered(rejected.mdn, rejected)

    # 3. What it is, and whatever it is.

    def _judged(
        self, post: Post, request: Request, agreed: _Agreed, earlier: Arrival | None, workspace: TemporaryWorkspace
    ) -> Answer:
        if post.envelope.kind is Kind.MDN:
            return self._mdn(post, request, agreed, workspace)
        return self._message(post, request, agreed, earlier, workspace)

    def _unforeseen(
        self,
        error: Exception,
        post: Post,
        _request: Request,
        agreed: _Agreed,
        earlier: Arrival | None,
        _workspace: TemporaryWorkspace,
    ) -> Answer:
        """It is kept as it came, so that somebody can look into it, and its sender is told; unless it had been taken by then."""
        if earlier is not None and _is_repeated(post, agreed, earlier):
            return self._repeated(post, agreed, earlier)
        reason, why = Reason.UNEXPECTED_PROCESSING_ERROR, unforeseen(error)
        try:
            rejected = reject(post.headers, agreed.terms, reason, why, now=post.now, fresh=self._fresh())
        except Exception:  # noqa: BLE001 - whatever the bytes
            # What is asked for in return may be what cannot be read.
            _log.exception("as2.unforeseen", remote=post.head.peer.address)
            rejected = Rejected(None, refused(reason), why, "The message could not be processed.", None)
        answer = self._rejected(post, agreed.applied, rejected)
        return answer if rejected.mdn is not None else plain(500, rejected.text)

    # 3. A message.

    def _message(
        self,
        post: Post,
        request: Request,
        agreed: _Agreed,
        earlier: Arrival | None,
        workspace: TemporaryWorkspace,
    ) -> Answer:
        if not agreed.applied.profile.is_active:
            return self._suspended(post, agreed)
        if earlier is not None and _is_repeated(post, agreed, earlier):
            return self._repeated(post, agreed, earlier)
        judged = receive(
            post.headers, request.body, agreed.terms, now=post.now, fresh=self._fresh(), workspace=workspace
        )
        if isinstance(judged, Rejected):
            return self._rejected(post, agreed.applied, judged)
        if not post.staged:
            post = replace(post, raw=self._staged(request), staged=True)
        if earlier is not None:
            return self._again(post, agreed, earlier, judged)
        if is_exchange(judged.payloads):
            return self._certificates(post, agreed, judged)
        if is_trial(judged.payloads, judged.sender):
            return self._tried(post, agreed, judged)
        return self._received(post, agreed, judged, None)

    def _suspended(self, post: Post, agreed: _Agreed) -> Answer:
        why = f"{agreed.applied.profile.name} is suspended: nothing is exchanged, and what comes is kept as it came."
        told = "No messages are exchanged with you at present. Ask us why; send the message again once we agree."
        reason = Reason.UNKNOWN_TRADING_RELATIONSHIP
        rejected = reject(post.headers, agreed.terms, reason, why, now=post.now, fresh=self._fresh(), text=told)
        return self._rejected(post, agreed.applied, rejected)

    def _certificates(self, post: Post, agreed: _Agreed, received: Received) -> Answer:
        """A certificate exchange message: it brings no files. What is not signed proves not even whose it is."""
        try:
            if received.signed_by is None:
                raise Malformed("A certificate exchange message must be signed.")
            exchange = _read_exchange(received)
        except Malformed as error:
            rejected = reject(
                post.headers,
                agreed.terms,
                Reason.UNEXPECTED_PROCESSING_ERROR,
                str(error),
                now=post.now,
                fresh=self._fresh(),
                # Who signed the message knows what is in it; of another it may be somebody's who changed its ciphertext.
                text=None if received.signed_by is None else str(error),
            )
            return self._rejected(post, agreed.applied, rejected)
        return self._received(post, agreed, received, exchange)

    def _tried(self, post: Post, agreed: _Agreed, received: Received) -> Answer:
        """A test message of another gateway like this: its MDN proves the way, and nothing in it is for anybody."""
        record = self._taken(post, agreed, received, " ".join(("It is a test message.", *received.notes)))
        arrival = record.arrival

        def commit(session: Session) -> bool:
            kept = self.book.keep_once(session, record)
            if kept:
                told = Chronicle(self.clock)
                detail = {
                    "message_id": received.message_id,
                    "arrival": arrival.id,
                    "mic": arrival.mic,
                    telling.ROWS: [telling.whole(arrival)],
                }
                told.of_message(Step.TRIED, agreed.applied.partner, outcome=arrival.disposition or "", detail=detail)
                told.write(session)
            return kept

        if self.database.write(commit):
            return _answered(received.mdn, None)
        return self._slower(post, agreed, received)

    def _received(
        self,
        post: Post,
        agreed: _Agreed,
        received: Received,
        exchange: CertificateRequest | CertificateResponse | None,
    ) -> Answer:
        """4. Its files, the work on them and the MDN commit together."""
        partner = agreed.applied.partner
        files = [] if exchange else [self._file(post, partner, payload) for payload in received.payloads]
        signed = None if received.signed is None else self.blobs.stage_stream(received.signed.chunks())
        record = self._taken(post, agreed, received, " ".join(received.notes), signed)
        came_in = [*as_role(BlobRole.WIRE, post.raw), *as_role(BlobRole.SIGNED, signed)]

        def commit(session: Session) -> bool:
            if not self.book.keep_once(session, record):
                return False
            detail: JsonObject = {
                "message_id": received.message_id,
                "arrival": record.arrival.id,
                telling.ROWS: [telling.whole(record.arrival)],
            }
            if received.signed_by is not None:
                detail["signed_by"] = received.signed_by.fingerprint
            told = Chronicle(self.clock)
            receipts = [self.inbound.keep(session, each, detail=detail, blobs=came_in, told=told) for each in files]
            arrivals.add_files(session, record.arrival, receipts)
            if not receipts:
                disposition = record.arrival.disposition or ""
                told.of_message(Step.NOTIFIED, partner, outcome=disposition, detail=detail, blobs=came_in)
            self.book.tell_answered(told, record.arrival, receipts, received.mdn)
            told.write(session)
            if exchange is not None and received.signed_by is not None:
                self.certificates.take(session, agreed.applied, exchange, received.signed_by)
            return True

        if self.database.write(commit):
            return _answered(received.mdn, None)
        return self._slower(post, agreed, received)

    def _taken(
        self, post: Post, agreed: _Agreed, received: Received, why: str, signed: StagedBlob | None = None
    ) -> Record:
        """What is kept of a message that is taken, once whatever the attempts at it."""
        return self.book.record(
            post,
            agreed.applied.partner,
            RECEIVED,
            received.disposition.field,
            why,
            received.mdn,
            signed,
            only_once=agreed.key,
            mic=received.mic.written(),
            signed_by=received.signed_by.fingerprint if received.signed_by else None,
            decrypted_with=received.decrypted_with.certificate.fingerprint if received.decrypted_with else None,
        )

    def _slower(self, post: Post, agreed: _Agreed, received: Received) -> Answer:
        """Another attempt at the same message was faster by the time of one of these."""
        with self.database.read() as session:
            earlier = arrivals.taken(session, agreed.key)
        assert earlier is not None
        return self._again(post, agreed, earlier, received)

    def _again(self, post: Post, agreed: _Agreed, earlier: Arrival, received: Received) -> Answer:
        """Other bytes under a Message-ID that was taken: the same content wrapped anew is the same message, anything else is not."""
        if received.mic.written() == earlier.mic:
            return self._repeated(post, agreed, earlier)
        if self._brings_the_same(earlier, received):
            return self._wrapped_anew(post, agreed, earlier, received)
        why = f"Another message with this Message-ID was received on {earlier.at:%Y-%m-%d %H:%M} UTC."
        rejected = reject(post.headers, agreed.terms, Reason.DUPLICATE_DOCUMENT, why, now=post.now, fresh=self._fresh())
        return self._rejected(post, agreed.applied, rejected)

    def _repeated(self, post: Post, agreed: _Agreed, earlier: Arrival) -> Answer:
        """The partner missed our answer: it gets the one that is stored, and nothing is taken in again."""
        partner, told = agreed.applied.partner, f"It came before as {earlier.id}."
        wanted = self._wanted_now(post, agreed, earlier)
        record = None
        if self._may_keep(partner, post):
            record = self.book.record(post, partner, REPEATED, earlier.disposition, told, None)
        else:
            self._not_kept(partner, post, told)

        def commit(session: Session) -> None:
            rows: list[JsonObject] = []
            if record is not None:
                self.book.keep(session, record)
                rows.append(telling.whole(record.arrival))
            if wanted is not None:
                rows += self.book.answer_later(session, earlier, wanted)
            if rows:
                self._tell_repeated(session, partner, earlier, told, rows)
            if wanted is None and record is not None and earlier.mdn_url is not None:
                enqueue_mdn(self.queue, session, earlier, again=record.arrival.id)

        if record is not None or wanted is not None:
            self.database.write(commit)
        with self.database.read() as session:
            answered = arrivals.get(session, earlier.id) or earlier
            return _answered(self.book.stored_mdn(session, answered), None)

    def _wanted_now(self, post: Post, agreed: _Agreed, earlier: Arrival) -> PreparedMdn | None:
        """The MDN for a message that asked for none when it was taken, and does now."""
        if earlier.mdn_sha256 is not None or earlier.mic is None:
            return None
        mdn = answer_later(post.headers, agreed.terms, earlier.mic, now=post.now, fresh=self._fresh())
        return None if mdn is None else PreparedMdn(mdn, self.blobs.stage_bytes(mdn.body))

    def _brings_the_same(self, earlier: Arrival, received: Received) -> bool:
        """Whether a message has the files of one that was taken: its MIC may be by another algorithm, or over another wrapping."""
        with self.database.read() as session:
            taken = arrivals.digests_of(session, earlier.id)
        return bool(taken) and list(taken) == [digest_of(payload.content) for payload in received.payloads]

    def _wrapped_anew(self, post: Post, agreed: _Agreed, earlier: Arrival, received: Received) -> Answer:
        """The MDN that is stored would bring back a MIC that the partner did not take of this: it gets one of its own."""
        told = f"Its files came before as {earlier.id}, wrapped otherwise."
        disposition, mic = received.disposition.field, received.mic.written()
        record = self.book.record(post, agreed.applied.partner, REPEATED, disposition, told, received.mdn, mic=mic)

        def commit(session: Session) -> None:
            self.book.keep(session, record)
            self._tell_repeated(session, agreed.applied.partner, earlier, told, [telling.whole(record.arrival)])

        self.database.write(commit)
        return _answered(received.mdn, None)

    def _tell_repeated(
        self, session: Session, partner: PartnerId, earlier: Arrival, said: str, rows: Sequence[JsonObject]
    ) -> None:
        told = Chronicle(self.clock)
        detail = {"message_id": earlier.message_id, "arrival": earlier.id, telling.ROWS: rows}
        told.of_message(Step.REPEATED, partner, outcome=said, detail=detail)
        told.write(session)

    def _rejected(self, post: Post, applied: AppliedProfile, rejected: Rejected) -> Answer:
        if not self._may_keep(applied.partner, post):
            self._not_kept(applied.partner, post, rejected.why)
            # What is not kept is not posted later: the answer goes back at once, wherever else it was wanted.
            return _answered(rejected.mdn and replace(rejected.mdn, asynchronous_url=None), rejected)
        record = self.book.record(
            post, applied.partner, REFUSED, rejected.disposition.field, rejected.why, rejected.mdn
        )
        self.database.write(partial(self._turned_away, record, rejected))
        _log.warning("as2.refused", partner=applied.partner, disposition=rejected.disposition.field, why=rejected.why)
        return _answered(rejected.mdn, rejected)

    def _turned_away(self, record: Record, rejected: Rejected, session: Session) -> None:
        """It is kept, and the journal says so; of a stranger, that nobody knows whose it is."""
        self.book.keep(session, record)
        arrival = record.arrival
        told = Chronicle(self.clock)
        told.of_message(
            Step.TURNED_AWAY,
            None if arrival.partner is None else PartnerId(arrival.partner),
            outcome=rejected.why,
            detail={
                "message_id": rejected.message_id,
                "disposition": rejected.disposition.field,
                "arrival": arrival.id,
                telling.ROWS: [telling.whole(arrival)],
            },
            blobs=[
                NamedBlob(BlobRole.WIRE, BlobDigest(arrival.sha256), arrival.size),
                *mdn_of(arrival, rejected.mdn),
            ],
        )
        told.write(session)

    # 3. An MDN.

    def _mdn(self, post: Post, request: Request, agreed: _Agreed, workspace: TemporaryWorkspace) -> Answer:
        self.proofs.take(
            post.headers,
            request.body,
            agreed.applied,
            agreed.terms,
            size=post.raw.size,
            stage=lambda: post.raw if post.staged else self._staged(request),
            remote=post.head.peer.address,
            workspace=workspace,
        )
        return Answer(200)

    # What is kept

    def _may_keep(self, partner: PartnerId | None, post: Post) -> bool:
        return post.staged and self._has_room(partner, post.now)

    def _has_room(self, partner: PartnerId | None, now: datetime) -> bool:
        """Whether another post that proves nothing is kept: anybody can make those in a partner's name."""
        with self.database.read() as session:
            return has_room(session, partner, now)

    def _not_kept(self, partner: str, post: Post, why: str) -> None:
        self.refusals.note(partner, RefusalKind.NOT_KEPT, size=post.raw.size, remote=post.head.peer.address, why=why)
        _log.warning("as2.not_kept", partner=partner, remote=post.head.peer.address, bytes=post.raw.size, why=why)

    def _file(self, post: Post, partner: PartnerId, payload: Payload) -> FileArrival:
        return FileArrival(
            partner=partner,
            transport=TRANSPORT,
            filename=payload.filename or f"{self.identifiers.new()}.edi",
            payload=self.blobs.stage_stream(payload.content.chunks()),
            remote=post.head.peer.address,
        )

    def _post(self, request: Request, headers: Headers, envelope: Envelope, now: datetime, partner: PartnerId) -> Post:
        """A large body is made durable before it is known what it proves; not where nothing of the kind would be kept any more."""
        staged = request.path is None or self._has_room(partner, now)
        raw = self._staged(request) if staged else digested(request)
        return Post(request.head, headers, envelope, raw, now, staged)

    def _staged(self, request: Request) -> StagedBlob:
        if request.path is not None:
            return self.blobs.stage_file(request.path)
        request.body.seek(0)
        return self.blobs.stage_bytes(request.body.read())

    def _fresh(self) -> FreshNames:
        return FreshNames(self.identifiers, self.domain)


def _is_repeated(post: Post, agreed: _Agreed, earlier: Arrival) -> bool:
    """Whether a post brings the bytes of a message that was taken, and says beyond doubt that it is that one."""
    return earlier.sha256 == post.raw.digest and objection_to_fields(post.headers, agreed.terms) is None


def _read_exchange(received: Received) -> CertificateRequest | CertificateResponse:
    """Raises Malformed, also where it names another sender than the one who signed it."""
    exchange = read_exchange(received.payloads)
    if exchange.sender != received.sender:
        raise Malformed(
            f"The certificate exchange message is of {exchange.sender[:SHOWN]!r} by its TradingPartnerInfo/Name, and came from "
            f"{received.sender!r}."
        )
    return exchange


def _answered(mdn: Mdn | None, rejected: Rejected | None) -> Answer:
    """The MDN, where it goes back on this connection; else a status that says as much."""
    if mdn is not None and mdn.asynchronous_url is None:
        fields = tuple((name.encode(), value.encode()) for name, value in mdn.headers)
        return Answer(200, fields, mdn.body)
    if rejected is not None and mdn is None:
        return plain(400, rejected.text)
    return Answer(200)
