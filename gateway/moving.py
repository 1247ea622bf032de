"""Moving everything a home knows from its file into a database that several nodes share, and proving that it arrived.

All rows arrive in one transaction, which commits only when what stands there then gives the same counts and hashes as what was
read; large payloads are put there before it, and all are read back. So an interruption leaves nothing but payloads nobody refers to,
which the next attempt removes. Nobody can write to the file from before it is read until the note stands that it was moved
(:mod:`spool.database.leaving`), so that nothing is kept there alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, Table, delete, func, insert, select, text
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, TallyError
from canonical.identity import BlobDigest
from spool.blob_files import BlobFiles
from spool.blob_parts import BlobParts
from spool.blobs import Blob, BlobPart, BlobStore, BlobUpload, StagedBlob
from spool.clock import Clock
from spool.database import leaving
from spool.database.opening import open_database
from spool.database.port import Database
from spool.database.sqlite import sqlite_url
from spool.migrate import upgrade
from spool.queue.jobs import prepare
from spool.tables import json_text

from . import schema
from .home import Home
from .ledger.tables import LedgerEntry

EXAMPLE_URL = "postgresql+psycopg://tally:secret@db.example/tally"

BATCH = 500
"""Rows in memory at a time."""

_PLACES = {table.__tablename__ for table in (BlobUpload, BlobPart)}
"""Where large payloads are put; filled before the rows, and proved by the payloads' own digests."""


class NotTheSame(TallyError):
    """What arrived is not what was sent; nothing was kept."""


@dataclass(frozen=True, slots=True)
class TableProof:
    """A table as it was read: how many rows, and the sum of their SHA-256 in hexadecimal, the same in whatever order they are."""

    table: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What arrived. ``payloads`` are those read back and hashed, ``payload_bytes`` their sizes together."""

    tables: tuple[TableProof, ...]
    payloads: int
    payload_bytes: int


def move(source: Database, payloads: BlobStore, target: Database, clock: Clock) -> Moved:
    """Copy all rows and payloads; both databases have the present schema, and nobody writes to the source.

    Raises Misconfigured where the target is not empty, NotTheSame where something changed on the way. The source is only read.
    """
    parts = BlobParts(target, clock)
    with target.migration() as connection:
        _require_empty(target, connection)
        for table in (BlobPart, BlobUpload):
            connection.execute(delete(table))
    with source.read() as session:
        uploads = _move_payloads(session, payloads, parts)
        with target.migration() as connection:
            _require_empty(target, connection)
            proofs = tuple(_move_table(session.connection(), connection, table, uploads) for table in _tables())
            _continue_numbering(connection)
            return Moved(proofs, *_read_back(connection, parts))


def move_home(home: Home, url: str, clock: Clock) -> Moved:
    """Move the home's file into the database at ``url``; the files beside it stay.

    Meanwhile every command that would write is refused, and afterwards the home no longer works on its file
    (:meth:`Home.require_not_moved`). Raises Misconfigured also for a home that is being served or was moved before, or a ``url`` that
    several nodes could not share; Retryable where somebody else writes.
    """
    home.require_not_moved()
    with home.served_by_us(), open_database(url) as target, open_database(sqlite_url(home.database)) as source:
        if not target.shared:
            raise Misconfigured(f"{target.name} is no PostgreSQL database. Write for example {EXAMPLE_URL}.")
        for database in (source, target):
            upgrade(database)
        prepare(target)
        with leaving.being_moved(home.database), source.migration():
            moved = move(source, BlobFiles(home.blobs, clock), target, clock)
            leaving.note(home.database, target.name)
        return moved


def _tables() -> list[Table]:
    """Those that are moved, each after the ones it refers to."""
    return [table for table in schema.metadata.sorted_tables if table.name not in _PLACES]


def _require_empty(target: Database, connection: Connection) -> None:
    for table in _tables():
        if connection.execute(select(*table.primary_key).limit(1)).first() is not None:
            raise Misconfigured(
                f"The database {target.name} is not empty: there are rows in {table.name}. Nothing was changed. Name a new "
                "database (`createdb`)."
            )


def _move_payloads(session: Session, payloads: BlobStore, parts: BlobParts) -> dict[str, StagedBlob]:
    """Put those that are not in their row where the nodes find them; by digest."""
    digests = session.scalars(select(Blob.sha256).where(Blob.data.is_(None))).all()
    return {digest: parts.stage_stream(payloads.chunks(session, BlobDigest(digest))) for digest in digests}


def _move_table(source: Connection, target: Connection, table: Table, uploads: Mapping[str, StagedBlob]) -> TableProof:
    read = _Sum(table)
    for batch in _streamed(source, table).mappings().partitions(BATCH):
        read.add(batch)
        target.execute(insert(table), [_placed(table, row, uploads) for row in batch])
    arrived = _Sum(table)
    for batch in _streamed(target, table).mappings().partitions(BATCH):
        arrived.add(batch)
    if read.proof() != arrived.proof():
        raise NotTheSame(
            f"The table {table.name} did not arrive as it was read ({read.rows} rows read, {arrived.rows} arrived, or their contents "
            "differ). Nothing was kept; the source is as it was. Please report this."
        )
    return arrived.proof()


def _streamed(connection: Connection, table: Table) -> CursorResult[Any]:
    """All rows of a table, a few at a time; entries of the ledger in their order, since each is only taken behind the last one."""
    statement = select(table)
    if table.name == LedgerEntry.__tablename__:
        statement = statement.order_by(*table.primary_key)
    return connection.execute(statement, execution_options={"stream_results": True, "max_row_buffer": BATCH})


def _placed(table: Table, row: RowMapping, uploads: Mapping[str, StagedBlob]) -> dict[str, Any]:
    if table.name == Blob.__tablename__ and row["sha256"] in uploads:
        return {**row, "upload": uploads[row["sha256"]].upload}
    return dict(row)


def _continue_numbering(connection: Connection) -> None:
    """Rows that the database numbers by itself go on after the last one moved."""
    for table in _tables():
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        last = connection.scalar(select(func.max(column)))
        if sequence is not None and last is not None:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _read_back(target: Connection, parts: BlobParts) -> tuple[int, int]:
    """How many payloads there are, and their bytes; each is read and gives its digest, or BlobDamaged is raised."""
    with Session(target, join_transaction_mode="rollback_only") as session:
        digests: Sequence[str] = session.scalars(select(Blob.sha256)).all()
        return len(digests), sum(
            len(chunk) for digest in digests for chunk in parts.chunks(session, BlobDigest(digest))
        )


class _Sum:
    """Counts and hashes rows, in whatever order they come."""

    def __init__(self, table: Table) -> None:
        self._table = table
        # Where a payload lies is the one thing that moving changes.
        self._columns = [column.name for column in table.columns if (table.name, column.name) != ("blob", "upload")]
        self.rows = 0
        self._sum = 0

    def add(self, rows: Sequence[RowMapping]) -> None:
        for row in rows:
            said = json_text([_said(row[name]) for name in self._columns]).encode("utf-8", "surrogatepass")
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(said).digest(), "big")) % (1 << 256)
        self.rows += len(rows)

    def proof(self) -> TableProof:
        return TableProof(self._table.name, self.rows, f"{self._sum:064x}")


def _said(value: Any) -> Any:
    """A value as JSON, the same whichever database it comes from."""
    match value:
        case datetime():
            return value.isoformat()
        case bytes() | memoryview():
            return hashlib.sha256(value).hexdigest()
        case str():
            # PostgreSQL keeps no NUL character; spool.tables.Text puts its picture there.
            return str(value).replace("\0", "\u2400")
        case _:
            return value
