"""Receipts: each arrival of each file, and where it ended."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, bindparam, exists, func, literal, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import BlobDigest, PartnerId, ReceiptId

from . import states
from .database.prepared import Prepared
from .documents import DocumentRow
from .states import DocumentState, ReceiptState
from .tables import Base, Rows, insert_rows

_TAKEN = (DocumentState.PENDING, DocumentState.DELIVERED, DocumentState.DUPLICATE, DocumentState.DEAD)
"""What became of a document of which the sender need not send more."""


class Receipt(Base):
    """One arrival of one file. ``reason`` says, for people, why it ended other than opened.

    ``format`` is ``x12`` or ``csv`` once known; ``duplicate_of`` the receipt that brought the same bytes before, or that replays
    this one. ``replays`` is the receipt whose bytes an administrator had processed anew: then nothing came from the partner.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        Index("ix_receipt_partner_filename", "partner", "filename", "id"),
        Index("ix_receipt_partner_sha256", "partner", "sha256"),
        Index("ix_receipt_state", "state"),
        Index(
            "ix_receipt_duplicate_of",
            "duplicate_of",
            sqlite_where=text("duplicate_of IS NOT NULL"),
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            "ix_receipt_replays",
            "replays",
            sqlite_where=text("replays IS NOT NULL"),
            postgresql_where=text("replays IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    partner: Mapped[str]
    transport: Mapped[str]
    filename: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    remote: Mapped[str | None]
    received_at: Mapped[datetime]
    state: Mapped[ReceiptState] = mapped_column(default=ReceiptState.PENDING)
    format: Mapped[str | None]
    reason: Mapped[str | None]
    duplicate_of: Mapped[str | None]
    replays: Mapped[str | None]


def get(session: Session, receipt_id: ReceiptId) -> Receipt | None:
    return session.scalars(_BY_ID, {"key": receipt_id}).one_or_none()


_BY_ID = select(Receipt).where(Receipt.id == bindparam("key"))


def as_it_stands(session: Session, receipt_id: ReceiptId) -> Receipt | None:
    """As :func:`get`, to look at only: it does not become the session's."""
    return _AS_IT_STANDS.one(session, key=receipt_id)


_AS_IT_STANDS = Rows(Receipt, Receipt.id == bindparam("key"))


def close(
    receipt: Receipt, state: ReceiptState, *, reason: str | None = None, duplicate_of: ReceiptId | None = None
) -> None:
    """Move a receipt to the state it ends in; the move must be legal."""
    states.check("receipt", receipt.state, state)
    receipt.state = state
    receipt.reason = reason
    receipt.duplicate_of = duplicate_of


def add(session: Session, receipt: Receipt) -> None:
    """Keep a new receipt."""
    insert_rows(session, [receipt])


def end_pending(session: Session, receipt: Receipt) -> bool:
    """Write how a receipt that was pending ended (:func:`close`); False when that was written before, by an earlier run.

    The row decides, so of two that run at once one does nothing.
    """
    ended = {
        "key": receipt.id,
        "state": receipt.state,
        "format": receipt.format,
        "reason": receipt.reason,
        "duplicate_of": receipt.duplicate_of,
    }
    return bool(_END_PENDING.rows(session, ended))


_END_PENDING = Prepared(
    update(Receipt)
    .where(Receipt.id == bindparam("key"), Receipt.state == literal(ReceiptState.PENDING, Receipt.state.type))
    .values({name: bindparam(name) for name in ("state", "format", "reason", "duplicate_of")})
    .returning(Receipt.id)
)


def earlier_with_same_bytes(
    session: Session, partner: PartnerId, digest: BlobDigest, than: ReceiptId
) -> ReceiptId | None:
    """The first other receipt of the same bytes from the same partner of which anything was taken (the second duplicate layer).

    It was opened earlier, though it may have come later: what died on the way in is tried again when an administrator says so.

    Those of which we rejected or quarantined all do not count: the same bytes may be good under a profile mended since. What
    only the ERP refused was taken.
    """
    found = _SAME_BYTES.first(session, {"partner": partner, "digest": digest, "than": than})
    return None if found is None else ReceiptId(found[0])


_SAME_BYTES = Prepared(
    select(Receipt.id)
    .where(
        Receipt.partner == bindparam("partner"),
        Receipt.sha256 == bindparam("digest"),
        Receipt.state == literal(ReceiptState.OPENED, Receipt.state.type),
        # Files of a partner are opened one after the other, whatever their ids say: another one that is open came before.
        Receipt.id != bindparam("than"),
        exists().where(
            DocumentRow.receipt_id == Receipt.id,
            or_(*(DocumentRow.state == state for state in _TAKEN), DocumentRow.revision.is_not(None)),
        ),
    )
    .order_by(Receipt.id)
    .limit(1)
)


def latest_by_name(session: Session, partner: PartnerId, *, since: datetime, limit: int = 1000) -> Sequence[Receipt]:
    """The newest receipt of each file name a partner sent since a moment, newest first."""
    newest = (
        select(func.max(Receipt.id))
        .where(Receipt.partner == partner, Receipt.received_at >= since, Receipt.replays.is_(None))
        .group_by(Receipt.filename)
    )
    return session.scalars(select(Receipt).where(Receipt.id.in_(newest)).order_by(Receipt.id.desc()).limit(limit)).all()


def latest_named(session: Session, partner: PartnerId, filename: str) -> Receipt | None:
    """The newest receipt of one file name from a partner."""
    return session.scalars(
        select(Receipt)
        .where(Receipt.partner == partner, Receipt.filename == filename, Receipt.replays.is_(None))
        .order_by(Receipt.id.desc())
        .limit(1)
    ).first()
