"""Which bytes the rows are about: the digests in them are those that the ledger commits to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, OUTBOUND, DocumentRow
from spool.journal import BlobRole, JournalEntry, Step
from spool.receipts import Receipt
from spool.transmissions import Transmission

from ...ledger.tables import LedgerBlobSalt, LedgerDetail
from ..question import Row


def contradicted(session: Session) -> Iterator[Row]:
    """The digests in the tables are those that the ledger commits to."""
    committed = (
        (
            "document",
            DocumentRow,
            "canonical_sha256",
            BlobRole.CANONICAL,
            JournalEntry.document_id,
            (Step.TRANSLATED, Step.SUBMITTED),
        ),
        ("receipt", Receipt, "sha256", BlobRole.RECEIVED, JournalEntry.receipt_id, (Step.RECEIVED,)),
        ("transmission", Transmission, "sha256", BlobRole.SENT, JournalEntry.transmission_id, (Step.BUILT,)),
    )
    table: Any
    for name, table, column, role, subject, steps in committed:
        digest = getattr(table, column)
        statement = (
            select(table.id, table.partner, digest, LedgerBlobSalt.sha256)
            .join(JournalEntry, subject == table.id)
            .join(LedgerDetail, LedgerDetail.journal_id == JournalEntry.id)
            .join(LedgerBlobSalt, and_(LedgerBlobSalt.idx == LedgerDetail.idx, LedgerBlobSalt.role == role.value))
            .where(JournalEntry.step.in_(steps), digest.is_distinct_from(LedgerBlobSalt.sha256))
            .distinct()
        )
        for id_, partner, has, should in session.execute(statement):
            yield name, partner, id_, column, has, should
    source = (
        select(DocumentRow.id, DocumentRow.partner, DocumentRow.source_sha256, Receipt.sha256)
        .join(Receipt, Receipt.id == DocumentRow.receipt_id)
        .where(DocumentRow.direction == INBOUND, DocumentRow.source_sha256.is_distinct_from(Receipt.sha256))
    )
    written = (
        select(DocumentRow.id, DocumentRow.partner, DocumentRow.source_sha256, Transmission.sha256)
        .join(Transmission, Transmission.id == DocumentRow.transmission_id)
        .where(DocumentRow.direction == OUTBOUND, DocumentRow.source_sha256.is_distinct_from(Transmission.sha256))
    )
    for id_, partner, has, should in [*session.execute(source), *session.execute(written)]:
        yield "document", partner, id_, "source_sha256", has, should
