"""Files that came: where they stand, whose they are, and since when they are there."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.receipts import Receipt

from ..question import Row
from ..retelling import Retold
from .differences import NOTHING, different, rows
from .standing import beginning, state_of


def contradicted(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.receipts)
    columns = (Receipt.id, Receipt.partner, Receipt.state, Receipt.received_at, Receipt.filename, Receipt.size)
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        begun = told.beginnings.get(row.id)
        differences = [
            *state_of(row.state, told.receipts.get(row.id, set())),
            *beginning(begun, row.partner, ("received_at", row.received_at)),
        ]
        if begun is not None:
            should = {"filename": begun.detail.get("file"), "size": begun.detail.get("bytes")}
            differences += different({"filename": row.filename, "size": row.size}, should)
        yield from rows("receipt", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "receipt", told.beginnings[id_].partner, id_, "", NOTHING, "a file that came"
