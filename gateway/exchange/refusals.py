"""What was turned away without a trace of its own: counted by day, so that whoever goes on fills no disk and is seen all the same."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from spool.clock import Clock
from spool.database.port import Database, one_at_a_time
from spool.identifiers import Identifiers
from spool.tables import Base

STRANGERS = ""
"""Stands for the partner where no profile names who it was."""


class RefusalKind(StrEnum):
    """What was turned away."""

    LOGIN = "login"
    """A post without the client certificate, or the name and password, that were agreed."""
    NOT_KEPT = "not-kept"
    """A post that proves nothing, beyond what is kept of such in a day. It was answered."""


class Refusals(Base):
    """How often in one day, in UTC; ``bytes`` are those of the bodies. The last one came from ``remote`` at ``last_at``, and ``why`` is its
    reason."""

    __tablename__ = "as2_refusals"
    __table_args__ = (UniqueConstraint("day", "partner", "kind"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str]
    partner: Mapped[str]
    kind: Mapped[RefusalKind]
    count: Mapped[int]
    bytes: Mapped[int]
    last_at: Mapped[datetime]
    remote: Mapped[str | None]
    why: Mapped[str]


@dataclass(slots=True)
class _Noted:
    count: int
    bytes: int
    last_at: datetime
    remote: str | None
    why: str


class RefusalCounter:
    """Counts in memory, and now and then in the database: no refusal costs a transaction, which whoever is refused could have at will.

    What a crash takes with it is the count of a few seconds. Thread-safe.
    """

    def __init__(self, database: Database, clock: Clock, identifiers: Identifiers) -> None:
        self._database = database
        self._clock = clock
        self._identifiers = identifiers
        self._noted: dict[tuple[str, str, RefusalKind], _Noted] = {}
        self._lock = threading.Lock()

    def note(self, partner: str, kind: RefusalKind, *, size: int = 0, remote: str | None, why: str) -> None:
        """Another one. Never waits."""
        now = self._clock.now()
        key = f"{now.astimezone(UTC):%Y-%m-%d}", partner, kind
        with self._lock:
            before = self._noted.get(key)
            count, total = (1, size) if before is None else (before.count + 1, before.bytes + size)
            self._noted[key] = _Noted(count, total, now, remote, why)

    def write(self) -> None:
        """Add what was counted since the last time."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if noted:
            self._database.write(lambda session: self._add(session, noted))

    def _add(self, session: Session, noted: dict[tuple[str, str, RefusalKind], _Noted]) -> None:
        one_at_a_time(session, "as2-refusals")
        for (day, partner, kind), each in noted.items():
            row = session.scalars(select(Refusals).filter_by(day=day, partner=partner, kind=kind)).one_or_none()
            if row is None:
                row = Refusals(
                    id=self._identifiers.new(),
                    day=day,
                    partner=partner,
                    kind=kind,
                    count=0,
                    bytes=0,
                    last_at=each.last_at,
                )
                session.add(row)
            row.count += each.count
            row.bytes += each.bytes
            row.last_at, row.remote, row.why = each.last_at, each.remote, each.why
