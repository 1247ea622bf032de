"""Where something stands, and how it began."""

from datetime import datetime
from typing import Any

from ..retelling import Beginning
from .differences import NOTHING, Difference, same


def state_of(state: Any, stands: set[Any]) -> list[Difference]:
    if state in stands:
        return []
    return [("state", state.value, " or ".join(sorted(each.value for each in stands if each)) or NOTHING)]


def beginning(begun: Beginning | None, partner: str, at: tuple[str, datetime]) -> list[Difference]:
    if begun is None:
        return []
    column, moment = at
    whose = [] if partner == begun.partner else [("partner", partner, begun.partner)]
    return whose if same(moment, begun.at) else [*whose, (column, moment, begun.at)]
