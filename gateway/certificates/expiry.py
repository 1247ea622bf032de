"""Certificates that run out while nothing takes over from them, found before that stops the trade."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import certificates, registry
from partners.certificates import PURPOSES, CertificateRow, Use
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import Step

SOON = timedelta(days=30)
"""How long before its end a certificate is told of first."""

_TOLD_AT = (30, 14, 7, 3, 1, 0)
"""Days before its end at which it is told of once each."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate after which there is none for these purposes. Ours where it is no partner's."""

    row: CertificateRow
    purposes: tuple[Use, ...]

    def told(self, now: datetime) -> str:
        """What is to be done, and by when."""
        verb = "expired" if self.row.not_after < now else "expires"
        what = (
            "Make the next with `tally cert rotate`."
            if self.row.partner is None
            else "Ask for the next, and take it in with `tally cert import`."
        )
        return f"{verb} on {self.row.not_after:%Y-%m-%d %H:%M} UTC, and nothing takes over to {' and '.join(self.purposes)}. {what}"


def endings(session: Session, now: datetime, within: timedelta) -> Sequence[Ending]:
    """What expires within a time or has expired, soonest first: of ours, and of partners with whom we trade."""
    active = [applied.partner for applied in registry.all(session) if applied.profile.is_active]
    found = [ending for party in (None, *active) for ending in _of_party(session, party, now)]
    return sorted(
        (ending for ending in found if ending.row.not_after <= now + within), key=lambda each: each.row.not_after
    )


def _of_party(session: Session, partner: PartnerId | None, now: datetime) -> Iterator[Ending]:
    rows = certificates.in_force(session, partner)
    last = {purpose: certificates.last_in_time(certificates.line(rows, purpose), now) for purpose in PURPOSES}
    for row in rows:
        purposes = tuple(purpose for purpose, turn in last.items() if turn is not None and turn.row is row)
        if purposes:
            yield Ending(row, purposes)


@dataclass(frozen=True, slots=True)
class ExpiryWatch:
    """Writes what expires soon into the journal, a few times for each certificate: to be called every hour or so."""

    database: Database
    clock: Clock

    def __call__(self) -> None:
        self.database.write(self._look)

    def _look(self, session: Session) -> None:
        now = self.clock.now()
        for ending in endings(session, now, SOON):
            days = _told_at(ending.row.not_after - now)
            row = session.get_one(CertificateRow, ending.row.id)
            if row.warned is not None and row.warned <= days:
                continue
            row.warned = days
            journal.record(
                session,
                self.clock,
                step=Step.EXPIRING,
                outcome=ending.told(now),
                partner=None if row.partner is None else PartnerId(row.partner),
                detail={
                    "certificate": row.id,
                    "subject": row.subject,
                    "fingerprint": row.fingerprint,
                    "expires": row.not_after.isoformat(),
                },
            )


def _told_at(left: timedelta) -> int:
    """The last of the days before the end that has come."""
    return min(days for days in _TOLD_AT if left <= timedelta(days=days) or days == _TOLD_AT[0])
