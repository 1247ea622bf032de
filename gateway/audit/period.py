"""The time that a question is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute


@dataclass(frozen=True, slots=True)
class Period:
    """From ``since`` up to, but not including, ``until``; None is from the beginning, or until now."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
        """That a moment lies in it, for a query."""
        begun = [] if self.since is None else [moment >= self.since]
        return begun if self.until is None else [*begun, moment < self.until]

    def __str__(self) -> str:
        since = "the beginning" if self.since is None else f"{self.since:%Y-%m-%d %H:%M} UTC"
        return f"from {since} until {'now' if self.until is None else f'{self.until:%Y-%m-%d %H:%M} UTC'}"
