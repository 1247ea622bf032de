"""What was sent: where it stands, under which numbers, and what came back."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.states import TransmissionState
from spool.transmissions import Transmission

from ...outbound import WITHOUT_DOCUMENT
from ..question import Row
from ..retelling import Retold, Sent
from .differences import NOTHING, Difference, different, rows, same
from .standing import beginning, state_of


def contradicted(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.transmissions)
    columns = (
        Transmission.id,
        Transmission.partner,
        Transmission.state,
        Transmission.sent_at,
        Transmission.answered_at,
        Transmission.created_at,
        Transmission.filename,
        Transmission.interchange_control,
        Transmission.group_control,
        Transmission.answer_due_at,
        Transmission.answers,
        Transmission.kind,
    )
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        stands = told.transmissions.get(row.id) or _unsent(row, told)
        if not stands:
            yield "transmission", row.partner, row.id, "", "something sent", NOTHING
            continue
        # Where the answer was removed on record, only that there was one is told, with what it was about.
        answered = any(each.answered_at for each in stands)
        untold = told.erased and row.id in told.verdicts and not answered
        differences = [] if untold else _sent(Sent(row.state, row.sent_at, row.answered_at, row.answer_due_at), stands)
        begun = told.beginnings.get(row.id)
        if begun is not None:
            built = begun.detail
            should = {
                "filename": built.get("file"),
                "interchange_control": built.get("interchange"),
                "group_control": built.get("group"),
            }
            has = {name: getattr(row, name) for name in should}
            differences += [*beginning(begun, row.partner, ("created_at", row.created_at)), *different(has, should)]
        yield from rows("transmission", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "transmission", None, id_, "", NOTHING, "something sent"


def _unsent(row: Any, told: Retold) -> set[Sent]:
    """Where something stands that is not told of yet: an answer that no document stands for is told of with the file that it answers."""
    known = row.answers is not None and ((row.answers, row.filename) in told.reports or row.answers in told.notices)
    return {Sent(TransmissionState.READY)} if known and row.kind in WITHOUT_DOCUMENT else set()


def _sent(row: Sent, stands: set[Sent]) -> list[Difference]:
    if any(
        row.state is each.state
        and same(row.sent_at, each.sent_at)
        and same(row.answered_at, each.answered_at)
        and each.due in (None, row.due)
        for each in stands
    ):
        return []
    said = min(stands, key=str)
    times = [
        (name, has, should)
        for name, has, should in (
            ("sent_at", row.sent_at, said.sent_at),
            ("answered_at", row.answered_at, said.answered_at),
        )
        if not same(has, should)
    ]
    due = [] if said.due in (None, row.due) else [("answer_due_at", row.due, said.due)]
    return [*state_of(row.state, {each.state for each in stands}), *times, *due]
