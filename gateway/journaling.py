"""What the journal is told of receipts, documents and transmissions: one way for both paths, so that trails join up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import structlog
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from canonical.identity import DocumentId, PartnerId, ReceiptId, TransmissionId
from canonical.order import PurchaseOrder
from partners.registry import Change, ChangeKind
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.documents import DocumentRow
from spool.journal import JournalEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

_log = structlog.get_logger(__name__)


class Chronicle:
    """What one transaction tells the journal of what ``actor`` did, in order: written with one statement at its end."""

    def __init__(self, clock: Clock, actor: str = journal.OURSELVES) -> None:
        self._clock = clock
        self._actor = actor
        self._entries: list[JournalEntry] = []

    def of_receipt(
        self, step: Step, receipt: Receipt, *, outcome: str = "", detail: dict[str, Any] | None = None
    ) -> Self:
        """Something happened to a file that came."""
        self._entries.append(
            journal.entry(
                self._clock,
                step=step,
                outcome=outcome,
                partner=PartnerId(receipt.partner),
                receipt_id=ReceiptId(receipt.id),
                actor=self._actor,
                detail=detail or {},
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
    ) -> Self:
        """Something happened to a document; the file it came in is named too, and the one it leaves in where that is given."""
        self._entries.append(
            journal.entry(
                self._clock,
                step=step,
                outcome=outcome,
                partner=PartnerId(row.partner),
                receipt_id=ReceiptId(row.receipt_id) if row.receipt_id else None,
                document_id=DocumentId(row.id),
                transmission_id=TransmissionId(transmission.id) if transmission else None,
                actor=self._actor,
                detail=detail or {},
            )
        )
        return self

    def of_report(
        self, step: Step, row: Transmission, *, outcome: str = "", detail: dict[str, Any] | None = None
    ) -> Self:
        """Something happened to an answer that no document stands for; it belongs to the receipt it answers."""
        self._entries.append(
            journal.entry(
                self._clock,
                step=step,
                outcome=outcome,
                partner=PartnerId(row.partner),
                receipt_id=ReceiptId(row.answers) if row.answers else None,
                transmission_id=TransmissionId(row.id),
                actor=self._actor,
                detail=detail or {},
            )
        )
        return self

    def of_message(
        self,
        step: Step,
        partner: PartnerId,
        *,
        receipt: ReceiptId | None = None,
        transmission: str | None = None,
        outcome: str = "",
        detail: dict[str, Any] | None = None,
    ) -> Self:
        """Something happened to an AS2 message, or to what is known of it: a file that it brought, or what it carries."""
        self._entries.append(
            journal.entry(
                self._clock,
                step=step,
                outcome=outcome,
                partner=partner,
                receipt_id=receipt,
                transmission_id=None if transmission is None else TransmissionId(transmission),
                actor=self._actor,
                detail=detail or {},
            )
        )
        return self

    def of_refused_order(self, order: PurchaseOrder, reason: str) -> None:
        """The ERP gave an order that was not taken in."""
        partner = None if order.partner is None else PartnerId(_storable(order.partner))
        detail = {journal.REFUSED_ORDER: _storable(order.number)}
        self._entries.append(
            journal.entry(self._clock, step=Step.REJECTED, outcome=_storable(reason), partner=partner, detail=detail)
        )

    def write(self, session: Session) -> None:
        """Put it into the journal, in the transaction of what it tells of."""
        journal.write(session, self._entries)
        self._entries = []


@contextmanager
def running(database: Database, clock: Clock, node: str, role: str) -> Iterator[None]:
    """Tell that a node serves, and at the end of the block that it ended."""

    def tell(step: Step) -> None:
        detail = {"node": node, "role": role}
        database.write(lambda session: journal.record(session, clock, step=step, outcome=role, detail=detail))

    tell(Step.STARTED)
    try:
        yield
    finally:
        try:
            tell(Step.STOPPED)
        except TallyError as error:
            # A full disk, say: what is missing then looks like a crash, and nobody who stops a node is to be kept from it.
            _log.warning("that the node ended could not be noted", error=error.message)


def agreed(session: Session, clock: Clock, changes: Sequence[Change], actor: str) -> None:
    """Tell which versions of profiles somebody put in force, and which of their keys say something else than before."""
    journal.write(
        session,
        [
            journal.entry(
                clock,
                step=Step.AGREED,
                outcome=f"version {change.version}",
                partner=change.partner,
                actor=actor,
                detail={"version": change.version, "keys": [key.key for key in change.keys]},
            )
            for change in changes
            if change.kind in (ChangeKind.ADDED, ChangeKind.CHANGED)
        ],
    )


def read(session: Session, clock: Clock, actor: str, what: str, partner: str | None, detail: dict[str, Any]) -> None:
    """Tell that somebody read the record, or took ``what`` of it along."""
    named = None if partner is None else PartnerId(partner)
    journal.record(session, clock, step=Step.READ, outcome=what, partner=named, actor=actor, detail=detail)


def _storable(text: str) -> str:
    """What an ERP gave may hold what is no text (lone surrogates), which may be why it was refused."""
    return text.encode("utf-8", "replace").decode("utf-8")
