"""Where something stands, and how it began."""

from datetime import datetime
from typing import Any

from ..retelling import UNTOLD, Beginning, Standing
from .differences import NOTHING, Difference, alike, same


def standing(row: Standing, stands: set[Standing]) -> list[Difference]:
    """Where a file or a document stands otherwise than it may, or for another reason."""
    if not any(row.state is each.state for each in stands):
        return state_of(row.state, {each.state for each in stands})
    there = sorted((each for each in stands if each.state is row.state), key=str)
    found = [_otherwise(row, each) for each in there]
    return min(found, key=len)


def _otherwise(row: Standing, said: Standing) -> list[Difference]:
    columns = (("reason", row.reason, said.reason), ("duplicate_of", row.of, said.of))
    return [(name, has, told) for name, has, told in columns if str(UNTOLD) not in str(told) and not alike(has, told)]


def state_of(state: Any, states: set[Any]) -> list[Difference]:
    """A state that it cannot be in."""
    if state in states:
        return []
    return [("state", state.value, " or ".join(sorted(each.value for each in states if each)) or NOTHING)]


def beginning(begun: Beginning | None, partner: str, at: tuple[str, datetime]) -> list[Difference]:
    """Whose it is and since when it is there."""
    if begun is None:
        return []
    column, moment = at
    whose = [] if partner == begun.partner else [("partner", partner, begun.partner)]
    return whose if same(moment, begun.at) else [*whose, (column, moment, begun.at)]
