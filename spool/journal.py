"""The journal: what happened, to what, when and by whom.

Rows are added in the transaction of what they tell of, and never changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Required, TypedDict, Unpack

from sqlalchemy import ForeignKey, Index, insert, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId, TransmissionId

from .clock import Clock
from .database.moment import moment_of
from .database.prepared import Prepared
from .tables import JSON_VALUE, Base, JsonObject, insert_numbered

OURSELVES = "tallystick"
"""The actor of what no person asked for."""


class Step(StrEnum):
    """What happened."""

    RECEIVED = "received"
    """A file arrived and is durable."""
    DUPLICATE = "duplicate"
    """A file or a document was recognised as one that came before."""
    QUARANTINED = "quarantined"
    """A file or a document was set aside for an administrator."""
    RELEASED = "released"
    """An administrator replayed something out of quarantine."""
    IDENTIFIED = "identified"
    """Partner and agreement of a file were found."""
    PARSED = "parsed"
    """A file was read into interchanges, groups and documents."""
    VALIDATED = "validated"
    """A document was checked; the outcome says how it went."""
    REJECTED = "rejected"
    """A file or a document was refused for errors in it."""
    TRANSLATED = "translated"
    """A document became a canonical one, or a canonical one became bytes."""
    CORRELATED = "correlated"
    """A document was joined to its order."""
    ACKNOWLEDGED = "acknowledged"
    """Our answer to a file was built."""
    DELIVERED = "delivered"
    """The ERP took a document."""
    OFFERED = "offered"
    """The ERP has a document, and decides later."""
    REFUSED = "refused"
    """The ERP said no to a document."""
    SUBMITTED = "submitted"
    """A document to send was taken in from the ERP, the API or a person."""
    BUILT = "built"
    """An outbound file got its control numbers and its bytes."""
    SENT = "sent"
    """An outbound file was handed over, or put where the partner collects it."""
    COLLECTED = "collected"
    """The partner fetched an outbound file."""
    ANSWERED = "answered"
    """Our MDN for a message was handed over; the outcome is what it says."""
    CONFIRMED = "confirmed"
    """The partner's MDN proves that it has exactly what was sent."""
    DECLINED = "declined"
    """The partner's MDN says that it did not take what was sent."""
    UNPROVEN = "unproven"
    """What came back as an MDN proves nothing; the outcome says why."""
    TURNED_AWAY = "turned_away"
    """A message over AS2 was refused: nothing in it was looked at, and its MDN says so."""
    TRIED = "tried"
    """A test message of a partner's came over AS2 and was answered; there is nothing in it to take in."""
    REPEATED = "repeated"
    """A message came over AS2 that had been taken in before; nothing of it was taken in again."""
    NOTIFIED = "notified"
    """A partner's message about certificates came over AS2; what became of them is told beside it."""
    ENCLOSED = "enclosed"
    """An AS2 message was built that carries an outbound file, the same at each attempt; the outcome is its Message-ID."""
    POSTED = "posted"
    """The partner's server took an AS2 message; its MDN comes later, where one was asked for. The outcome is its Message-ID."""
    MATCHED = "matched"
    """The partner's acknowledgement was matched to what we sent; the outcome is its verdict."""
    UNMATCHED = "unmatched"
    """An acknowledgement came for something we did not send."""
    OVERDUE = "overdue"
    """The partner's acknowledgement did not come in time."""
    FAILED = "failed"
    """An attempt failed and will be made again."""
    DEAD = "dead"
    """The last attempt failed; an administrator must act."""
    RETRIED = "retried"
    """An administrator had failed work tried again, or the same bytes sent once more."""
    REPLAYED = "replayed"
    """An administrator had something done anew from what it was made of."""
    CANCELLED = "cancelled"
    """An administrator called something off."""
    AGREED = "agreed"
    """A version of a partner's profile was put in force."""
    READ = "read"
    """Somebody read the record, or took a part of it along; the outcome says what."""
    ENTITLED = "entitled"
    """A user was added or removed, or given another role or token; the outcome says what."""
    LOGIN_REFUSED = "login_refused"
    """Somebody came to the pages or the API without a good token; the detail says how often since it was told last."""
    RENUMBERED = "renumbered"
    """An administrator set a control number."""
    REKEYED = "rekeyed"
    """A key of ours or a partner's certificate was added, approved, rejected or withdrawn."""
    EXPIRING = "expiring"
    """A certificate in use expires soon, or has expired; an administrator must act."""
    STARTED = "started"
    """A node began to serve."""
    STOPPED = "stopped"
    """A node ended as it should; where that is missing before the next start, it was killed."""
    CLOCK_SET = "clock_set"
    """The clock was put back; the outcome says by how much."""
    RESTORED = "restored"
    """The home was restored from a backup; what happened after that was made is not here."""
    PRUNED = "pruned"
    """What ended long ago was removed, as the settings say."""
    ERASED = "erased"
    """Something was erased because somebody asked for it."""
    HELD = "held"
    """A legal hold was placed: what it covers is not removed before it is released."""
    UNHELD = "unheld"
    """A legal hold was released."""
    SHARDED = "sharded"
    """A year of the ledger that is over was written out to be kept elsewhere."""
    STAMPED = "stamped"
    """A time-stamp authority stamped a checkpoint of the ledger; the detail has the digest of the stamp."""


ENDURING = frozenset({Step.PRUNED, Step.ERASED, Step.HELD, Step.UNHELD, Step.SHARDED, Step.STAMPED})
"""What says why something is missing, or must not be: these entries are never removed themselves."""


class JournalEntry(Base):
    """One thing that happened. ``id`` is the order in which things were committed.

    ``outcome`` says in a few words how it went; ``actor`` is ``tallystick``, or the person or program that asked for it;
    ``detail`` is for machines and for the curious.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_receipt_id", "receipt_id", sqlite_where=text("receipt_id IS NOT NULL")),
        Index("ix_journal_entry_document_id", "document_id", sqlite_where=text("document_id IS NOT NULL")),
        Index("ix_journal_entry_transmission_id", "transmission_id", sqlite_where=text("transmission_id IS NOT NULL")),
        Index("ix_journal_entry_step", "step"),
        # Numbers of rows are never used again, even if the last row were removed.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    step: Mapped[Step]
    outcome: Mapped[str] = mapped_column(default="")
    partner: Mapped[str | None]
    receipt_id: Mapped[str | None]
    document_id: Mapped[str | None]
    transmission_id: Mapped[str | None]
    actor: Mapped[str] = mapped_column(default=OURSELVES)
    detail: Mapped[JsonObject] = mapped_column(default=dict)


class LedgerOutbox(Base):
    """An entry that the ledger is still to be told of, committed with it; ``blobs`` are the payloads it is about, if there are any."""

    __tablename__ = "ledger_outbox"

    journal_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True, autoincrement=False)
    blobs: Mapped[list[JsonObject] | None] = mapped_column(JSON_VALUE)


class BlobRole(StrEnum):
    """What a payload is to what happened."""

    RECEIVED = "received"
    """A file's bytes as they came."""
    SENT = "sent"
    """The bytes that leave."""
    CANONICAL = "canonical"
    """A document as canonical JSON."""
    ANSWER = "answer"
    """The bytes of an answer: 997, TA1, report or MDN."""
    WIRE = "wire"
    """The body of an AS2 message or MDN as it came."""
    SIGNED = "signed"
    """The decrypted and still signed body of an AS2 message."""


@dataclass(frozen=True, slots=True)
class NamedBlob:
    """A payload of ``size`` bytes that an entry is about; one of a role."""

    role: BlobRole
    sha256: BlobDigest
    size: int

    def as_json(self) -> JsonObject:
        return {"role": self.role.value, "sha256": self.sha256, "size": self.size}


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that is not yet written, and the payloads it is about."""

    row: JournalEntry
    blobs: Sequence[NamedBlob] = ()


class Told(TypedDict, total=False):
    """What an entry says besides its time, as in :class:`JournalEntry`; ``blobs`` are what the ledger is to commit to with it."""

    step: Required[Step]
    outcome: str
    partner: PartnerId | None
    receipt_id: ReceiptId | None
    document_id: DocumentId | None
    transmission_id: TransmissionId | None
    actor: str
    detail: dict[str, Any]
    blobs: Sequence[NamedBlob]


def entry(**told: Unpack[Told]) -> NewEntry:
    """An entry that is not yet written."""
    blobs = told.pop("blobs", ())
    return NewEntry(JournalEntry(**told), blobs)


def write(session: Session, clock: Clock, entries: Sequence[NewEntry]) -> None:
    """Add entries in their order and of one moment, in the transaction of what they tell of, and note that the ledger is to be told of
    them."""
    at = moment_of(session, clock)
    for each in entries:
        each.row.at = at
    ids = insert_numbered(session, [each.row for each in entries])
    _TELL_LEDGER.many(
        session,
        [
            {"journal_id": id_, "blobs": [blob.as_json() for blob in each.blobs] or None}
            for id_, each in zip(ids, entries, strict=True)
        ],
    )


_TELL_LEDGER = Prepared(insert(LedgerOutbox), ["journal_id", "blobs"])


def record(session: Session, clock: Clock, **told: Unpack[Told]) -> None:
    """Add one entry; see :func:`entry`."""
    write(session, clock, [entry(**told)])


def entries(
    session: Session,
    *,
    receipts: Collection[ReceiptId] = (),
    documents: Collection[DocumentId] = (),
    transmissions: Collection[TransmissionId] = (),
) -> Sequence[JournalEntry]:
    """What happened to any of these, in order; nothing for no ids."""
    return session.scalars(
        select(JournalEntry)
        .where(
            or_(
                JournalEntry.receipt_id.in_(receipts),
                JournalEntry.document_id.in_(documents),
                JournalEntry.transmission_id.in_(transmissions),
            )
        )
        .order_by(JournalEntry.id)
    ).all()


REFUSED_ORDER = "refused_order"
"""The key in ``detail`` under which the number of an order stands that was refused before there was a document of it."""


def refused_orders(session: Session, number: str, partner: PartnerId | None = None) -> Sequence[JournalEntry]:
    """What was said of orders of this number that were not taken in, in order."""
    statement = select(JournalEntry).where(
        JournalEntry.step == Step.REJECTED,
        JournalEntry.document_id.is_(None),
        JournalEntry.detail[REFUSED_ORDER].as_string() == number,
    )
    if partner is not None:
        statement = statement.where(JournalEntry.partner == partner)
    return session.scalars(statement.order_by(JournalEntry.id)).all()


def latest(session: Session, *, partner: PartnerId | None = None, limit: int = 100) -> Sequence[JournalEntry]:
    """The last ``limit`` entries, of one partner or of all, oldest first."""
    statement = select(JournalEntry).order_by(JournalEntry.id.desc()).limit(limit)
    if partner is not None:
        statement = statement.where(JournalEntry.partner == partner)
    return session.scalars(statement).all()[::-1]


def first_since(session: Session, moment: datetime) -> int:
    """The id from which on every entry is of ``moment`` or later; one more than the last where that is before it.

    There is no index on times, and where the clock was put back they do not rise with the ids: so entries are gone through from the last
    one back, no more of them than follow.
    """
    before = select(JournalEntry.id).where(JournalEntry.at < moment).order_by(JournalEntry.id.desc()).limit(1)
    return (session.scalar(before) or 0) + 1
