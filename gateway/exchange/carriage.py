"""What AS2 says of a document, a file, or a message itself: names, digests, receipts and certificates, for people to read."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId, ReceiptId
from partners import certificates
from spool.documents import DocumentRow

from ..as2.disposition import without_mode
from ..as2.terms import ReceiptMode
from ..certificates.changes import fingerprint_text
from . import arrivals, sendings
from .arrivals import Arrival, ArrivalKind
from .sendings import Sending

Facts = dict[str, Any]
"""Each by its name."""


def of_document(session: Session, row: DocumentRow) -> Facts | None:
    """The message that brought a document, or takes it away; None where none does."""
    if row.receipt_id is not None:
        arrival = arrivals.of_file(session, ReceiptId(row.receipt_id))
        return None if arrival is None else of_arrival(session, arrival)
    sending = None if row.transmission_id is None else sendings.newest(session, row.transmission_id)
    return None if sending is None else of_sending(session, sending)


def of_message(session: Session, identifier: str) -> Facts | None:
    """A message, or an MDN, by our id of it."""
    arrival = arrivals.get(session, identifier)
    if arrival is not None:
        return of_arrival(session, arrival) | {"header_fields": _fields(arrival.headers)}
    sending = session.get(Sending, identifier)
    if sending is None:
        return None
    return of_sending(session, sending) | {"header_fields": _fields(sending.headers)}


def of_arrival(session: Session, row: Arrival) -> Facts:
    """What came: a message and our answer, or an MDN and what it proves."""
    facts: Facts = {
        "arrival": row.id,
        "kind": row.kind.value,
        "at": row.at,
        "from": row.sender,
        "to": row.recipient,
        "address": row.remote,
        "message_id": row.message_id,
        "bytes": row.size,
        "outcome": row.outcome,
        "why": row.why,
        "signed_by": _certificate(session, row.partner, row.signed_by),
        "mic": row.mic,
    }
    if row.kind is ArrivalKind.MDN:
        return facts | {"mdn_says": _words(row.disposition), "about": row.sending}
    return facts | {
        "decrypted_with": _certificate(session, None, row.decrypted_with),
        "our_mdn": _words(row.disposition) if row.mdn_headers else "none was asked for",
        "our_mdn_id": arrivals.read(row.mdn_headers or ()).get("message-id"),
        "our_mdn_url": row.mdn_url,
        "our_mdn_sent_at": row.mdn_sent_at,
    }


def of_sending(session: Session, row: Sending) -> Facts:
    """What we sent, and the MDNs that came for it."""
    receipt = (
        "none" if row.receipt == ReceiptMode.NONE else f"{row.receipt}, {'' if row.signed_receipt else 'un'}signed"
    )
    return {
        "message": row.id,
        "kind": "sending",
        "at": row.built_at,
        "from": row.sender,
        "to": row.recipient,
        "message_id": row.message_id,
        "bytes": row.size,
        "state": row.state.value,
        "why": row.reason,
        "mic": row.mic,
        "mdn_asked_for": receipt,
        "mdn_due": row.due_at,
        "mdns": [_mdn(session, each) for each in _mdns(session, row)],
    }


def _fields(pairs: Iterable[Sequence[str]]) -> list[str]:
    return [f"{name}: {value}" for name, value in pairs]


def _mdns(session: Session, row: Sending) -> Sequence[Arrival]:
    about = select(Arrival).where(Arrival.sending == row.id, Arrival.kind == ArrivalKind.MDN)
    return session.scalars(about.order_by(Arrival.id)).all()


def _mdn(session: Session, row: Arrival) -> str:
    signed = _certificate(session, row.partner, row.signed_by)
    said = (row.outcome, _words(row.disposition) or "no disposition", f"MIC {row.mic or 'missing'}")
    return f"{row.id} of {row.at:%Y-%m-%d %H:%M:%S}: {'; '.join(said)}; {f'signed by {signed}' if signed else 'not signed'}"


def _words(disposition: str | None) -> str | None:
    return None if disposition is None else without_mode(disposition)


def _certificate(session: Session, partner: str | None, fingerprint: str | None) -> str | None:
    """A certificate by its fingerprint, and whose it is where it is still in force."""
    if fingerprint is None:
        return None
    row = certificates.known(session, None if partner is None else PartnerId(partner), fingerprint)
    return fingerprint_text(fingerprint) + ("" if row is None else f" (number {row.id}, {row.subject})")
