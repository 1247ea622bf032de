"""Transmissions: outbound bytes, built once and sent as often as it takes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, bindparam, case, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import PartnerId

from . import states
from .database.prepared import Prepared
from .states import TransmissionState
from .tables import Base, Rows, insert_rows


class Transmission(Base):
    """One outbound file as it was built. Every retry sends exactly the bytes named by ``sha256``.

    ``kind`` is ``document``, ``acknowledgement``, ``report`` (what a partner without X12 gets for an answer) or ``certificates`` (a
    certificate exchange message).
    ``answers`` is the receipt it answers; ``answer_due_at`` the moment until which we expect an answer, if we do.
    """

    __tablename__ = "transmission"
    __table_args__ = (
        Index("ix_transmission_group", "partner", "functional_id", "group_control"),
        Index("ix_transmission_answers", "answers"),
        Index("ix_transmission_due", "state", "answer_due_at"),
        Index("ix_transmission_filename", "partner", "filename"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    partner: Mapped[str]
    kind: Mapped[str]
    filename: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    state: Mapped[TransmissionState] = mapped_column(default=TransmissionState.READY)
    reason: Mapped[str | None]
    functional_id: Mapped[str | None]
    interchange_control: Mapped[str | None]
    group_control: Mapped[str | None]
    answers: Mapped[str | None]
    answer_due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


def get(session: Session, transmission_id: str) -> Transmission | None:
    return session.scalars(_BY_ID, {"key": transmission_id}).one_or_none()


_BY_ID = select(Transmission).where(Transmission.id == bindparam("key"))


def as_it_stands(session: Session, transmission_id: str) -> Transmission | None:
    """As :func:`get`, to look at only: it does not become the session's."""
    return _AS_IT_STANDS.one(session, key=transmission_id)


_AS_IT_STANDS = Rows(Transmission, Transmission.id == bindparam("key"))


def add(session: Session, row: Transmission) -> None:
    """Keep a new transmission."""
    insert_rows(session, [row])


def locked(session: Session, transmission_id: str) -> Transmission | None:
    """As :func:`get`, for whoever is to move it: others who are wait until this transaction ends."""
    return session.get(Transmission, transmission_id, with_for_update=True, populate_existing=True)


def move(row: Transmission, state: TransmissionState, *, reason: str | None = None) -> None:
    """Move a transmission to another state; the move must be legal."""
    states.check("transmission", row.state, state)
    row.state = state
    row.reason = reason


def mark_sent(session: Session, transmission_id: str, at: datetime, answer_due_at: datetime | None) -> bool:
    """Note that a transmission was handed over for the first time; False when that was noted before.

    One that the partner answered, or fetched, before we could note it keeps that state.
    """
    values = {"key": transmission_id, "at": at, "due": answer_due_at}
    return bool(_MARK_SENT.rows(session, values))


_MARK_SENT = Prepared(
    update(Transmission)
    .where(Transmission.id == bindparam("key"), Transmission.sent_at.is_(None))
    .values(
        state=case((Transmission.state == TransmissionState.READY, TransmissionState.SENT), else_=Transmission.state),
        sent_at=bindparam("at"),
        answer_due_at=bindparam("due"),
    )
    .returning(Transmission.id)
)


def by_group(session: Session, partner: PartnerId, functional_id: str, group_control: str) -> Transmission | None:
    """The newest transmission to a partner that carried this group control number (what a 997's AK1 names)."""
    return session.scalars(
        select(Transmission)
        .where(
            Transmission.partner == partner,
            Transmission.functional_id == functional_id,
            Transmission.group_control == group_control,
        )
        .order_by(Transmission.id.desc())
        .limit(1)
    ).first()


def by_interchange(session: Session, partner: PartnerId, interchange_control: str) -> Transmission | None:
    """The newest transmission to a partner under this interchange control number (what a TA1 names)."""
    return session.scalars(
        select(Transmission)
        .where(Transmission.partner == partner, Transmission.interchange_control == interchange_control)
        .order_by(Transmission.id.desc())
        .limit(1)
    ).first()


def by_filename(session: Session, partner: PartnerId, filename: str) -> Transmission | None:
    return session.scalars(
        select(Transmission)
        .where(Transmission.partner == partner, Transmission.filename == filename)
        .order_by(Transmission.id.desc())
        .limit(1)
    ).first()


def answering(session: Session, receipt_id: str) -> Sequence[Transmission]:
    """What was sent in answer to a receipt."""
    return session.scalars(
        select(Transmission).where(Transmission.answers == receipt_id).order_by(Transmission.id)
    ).all()


def overdue(session: Session, now: datetime) -> Sequence[Transmission]:
    """Sent, still without the answer we expect, and past its time."""
    return session.scalars(
        select(Transmission)
        .where(
            Transmission.state.in_((TransmissionState.SENT, TransmissionState.COLLECTED)),
            Transmission.answer_due_at < now,
        )
        .order_by(Transmission.answer_due_at)
    ).all()
