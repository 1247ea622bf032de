"""What is kept of AS2 messages goes with the files and transmissions they are about; what is about none, when it is old enough."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from spool.receipts import Receipt
from spool.transmissions import Transmission

from .arrivals import Arrival, ArrivedFile
from .refusals import Refusals
from .sendings import Sending

PAYLOADS = (
    select(Arrival.sha256),
    select(Arrival.mdn_sha256).where(Arrival.mdn_sha256.is_not(None)),
    select(Arrival.signed_sha256).where(Arrival.signed_sha256.is_not(None)),
    select(Sending.sha256),
)
"""The payloads that messages refer to."""

FORGOTTEN = "forgotten_before"
"""The key in the detail of what tells of a removal under which the identifier stands before which messages were removed that are about
nothing else."""

LEFT = "messages_left"
"""The key in the detail of what tells of a removal under which the messages stand that stay for a while though what they are about went, by
their identifiers; all others went with it. Earlier programs did not say, and removed the messages later."""


def forget(session: Session, before: str, limit: int, held: Collection[str] = ()) -> int:
    """Remove up to ``limit`` messages each way with an identifier before ``before``; how many. An MDN that is still to be posted stays,
    and so does what was exchanged with the partners that are ``held``."""
    sent = session.scalars(
        select(Sending.id)
        .where(
            Sending.id < before,
            Sending.partner.not_in(held),
            ~exists().where(Transmission.id == Sending.transmission),
        )
        .limit(limit)
    ).all()
    session.execute(delete(Sending).where(Sending.id.in_(sent)))
    came = session.scalars(_over(before, limit, held)).all()
    _remove(session, came)
    session.execute(delete(Refusals).where(Refusals.id < before))
    return len(sent) + len(came)


def about(session: Session, files: Collection[str], transmissions: Collection[str]) -> "Messages":
    """The messages that brought these files and no others that are here, that carry these transmissions, and the MDNs about the latter.
    Until this transaction ends no other MDN is matched to them.

    To be asked before the files go, and before what the journal tells of them does.
    """
    others = aliased(ArrivedFile)
    another = exists().where(
        others.arrival == ArrivedFile.arrival,
        others.receipt_id.not_in(files),
        Receipt.id == others.receipt_id,
    )
    came = session.scalars(select(ArrivedFile.arrival).where(ArrivedFile.receipt_id.in_(files), ~another)).all()
    carrying = select(Sending.id).where(Sending.transmission.in_(transmissions)).order_by(Sending.id)
    sent = session.scalars(carrying.with_for_update()).all()
    mdns = session.scalars(select(Arrival.id).where(Arrival.sending.in_(sent))).all()
    return Messages(tuple(sent), (*dict.fromkeys(came), *mdns))


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages by their ids, each way; those that are ``left`` are none of them."""

    sent: tuple[str, ...]
    came: tuple[str, ...]
    left: tuple[str, ...] = ()

    def answered(self, session: Session) -> "Messages":
        """Without those whose MDN is still to be posted: these are left."""
        waiting = {*session.scalars(select(Arrival.id).where(Arrival.id.in_(self.came), ~_ANSWERED))}
        return replace(
            self, came=tuple(id_ for id_ in self.came if id_ not in waiting), left=(*self.left, *sorted(waiting))
        )

    def __len__(self) -> int:
        return len(self.sent) + len(self.came)

    def as_json(self) -> dict[str, Any]:
        """What the entry has in its detail that tells of their removal."""
        return {LEFT: [*self.left]}

    def payloads(self, session: Session) -> set[str]:
        """The digests of all that they are made of."""
        arrivals = select(Arrival.sha256, Arrival.mdn_sha256, Arrival.signed_sha256).where(Arrival.id.in_(self.came))
        found = {digest for row in session.execute(arrivals) for digest in row if digest}
        return found | {*session.scalars(select(Sending.sha256).where(Sending.id.in_(self.sent)))}

    def remove(self, session: Session) -> None:
        """Remove them."""
        session.execute(delete(Sending).where(Sending.id.in_(self.sent)))
        _remove(session, self.came)


_ANSWERED = or_(Arrival.mdn_url.is_(None), Arrival.mdn_sent_at.is_not(None))
"""Whether no MDN is still to be posted for it."""


def _over(before: str, limit: int, held: Collection[str]) -> Select[str]:
    files = exists().where(ArrivedFile.arrival == Arrival.id, Receipt.id == ArrivedFile.receipt_id)
    return (
        select(Arrival.id)
        .where(
            Arrival.id < before,
            or_(Arrival.partner.is_(None), Arrival.partner.not_in(held)),
            ~files,
            ~exists().where(Sending.id == Arrival.sending),
            _ANSWERED,
        )
        .limit(limit)
    )


def _remove(session: Session, came: Sequence[str]) -> None:
    session.execute(delete(ArrivedFile).where(ArrivedFile.arrival.in_(came)))
    session.execute(delete(Arrival).where(Arrival.id.in_(came)))
