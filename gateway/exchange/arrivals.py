"""What came to us over AS2, good or bad, as it came: messages and what we answered, MDNs and what they proved."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import ReceiptId
from spool.identifiers import first_at
from spool.receipts import Receipt
from spool.tables import JSON_VALUE, Base, Rows, insert_if_absent, insert_rows, values_of

from ..as2.mime.headers import Headers

_UNPROVEN = text("outcome NOT IN ('received', 'delivered', 'delivered-with-warning')")


class ArrivalKind(StrEnum):
    """What arrived."""

    MESSAGE = "message"
    MDN = "mdn"


class Arrival(Base):
    """One post to us, with its header fields and, under ``sha256``, its body.

    ``outcome`` of a message is ``received``, ``repeated`` or ``refused``; of an MDN what it amounts to
    (:class:`gateway.as2.answer.Outcome`). ``disposition`` is what we answered, or the MDN says; ``why`` is for the operator.
    ``only_once`` stands for sender, recipient and Message-ID of a message whose files we took, and for no other: a first attempt that
    failed does not block the next. The MDN we answered is ``mdn_headers`` and ``mdn_sha256``, signed with our certificate of the
    fingerprint ``mdn_signed_by``; it goes to ``mdn_url`` where that is given, and went there at ``mdn_sent_at``. ``sending`` is the
    message of ours that an MDN is about. ``signed_sha256`` is the decrypted and still signed body of a message that came encrypted: the
    ciphertext alone proves nothing later.
    """

    __tablename__ = "as2_arrival"
    __table_args__ = (
        Index("ix_as2_arrival_partner", "partner", "id"),
        Index("ix_as2_arrival_sending", "sending"),
        # Anybody may have posted these; how much of it there is, is asked for each of them.
        Index("ix_as2_arrival_unproven", "partner", "id", "size", sqlite_where=_UNPROVEN, postgresql_where=_UNPROVEN),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[ArrivalKind]
    partner: Mapped[str | None]
    sender: Mapped[str | None]
    recipient: Mapped[str | None]
    message_id: Mapped[str | None]
    only_once: Mapped[str | None] = mapped_column(unique=True)
    remote: Mapped[str | None]
    headers: Mapped[list[Any]] = mapped_column(JSON_VALUE)
    sha256: Mapped[str]
    size: Mapped[int]
    outcome: Mapped[str]
    disposition: Mapped[str | None]
    why: Mapped[str | None]
    mic: Mapped[str | None]
    signed_by: Mapped[str | None]
    decrypted_with: Mapped[str | None]
    signed_sha256: Mapped[str | None]
    mdn_headers: Mapped[list[Any] | None] = mapped_column(JSON_VALUE)
    mdn_sha256: Mapped[str | None]
    mdn_signed_by: Mapped[str | None]
    mdn_url: Mapped[str | None]
    mdn_sent_at: Mapped[datetime | None]
    sending: Mapped[str | None]


class ArrivedFile(Base):
    """Which message brought a file."""

    __tablename__ = "as2_file"

    receipt_id: Mapped[str] = mapped_column(primary_key=True)
    arrival: Mapped[str] = mapped_column(index=True)


RECEIVED = "received"
REPEATED = "repeated"
REFUSED = "refused"


def key_of(sender: str, recipient: str, message_id: str) -> str:
    """What is the same for every attempt at one message (RFC 4130, section 7.5)."""
    return hashlib.sha256("\n".join((sender, recipient, message_id)).encode()).hexdigest()


def taken(session: Session, key: str) -> Arrival | None:
    """The message under this key whose files we took."""
    return _TAKEN.one(session, key=key)


_TAKEN = Rows(Arrival, Arrival.only_once == bindparam("key"))


def get(session: Session, arrival_id: str) -> Arrival | None:
    return session.get(Arrival, arrival_id)


def locked(session: Session, arrival_id: str) -> Arrival | None:
    """One that nobody else changes until this transaction ends, as it is now."""
    return session.get(Arrival, arrival_id, with_for_update=True, populate_existing=True)


def of_file(session: Session, receipt_id: ReceiptId) -> Arrival | None:
    """The message that brought a file."""
    return session.scalars(
        select(Arrival).join(ArrivedFile, ArrivedFile.arrival == Arrival.id).where(ArrivedFile.receipt_id == receipt_id)
    ).one_or_none()


def unproven(session: Session, partner: str | None, since: datetime) -> tuple[int, int]:
    """How many posts in a partner's name, or of nobody we know, that prove nothing were kept since, and how many bytes they have."""
    whose = Arrival.partner.is_(None) if partner is None else Arrival.partner == partner
    found = select(func.count(), func.coalesce(func.sum(Arrival.size), 0)).where(
        whose, Arrival.id >= first_at(since), _UNPROVEN
    )
    count, size = session.execute(found).one()
    return count, int(size)


def add(session: Session, arrival: Arrival) -> None:
    """Keep what arrived."""
    insert_rows(session, [arrival])


def add_once(session: Session, arrival: Arrival) -> bool:
    """Keep a message unless another attempt at it was taken; whether it was kept."""
    return insert_if_absent(session, Arrival, values_of(arrival))


def add_files(session: Session, arrival: Arrival, receipts: Iterable[str]) -> None:
    insert_rows(session, [ArrivedFile(receipt_id=receipt, arrival=arrival.id) for receipt in receipts])


def receipts_of(session: Session, arrival_id: str) -> Sequence[str]:
    """The files that a message brought, in their order."""
    return session.scalars(
        select(ArrivedFile.receipt_id).where(ArrivedFile.arrival == arrival_id).order_by(ArrivedFile.receipt_id)
    ).all()


def digests_of(session: Session, arrival_id: str) -> Sequence[str]:
    """The SHA-256 of each file that a message brought, in their order."""
    return session.scalars(
        select(Receipt.sha256)
        .join(ArrivedFile, ArrivedFile.receipt_id == Receipt.id)
        .where(ArrivedFile.arrival == arrival_id)
        .order_by(Receipt.id)
    ).all()


_SECRET = {"authorization", "proxy-authorization", "cookie"}

NOT_KEPT = "(not kept)"


def written(headers: Headers) -> list[list[str]]:
    """Header fields as a row keeps them: as they came, but for passwords, which are nobody's business afterwards."""
    return [[name, NOT_KEPT if name.lower() in _SECRET else value] for name, value in headers.pairs]


def read(pairs: Sequence[Sequence[str]]) -> Headers:
    """The inverse of :func:`written`."""
    return Headers(tuple((name, value) for name, value in pairs))
