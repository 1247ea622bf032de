"""Statements that run for every piece of work, without what SQLAlchemy does anew at each execution: a tenth of the time on SQLite.

SQLAlchemy writes them, once for each kind of database, and says how values become parameters and columns values; what is left for
each execution is the driver's. Who listens to SQLAlchemy's ``before_cursor_execute`` hears of these statements too. Sessions are not
flushed first: what a statement is to find of objects added to the session needs ``session.flush()`` before it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Row = tuple[Any, ...]

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete

_Convert = Callable[[Any], Any] | None


class Prepared:
    """``statement``, in which :func:`sqlalchemy.bindparam` stands for what each execution gives; no lists to expand.

    Where the databases need different ones, it is a mapping by the name of the dialect. ``columns`` are those that an INSERT without
    values sets.
    """

    def __init__(self, statement: Statement | Mapping[str, Statement], columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._forms: dict[str, _Form] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Row]:
        """Run it in the session's transaction; what it returns. Raises :class:`sqlalchemy.exc.DBAPIError`."""
        return self.typed(session, self.untyped(session, values))

    def untyped(self, session: Session, values: Mapping[str, Any]) -> list[Row]:
        """As :meth:`rows`, with values as the driver gives them, which on SQLite are those that are stored: for who reads so many that to
        make times of text costs more than to read it."""
        running = _running(session)
        form = self._form_of(running.dialect)
        parameters = form.parameters(values)
        running.tell(form.text, parameters)
        try:
            cursor = running.driver.execute(form.text, parameters)
            return cast(list[Row], cursor.fetchall()) if form.returns else []
        except running.dialect.loaded_dbapi.Error as error:
            raise running.explained(error, form.text, parameters) from error

    def typed(self, session: Session, rows: list[Row]) -> list[Row]:
        """What :meth:`untyped` returned, as :meth:`rows` returns it."""
        return self._form_of(_running(session).dialect).values(rows)

    def key(self, session: Session, values: Mapping[str, Any]) -> int:
        """Run an INSERT into a table whose keys count, one that returns the key where the driver does not tell it; the key.

        Raises :class:`sqlalchemy.exc.DBAPIError`.
        """
        running = _running(session)
        form = self._form_of(running.dialect)
        parameters = form.parameters(values)
        running.tell(form.text, parameters)
        try:
            cursor = running.driver.execute(form.text, parameters)
            return int(cursor.fetchone()[0] if form.returns else cursor.lastrowid)
        except running.dialect.loaded_dbapi.Error as error:
            raise running.explained(error, form.text, parameters) from error

    def many(self, session: Session, values: Sequence[Mapping[str, Any]]) -> int:
        """Run it once for each of ``values``, at one go; how many rows that changed, and nothing of them.

        Raises :class:`sqlalchemy.exc.DBAPIError`.
        """
        if not values:
            return 0
        running = _running(session)
        form = self._form_of(running.dialect)
        parameters = [form.parameters(each) for each in values]
        running.tell(form.text, parameters, many=True)
        try:
            cursor = running.driver.cursor()
            cursor.executemany(form.text, parameters)
            return int(cursor.rowcount)
        except running.dialect.loaded_dbapi.Error as error:
            raise running.explained(error, form.text, parameters) from error

    def first(self, session: Session, values: Mapping[str, Any]) -> Row | None:
        """As :meth:`rows`, for a statement that returns one row or none."""
        found = self.rows(session, values)
        return found[0] if found else None

    def _form_of(self, dialect: Dialect) -> "_Form":
        form = self._forms.get(dialect.name)
        if form is None:
            statement = self._statement
            chosen = statement[dialect.name] if isinstance(statement, Mapping) else statement
            form = self._forms[dialect.name] = _Form(chosen, self._columns, dialect)
        return form


@dataclass(frozen=True, slots=True)
class _Running:
    """A transaction or savepoint of a session, and what its statements run on."""

    transaction: SessionTransaction | None
    connection: Connection
    dialect: Dialect
    driver: Any

    def tell(self, text: str, parameters: Any, *, many: bool = False) -> None:
        """Have listeners hear what is about to be executed."""
        connection = self.connection
        # As SQLAlchemy asks it: mostly there is nobody, which takes a tenth of the time to see so.
        if connection._has_events or connection.engine._has_events:
            for hear in connection.dispatch.before_cursor_execute:
                hear(connection, None, text, parameters, None, many)

    def explained(self, error: Any, text: str, parameters: Any) -> Exception:
        """An error of the driver as SQLAlchemy's."""
        explained: Exception = DBAPIError.instance(
            text,
            parameters,
            error,
            self.dialect.loaded_dbapi.Error,
            connection_invalidated=self.dialect.is_disconnect(error, self.driver, None),
            dialect=self.dialect,
        )
        return explained


_KEPT = "what runs in this transaction"


def _running(session: Session) -> _Running:
    """SQLAlchemy is asked once a transaction or savepoint: it takes longer than many a statement, and only the asking begins a
    savepoint."""
    kept = cast(_Running | None, session.info.get(_KEPT))
    if kept is not None and kept.transaction is (session.get_nested_transaction() or session.get_transaction()):
        return kept
    connection = session.connection()
    driver = connection.connection.driver_connection
    innermost = session.get_nested_transaction() or session.get_transaction()
    running = _Running(innermost, connection, connection.dialect, driver)
    session.info[_KEPT] = running
    return running


def forget_notes(session: Session) -> None:
    """Forget all that is noted in a session but what its statements run on, which stays as long as its transaction does."""
    kept = session.info.pop(_KEPT, None)
    session.info.clear()
    if kept is not None:
        session.info[_KEPT] = kept


class _Form:
    """A statement as one kind of database takes it."""

    def __init__(self, statement: Statement, columns: Sequence[str] | None, dialect: Dialect) -> None:
        keys = None if columns is None else list(columns)
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        self._positional = compiled.positional
        self._names = compiled.positiontup if compiled.positiontup is not None else list(compiled.binds)
        bound = [_Parameter(compiled.binds[name], dialect) for name in self._names]
        self._constants = [each.constant for each in bound]
        given = [(place, each.key, each.convert) for place, each in enumerate(bound) if each.key is not None]
        self._as_given = [(place, key) for place, key, convert in given if convert is None]
        self._to_convert = [(place, key, convert) for place, key, convert in given if convert is not None]
        returned = list(statement.exported_columns)
        self.returns = bool(returned)
        self._conversions = [
            (place, convert) for place, column in enumerate(returned) if (convert := _from_driver(column.type, dialect))
        ]

    def parameters(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """What the driver is given."""
        given = self._constants.copy()
        for place, key in self._as_given:
            given[place] = values[key]
        for place, key, convert in self._to_convert:
            given[place] = convert(values[key])
        return given if self._positional else dict(zip(self._names, given, strict=True))

    def values(self, rows: list[Row]) -> list[Row]:
        """What the driver gave, as the columns' types have it."""
        if not self._conversions:
            return rows
        converted = []
        for row in rows:
            values = list(row)
            for place, convert in self._conversions:
                values[place] = convert(values[place])
            converted.append(tuple(values))
        return converted


class _Parameter:
    """Named ``key`` in what an execution gives; a value that the statement gives itself is a ``constant``, converted once."""

    __slots__ = ("constant", "convert", "key")

    def __init__(self, bound: BindParameter[Any], dialect: Dialect) -> None:
        self.convert: _Convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
        self.key = bound.key if bound.required else None
        self.constant = None
        if not bound.required:
            self.constant = bound.effective_value if self.convert is None else self.convert(bound.effective_value)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> _Convert:
    # No type of ours asks for the driver's own name of a column's type.
    return kind.dialect_impl(dialect).result_processor(dialect, None)
