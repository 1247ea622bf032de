"""The declarative base on which every room declares its tables, and the column types they share.

Annotations decide the type: ``Mapped[datetime]`` is a :class:`UtcDateTime`, ``Mapped[JsonObject]`` is JSON, and
``Mapped[SomeStrEnum]`` stores the member's value as text. The same declarations serve SQLite and PostgreSQL.
"""

import enum
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Enum,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from .database.prepared import Prepared

JsonObject = dict[str, Any]
"""A JSON object: strings, integers, booleans, null, arrays and objects. Decimals and times are put in as strings."""

JSON_VALUE = JSON(none_as_null=True)
"""The column type of any JSON value; what is None is NULL. Not JSONB: that refuses a NUL character, which partners do send."""

ENUM_LENGTH = 32
"""Longest value, in characters, of a StrEnum kept in a column."""

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, because one without cannot be changed by a migration."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored and returned in UTC to the microsecond. A naive one is refused with a ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    # SQLite has no type for times. SQLAlchemy takes each apart to write it, and each document has dozens.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return _time_as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _time_from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; times are kept in UTC and must say so")
    return value.astimezone(UTC)


def _time_as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    in_utc = value if value.tzinfo is UTC else _in_utc(value)
    return in_utc.isoformat(" ", "microseconds")[:_UNZONED]


def _time_from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


_UNZONED = len("2026-01-01 00:00:00.000000")
"""Characters of a time without its zone, which is UTC and is not written."""


class Text(TypeDecorator[str]):
    """Text of any length. PostgreSQL keeps no NUL character: one that a partner sent is kept as its picture, U+2400."""

    impl = String
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None] | None:
        return _without_nul if dialect.name == "postgresql" else None


def _without_nul(value: str | None) -> str | None:
    return value.replace("\0", "\u2400") if value is not None and "\0" in value else value


WHOLE_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Any whole number, of 64 bits on both databases. SQLite gives out keys by itself only where it is called an integer."""


def _values(members: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in members]


class Base(DeclarativeBase):
    """The base of all tables; its metadata, once every room is imported, is the whole schema.

    A new object is given its columns by name.
    """

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        str: Text(),
        int: WHOLE_NUMBER,
        JsonObject: JSON_VALUE,
        enum.Enum: Enum(enum.Enum, values_callable=_values, native_enum=False, length=ENUM_LENGTH),
    }

    def __init__(self, **values: Any) -> None:
        # SQLAlchemy's own tells every attribute of its value, for events that nobody hears: most of the cost of an object.
        if unknown := values.keys() - _columns_of(type(self)):
            raise TypeError(f"{type(self).__name__} has no column {', '.join(sorted(unknown))}.")
        vars(self).update(values)


@cache
def _columns_of(table: type[Base]) -> frozenset[str]:
    return frozenset(column.key for column in table.__table__.columns)


def json_text(value: Any) -> str:
    """``value`` as compact JSON with sorted keys: equal values give equal text.

    Raises TypeError or ValueError for what JSON cannot say: a Decimal, a time, a NaN.
    """
    return _COMPACT.encode(value)


_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def insert_into(session: Session, table: type[Base]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that knows ``ON CONFLICT``, in the dialect of the session's database."""
    return insert_of(table, session.get_bind().dialect.name)


def insert_of(table: type[Base], dialect: str) -> "sqlite.Insert | postgresql.Insert":
    """As :func:`insert_into`, for a dialect by its name: for statements that are made once."""
    target = table.__table__
    assert isinstance(target, Table)
    return postgresql.insert(target) if dialect == "postgresql" else sqlite.insert(target)


R = TypeVar("R", bound=Base)


def insert_rows(session: Session, rows: Sequence[Base]) -> None:
    """Insert new objects of one table as they stand; they do not become the session's.

    The unit of work costs many times as much for a row that nobody changes again in its transaction.
    """
    for row in rows:
        statement, defaults = _insertion(type(row))
        statement.rows(session, _values_of(row, defaults))


def insert_numbered(session: Session, rows: Sequence[Base]) -> list[int]:
    """As :func:`insert_rows`, for a table whose keys count; the keys of the rows, in their order."""
    keys = []
    for row in rows:
        statement, defaults = _numbering(type(row))
        keys.append(statement.key(session, _values_of(row, defaults)))
    return keys


_Defaults = tuple[tuple[str, Any], ...]


def _values_of(row: Base, defaults: _Defaults) -> dict[str, Any]:
    said = vars(row)
    return {name: said.get(name, default) for name, default in defaults}


@cache
def _insertion(table: type[Base]) -> tuple[Prepared, _Defaults]:
    """The INSERT of a table, and what each of its columns is where the object says nothing; keys that count are left out."""
    defaults = _defaults(table)
    return Prepared(insert(table), [name for name, _ in defaults]), defaults


@cache
def _numbering(table: type[Base]) -> tuple[Prepared, _Defaults]:
    """As :func:`_insertion`, telling the key; SQLite's driver does so by itself, in half the time."""
    defaults = _defaults(table)
    key = _table(table).autoincrement_column
    assert key is not None
    forms = {"sqlite": insert(table), "postgresql": insert(table).returning(key)}
    return Prepared(forms, [name for name, _ in defaults]), defaults


@cache
def _defaults(table: type[Base]) -> _Defaults:
    target = _table(table)
    written = [column for column in target.columns if column is not target.autoincrement_column]
    return tuple((column.key, _default(column)) for column in written)


def _table(table: type[Base]) -> Table:
    target = table.__table__
    assert isinstance(target, Table)
    return target


def _default(column: Column[Any]) -> Any:
    default = column.default
    if default is None:
        return None
    return default.arg if default.is_scalar else default.arg(None)  # type: ignore[attr-defined]


class Rows(Generic[R]):
    """Reads rows that meet ``conditions`` as objects that are not the session's: what is changed on them is not written.

    For what is read for every document; SQLAlchemy's own loading costs several times as much. In the conditions bindparams stand for
    what each reading gives.
    """

    def __init__(self, table: type[R], *conditions: ColumnElement[bool], order_by: Sequence[Any] = ()) -> None:
        target = table.__table__
        assert isinstance(target, Table)
        self._mapper = inspect(table)
        self._new = self._mapper.class_manager.new_instance
        self._names = [column.key for column in target.columns]
        self._statement = Prepared(select(*target.columns).where(*conditions).order_by(*order_by))

    def all(self, session: Session, **values: Any) -> list[R]:
        """The rows. Raises :class:`sqlalchemy.exc.DBAPIError`."""
        if not self._mapper.configured:
            # SQLAlchemy does so with the first object that it makes itself; until then nothing can be read from one.
            Base.registry.configure()
        return [self._object(row) for row in self._statement.rows(session, values)]

    def one(self, session: Session, **values: Any) -> R | None:
        """The only row, or None."""
        return next(iter(self.all(session, **values)), None)

    def _object(self, row: Sequence[Any]) -> R:
        made = cast(R, self._new())
        vars(made).update(zip(self._names, row, strict=True))
        return made


def values_of(row: Base) -> JsonObject:
    """What a new object is to have in each column, by its name; keys that count are left out."""
    return _values_of(row, _defaults(type(row)))


def insert_if_absent(session: Session, table: type[Base], values: JsonObject) -> bool:
    """Insert a row unless one with the same primary or unique key is there; whether it was inserted.

    Keys of ``values`` are column names.
    """
    return bool(_insertion_if_absent(table, tuple(values)).many(session, [values]))


@cache
def _insertion_if_absent(table: type[Base], columns: tuple[str, ...]) -> Prepared:
    return Prepared({dialect: _unless_there(table, dialect) for dialect in DIALECTS}, columns)


def _unless_there(table: type[Base], dialect: str) -> Insert:
    return insert_of(table, dialect).on_conflict_do_nothing()


DIALECTS = ("sqlite", "postgresql")
"""The kinds of database, by SQLAlchemy's names."""
