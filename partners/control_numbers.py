"""Control numbers: those we give to what we send, and those we have seen on what came.

A number is taken in the transaction that stores the bytes carrying it: both commit or neither does, so the numbers that were
sent have no gaps and none is given twice.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Insert, case, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.errors import Misconfigured
from canonical.identity import BlobDigest, PartnerId, ReceiptId
from spool.database.prepared import Prepared
from spool.tables import DIALECTS, Base, insert_if_absent, insert_into, insert_of

HIGHEST = 999_999_999
"""ISA13 has nine digits; GS06 and ST02 at most nine (X12.5, elements I12, 28, 329). After it comes 1."""


class Kind(StrEnum):
    """Which of an envelope's three numbers: ISA13, GS06 or ST02."""

    INTERCHANGE = "interchange"
    GROUP = "group"
    SET = "set"


class ControlNumber(Base):
    """The last number given to a partner; 0 before the first."""

    __tablename__ = "control_number"

    partner: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(primary_key=True)
    last: Mapped[int]


class ReceivedInterchange(Base):
    """An interchange control number a partner has used: the third duplicate layer.

    ``position`` counts the interchanges of one file from 1. There is no foreign key to the receipt: the number stays used
    when retention removes the receipt.
    """

    __tablename__ = "received_interchange"

    partner: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(primary_key=True)
    receiver: Mapped[str] = mapped_column(primary_key=True)
    control_number: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    sha256: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class InterchangeKey:
    """What names an interchange: its ISA06, ISA08 and ISA13 without padding."""

    partner: PartnerId
    sender: str
    receiver: str
    control_number: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The next number of each kind we give a partner, and the newest number it has used, if any."""

    partner: PartnerId
    next: dict[Kind, int]
    received: str | None


def take(session: Session, partner: PartnerId, kind: Kind) -> int:
    """The next number, 1 to 999999999 and then 1 again. Others who want one wait until this transaction ends."""
    [(number,)] = _TAKE.rows(session, {"partner": partner, "kind": kind, "last": 1})
    return int(number)


def take_each(session: Session, partner: PartnerId) -> dict[Kind, int]:
    """The next number of each kind; see :func:`take`."""
    return {kind: take(session, partner, kind) for kind in Kind}


def _take(dialect: str) -> Insert:
    following = case((ControlNumber.last >= HIGHEST, 1), else_=ControlNumber.last + 1)
    return (
        insert_of(ControlNumber, dialect)
        .on_conflict_do_update(index_elements=["partner", "kind"], set_={"last": following})
        .returning(ControlNumber.last)
    )


_TAKE = Prepared({dialect: _take(dialect) for dialect in DIALECTS}, ["partner", "kind", "last"])


def peek(session: Session, partner: PartnerId, kind: Kind) -> int:
    """The number that would be taken next."""
    last = session.scalar(
        select(ControlNumber.last).where(ControlNumber.partner == partner, ControlNumber.kind == kind)
    )
    return _after(last or 0)


def set_next(session: Session, partner: PartnerId, kind: Kind, number: int) -> int:
    """Have ``number`` taken next; returns the one that would have been.

    Going back gives numbers a second time, and the partner will take what carries them for duplicates: the caller asks
    first. Raises :class:`canonical.errors.Misconfigured` when ``number`` is not between 1 and 999999999.
    """
    if not 1 <= number <= HIGHEST:
        raise Misconfigured(f"{number} is not a control number; give one from 1 to {HIGHEST}.")
    before = peek(session, partner, kind)
    session.execute(
        insert_into(session, ControlNumber)
        .values(partner=partner, kind=kind, last=number - 1)
        .on_conflict_do_update(index_elements=["partner", "kind"], set_={"last": number - 1})
    )
    return before


def show(session: Session, partner: PartnerId) -> Shown:
    """Where the numbers of a partner stand, both ways."""
    rows = session.execute(select(ControlNumber.kind, ControlNumber.last).where(ControlNumber.partner == partner))
    last = {row.kind: row.last for row in rows}
    received = session.scalars(
        select(ReceivedInterchange.control_number)
        .where(ReceivedInterchange.partner == partner)
        .order_by(
            ReceivedInterchange.at.desc(), ReceivedInterchange.receipt_id.desc(), ReceivedInterchange.position.desc()
        )
        .limit(1)
    ).first()
    return Shown(partner, {kind: _after(last.get(kind, 0)) for kind in Kind}, received)


def first_seen(
    session: Session,
    key: InterchangeKey,
    *,
    receipt_id: ReceiptId,
    position: int,
    sha256: BlobDigest,
    at: datetime,
) -> ReceivedInterchange | None:
    """Note that a control number was used; None when this is its first use, else the use before.

    Asked again about the same interchange (the same ``position`` in the same receipt) the answer is the same, so a step may
    run twice. ``sha256`` tells the caller whether an earlier use had the same content.
    """
    values = {
        "partner": key.partner,
        "sender": key.sender,
        "receiver": key.receiver,
        "control_number": key.control_number,
    }
    noted = {"receipt_id": receipt_id, "position": position, "sha256": sha256, "at": at}
    if insert_if_absent(session, ReceivedInterchange, {**values, **noted}):
        return None
    earlier = session.get_one(ReceivedInterchange, values)
    if (earlier.receipt_id, earlier.position) == (receipt_id, position):
        return None
    return earlier


def forget(session: Session, receipt_id: ReceiptId) -> None:
    """Free the numbers of a receipt whose content was refused, so that its correction may come under the same ones."""
    session.execute(delete(ReceivedInterchange).where(ReceivedInterchange.receipt_id == receipt_id))


def _after(last: int) -> int:
    return 1 if last >= HIGHEST else last + 1
