"""Documents, both ways: what they are, where they stand, in what they came or left."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.documents import INBOUND, DocumentOrder, DocumentRow
from spool.states import DocumentState

from ...journaling import ALL, SET_CONTROL, digest_of
from ..question import Row
from ..removals import Removed
from ..retelling import Beginning, Retold, Standing
from .differences import NOTHING, Difference, as_kept, different, exactly, rows
from .standing import beginning, standing


def contradicted(session: Session, told: Retold, removed: Removed) -> Iterator[Row]:
    missing = set(told.documents)
    orders = _orders(session)
    there = set()
    for row in session.execute(select(*DocumentRow.__table__.columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        there.add(row.id)
        if row.id not in told.documents and removed.only_answered(row.id):
            # What an answer answered was removed on record, and with it that the two were matched.
            yield from rows("document", row.partner, row.id, _answer(row, told))
            continue
        stands = told.stands(row.id, row.receipt_id)
        begun = told.beginnings.get(row.id)
        differences = [
            *standing(Standing(row.state, row.reason, row.duplicate_of), stands),
            *beginning(begun, row.partner, ("created_at", row.created_at)),
        ]
        if begun is not None:
            differences += [*_contained(row, begun), *_numbered(row, begun, told)]
            yield from _about(row, begun, orders.get(row.id, set()))
        yield from rows("document", row.partner, row.id, differences)
    for id_ in sorted(orders.keys() - there):
        for number, partner in sorted(orders[id_]):
            yield "document_order", partner, id_, "", f"order {number} of {partner}", NOTHING
    for id_ in sorted(missing):
        yield "document", told.beginnings[id_].partner, id_, "", NOTHING, "a document"


def _orders(session: Session) -> dict[str, set[tuple[str, str]]]:
    """By document, the orders that it is about, with whose they are."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    columns = (DocumentOrder.document_id, DocumentOrder.order_number, DocumentOrder.partner)
    for document, number, partner in session.execute(select(*columns).execution_options(yield_per=1000)):
        found[document].add((number, partner))
    return found


def _about(row: Any, begun: Beginning, has: set[tuple[str, str]]) -> Iterator[Row]:
    """Orders that a document is about otherwise than is told."""
    if begun.known is None:
        return
    should = {(as_kept(number), begun.partner or "") for number in begun.known.get("orders", ())}
    has = {(as_kept(number), partner) for number, partner in has}
    for number, partner in sorted(has ^ should):
        there = (f"order {number} of {partner}", NOTHING)
        yield "document_order", row.partner, row.id, "", *(there if (number, partner) in has else there[::-1])


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
    """What a document is, by what it was read or written, in what it came or left, and under which numbers."""
    made = begun.made
    should = {
        "direction": begun.direction,
        "receipt_id": begun.receipt,
        "type": begun.type,
        "number": begun.number,
        "set_id": made.get("set"),
        "profile_version": made.get("profile"),
        "interchange_control": made.get("interchange"),
        "group_control": made.get("group"),
        "set_control": made.get(SET_CONTROL),
    }
    found = different({name: getattr(row, name) for name in should}, should)
    carried = {"transmission_id": begun.carried}
    if begun.direction is not None:
        # What came in no file, and what left in none, is told by its first entry and by that there is no other.
        carried["receipt_id"] = begun.receipt
    found += exactly({name: getattr(row, name) for name in carried}, carried)
    if begun.known is not None:
        known = _known(row, begun, begun.known)
        found += exactly({name: _kept(row, name) for name in known}, known)
    return list(dict.fromkeys(found))


def _known(row: Any, begun: Beginning, said: Mapping[str, Any]) -> dict[str, Any]:
    """What all of a document is that stays as it is, as far as it was told at once."""
    read = said if begun.direction == INBOUND else begun.made
    told = {
        "number": said.get("number"),
        "test": said[ALL],
        "business_key": said.get("key"),
        "content_sha256": said.get("content"),
        "replays": said.get("replays"),
        "origin": said.get("origin"),
        "partner_reason": begun.reply,
        "findings": said.get("found"),
        "set_id": read.get("set"),
        "profile_version": read.get("profile"),
        "interchange_control": read.get("interchange"),
        "group_control": read.get("group"),
        "set_control": read.get(SET_CONTROL),
    }
    if "canonical" in said:
        told["canonical_sha256"] = said["canonical"]
    if row.state is not DocumentState.DUPLICATE or row.revision is not None:
        # What was replayed gives it to its replay.
        told["revision"] = said.get("revision")
    return told


def _kept(row: Any, name: str) -> Any:
    value = getattr(row, name)
    if name not in ("findings", "origin"):
        return value
    return digest_of(value) if value else None


def _numbered(row: Any, begun: Beginning, told: Retold) -> list[Difference]:
    """A document that was read came in an interchange that its file is told to have had."""
    opened = told.opened.get(row.receipt_id)
    if opened is None or row.direction != INBOUND or "profile" not in begun.made or not row.interchange_control:
        return []
    numbers = {number for _, _, number in opened.interchanges}
    if row.interchange_control in numbers:
        return []
    return [("interchange_control", row.interchange_control, " or ".join(sorted(numbers)) or NOTHING)]
