"""Our own control numbers: the last of each kind is the last that is told to have been given."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.control_numbers import ControlNumber, Kind

from ...operations.removing import removed_numbers
from ..given_numbers import GivenNumbers
from ..question import Row
from .differences import NOTHING


def contradicted(session: Session, given: GivenNumbers) -> Iterator[Row]:
    """Where something was removed that had numbers, the last of them may have gone with it."""
    gone = removed_numbers(session)
    missing = {key for key, last in given.last.items() if last}
    for row in session.scalars(select(ControlNumber).order_by(ControlNumber.partner, ControlNumber.kind)):
        key = (row.partner, row.kind)
        missing.discard(key)
        told = given.last.get(key)
        if key in given.untold or row.last == (told or 0):
            continue
        if row.partner in gone and (row.kind is not Kind.INTERCHANGE or row.last in gone[row.partner]):
            continue
        yield (
            "control_number",
            row.partner,
            row.kind.value,
            "last",
            str(row.last),
            NOTHING if told is None else str(told),
        )
    for partner, kind in sorted(missing - given.untold):
        yield "control_number", partner, kind.value, "", NOTHING, "a number that was given"
