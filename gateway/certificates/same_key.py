"""Certificates that share a key: another certificate for it is another file and the same proof, whoever it is made out to."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import CertificateRow, CertificateState

_COUNTS = {CertificateState.IN_FORCE, CertificateState.PENDING}
_GONE = {CertificateState.REJECTED: "rejected", CertificateState.WITHDRAWN: "taken out of use"}


def objection(session: Session, partner: PartnerId | None, certificate: x509.Certificate) -> str | None:
    """Why a partner's certificate, or ours for None, cannot be taken in beside those there are; None where it can.

    What is signed with a key of ours must never count as a partner's, whatever became of that key since.
    """
    subject = certificate.subject.rfc4514_string()
    for row in _with_key(session, certificate):
        if partner is not None and row.partner is None:
            return f"The key of {subject} is one of ours (number {row.id}), and no partner's."
        if partner is None and row.partner is not None and row.state in _COUNTS:
            return f"The key of {subject} is {row.partner}'s (number {row.id}), and not ours alone."
    return None


def doubts(session: Session, row: CertificateRow) -> tuple[str, ...]:
    """What whoever takes in or decides on a partner's certificate should know of others for its key."""
    there = [
        each
        for each in _with_key(session, x509.load_pem_x509_certificate(row.pem.encode("ascii")))
        if each.id != row.id
    ]
    return tuple(_doubts(row, there))


def _doubts(row: CertificateRow, there: Sequence[CertificateRow]) -> Iterator[str]:
    others = sorted(
        {each.partner for each in there if each.partner and each.partner != row.partner and each.state in _COUNTS}
    )
    if others:
        yield (
            f"The same key is here as that of {', '.join(others)}: whoever has it can sign for all of them. Ask "
            f"{row.partner} whether that is meant."
        )
    gone = [each for each in there if each.partner == row.partner and each.state in _GONE]
    if gone:
        last = max(gone, key=lambda each: (each.changed_at, each.id))
        yield (
            f"The same key was {_GONE[last.state]} on {last.changed_at:%Y-%m-%d %H:%M} UTC by {last.changed_by}, as number {last.id}: "
            f"`tally trail --partner {row.partner}` says why."
        )


def _with_key(session: Session, certificate: x509.Certificate) -> list[CertificateRow]:
    key = _key(certificate)
    return [row for row in certificates.all(session) if _key_of(row.pem) == key]


@lru_cache(maxsize=2048)
def _key_of(pem: str) -> bytes:
    """Read once: to look for a key all certificates there are must be looked at."""
    return _key(x509.load_pem_x509_certificate(pem.encode("ascii")))


def _key(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
