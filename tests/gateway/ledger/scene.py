"""A ledger with a journal to take in, and hands that tamper with it as somebody with the database's password could."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest, DocumentId, PartnerId
from gateway import schema
from gateway.certificates.vault import Vault
from gateway.ledger.ledger import Ledger
from gateway.ledger.scanning import Scanned
from spool import journal
from spool.blob_files import BlobFiles
from spool.blob_parts import BlobParts
from spool.blobs import BlobStore
from spool.database.port import Database
from spool.journal import BlobRole, LedgerOutbox, NamedBlob, Step
from tests import ready
from tests.spool.scene import ManualClock

TABLES = sorted(name for name in schema.metadata.tables if name.startswith("ledger_") and name != "ledger_outbox")

_UNGUARDED = {
    "sqlite": (
        "DROP TRIGGER ledger_entry_appended",
        "DROP TRIGGER ledger_entry_unchanged",
        "DROP TRIGGER ledger_entry_kept",
        "DROP TRIGGER ledger_detail_unchanged",
    ),
    "postgresql": (
        "ALTER TABLE ledger_entry DISABLE TRIGGER USER",
        "ALTER TABLE ledger_detail DISABLE TRIGGER USER",
    ),
}


class Scene:
    """Entries about 7 documents of 2 partners, every fifth with a payload, every eleventh of a person, every third with a fraction."""

    def __init__(self, database: Database, blobs: BlobStore, keys: Path) -> None:
        self.database = database
        self.blobs = blobs
        self.clock = ManualClock()
        self.ledger = Ledger(database, blobs, self.clock, keys, Vault(keys), "node", "log.example")

    def tell(self, count: int, *, begin: int = 0) -> None:
        """Have things happen, which wait to be taken in."""

        def work(session: Session) -> None:
            for number in range(begin, begin + count):
                self.clock.advance(seconds=1)
                journal.record(session, self.clock, **self._told(session, number))

        self.database.write(work)

    def _told(self, session: Session, number: int) -> Any:
        told: dict[str, Any] = {
            "step": Step.RECEIVED,
            "outcome": "accepted" if number % 3 else "a name",
            "partner": PartnerId(("acme", "beta")[number % 2]),
            "document_id": DocumentId(f"document-{number % 7}"),
            "actor": journal.OURSELVES if number % 11 else "anna",
            "detail": {"number": number, "weight": 1.5 if number % 3 == 2 else 2},
        }
        if number % 5 == 0:
            data = b"payload %d" % number
            digest = self.blobs.put(session, self.blobs.stage_bytes(data))
            told["blobs"] = [NamedBlob(BlobRole.RECEIVED, BlobDigest(digest), len(data))]
        return told

    def grown(self, count: int, *, begin: int = 0) -> None:
        """Have things happen and be taken in."""
        self.tell(count, begin=begin)
        self.ledger.drain()

    def verify(self) -> Scanned:
        return self.ledger.verify()

    # What an attacker does

    def unguard(self) -> None:
        """Take away what the database itself refuses."""
        with self.database.migration() as connection:
            for statement in _UNGUARDED[connection.dialect.name]:
                connection.exec_driver_sql(statement)

    def sql(self, *statements: str, **values: Any) -> None:
        """Run statements as they are."""

        def work(session: Session) -> None:
            for statement in statements:
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                session.execute(text(statement), used)

        self.database.write(work)

    def ask(self, statement: str, **values: Any) -> Any:
        with self.database.read() as session:
            return session.execute(text(statement), values).scalar_one()

    def body(self, idx: int) -> bytes:
        return bytes(self.ask("SELECT body FROM ledger_entry WHERE idx = :idx", idx=idx))

    def put_body(self, idx: int, body: bytes) -> None:
        self.sql("UPDATE ledger_entry SET body = :body WHERE idx = :idx", idx=idx, body=body)

    def edit(self, idx: int, old: bytes, new: bytes) -> None:
        """Change an entry."""
        body = self.body(idx)
        assert old in body, body
        self.put_body(idx, body.replace(old, new, 1))

    def regrow(self, *edits: str, up_to: int | None = None) -> None:
        """Do away with the whole ledger, edit the journal, and have all of it taken in anew, as if that was how it had been."""
        with self.database.read() as session:
            told: Sequence[Any] = session.execute(
                text("SELECT d.journal_id, d.body FROM ledger_detail d ORDER BY d.idx")
            ).all()[:up_to]
            salts = "SELECT d.journal_id, s.sha256 FROM ledger_blob_salt s JOIN ledger_detail d ON d.idx = s.idx"
            payloads: dict[int, str] = dict(session.execute(text(salts)).all())
        outbox = [
            {
                "journal_id": id_,
                "blobs": [{"role": "received", "sha256": payloads[id_], "size": 1}] if id_ in payloads else [],
            }
            for id_, _ in told
        ]

        def work(session: Session) -> None:
            for table in TABLES:
                session.execute(text(f"DELETE FROM {table}"))
            for edit in edits:
                session.execute(text(edit))
            session.execute(text("DELETE FROM journal_entry WHERE id > :last"), {"last": told[-1][0]})
            session.execute(insert(LedgerOutbox), outbox)

        self.database.write(work)
        self.ledger.drain()


@contextmanager
def scene(kind: str, folder: Path, *, begun: bool = False) -> Iterator[Scene]:
    """An empty ledger on a kind of database, or the one that was ``begun`` in the folder."""
    keys = folder / "keys"
    for path in (keys, folder / "blobs"):
        path.mkdir(exist_ok=begun)
    with ready.database(kind, folder) as database:
        clock = ManualClock()
        blobs: BlobStore = BlobParts(database, clock) if database.shared else BlobFiles(folder / "blobs", clock)
        yield Scene(database, blobs, keys)
