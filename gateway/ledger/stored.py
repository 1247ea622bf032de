"""Whether rows are stored the way we store them: another type or spelling may read the same to us, and not to those who ask in SQL.

SQLite keeps any type in any column, and a time as any text; PostgreSQL keeps what is declared, so that little is left to be checked there.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Enum,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    func,
    not_,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from spool.blobs import Blob
from spool.journal import JournalEntry, LedgerOutbox
from spool.tables import Base, UtcDateTime

from .chain import WrongEntry
from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry, LedgerPartner, LedgerState, LedgerSubject, LedgerTile

_TABLES: tuple[type[Base], ...] = (
    LedgerEntry,
    LedgerDetail,
    LedgerBlobSalt,
    LedgerTile,
    LedgerState,
    LedgerSubject,
    LedgerPartner,
    JournalEntry,
    LedgerOutbox,
    Blob,
)
"""All that a scan reads."""

_BY_ENTRY = (LedgerEntry, LedgerDetail, LedgerBlobSalt)
"""Those whose rows are of an entry, which their key begins with."""

_DIGIT = "[0-9]"
_TIME = f"{_DIGIT * 4}-{_DIGIT * 2}-{_DIGIT * 2} {_DIGIT * 2}:{_DIGIT * 2}:{_DIGIT * 2}.{_DIGIT * 6}"
"""A time as :class:`spool.tables.UtcDateTime` writes it on SQLite, as a pattern of GLOB."""

_FIRST_YEAR = "0001-"
"""With its dash: what could be a number, SQLite compares as one with a time."""

_TO_THE_SECOND = len("2026-01-01 00:00:00")


def first_stored_otherwise(session: Session) -> str | None:
    """What is wrong with the first row that is not stored as we do it, in words. Raises WrongEntry where it is of an entry."""
    dialect = session.get_bind().dialect.name
    for each in _TABLES:
        table = each.__table__
        assert isinstance(table, Table)
        wrong = [condition for column in table.columns for condition in _otherwise(column, dialect)]
        if not wrong:
            continue
        row = session.execute(
            select(*table.primary_key).where(or_(*wrong)).order_by(*table.primary_key).limit(1)
        ).first()
        if row is not None:
            return _said(session, each, tuple(row))
    return None


def _said(session: Session, table: type[Base], key: tuple[Any, ...]) -> str:
    if table in _BY_ENTRY:
        raise WrongEntry(
            key[0], f"has a row in {table.__tablename__} that is not stored as we store it: it was changed"
        )
    if table is JournalEntry:
        told = session.scalar(select(LedgerDetail.idx).where(LedgerDetail.journal_id == key[0]))
        if told is not None:
            raise WrongEntry(
                told, f"tells of row {key[0]} of the journal, which is not stored as we store it: it was changed"
            )
    return f"The row {', '.join(map(str, key))} of {table.__tablename__} is not stored as we store it: it was changed."


def _otherwise(column: Column[Any], dialect: str) -> Iterator[ColumnElement[bool]]:
    """When a column has what we do not put there."""
    as_it_is = type_coerce(column, String())
    if isinstance(column.type, Enum):
        yield as_it_is.not_in(column.type.enums)
    if dialect == "sqlite":
        # Each condition is asked of each row: this is a tenth of a scan.
        yield _there_and(column, func.typeof(column) != _kind(column))
        if isinstance(column.type, JSON):
            yield _there_and(column, func.json_valid(as_it_is) == 0)
        if isinstance(column.type, UtcDateTime):
            yield not_(as_it_is.op("GLOB", is_comparison=True)(_TIME))
            # SQLite knows a year that we do not.
            yield as_it_is < _FIRST_YEAR
            second = func.substr(as_it_is, 1, _TO_THE_SECOND)
            # Only where something is added to it is the 30th of February seen to be another day.
            yield func.datetime(second, "+0 days").is_distinct_from(second)
    elif isinstance(column.type, UtcDateTime):
        # It also has times that are for ever away.
        yield not_(func.isfinite(column))


def _there_and(column: Column[Any], wrong: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(column.is_not(None), wrong) if column.nullable else wrong


def _kind(column: Column[Any]) -> str:
    """What SQLite calls the type of its values."""
    match column.type:
        case LargeBinary():
            return "blob"
        case Integer():
            return "integer"
        case _:
            return "text"
