"""Files that came: by which way, whose they are, where they stand, and since when they are there."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.receipts import Receipt

from ..question import Row
from ..retelling import UNTOLD, Beginning, Retold, Standing
from .differences import NOTHING, Difference, different, exactly, rows
from .standing import beginning, standing


def contradicted(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.receipts)
    for row in session.execute(select(*Receipt.__table__.columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        begun = told.beginnings.get(row.id)
        differences = [
            *standing(Standing(row.state, row.reason, row.duplicate_of), told.receipts.get(row.id, set())),
            *beginning(begun, row.partner, ("received_at", row.received_at)),
        ]
        if begun is not None:
            differences += _came(row, begun)
            read_as = told.formats.get(row.id)
            if read_as is not UNTOLD:
                differences += exactly({"format": row.format}, {"format": read_as})
        yield from rows("receipt", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "receipt", told.beginnings[id_].partner, id_, "", NOTHING, "a file that came"


def _came(row: Any, begun: Beginning) -> list[Difference]:
    """How a file came."""
    detail = begun.detail
    should = {"filename": detail.get("file"), "size": detail.get("bytes"), "transport": detail.get("transport")}
    found = different({name: getattr(row, name) for name in should}, should)
    found += exactly({"replays": row.replays}, {"replays": detail.get("replays")})
    return (
        found
        if "transport" not in detail
        else [*found, *exactly({"remote": row.remote}, {"remote": detail.get("remote")})]
    )
