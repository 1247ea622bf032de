"""AS2 messages of ours: built once, posted as often as it takes, until an MDN says what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from spool import states
from spool.states import MessageState
from spool.tables import JSON_VALUE, Base, Rows, insert_rows


class Sending(Base):
    """One message, with the bytes that every attempt posts under ``sha256``.

    ``transmission`` is what it carries, as the ``nth`` message; where the partner refused a message, the next attempt is another one.
    They are counted, because ids follow a clock, which may be put back; messages of earlier versions all have 0. ``begun_at`` is when one
    that can be continued was posted for the first time: some of it may have come. ``message_id`` is without brackets. ``mic`` is what its
    MDN must bring back, as the header field has it; ``receipt`` is the MDN asked for: ``none``, ``synchronous`` or ``asynchronous``,
    signed or not; ``due_at`` when it must be there.
    """

    __tablename__ = "as2_sending"
    __table_args__ = (
        Index("ix_as2_sending_transmission", "transmission"),
        Index("ix_as2_sending_due", "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    transmission: Mapped[str]
    nth: Mapped[int] = mapped_column(default=0)
    partner: Mapped[str]
    sender: Mapped[str]
    recipient: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    headers: Mapped[list[Any]] = mapped_column(JSON_VALUE)
    sha256: Mapped[str]
    size: Mapped[int]
    mic: Mapped[str]
    receipt: Mapped[str]
    signed_receipt: Mapped[bool]
    state: Mapped[MessageState] = mapped_column(default=MessageState.BUILT)
    reason: Mapped[str | None]
    built_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


def add(session: Session, row: Sending) -> None:
    insert_rows(session, [row])


def newest(session: Session, transmission_id: str) -> Sending | None:
    """The last message that was made to carry a transmission, to look at."""
    return next(iter(_OF_TRANSMISSION.all(session, transmission=transmission_id)), None)


def confirmed(session: Session, transmission_id: str) -> str | None:
    """The id of the last message that carried a transmission, where the partner confirmed that one: it would not take it twice."""
    row = newest(session, transmission_id)
    return row.id if row is not None and row.state is MessageState.CONFIRMED else None


_OF_TRANSMISSION = Rows(
    Sending, Sending.transmission == bindparam("transmission"), order_by=[Sending.nth.desc(), Sending.id.desc()]
)


def about(session: Session, partner: str, message_id: str) -> Sending | None:
    """The message to a partner that an MDN names, to look at."""
    return _BY_MESSAGE_ID.one(session, message_id=message_id, partner=partner)


_BY_MESSAGE_ID = Rows(Sending, Sending.message_id == bindparam("message_id"), Sending.partner == bindparam("partner"))


def locked(session: Session, sending_id: str) -> Sending:
    """A message for whoever is to move it: others who are wait until this transaction ends."""
    return session.get_one(Sending, sending_id, with_for_update=True, populate_existing=True)


def move(row: Sending, state: MessageState, *, reason: str | None = None) -> None:
    """Move a message to another state; the move must be legal."""
    states.check("AS2 message", row.state, state)
    row.state = state
    row.reason = reason


def overdue(session: Session, now: datetime) -> Sequence[Sending]:
    """Taken by the partner's server, and its MDN did not come in time."""
    return session.scalars(
        select(Sending).where(Sending.state == MessageState.SENT, Sending.due_at < now).order_by(Sending.due_at)
    ).all()
