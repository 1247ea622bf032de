"""A database with a journal that waits to be taken in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from canonical.identity import DocumentId, PartnerId
from gateway import schema
from gateway.certificates.vault import Vault
from gateway.ledger.ledger import Ledger
from spool import journal
from spool.blob_files import BlobFiles
from spool.clock import SystemClock
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.identifiers import TimeOrderedIdentifiers
from spool.journal import Step
from spool.migrate import upgrade

AT_ONCE = 1000
"""Entries of the journal written in one transaction."""

STEPS = (Step.RECEIVED, Step.TRANSLATED, Step.PARSED, Step.ACKNOWLEDGED, Step.BUILT, Step.SENT, Step.DELIVERED)
"""What happens to a document."""

PARTNERS = 50

assert schema.metadata.tables


@contextmanager
def home(folder: Path, entries: int) -> Iterator[tuple[Database, Ledger]]:
    """A ledger to which that many entries of the journal are to be told: of documents of several partners, seven of each."""
    folder.mkdir()
    (folder / "blobs").mkdir()
    clock = SystemClock()
    identifiers = TimeOrderedIdentifiers(clock)
    with SqliteDatabase(sqlite_url(folder / "tally.db")) as database:
        upgrade(database)
        documents = [DocumentId(identifiers.new()) for _ in range(entries // len(STEPS) + 1)]

        def tell(begin: int, session: Session) -> None:
            journal.write(
                session,
                clock,
                [
                    journal.entry(
                        step=STEPS[number % len(STEPS)],
                        outcome="accepted",
                        partner=PartnerId(f"partner-{number // len(STEPS) % PARTNERS}"),
                        document_id=documents[number // len(STEPS)],
                        detail={"type": "Invoice", "number": f"INV-{number}", "findings": 0},
                    )
                    for number in range(begin, min(begin + AT_ONCE, entries))
                ],
            )

        for begin in range(0, entries, AT_ONCE):
            database.write(lambda session, begin=begin: tell(begin, session))  # type: ignore[misc]
        yield database, Ledger(database, BlobFiles(folder / "blobs", clock), clock, folder, Vault(folder), "bench")
