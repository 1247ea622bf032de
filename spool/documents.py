"""Documents, both ways: what came out of a receipt, and what goes into a transmission."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, bindparam, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import DocumentId, PartnerId

from . import states
from .database.port import one_at_a_time
from .database.prepared import Prepared
from .states import DocumentState
from .tables import JSON_VALUE, Base, JsonObject, Rows, insert_rows

INBOUND = "inbound"
OUTBOUND = "outbound"


class DocumentRow(Base):
    """One business document.

    ``content_sha256`` is of what it says, in the form that its room writes (:mod:`gateway.business_key`).
    ``canonical_sha256`` names the canonical JSON and ``source_sha256`` the bytes it was read from or written to.
    ``revision`` is under which issue of the key it was given to the ERP: a correction after the ERP's refusal has another one
    than what was refused. ``reason`` is for the operator, ``partner_reason`` what the sender is told beyond an acknowledgement.
    ``business_key`` is what makes the same document recognisable under another control number; it is unique among
    documents that count (the fourth duplicate layer), enforced where documents are taken in. ``findings`` are
    :class:`canonical.finding.Finding` objects as JSON. ``origin`` is the ERP's own reference to an order it gave us.
    ``replays`` is the document that this one was made anew from.
    """

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_business_key", "partner", "business_key"),
        Index("ix_document_receipt_id", "receipt_id"),
        Index("ix_document_transmission_id", "transmission_id"),
        Index("ix_document_state", "direction", "state"),
        Index(
            "ix_document_duplicate_of",
            "duplicate_of",
            sqlite_where=text("duplicate_of IS NOT NULL"),
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            "ix_document_replays",
            "replays",
            sqlite_where=text("replays IS NOT NULL"),
            postgresql_where=text("replays IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    direction: Mapped[str]
    partner: Mapped[str]
    type: Mapped[str]
    set_id: Mapped[str | None]
    number: Mapped[str | None]
    business_key: Mapped[str | None]
    content_sha256: Mapped[str | None]
    revision: Mapped[str | None]
    state: Mapped[DocumentState] = mapped_column(default=DocumentState.PENDING)
    reason: Mapped[str | None]
    partner_reason: Mapped[str | None]
    duplicate_of: Mapped[str | None]
    receipt_id: Mapped[str | None] = mapped_column(ForeignKey("receipt.id"))
    transmission_id: Mapped[str | None] = mapped_column(ForeignKey("transmission.id"))
    canonical_sha256: Mapped[str | None]
    source_sha256: Mapped[str | None]
    interchange_control: Mapped[str | None]
    group_control: Mapped[str | None]
    set_control: Mapped[str | None]
    profile_version: Mapped[int | None]
    test: Mapped[bool] = mapped_column(default=False)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON_VALUE, default=list)
    origin: Mapped[JsonObject | None]
    replays: Mapped[str | None]
    created_at: Mapped[datetime]


class DocumentOrder(Base):
    """Which purchase orders a document is about; a ship notice may be about several."""

    __tablename__ = "document_order"
    __table_args__ = (Index("ix_document_order_number", "order_number", "partner"),)

    document_id: Mapped[str] = mapped_column(ForeignKey("document.id"), primary_key=True)
    order_number: Mapped[str] = mapped_column(primary_key=True)
    partner: Mapped[str]


def get(session: Session, document_id: DocumentId) -> DocumentRow | None:
    return session.scalars(_BY_ID, {"key": document_id}).one_or_none()


_BY_ID = select(DocumentRow).where(DocumentRow.id == bindparam("key"))


def as_it_stands(session: Session, document_id: DocumentId) -> DocumentRow | None:
    """As :func:`get`, to look at only: it does not become the session's."""
    return _AS_IT_STANDS.one(session, key=document_id)


_AS_IT_STANDS = Rows(DocumentRow, DocumentRow.id == bindparam("key"))


def add(session: Session, row: DocumentRow, order_numbers: Sequence[str]) -> None:
    """Keep a document together with the orders it is about."""
    insert_rows(session, [row])
    insert_rows(
        session,
        [
            DocumentOrder(document_id=row.id, order_number=number, partner=row.partner)
            for number in dict.fromkeys(order_numbers)
        ],
    )


def close(
    row: DocumentRow, state: DocumentState, *, reason: str | None = None, duplicate_of: DocumentId | None = None
) -> None:
    """Move a document to another state; the move must be legal."""
    states.check("document", row.state, state)
    row.state = state
    row.reason = reason
    row.duplicate_of = duplicate_of


def move(
    session: Session, document_id: str, old: DocumentState, new: DocumentState, *, reason: str | None = None
) -> bool:
    """Move a kept document from one state to another; False when it is not in the first one any more. The move must be legal."""
    states.check("document", old, new)
    values = {"key": document_id, "old": old, "new": new, "why": reason}
    return bool(_MOVE.rows(session, values))


_MOVE = Prepared(
    update(DocumentRow)
    .where(DocumentRow.id == bindparam("key"), DocumentRow.state == bindparam("old", type_=DocumentRow.state.type))
    .values(state=bindparam("new"), reason=bindparam("why"))
    .returning(DocumentRow.id)
)


def with_business_key(session: Session, partner: PartnerId, direction: str, key: str) -> DocumentRow | None:
    """The document of this key that counts: pending or delivered."""
    return session.scalars(
        select(DocumentRow)
        .where(
            DocumentRow.partner == partner,
            DocumentRow.direction == direction,
            DocumentRow.business_key == key,
            DocumentRow.state.in_((DocumentState.PENDING, DocumentState.DELIVERED)),
        )
        .order_by(DocumentRow.id)
        .limit(1)
    ).first()


def alone_with_key(session: Session, partner: str, direction: str, key: str) -> None:
    """Wait until nobody else decides which document of this key counts; until this transaction ends, nobody else does."""
    one_at_a_time(session, "document", partner, direction, key)


@dataclass(frozen=True, slots=True)
class Precedents:
    """What came before a document under its key: the one that counts, pending or delivered, with the digests of what that said and of its
    canonical JSON; and how many were given to the ERP: those it refused, and those replayed after delivery."""

    counts: DocumentId | None
    content_sha256: str | None
    canonical_sha256: str | None
    given: int


def precedents(session: Session, row: DocumentRow) -> Precedents:
    """What came before ``row``, which is not kept yet, under the same key (the fourth duplicate layer)."""
    key = {"partner": row.partner, "direction": row.direction, "key": row.business_key}
    found = _COUNTING.first(session, key)
    [(given,)] = _GIVEN.rows(session, key)
    if found is None:
        return Precedents(None, None, None, given)
    counts, content, canonical = found
    return Precedents(DocumentId(counts), content, canonical, given)


_OF_KEY = (
    DocumentRow.partner == bindparam("partner"),
    DocumentRow.direction == bindparam("direction"),
    DocumentRow.business_key == bindparam("key"),
)
_COUNTING = Prepared(
    select(DocumentRow.id, DocumentRow.content_sha256, DocumentRow.canonical_sha256)
    .where(*_OF_KEY, or_(DocumentRow.state == DocumentState.PENDING, DocumentRow.state == DocumentState.DELIVERED))
    .order_by(DocumentRow.id)
    .limit(1)
)
_GIVEN = Prepared(select(func.count()).where(*_OF_KEY, DocumentRow.revision.is_not(None)))


def given_as(session: Session, partner: PartnerId, type_: str, number: str, revision: str) -> DocumentRow | None:
    """The inbound document that was given to the ERP under this key and revision."""
    return session.scalars(
        select(DocumentRow).where(
            DocumentRow.partner == partner,
            DocumentRow.direction == INBOUND,
            DocumentRow.type == type_,
            DocumentRow.number == number,
            DocumentRow.revision == revision,
        )
    ).first()


def keys_given(session: Session, types: Collection[str]) -> Iterator[tuple[str, str, str, str]]:
    """Partner, type, number and revision of all inbound documents of these types that were, or are to be, given to the ERP."""
    statement = select(DocumentRow.partner, DocumentRow.type, DocumentRow.number, DocumentRow.revision).where(
        DocumentRow.direction == INBOUND, DocumentRow.type.in_(types), DocumentRow.revision.is_not(None)
    )
    for partner, type_, number, revision in session.execute(statement.execution_options(yield_per=1000)):
        yield partner, type_, number or "", revision or ""


def of_receipt(session: Session, receipt_id: str) -> Sequence[DocumentRow]:
    return session.scalars(
        select(DocumentRow).where(DocumentRow.receipt_id == receipt_id).order_by(DocumentRow.id)
    ).all()


def told(session: Session, receipt_id: str) -> dict[str, str]:
    """What the sender is to be told of documents of a receipt, by document id."""
    return dict(_TOLD.rows(session, {"receipt": receipt_id}))


_TOLD = Prepared(
    select(DocumentRow.id, DocumentRow.partner_reason)
    .where(DocumentRow.receipt_id == bindparam("receipt"), DocumentRow.partner_reason.is_not(None))
    .order_by(DocumentRow.id)
)


def carried_by(session: Session, transmission_id: str) -> Sequence[DocumentRow]:
    """As :func:`of_transmission`, to look at only: they do not become the session's."""
    return _CARRIED_BY.all(session, transmission=transmission_id)


_CARRIED_BY = Rows(DocumentRow, DocumentRow.transmission_id == bindparam("transmission"), order_by=[DocumentRow.id])


def of_transmission(session: Session, transmission_id: str) -> Sequence[DocumentRow]:
    return session.scalars(_OF_TRANSMISSION, {"transmission": transmission_id}).all()


_OF_TRANSMISSION = (
    select(DocumentRow).where(DocumentRow.transmission_id == bindparam("transmission")).order_by(DocumentRow.id)
)


def of_order(session: Session, order_number: str, partner: str | None = None) -> Sequence[DocumentRow]:
    """All documents about an order, both ways, oldest first."""
    query = (
        select(DocumentRow)
        .join(DocumentOrder, DocumentOrder.document_id == DocumentRow.id)
        .where(DocumentOrder.order_number == order_number)
        .order_by(DocumentRow.created_at, DocumentRow.id)
    )
    if partner is not None:
        query = query.where(DocumentOrder.partner == partner)
    return session.scalars(query).all()


def order_numbers_of(session: Session, document_id: str) -> Sequence[str]:
    """The orders a document is about."""
    return session.scalars(
        select(DocumentOrder.order_number)
        .where(DocumentOrder.document_id == document_id)
        .order_by(DocumentOrder.order_number)
    ).all()
