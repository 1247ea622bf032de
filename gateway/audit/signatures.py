"""Who signed what came over AS2, with which certificate, and whether that was valid and in force at that moment."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.certificates import CertificateRow, CertificateState

from ..exchange.arrivals import Arrival
from .question import Question, Row, Scope

UNSIGNED = "not signed"


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    pinned = {(row.partner, row.fingerprint): row for row in session.scalars(select(CertificateRow))}
    arrived = (
        select(Arrival)
        .where(Arrival.partner.is_not(None), *scope.within(Arrival.at, Arrival.partner))
        .order_by(Arrival.id)
    )
    for row in session.scalars(arrived):
        certificate = pinned.get((row.partner, row.signed_by or ""))
        yield (
            row.at,
            row.partner,
            row.kind.value,
            row.message_id,
            row.outcome,
            row.signed_by or UNSIGNED,
            None if certificate is None else certificate.subject,
            None if certificate is None else certificate.not_before,
            None if certificate is None else certificate.not_after,
            _standing(row, certificate),
        )


def _standing(row: Arrival, certificate: CertificateRow | None) -> str:
    """What the certificate was worth at that moment; what happened to it later is told, and changes nothing."""
    if row.signed_by is None:
        return UNSIGNED
    if certificate is None:
        return "not among the partner's certificates"
    if not certificate.not_before <= row.at <= certificate.not_after:
        return "expired" if row.at > certificate.not_after else "not yet valid"
    if certificate.state is CertificateState.IN_FORCE:
        return "valid"
    since = f"{certificate.state.value} since {certificate.changed_at:%Y-%m-%d %H:%M}"
    return f"valid; {since}" if row.at < certificate.changed_at else since


def _wrong(row: Row) -> bool:
    return row[4] == "received" and not str(row[-1]).startswith(("valid", UNSIGNED))


SIGNATURES = Question(
    "signatures",
    "Who signed what came over AS2, with which certificate, and was it valid then?",
    ("at", "partner", "kind", "message_id", "outcome", "signed_by", "subject", "valid_from", "valid_until", "then"),
    _rows,
    _wrong,
)
