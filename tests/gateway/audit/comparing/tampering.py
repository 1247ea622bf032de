"""Changing rows behind the program's back, to see what is found, and undoing it."""

from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.audit.consistency import contradictions
from gateway.audit.question import Row
from tests.gateway.house import House


class _Undone(Exception):
    pass


def found_after(house: House, *statements: str) -> list[Row]:
    """What is told when each of these changed something."""
    found: list[Row] = []

    def run(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys = 1"))
        for statement in statements:
            changed: Any = session.execute(text(statement))
            assert changed.rowcount, statement
        found.extend(contradictions(session))
        raise _Undone

    with suppress(_Undone):
        house.gateway.database.write(run)
    return found


def places(found: list[Row]) -> set[tuple[object, object]]:
    """The tables and columns in which something is told."""
    return {(row[0], row[3]) for row in found}
