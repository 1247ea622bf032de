"""What was sent: where it stands, under which numbers, and what came back."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from spool.states import TransmissionState
from spool.transmissions import Transmission

from ...outbound import WITHOUT_DOCUMENT
from ..question import Row
from ..retelling import UNTOLD, Beginning, Retold, Sent
from .differences import NOTHING, Difference, different, exactly, rows, same
from .standing import beginning, state_of


def contradicted(session: Session, told: Retold) -> Iterator[Row]:
    missing = set(told.transmissions)
    for row in session.execute(select(*Transmission.__table__.columns).execution_options(yield_per=1000)):
        missing.discard(row.id)
        stands = told.transmissions.get(row.id) or _unsent(row, told)
        if not stands:
            yield "transmission", row.partner, row.id, "", "something sent", NOTHING
            continue
        # Where the answer was removed on record, only that there was one is told, with what it was about.
        answered = any(each.answered_at for each in stands)
        untold = told.erased and row.id in told.verdicts and not answered
        has = Sent(row.state, row.sent_at, row.answered_at, row.answer_due_at, row.reason)
        differences = [] if untold else _sent(has, stands)
        begun = told.beginnings.get(row.id)
        if begun is not None:
            differences += [*beginning(begun, row.partner, ("created_at", row.created_at)), *_built(row, begun)]
        yield from rows("transmission", row.partner, row.id, differences)
    for id_ in sorted(missing):
        yield "transmission", None, id_, "", NOTHING, "something sent"


def _unsent(row: Any, told: Retold) -> set[Sent]:
    """Where something stands that is not told of yet: an answer that no document stands for is told of with the file that it answers."""
    known = row.answers is not None and ((row.answers, row.filename) in told.reports or row.answers in told.notices)
    return {Sent(TransmissionState.READY)} if known and row.kind in WITHOUT_DOCUMENT else set()


def _built(row: Any, begun: Beginning) -> list[Difference]:
    """What was built, under which numbers, and what it answers."""
    detail = begun.detail
    should = {
        "filename": detail.get("file"),
        "interchange_control": detail.get("interchange"),
        "group_control": detail.get("group"),
        "functional_id": detail.get("functional"),
        "kind": detail.get("kind"),
        "answers": detail.get("answers"),
        "size": detail.get("bytes"),
    }
    if "sha256" in detail:
        should["sha256"] = detail["sha256"]
    compare = different if "kind" not in detail else exactly
    return compare({name: getattr(row, name) for name in should}, should)


def _sent(row: Sent, stands: set[Sent]) -> list[Difference]:
    """Where something sent stands otherwise than it may."""
    if not any(row.state is each.state for each in stands):
        return state_of(row.state, {each.state for each in stands})
    there = sorted((each for each in stands if each.state is row.state), key=str)
    return min((_otherwise(row, each) for each in there), key=len)


def _otherwise(row: Sent, said: Sent) -> list[Difference]:
    times = (("sent_at", row.sent_at, said.sent_at), ("answered_at", row.answered_at, said.answered_at))
    found = [each for each in times if not same(*each[1:])]
    if said.due is not UNTOLD and row.due != said.due:
        found.append(("answer_due_at", row.due, said.due))
    return [*found, *exactly({"reason": row.reason}, {"reason": said.reason})]
