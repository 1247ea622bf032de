"""Documents, both ways: what they are, where they stand, in what they came or left."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentRow
from spool.states import DocumentState

from ..question import Row
from ..removals import Removed
from ..retelling import Beginning, Retold
from .differences import NOTHING, Difference, different, rows
from .standing import beginning, state_of


def contradicted(session: Session, told: Retold, removed: Removed) -> Iterator[Row]:
    missing = set(told.documents)
    columns = (
        DocumentRow.id,
        DocumentRow.direction,
        DocumentRow.partner,
        DocumentRow.type,
        DocumentRow.number,
        DocumentRow.state,
        DocumentRow.receipt_id,
        DocumentRow.set_id,
        DocumentRow.created_at,
        DocumentRow.interchange_control,
        DocumentRow.group_control,
        DocumentRow.profile_version,
    )
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        if row.id not in told.documents and removed.only_answered(row.id):
            # What an answer answered was removed on record, and with it that the two were matched.
            yield from rows("document", row.partner, row.id, _answer(row, told))
            continue
        stands = told.documents.get(row.id, set())
        if row.receipt_id in told.replayed and stands & {DocumentState.QUARANTINED, DocumentState.DEAD}:
            stands = stands | {DocumentState.DUPLICATE}
        begun = told.beginnings.get(row.id)
        differences = [*state_of(row.state, stands), *beginning(begun, row.partner, ("created_at", row.created_at))]
        if begun is not None:
            differences += [*_contained(row, begun), *_numbered(row, begun, told)]
        yield from rows("document", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "document", told.beginnings[id_].partner, id_, "", NOTHING, "a document"


_ANSWERS = {"997": "FunctionalAcknowledgement", "999": "FunctionalAcknowledgement", "TA1": "InterchangeAcknowledgement"}


def _answer(row: Any, told: Retold) -> list[Difference]:
    """What an answer is of which nothing else is told any more; its id is that of its file, with its place in it."""
    file = row.id.rpartition("-")[0]
    should = {
        "direction": INBOUND,
        "type": _ANSWERS.get(row.set_id, " or ".join(sorted(set(_ANSWERS.values())))),
        "receipt_id": file if file in told.receipts else "a file that came",
        "partner": told.beginnings[file].partner if file in told.beginnings else None,
        "state": DocumentState.DELIVERED,
    }
    return different({name: getattr(row, name) for name in should}, should)


def _contained(row: Any, begun: Beginning) -> list[Difference]:
    """What a document is, by what it was read or written, and under which numbers it left."""
    has = {
        "direction": row.direction,
        "receipt_id": row.receipt_id,
        "type": row.type,
        "number": row.number,
        "set_id": row.set_id,
        "profile_version": row.profile_version,
        "interchange_control": row.interchange_control,
        "group_control": row.group_control,
    }
    made = begun.made
    should = {
        "type": begun.type,
        "number": begun.number,
        "set_id": made.get("set"),
        "profile_version": made.get("profile"),
    }
    should |= {"interchange_control": made.get("interchange"), "group_control": made.get("group")}
    should |= {"direction": begun.direction, "receipt_id": begun.receipt}
    return different(has, should)


def _numbered(row: Any, begun: Beginning, told: Retold) -> list[Difference]:
    """A document that was read came in an interchange that its file is told to have had."""
    opened = told.opened.get(row.receipt_id)
    if opened is None or row.direction != INBOUND or "profile" not in begun.made or not row.interchange_control:
        return []
    numbers = {number for _, _, number in opened.interchanges}
    if row.interchange_control in numbers:
        return []
    return [("interchange_control", row.interchange_control, " or ".join(sorted(numbers)) or NOTHING)]
