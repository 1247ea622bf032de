"""Moving all that waits for a moment, when the clock by which it was set was wrong."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from . import statements as sql
from .tables import Allowance, CircuitRow, Lane, Schedule, WorkItem


def shift_waiting(session: Session, by: timedelta) -> None:
    """Add ``by`` to each moment that something waits for: items, lanes and leases, pauses, allowances, what comes again and again."""
    for column, condition in (
        (WorkItem.next_at, sql.OPEN),
        (Lane.next_at, Lane.next_at.is_not(None)),
        (CircuitRow.retry_at, CircuitRow.retry_at.is_not(None)),
        (Allowance.used_until, Allowance.used_until.is_not(None)),
        (Schedule.next_at, Schedule.next_at.is_not(None)),
    ):
        session.connection().execute(
            update(column.class_).where(condition).values({column: _shifted(session, column, by)})
        )


def _shifted(session: Session, column: InstrumentedAttribute[Any], by: timedelta) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return column + literal(by)
    # SQLite keeps times as text, to the microsecond; its arithmetic gives milliseconds.
    return func.strftime("%Y-%m-%d %H:%M:%f", column, f"{by.total_seconds():+.3f} seconds").concat("000")
