"""What an administrator may have done with keys and certificates, each in one transaction: behind `tally key` and `tally cert`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from cryptography import x509
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import PartnerId
from partners import certificates, registry
from partners.certificates import PURPOSES, CertificateRow, CertificateState, Place, Turn, Use
from spool.clock import Clock
from spool.database.port import Database

from ..as2.cms.keys import Certificate, OwnKey
from ..operations.instruction import Instruction, NotPossible
from . import changes, same_key
from .changes import New
from .expiry import Ending, endings
from .making import make_key
from .vault import Vault

OVERLAP = timedelta(days=30)
"""How long partners have to install our next certificate before we sign with it, unless told otherwise."""

RESERVE = timedelta(days=7)
"""How long before our current certificate expires we sign with the next at the latest, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate, and where it stands now for each purpose that it serves while it is in force."""

    row: CertificateRow
    turns: dict[Use, Turn]

    def places(self, now: datetime) -> dict[Use, Place]:
        return {purpose: turn.place(now) for purpose, turn in self.turns.items()}

    @property
    def accepted_until(self) -> datetime | None:
        """Until when signatures by it count although another took over; None where nothing is said of it."""
        signing = self.turns.get(Use.SIGN)
        return None if signing is None else signing.accepted_until


def _nobody_to_tell(_session: Session, _row: CertificateRow, _why: str) -> None:
    """Where partners send no certificates."""


@dataclass(frozen=True, slots=True)
class Custody:
    """Raises NotFound for what does not exist, NotPossible for what makes no sense as things stand, Misconfigured for what is wrong."""

    database: Database
    clock: Clock
    vault: Vault
    decided: Callable[[Session, CertificateRow, str], None] = _nobody_to_tell
    """Tells the partner, in the transaction that decides, what became of a certificate that it sent for approval, and why."""

    def all(self, partner: str | None = None) -> Sequence[Listed]:
        """Every certificate there is or was, or one partner's; ours first."""
        with self.database.read() as session:
            if partner is not None:
                _known(session, partner)
            rows = certificates.all(session)
        parties = dict.fromkeys(row.partner for row in rows if partner is None or row.partner == partner)
        return [listed for party in parties for listed in _listed([row for row in rows if row.partner == party])]

    # Ours

    def generate(self, subject: x509.Name, *, bits: int, days: int, begins: datetime | None, by: str) -> CertificateRow:
        """A new key of ours. Where there is one already, ``begins`` must say when it takes over."""
        if begins is None and self._in_force():
            raise NotPossible(
                "We have a key already, and partners know only its certificate. `tally cert rotate` makes the next one and leaves them "
                "time to install it; or say with --begins when it takes over."
            )
        key = make_key(subject, bits=bits, days=days, now=self.clock.now())
        return self._keep(key, Use.BOTH, begins or self.clock.now(), by, "generated")

    def rotate(self, *, bits: int, days: int, begins: datetime | None, by: str) -> CertificateRow:
        """The key that takes over from our current one, under the same name."""
        now = self.clock.now()
        turns = certificates.line(self._in_force(), Use.SIGN)
        current = certificates.current(turns, now)
        if current is None:
            raise NotPossible(
                "There is no key of ours in use that another could take over from. `tally key generate` makes one."
            )
        if turns[-1] is not current:
            raise NotPossible(
                f"The next key is here already, as number {turns[-1].row.id}; it takes over on {turns[-1].begins:%Y-%m-%d %H:%M} UTC. "
                f"`tally cert withdraw {turns[-1].row.id}` takes it back."
            )
        if begins is None:
            begins = max(now, min(now + OVERLAP, current.row.not_after - RESERVE))
        subject = x509.load_pem_x509_certificate(current.row.pem.encode()).subject
        begins = self._not_before_now(begins)
        return self._keep(make_key(subject, bits=bits, days=days, now=now), current.row.use, begins, by, "rotated")

    def take_key(self, key: OwnKey, *, use: Use, begins: datetime | None, by: str) -> CertificateRow:
        """Take over a key that another product made."""
        begins = self._not_before_now(begins or key.certificate.not_before)
        return self._keep(key, use, begins, by, "imported")

    def _keep(self, key: OwnKey, use: Use, begins: datetime, by: str, outcome: str) -> CertificateRow:
        # One passphrase for all: a key sealed with another would be noticed too late.
        self.require_opening()
        self.vault.prepare()
        new = New(None, key.certificate, use, begins, private_key=self.vault.seal(key.private_key))
        return self.database.write(lambda session: changes.add(session, self.clock, new, by=by, outcome=outcome))

    def own(self, certificate_id: int | None = None) -> CertificateRow:
        """Our certificate of this number; or the one partners are to install: the newest in force."""
        with self.database.read() as session:
            rows = [row for row in certificates.all(session) if row.partner is None]
        wanted = [
            row
            for row in rows
            if (row.state is CertificateState.IN_FORCE if certificate_id is None else row.id == certificate_id)
        ]
        if not wanted:
            raise NotFound(
                "We have no key yet. `tally key generate` makes one."
                if certificate_id is None
                else f"We have no certificate of number {certificate_id}. `tally key list` shows ours."
            )
        return wanted[-1]

    def require_opening(self) -> None:
        """Raises Misconfigured where our keys do not open: better told when the gateway starts than when a message comes."""
        for row in self._in_force():
            assert row.private_key is not None
            self.vault.open(row.private_key)

    def _in_force(self) -> Sequence[CertificateRow]:
        with self.database.read() as session:
            return certificates.in_force(session, None)

    def _not_before_now(self, begins: datetime | None) -> datetime:
        """A day that has begun already means from now on: in the line, what began earlier comes before what took over since."""
        now = self.clock.now()
        return now if begins is None else max(begins, now)

    # Partners'

    def take(
        self,
        partner: str,
        certificate: Certificate,
        *,
        use: Use,
        begins: datetime | None,
        keep_previous: timedelta,
        by: str,
    ) -> CertificateRow:
        """A partner's certificate, in force at once; used from ``begins`` on, or as soon as it is valid."""
        begins = self._not_before_now(begins or certificate.not_before)
        return self.database.write(partial(self._take, partner, certificate, use, begins, keep_previous, by))

    def _take(
        self,
        partner: str,
        certificate: Certificate,
        use: Use,
        begins: datetime,
        keep_previous: timedelta,
        by: str,
        session: Session,
    ) -> CertificateRow:
        until = changes.later(begins, keep_previous)
        new = New(_known(session, partner), certificate, use, begins, previous_until=until)
        return changes.add(session, self.clock, new, by=by, outcome="imported")

    def doubts(self, row: CertificateRow) -> tuple[str, ...]:
        """What should be known of a partner's certificate, by others that are or were here."""
        with self.database.read() as session:
            return same_key.doubts(session, row)

    # Any

    def expiring(self, within: timedelta) -> Sequence[Ending]:
        """What expires within a time, or has expired, while nothing takes over from it."""
        with self.database.read() as session:
            return endings(session, self.clock.now(), within)

    def withdraw(self, certificate_id: int, by: Instruction) -> CertificateRow:
        """Take a certificate out of use at once: nothing is signed, encrypted, decrypted or believed by it any more.

        The next takes over at once where it was current; where there is no next, the previous again, if its time is not over.
        """
        return self.database.write(partial(self._withdraw, certificate_id, by))

    def _withdraw(self, certificate_id: int, by: Instruction, session: Session) -> CertificateRow:
        row = self._decide(session, certificate_id, CertificateState.WITHDRAWN, by.actor, by.reason)
        changes.leave_behind(session, self.clock, row, by=by.actor)
        changes.bring_forward(session, self.clock, row, by=by.actor)
        return row

    def approve(self, certificate_id: int, *, by: str) -> CertificateRow:
        """Put in force, from now on, what a partner sent for approval."""
        return self.database.write(partial(self._answer, certificate_id, CertificateState.IN_FORCE, by, "approved"))

    def reject(self, certificate_id: int, by: Instruction) -> CertificateRow:
        """Refuse what a partner sent for approval."""
        return self.database.write(
            partial(self._answer, certificate_id, CertificateState.REJECTED, by.actor, by.reason)
        )

    def _answer(
        self, certificate_id: int, state: CertificateState, by: str, outcome: str, session: Session
    ) -> CertificateRow:
        row = self._decide(session, certificate_id, state, by, outcome)
        self.decided(session, row, outcome)
        return row

    def _decide(
        self, session: Session, certificate_id: int, state: CertificateState, by: str, outcome: str
    ) -> CertificateRow:
        certificates.locked(session)
        row = certificates.get(session, certificate_id)
        if row is None:
            raise NotFound(f"There is no certificate {certificate_id}. `tally cert list` shows those there are.")
        needed = CertificateState.IN_FORCE if state is CertificateState.WITHDRAWN else CertificateState.PENDING
        if row.state is not needed:
            raise NotPossible(
                f"Certificate {row.id} is {row.state}, and only one that is {needed} can be {_DONE[state]}."
            )
        changes.decide(session, self.clock, row, state, by=by, outcome=outcome)
        return row


_DONE = {
    CertificateState.IN_FORCE: "approved",
    CertificateState.REJECTED: "rejected",
    CertificateState.WITHDRAWN: "withdrawn",
}


def _listed(rows: Sequence[CertificateRow]) -> list[Listed]:
    """The certificates of one party."""
    lines = {purpose: certificates.line(rows, purpose) for purpose in PURPOSES}
    return [
        Listed(row, {purpose: turn for purpose, turns in lines.items() for turn in turns if turn.row is row})
        for row in rows
    ]


def _known(session: Session, partner: str) -> PartnerId:
    name = PartnerId(partner)
    if registry.current(session, name) is None:
        raise NotFound(f"There is no partner {partner}. `tally partner list` shows those in force.")
    return name
