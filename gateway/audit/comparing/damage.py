"""Rows that are not stored as we store them, so that nothing can be read from them: SQLite keeps anything in any column."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Enum, Integer, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import JSON, NullType

from partners.certificates import CertificateRow
from partners.control_numbers import ControlNumber, ReceivedInterchange
from partners.registry import ProfileVersion
from spool.documents import DocumentOrder, DocumentRow
from spool.receipts import Receipt
from spool.tables import Base, UtcDateTime
from spool.transmissions import Transmission

from ...exchange.arrivals import Arrival, ArrivedFile
from ...exchange.sendings import Sending
from ...users.tables import User
from ..question import Row

TABLES: tuple[type[Base], ...] = (
    Receipt,
    DocumentRow,
    DocumentOrder,
    Transmission,
    ReceivedInterchange,
    ControlNumber,
    ProfileVersion,
    CertificateRow,
    User,
    Arrival,
    ArrivedFile,
    Sending,
)
"""All that is held against the record."""


def found(session: Session) -> list[Row]:
    """What stands where nothing such can, by table, row and column."""
    return [row for table in TABLES for row in _in_table(session, table.__table__)]


def _in_table(session: Session, table: Any) -> Iterator[Row]:
    judged = [(column.name, _judge(column.type), column.nullable) for column in table.columns]
    raw = [type_coerce(column, NullType()).label(column.name) for column in table.columns]
    for row in session.execute(select(*raw).execution_options(yield_per=1000)):
        for (name, holds, nullable), value in zip(judged, row, strict=True):
            if not (nullable if value is None else holds(value)):
                yield *_named(table, row._mapping), name, repr(value), "what is kept there"


def _named(table: Any, row: Any) -> tuple[str, str | None, str]:
    partner = row.get("partner")
    id_ = ", ".join(str(row[column.name]) for column in table.primary_key)
    return table.name, partner if isinstance(partner, str) else None, id_


def _judge(kind: Any) -> Callable[[Any], bool]:
    """What tells whether a value may stand in a column, as drivers give it."""
    match kind:
        case Enum():
            return frozenset(kind.enums).__contains__
        case UtcDateTime():
            return _is_time
        case JSON():
            return _is_json
        case Integer():
            return lambda value: isinstance(value, int)
    if kind.python_type is bool:
        return lambda value: value in (0, 1)
    return lambda value: isinstance(value, str)


def _is_time(value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_json(value: Any) -> bool:
    """PostgreSQL keeps nothing else, and its driver reads it."""
    if not isinstance(value, str):
        return not isinstance(value, bytes)
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
