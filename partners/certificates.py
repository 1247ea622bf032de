"""Our own keys and partners' certificates: when each is used, who put it there, and which takes over from which.

Those of one party that serve one purpose stand in a line, by the moment from which each is used. At every moment from the first of
these on exactly one is current; where the first was to be used at once there is none before, and the clock may even be put back behind
it. We sign with our current key, and encrypt for the partner's current certificate. The others are not
refused for that: what is encrypted for any of our keys is decrypted, and signatures count by the partner's current certificate, by
the next, and by the previous for as long as was agreed when its successor came. So neither side need switch at a given second.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Index, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import PartnerId
from spool.database.port import one_at_a_time
from spool.database.prepared import Prepared
from spool.tables import Base, JsonObject, Rows


class Use(StrEnum):
    """What a certificate is for. Ours to sign makes signatures and to encrypt decrypts; a partner's the other way round."""

    SIGN = "sign"
    ENCRYPT = "encrypt"
    BOTH = "both"

    def covers(self, other: "Use") -> bool:
        return self is Use.BOTH or self is other


PURPOSES = (Use.SIGN, Use.ENCRYPT)
"""Each purpose has a line of its own."""


class CertificateState(StrEnum):
    """Only what is in force is used."""

    PENDING = "pending"
    """A partner sent it; an administrator has not decided yet."""
    IN_FORCE = "in-force"
    REJECTED = "rejected"
    """An administrator refused what a partner sent."""
    WITHDRAWN = "withdrawn"
    """An administrator took it out of use at once, as after a theft."""


class CertificateRow(Base):
    """A certificate: a partner's, or ours where there is no partner, and then with its private key.

    ``fingerprint`` is the SHA-256 of the whole certificate in hexadecimal; ``private_key`` is PKCS#8 in PEM, encrypted. It is used from
    ``begins`` on; signatures by its predecessor count until ``previous_until``, or for as long as that is valid where it is None.
    ``request`` is what the partner's certificate exchange message said that must be repeated in the answer. ``warned`` is the fewest days
    before its end at which it was told that nothing takes over from it.
    """

    __tablename__ = "certificate"
    __table_args__ = (Index("ix_certificate_partner", "partner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    partner: Mapped[str | None]
    use: Mapped[Use]
    state: Mapped[CertificateState]
    subject: Mapped[str]
    fingerprint: Mapped[str]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    begins: Mapped[datetime]
    previous_until: Mapped[datetime | None]
    pem: Mapped[str]
    private_key: Mapped[str | None]
    request: Mapped[JsonObject | None]
    warned: Mapped[int | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class Place(StrEnum):
    """Where a certificate stands in its line at some moment."""

    CURRENT = "current"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Turn:
    """A certificate in its line: current from ``begins`` until its successor's turn ``ends`` that; accepted until ``accepted_until``.

    None is no end but that of the certificate itself. ``is_first`` is whether it takes over from no other.
    """

    row: CertificateRow
    begins: datetime
    ends: datetime | None
    accepted_until: datetime | None
    is_first: bool

    @property
    def since(self) -> datetime | None:
        """From when on it is current; None where it ever was: it is the first, and was to be used at once when that was last said.

        That moment is nobody's wish but what the clock said then, which may have been put back since.
        """
        return None if self.is_first and self.begins <= self.row.changed_at else self.begins

    def place(self, now: datetime) -> Place:
        if self.since is not None and now < self.since:
            return Place.NEXT
        return Place.CURRENT if self.ends is None or now < self.ends else Place.PREVIOUS

    def is_accepted(self, now: datetime) -> bool:
        """Whether it is agreed that its signatures count; whether the certificate is valid is another question."""
        return self.accepted_until is None or now < self.accepted_until


def line(rows: Iterable[CertificateRow], purpose: Use) -> tuple[Turn, ...]:
    """The certificates of one party that are in force for a purpose, in the order in which they take over from each other."""
    serving = sorted(
        (row for row in rows if row.state is CertificateState.IN_FORCE and row.use.covers(purpose)),
        key=lambda row: (row.begins, row.id),
    )
    ends = [(after.begins, after.previous_until) for after in serving[1:]]
    return tuple(
        Turn(row, row.begins, *end, is_first=row is serving[0])
        for row, end in zip(serving, [*ends, (None, None)], strict=False)
    )


def by_importance(turns: Sequence[Turn], now: datetime) -> tuple[Turn, ...]:
    """The current one first, then those to come, soonest first, then those that were, latest first."""
    placed = [(turn.place(now), turn) for turn in turns]
    of = {place: [turn for found, turn in placed if found is place] for place in Place}
    return (*of[Place.CURRENT], *of[Place.NEXT], *reversed(of[Place.PREVIOUS]))


def current(turns: Iterable[Turn], now: datetime) -> Turn | None:
    """The one whose turn it is, if the first has begun."""
    return next((turn for turn in turns if turn.place(now) is Place.CURRENT), None)


def last_in_time(turns: Sequence[Turn], now: datetime) -> Turn | None:
    """The one with which a line runs out: of the current and those after it the first from which none takes over before it expires."""
    remaining = [turn for turn in turns if turn.place(now) is not Place.PREVIOUS]
    return next((turn for turn in remaining if turn.ends is None or turn.ends > turn.row.not_after), None)


_IN_FORCE = CertificateRow.state == CertificateState.IN_FORCE
_OURS = Rows(CertificateRow, CertificateRow.partner.is_(None), _IN_FORCE)
_PARTNERS = Rows(CertificateRow, CertificateRow.partner == bindparam("partner"), _IN_FORCE)


_STANDING = Prepared(
    select(CertificateRow.id, CertificateRow.use, CertificateRow.begins, CertificateRow.previous_until)
    .where(or_(CertificateRow.partner.is_(None), CertificateRow.partner == bindparam("partner")), _IN_FORCE)
    .order_by(CertificateRow.id)
)

Standing: TypeAlias = tuple[tuple[Any, ...], ...]


def standing(session: Session, partner: PartnerId, now: datetime) -> Standing:
    """What differs whenever something else follows from our certificates and a partner's that are in force at ``now``.

    One short statement, for every message: what follows need not be worked out anew while this is the same.
    """
    session.flush()
    return tuple((*row, row[2] <= now) for row in _STANDING.rows(session, {"partner": partner}))


def in_force(session: Session, partner: PartnerId | None) -> Sequence[CertificateRow]:
    """All of a partner's, or ours for None, that are in force. The rows are not the session's."""
    session.flush()
    return _OURS.all(session) if partner is None else _PARTNERS.all(session, partner=partner)


def all(session: Session) -> Sequence[CertificateRow]:
    """All there are and were: ours first, then by partner, in the order in which they are used."""
    statement = select(CertificateRow).order_by(CertificateRow.begins, CertificateRow.id)
    return sorted(session.scalars(statement), key=lambda row: (row.partner is not None, row.partner or ""))


def get(session: Session, certificate_id: int) -> CertificateRow | None:
    """One certificate, whatever its state."""
    return session.get(CertificateRow, certificate_id)


def known(session: Session, partner: PartnerId | None, fingerprint: str) -> CertificateRow | None:
    """The row of this certificate that is in force or waits for a decision."""
    return session.scalars(
        select(CertificateRow)
        .where(
            CertificateRow.partner.is_(None) if partner is None else CertificateRow.partner == partner,
            CertificateRow.fingerprint == fingerprint,
            CertificateRow.state.in_([CertificateState.IN_FORCE, CertificateState.PENDING]),
        )
        .limit(1)
    ).first()


def undecided(session: Session) -> int:
    """How many of partners wait for a decision."""
    waiting = select(func.count()).where(CertificateRow.state == CertificateState.PENDING)
    return session.scalar(waiting) or 0


def locked(session: Session) -> None:
    """Have nobody else change certificates until this transaction ends: what is added depends on what there is."""
    one_at_a_time(session, "certificates")
