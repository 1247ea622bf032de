"""Certificate exchange messages joined to the certificates we keep: what a partner offers waits for approval, what it answers is noted.

A message of these is believed as any other: by its signature. That proves that the partner's present key signed it, and no more, so
that a person decides, who compares the fingerprint by telephone: whoever stole the key would send one too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import CertificateRow, CertificateState, Use
from spool import journal
from spool.clock import Clock
from spool.journal import Step

from ..as2.cem import Answer, Offer, Reference, Request, Response, Usage
from ..as2.cms.keys import Certificate
from . import changes
from .changes import KEEP_PREVIOUS, New

MOST_PENDING = 20
"""Certificates of one partner that may wait for a decision; more are refused, so that nobody fills the list."""

_USES = {
    frozenset({Usage.SIGNATURE}): Use.SIGN,
    frozenset({Usage.ENCRYPTION}): Use.ENCRYPT,
    frozenset({Usage.SIGNATURE, Usage.ENCRYPTION}): Use.BOTH,
}


def received(
    session: Session, clock: Clock, partner: PartnerId, request: Request, *, signed_by: Certificate | None
) -> tuple[Answer, ...]:
    """Keep what a partner offers until somebody decides; what can be answered at once is returned, for :func:`response`.

    ``signed_by`` is the certificate that the message was signed with. The same request may come again.
    """
    answers = (_received(session, clock, partner, request, offer, signed_by) for offer in request.offers)
    return tuple(answer for answer in answers if answer is not None)


def response(request_id: str, answers: Sequence[Answer], *, own_name: str) -> Response:
    """Answers as they are sent under our AS2 name."""
    return Response(request_id, own_name, None, tuple(answers))


def decision(row: CertificateRow, reason: str, *, own_name: str) -> Response | None:
    """What a partner is told of a certificate that it sent and that was decided on; None where it came in another way."""
    if row.request is None:
        return None
    accepted = row.state is CertificateState.IN_FORCE
    reference = Reference(row.request["issuer"], int(row.request["serial_number"]))
    answer = Answer(reference, accepted, None if accepted else reason)
    return response(row.request["request_id"], [answer], own_name=own_name)


def announcement(row: CertificateRow, request_id: str, *, own_name: str, response_url: str) -> Request:
    """A certificate of ours as it is offered to partners; ``response_url`` is where our AS2 messages are to be sent."""
    certificate = Certificate.load(row.pem.encode("ascii"))
    usages = next(usages for usages, use in _USES.items() if use is row.use)
    offer = Offer(Reference.to(certificate), certificate, usages, row.begins, response_url)
    return Request(request_id, own_name, None, (offer,))


def answered(session: Session, clock: Clock, partner: PartnerId, told: Response) -> None:
    """Note what a partner answers to what we offered. Nothing else changes: we sign with the next key when its day comes."""
    ours = {
        Certificate.load(row.pem.encode("ascii")).x509.serial_number: row
        for row in certificates.all(session)
        if row.partner is None
    }
    for answer in told.answers:
        row = ours.get(answer.reference.serial_number)
        verdict = "accepted" if answer.accepted else f"rejected: {answer.reason or 'no reason given'}"
        journal.record(
            session,
            clock,
            step=Step.REKEYED,
            outcome=f"{partner} answers: {verdict}",
            partner=partner,
            detail={
                "request_id": told.request_id,
                "certificate": None if row is None else row.id,
                "serial_number": str(answer.reference.serial_number),
                "accepted": answer.accepted,
            },
        )


def _received(
    session: Session, clock: Clock, partner: PartnerId, request: Request, offer: Offer, signed_by: Certificate | None
) -> Answer | None:
    """The answer that can be given at once; None where a person decides."""
    certificates.locked(session)
    if isinstance(offer.certificate, str):
        return _refused(session, clock, partner, offer, offer.certificate)
    known = certificates.known(session, partner, offer.certificate.fingerprint)
    if known is not None and known.state is CertificateState.IN_FORCE:
        return Answer(offer.reference, True)
    asked = _asked(request, offer, signed_by)
    if known is not None:
        known.request = asked
        return None
    use = _USES.get(offer.usages & {Usage.SIGNATURE, Usage.ENCRYPTION})
    fault = _objection(session, clock, partner, offer.certificate, use)
    if fault is not None:
        return _refused(session, clock, partner, offer, fault)
    assert use is not None
    begins = max(clock.now(), offer.certificate.not_before)
    new = New(
        partner,
        offer.certificate,
        use,
        begins,
        previous_until=_previous_until(begins, offer),
        request=asked,
        state=CertificateState.PENDING,
    )
    changes.add(session, clock, new, by=partner, outcome="sent for approval")
    return None


def _objection(
    session: Session, clock: Clock, partner: PartnerId, certificate: Certificate, use: Use | None
) -> str | None:
    """Why a certificate need not wait for anybody's decision."""
    if use is None:
        return "It is offered neither for signatures nor for encryption, and certificates for TLS are not exchanged like this."
    waiting = session.scalar(
        select(func.count()).where(CertificateRow.partner == partner, CertificateRow.state == CertificateState.PENDING)
    )
    if (waiting or 0) >= MOST_PENDING:
        return f"{waiting} certificates wait for a decision already."
    return changes.objection(session, partner, certificate, clock.now())


def _refused(session: Session, clock: Clock, partner: PartnerId, offer: Offer, why: str) -> Answer:
    journal.record(
        session,
        clock,
        step=Step.REKEYED,
        outcome=f"refused: {why}",
        partner=partner,
        detail={"issuer": offer.reference.issuer, "serial_number": str(offer.reference.serial_number)},
    )
    return Answer(offer.reference, False, why)


def _asked(request: Request, offer: Offer, signed_by: Certificate | None) -> dict[str, Any]:
    """What the answer must repeat, and what whoever decides should know."""
    respond_by = offer.respond_by
    return {
        "request_id": request.request_id,
        "issuer": offer.reference.issuer,
        # Larger than what JSON's readers keep exactly.
        "serial_number": str(offer.reference.serial_number),
        "respond_by": None if respond_by is None else respond_by.isoformat(),
        "signed_by": None if signed_by is None else signed_by.fingerprint,
    }


def _previous_until(begins: datetime, offer: Offer) -> datetime:
    """The partner goes on signing with its former certificate until the date by which it wants to be answered."""
    assert isinstance(offer.certificate, Certificate)
    switches = begins if offer.respond_by is None else min(max(begins, offer.respond_by), offer.certificate.not_after)
    return changes.later(switches, KEEP_PREVIOUS)
