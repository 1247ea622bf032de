"""Every change of a certificate, with what must hold for it and the journal entry that tells of it, in the caller's transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import PURPOSES, CertificateRow, CertificateState, Place, Use
from spool import journal
from spool.clock import Clock
from spool.database.moment import moment_of
from spool.journal import Step

from ..as2.cms.keys import Certificate
from ..as2.cms.policy import DEFAULT
from ..operations.instruction import NotPossible
from . import same_key

KEEP_PREVIOUS = timedelta(days=30)
"""How long signatures by a partner's former certificate count after the next has begun, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class New:
    """A certificate to be kept, with what :class:`partners.certificates.CertificateRow` says of it."""

    partner: PartnerId | None
    certificate: Certificate
    use: Use
    begins: datetime
    previous_until: datetime | None = None
    private_key: str | None = None
    request: dict[str, Any] | None = None
    state: CertificateState = CertificateState.IN_FORCE


def add(session: Session, clock: Clock, new: New, *, by: str, outcome: str) -> CertificateRow:
    """Keep a certificate.

    Raises Misconfigured where it cannot be used, or would leave a time without any; NotPossible where it is here already.
    """
    certificates.locked(session)
    now = moment_of(session, clock)
    if (fault := objection(session, new.partner, new.certificate, now)) is not None:
        raise Misconfigured(f"{fault} It was not taken in: get the one that is to be used now.")
    _demand_new(session, new)
    row = _row(new, now, by)
    if new.state is CertificateState.IN_FORCE:
        _demand_fit(session, row, now)
    session.add(row)
    session.flush()
    _tell(session, clock, row, None, by, outcome)
    return row


def decide(
    session: Session, clock: Clock, row: CertificateRow, state: CertificateState, *, by: str, outcome: str
) -> None:
    """Put what waits for a decision in force from now on, or refuse it, or take what is in force out of use.

    Raises Misconfigured where it would leave a time without any certificate.
    """
    before, now = _said(row), moment_of(session, clock)
    row.state, row.changed_at, row.changed_by = state, now, by
    if state is CertificateState.IN_FORCE:
        row.begins = max(row.begins, now)
        if row.previous_until is not None:
            row.previous_until = max(row.previous_until, later(row.begins, KEEP_PREVIOUS))
        _demand_fit(session, row, now)
    session.flush()
    _tell(session, clock, row, before, by, outcome)


def leave_behind(session: Session, clock: Clock, withdrawn: CertificateRow, *, by: str) -> None:
    """Withdraw also those before it whose agreed time is over: they would be believed again, as if nothing had followed them."""
    now = moment_of(session, clock)
    if withdrawn.begins > now or withdrawn.previous_until is None or withdrawn.previous_until > now:
        return
    for other in _others(session, withdrawn):
        if other.begins <= withdrawn.begins and withdrawn.use.covers(other.use):
            row = session.get_one(CertificateRow, other.id)
            outcome = f"replaced long before {withdrawn.id} was withdrawn"
            decide(session, clock, row, CertificateState.WITHDRAWN, by=by, outcome=outcome)


def bring_forward(session: Session, clock: Clock, withdrawn: CertificateRow, *, by: str) -> None:
    """Have what was to follow a certificate that was current take over now, since nothing else would."""
    now = moment_of(session, clock)
    for purpose in PURPOSES:
        turns = certificates.line(_others(session, withdrawn), purpose)
        if not withdrawn.use.covers(purpose) or withdrawn.begins > now or not turns:
            continue
        if turns[0].place(now) is not Place.NEXT:
            continue
        row = session.get_one(CertificateRow, turns[0].row.id)
        before = _said(row)
        row.begins, row.changed_at, row.changed_by = max(now, row.not_before), now, by
        session.flush()
        _tell(session, clock, row, before, by, f"takes over from {withdrawn.id} at once")


def objection(session: Session, partner: PartnerId | None, certificate: Certificate, now: datetime) -> str | None:
    """Why a certificate cannot be a partner's, or ours for None, as a sentence for anybody, or None where it can."""
    if now > certificate.not_after:
        return f"The certificate of {certificate.subject} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
    if certificate.rsa_bits < DEFAULT.minimum_rsa_bits:
        return f"The RSA key of {certificate.subject} has {certificate.rsa_bits} bits; at least {DEFAULT.minimum_rsa_bits} are needed."
    return same_key.objection(session, partner, certificate.x509)


def later(moment: datetime, by: timedelta) -> datetime:
    """A moment later by some time, or the last one there is."""
    return moment + min(by, datetime.max.replace(tzinfo=UTC) - moment)


def fingerprint_text(fingerprint: str) -> str:
    """A fingerprint as other products show it, to be read out on the telephone."""
    return ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)).upper()


def _row(new: New, now: datetime, by: str) -> CertificateRow:
    certificate = new.certificate
    return CertificateRow(
        partner=new.partner,
        use=new.use,
        state=new.state,
        subject=certificate.subject,
        fingerprint=certificate.fingerprint,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        begins=new.begins,
        previous_until=new.previous_until,
        pem=certificate.x509.public_bytes(Encoding.PEM).decode("ascii"),
        private_key=new.private_key,
        request=new.request,
        added_at=now,
        added_by=by,
        changed_at=now,
        changed_by=by,
    )


def _demand_new(session: Session, new: New) -> None:
    known = certificates.known(session, new.partner, new.certificate.fingerprint)
    if known is not None:
        helps = (
            f"`tally cert approve {known.id}` puts it in force."
            if known.state is CertificateState.PENDING
            else "To use it otherwise, withdraw that one and import it again."
        )
        raise NotPossible(
            f"This certificate is here already, as number {known.id} ({known.state}, for {known.use}): `tally cert list`. {helps}"
        )


def _demand_fit(session: Session, row: CertificateRow, now: datetime) -> None:
    """A time at which no certificate may be used would stop the trade, and nobody would know why."""
    if not row.not_before <= row.begins <= row.not_after:
        raise Misconfigured(
            f"The certificate of {row.subject} is valid from {row.not_before:%Y-%m-%d %H:%M} to {row.not_after:%Y-%m-%d %H:%M} UTC, and "
            f"cannot be used from {row.begins:%Y-%m-%d %H:%M} on. Give --begins a moment within."
        )
    there = _others(session, row)
    for purpose in PURPOSES:
        before = [turn.row for turn in certificates.line(there, purpose) if turn.begins <= row.begins]
        if not row.use.covers(purpose) or not before:
            continue
        expires = max(before[-1].not_after, now)
        if expires < row.begins:
            raise Misconfigured(
                f"The certificate in use to {purpose}, number {before[-1].id}, expires on {before[-1].not_after:%Y-%m-%d %H:%M} UTC. "
                f"If the next begins on {row.begins:%Y-%m-%d %H:%M}, there is none in between. "
                f"Give --begins {expires:%Y-%m-%dT%H:%M} or earlier."
            )


def _others(session: Session, row: CertificateRow) -> list[CertificateRow]:
    """The certificates of the same party that are in force beside this one."""
    return [each for each in certificates.in_force(session, _partner(row)) if each.id != row.id]


def _partner(row: CertificateRow) -> PartnerId | None:
    return None if row.partner is None else PartnerId(row.partner)


def _tell(
    session: Session, clock: Clock, row: CertificateRow, before: dict[str, Any] | None, by: str, outcome: str
) -> None:
    journal.record(
        session,
        clock,
        step=Step.REKEYED,
        outcome=outcome,
        partner=_partner(row),
        actor=by,
        detail={
            "certificate": row.id,
            "subject": row.subject,
            "fingerprint": row.fingerprint,
            "before": before,
            "after": _said(row),
        },
    )


def _said(row: CertificateRow) -> dict[str, Any]:
    until = row.previous_until
    return {
        "state": row.state.value,
        "use": row.use.value,
        "begins": row.begins.isoformat(),
        "previous_until": None if until is None else until.isoformat(),
    }
