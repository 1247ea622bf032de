"""What is kept of AS2 messages goes with the files and transmissions they are about; what is about none, when it is old enough."""

from collections.abc import Sequence

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from spool.receipts import Receipt
from spool.transmissions import Transmission

from .arrivals import Arrival, ArrivedFile
from .sendings import Sending

PAYLOADS = (
    select(Arrival.sha256),
    select(Arrival.mdn_sha256).where(Arrival.mdn_sha256.is_not(None)),
    select(Arrival.signed_sha256).where(Arrival.signed_sha256.is_not(None)),
    select(Sending.sha256),
)
"""The payloads that messages refer to."""


def forget(session: Session, before: str, limit: int) -> int:
    """Remove up to ``limit`` messages each way with an identifier before ``before``; how many. An MDN that is still to be posted stays."""
    sent = session.scalars(
        select(Sending.id)
        .where(Sending.id < before, ~exists().where(Transmission.id == Sending.transmission))
        .limit(limit)
    ).all()
    session.execute(delete(Sending).where(Sending.id.in_(sent)))
    came = session.scalars(_over(before, limit)).all()
    _remove(session, came)
    return len(sent) + len(came)


def _over(before: str, limit: int) -> Select[str]:
    files = exists().where(ArrivedFile.arrival == Arrival.id, Receipt.id == ArrivedFile.receipt_id)
    return (
        select(Arrival.id)
        .where(
            Arrival.id < before,
            ~files,
            ~exists().where(Sending.id == Arrival.sending),
            or_(Arrival.mdn_url.is_(None), Arrival.mdn_sent_at.is_not(None)),
        )
        .limit(limit)
    )


def _remove(session: Session, came: Sequence[str]) -> None:
    session.execute(delete(ArrivedFile).where(ArrivedFile.arrival.in_(came)))
    session.execute(delete(Arrival).where(Arrival.id.in_(came)))
