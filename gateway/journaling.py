"""What the journal is told of receipts, documents and transmissions: one way for both paths, so that trails join up."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Self

from sqlalchemy.orm import Session

from canonical.identity import BlobDigest, DocumentId, PartnerId, ReceiptId, TransmissionId
from canonical.order import PurchaseOrder
from spool import journal
from spool.blobs import StagedBlob
from spool.clock import Clock
from spool.documents import DocumentRow
from spool.journal import BlobRole, NamedBlob, NewEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

ALL, SET_CONTROL = "test", "set_control"
"""Keys in the detail: the first is in each that tells all of a document that stays as it is; the other has ST02."""


def what_came(row: DocumentRow, orders: Sequence[str] = ()) -> dict[str, Any]:
    """What there is to say of a document that came, so that nobody can change it unseen; what it has not is left out."""
    said: dict[str, Any] = {
        "type": row.type,
        "number": row.number,
        "findings": len(row.findings),
        "set": row.set_id,
        "profile": row.profile_version,
        "interchange": row.interchange_control,
        "group": row.group_control,
        SET_CONTROL: row.set_control,
        ALL: row.test,
        "key": row.business_key,
        "content": row.content_sha256,
    }
    if row.findings:
        said["found"] = digest_of(row.findings)
    if row.revision is not None:
        said["revision"] = row.revision
    if row.partner_reason is not None:
        said["reply"] = row.partner_reason
    if row.replays is not None:
        said["replays"] = row.replays
    if orders:
        said["orders"] = [*dict.fromkeys(orders)]
    return said


def what_was_not_read(row: DocumentRow, orders: Sequence[str] = ()) -> dict[str, Any]:
    """As :func:`what_came`, of a document whose canonical form the ledger does not commit to."""
    return {**what_came(row, orders), "canonical": row.canonical_sha256}


def what_leaves(row: DocumentRow, orders: Sequence[str] = ()) -> dict[str, Any]:
    """The same of a document that is to leave."""
    said: dict[str, Any] = {
        "type": row.type,
        "number": row.number,
        ALL: row.test,
        "key": row.business_key,
        "content": row.content_sha256,
    }
    if row.origin is not None:
        said["origin"] = digest_of(row.origin)
    if row.replays is not None:
        said["replays"] = row.replays
    if orders:
        said["orders"] = [*dict.fromkeys(orders)]
    return said


def what_carries(row: Transmission) -> dict[str, Any]:
    """What there is to say of a file that leaves."""
    said: dict[str, Any] = {"file": row.filename, "kind": row.kind, "bytes": row.size}
    if row.answers is not None:
        said["answers"] = row.answers
    if row.interchange_control is not None:
        said["interchange"], said["group"] = row.interchange_control, row.group_control
        said["functional"] = row.functional_id
    return said


def what_answers(row: Transmission) -> dict[str, Any]:
    """The same of an answer that no document stands for, told with the file that it answers."""
    return {"transmission": row.id, "sha256": row.sha256, **what_carries(row)}


def digest_of(value: Any) -> str:
    """Of JSON, however the database keeps it: PostgreSQL has the picture of a NUL character in its place. SHA-256 in hexadecimal."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":")).replace("\\u0000", "\\u2400")
    return sha256(written.encode()).hexdigest()


class Chronicle:
    """What one transaction tells the journal of what ``actor`` did, in order: written with one statement at its end."""

    def __init__(self, clock: Clock, actor: str = journal.OURSELVES) -> None:
        self._clock = clock
        self._actor = actor
        self._entries: list[NewEntry] = []

    def of_receipt(
        self,
        step: Step,
        receipt: Receipt,
        *,
        outcome: str = "",
        detail: dict[str, Any] | None = None,
        blobs: Sequence[NamedBlob] = (),
    ) -> Self:
        """Something happened to a file that came."""
        self._entries.append(
            journal.entry(
                step=step,
                outcome=outcome,
                partner=PartnerId(receipt.partner),
                receipt_id=ReceiptId(receipt.id),
                actor=self._actor,
                detail=detail or {},
                blobs=blobs,
            )
        )
        return self

    def of_document(
        self,
        step: Step,
        row: DocumentRow,
        *,
        transmission: Transmission | None = None,
        outcome: str = "",
        detail: dict[str, Any] | None = None,
        blobs: Sequence[NamedBlob] = (),
    ) -> Self:
        """Something happened to a document; the file it came in is named too, and the one it leaves in where that is given."""
        self._entries.append(
            journal.entry(
                step=step,
                outcome=outcome,
                partner=PartnerId(row.partner),
                receipt_id=ReceiptId(row.receipt_id) if row.receipt_id else None,
                document_id=DocumentId(row.id),
                transmission_id=TransmissionId(transmission.id) if transmission else None,
                actor=self._actor,
                detail=detail or {},
                blobs=blobs,
            )
        )
        return self

    def of_report(
        self,
        step: Step,
        row: Transmission,
        *,
        outcome: str = "",
        detail: dict[str, Any] | None = None,
        blobs: Sequence[NamedBlob] = (),
    ) -> Self:
        """Something happened to an answer that no document stands for; it belongs to the receipt it answers."""
        self._entries.append(
            journal.entry(
                step=step,
                outcome=outcome,
                partner=PartnerId(row.partner),
                receipt_id=ReceiptId(row.answers) if row.answers else None,
                transmission_id=TransmissionId(row.id),
                actor=self._actor,
                detail=detail or {},
                blobs=blobs,
            )
        )
        return self

    def of_message(
        self,
        step: Step,
        partner: PartnerId | None,
        *,
        receipt: ReceiptId | None = None,
        transmission: str | None = None,
        outcome: str = "",
        detail: dict[str, Any] | None = None,
        blobs: Sequence[NamedBlob] = (),
    ) -> Self:
        """Something happened to an AS2 message, or to what is known of it: a file that it brought, or what it carries."""
        self._entries.append(
            journal.entry(
                step=step,
                outcome=outcome,
                partner=partner,
                receipt_id=receipt,
                transmission_id=None if transmission is None else TransmissionId(transmission),
                actor=self._actor,
                detail=detail or {},
                blobs=blobs,
            )
        )
        return self

    def of_refused_order(self, order: PurchaseOrder, reason: str) -> None:
        """The ERP gave an order that was not taken in."""
        partner = None if order.partner is None else PartnerId(_storable(order.partner))
        detail = {journal.REFUSED_ORDER: _storable(order.number)}
        self._entries.append(
            journal.entry(step=Step.REJECTED, outcome=_storable(reason), partner=partner, detail=detail)
        )

    def write(self, session: Session) -> None:
        """Put it into the journal, in the transaction of what it tells of."""
        journal.write(session, self._clock, self._entries)
        self._entries = []


def as_role(role: BlobRole, staged: StagedBlob | None) -> list[NamedBlob]:
    """A staged payload, if there is one, as what an entry is about."""
    return [] if staged is None else [NamedBlob(role, staged.digest, staged.size)]


def as_sent(row: Transmission, role: BlobRole = BlobRole.SENT) -> list[NamedBlob]:
    """The bytes of a file that leaves."""
    return [NamedBlob(role, BlobDigest(row.sha256), row.size)]


def _storable(text: str) -> str:
    """What an ERP gave may hold what is no text (lone surrogates), which may be why it was refused."""
    return text.encode("utf-8", "replace").decode("utf-8")
