"""What is kept of what partners post: its row, the payloads that this names, the MDN it is answered with, and what the journal is told of
that."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from canonical.identity import BlobDigest, PartnerId, ReceiptId
from spool.blobs import BlobStore, StagedBlob
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.identifiers import Identifiers
from spool.journal import BlobRole, NamedBlob, Step
from spool.queue.port import WorkQueue
from spool.tables import JsonObject

from ..as2.envelope import bare
from ..as2.mdn import Mdn
from ..as2.refusal import LONGEST_WHY
from ..journaling import Chronicle
from ..printable import shortened
from . import arrivals, telling
from .arrivals import Arrival, ArrivalKind
from .mdns import enqueue_mdn
from .post import Post


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a post: its row, and the payloads that this names."""

    arrival: Arrival
    payloads: Sequence[StagedBlob]


@dataclass(frozen=True, slots=True)
class PreparedMdn:
    """An MDN that is not stored yet, and its body."""

    mdn: Mdn
    body: StagedBlob


@dataclass(frozen=True, slots=True)
class PostBook:
    """Keeps posts, each in the transaction of what is made of it, and the MDNs to them for who asks again."""

    blobs: BlobStore
    queue: WorkQueue
    clock: Clock
    identifiers: Identifiers

    def record(
        self,
        post: Post,
        partner: PartnerId | None,
        outcome: str,
        disposition: str | None,
        why: str,
        mdn: Mdn | None,
        signed: StagedBlob | None = None,
        **proven: str | None,
    ) -> Record:
        """What is to be kept of a post, and is not yet: ``mdn`` is what it is answered with, ``proven`` are columns of what is taken."""
        answer = None if mdn is None else self.blobs.stage_bytes(mdn.body)
        arrival = Arrival(
            id=self.identifiers.new(),
            at=post.now,
            kind=ArrivalKind.MESSAGE,
            partner=partner,
            sender=post.envelope.sender,
            recipient=post.envelope.recipient,
            message_id=post.envelope.message_id,
            remote=post.head.peer.address,
            headers=arrivals.written(post.headers),
            sha256=post.raw.digest,
            size=post.raw.size,
            outcome=outcome,
            disposition=disposition,
            why=shortened(why, LONGEST_WHY) or None,
            signed_sha256=None if signed is None else signed.digest,
            mdn_headers=None if mdn is None else arrivals.written(mdn.headers),
            mdn_sha256=None if answer is None else answer.digest,
            mdn_signed_by=None if mdn is None else mdn.signed_by,
            mdn_url=None if mdn is None else mdn.asynchronous_url,
            mdn_sent_at=None if mdn is None or mdn.asynchronous_url else self.clock.now(),
            **proven,
        )
        return Record(arrival, [each for each in (post.raw, answer, signed) if each is not None])

    def keep(self, session: Session, record: Record) -> None:
        """Keep it, with the work of posting its MDN where that goes elsewhere."""
        arrivals.add(session, record.arrival)
        self._keep_beside(session, record)

    def keep_once(self, session: Session, record: Record) -> bool:
        """As :meth:`keep`, unless another attempt at the same message was taken; whether it was kept."""
        if not arrivals.add_once(session, record.arrival):
            return False
        self._keep_beside(session, record)
        return True

    def _keep_beside(self, session: Session, record: Record) -> None:
        self.blobs.put_all(session, record.payloads)
        if record.arrival.mdn_url is not None:
            enqueue_mdn(self.queue, session, record.arrival)

    def tell_answered(self, told: Chronicle, arrival: Arrival, receipts: Sequence[str], mdn: Mdn | None) -> None:
        """Tell of each file in a message what it was answered with on its own connection."""
        if mdn is None or mdn.asynchronous_url is not None:
            return
        detail = {"mdn": mdn.message_id, "mic": arrival.mic, "signed_by": mdn.signed_by}
        for receipt in receipts:
            told.of_message(
                Step.ANSWERED,
                PartnerId(arrival.partner or ""),
                receipt=ReceiptId(receipt),
                outcome=arrival.disposition or "",
                detail=detail,
                blobs=mdn_of(arrival, mdn),
            )

    def stored_mdn(self, session: Session, arrival: Arrival) -> Mdn | None:
        """The MDN that a message was answered with, for the connection that it came on; None where it goes elsewhere."""
        if arrival.mdn_headers is None or arrival.mdn_sha256 is None or arrival.mdn_url is not None:
            return None
        headers = arrivals.read(arrival.mdn_headers)
        body = self.blobs.read(session, BlobDigest(arrival.mdn_sha256))
        return Mdn(bare(headers.get("message-id") or ""), headers, body, None)

    def answer_later(self, session: Session, earlier: Arrival, wanted: PreparedMdn) -> list[JsonObject]:
        """From now on it is the stored one; unless another repetition was faster, whose MDN that is then. What the journal is to be told
        that changed."""
        arrival, mdn = arrivals.locked(session, earlier.id), wanted.mdn
        if arrival is None or arrival.mdn_sha256 is not None:
            return []
        self.blobs.put(session, wanted.body)
        arrival.mdn_headers, arrival.mdn_sha256 = arrivals.written(mdn.headers), wanted.body.digest
        arrival.mdn_signed_by, arrival.mdn_url = mdn.signed_by, mdn.asynchronous_url
        arrival.mdn_sent_at = None if mdn.asynchronous_url else moment_of(session, self.clock)
        session.flush()
        told = Chronicle(self.clock)
        self.tell_answered(told, arrival, arrivals.receipts_of(session, arrival.id), mdn)
        told.write(session)
        if arrival.mdn_url is not None:
            enqueue_mdn(self.queue, session, arrival)
        return [telling.changed(arrival, "mdn_headers", "mdn_sha256", "mdn_signed_by", "mdn_url", "mdn_sent_at")]


def mdn_of(arrival: Arrival, mdn: Mdn | None) -> list[NamedBlob]:
    """The MDN that a message was answered with, by its body."""
    if mdn is None or arrival.mdn_sha256 is None:
        return []
    return [NamedBlob(BlobRole.ANSWER, BlobDigest(arrival.mdn_sha256), len(mdn.body))]
