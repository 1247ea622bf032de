"""The column map: what a partner's profile says about its CSV files, in YAML under ``csv:``.

    csv:
      - document: Invoice
        filename: "inv*.csv"
        delimiter: ";"
        decimal_separator: ","
        date_format: DD.MM.YYYY
        columns:
          number: Invoice No
          invoice_date: Date
          total_amount: {column: Total, required: true}
          lines.quantity.value: Qty
          lines.quantity.unit: {column: UoM, codes: {PIECE: EA, BOX: CA}, default: EA}
          currency: {constant: USD}

The names on the left are those of :mod:`.vocabulary`. Constants, defaults and the right side of ``codes`` are written as the
canonical model has them (dates YYYY-MM-DD, decimals with a point), whatever the file does.
"""

import codecs
import datetime
import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from canonical.errors import Misconfigured

from .findings import Fault
from .rows import Dialect
from .values import CANONICAL, CellValue, Formats, date_format_problem, parse
from .vocabulary import DOCUMENT_TYPES, ROOT, DocumentType, FieldSpec

_ENCODINGS = re.compile(
    r"utf-8|ascii|cp1250|cp1251|cp1252|cp1253|cp1254|cp1257|cp437|cp850|cp852|iso8859-\d+|mac-roman"
)
"""Codecs that are supersets of ASCII byte by byte, so that line ends and delimiters can be found before decoding."""


def _scalar(value: object) -> object:
    """Text as YAML means it. ``NO`` and ``yes`` are booleans to YAML, which nobody who writes a country or unit wants."""
    if isinstance(value, bool):
        raise ValueError(
            'YAML reads this as true or false; put it in quotes, for example "NO", when it is meant as text'
        )
    if isinstance(value, int | float | Decimal | datetime.date):
        return value.isoformat() if isinstance(value, datetime.date) else str(value)
    return value


Text = Annotated[str, BeforeValidator(_scalar), Field(min_length=1)]
ColumnName = Annotated[int, Field(strict=True, ge=1)] | Text
"""A column by its name in the header, or, in a file without header, by its number from 1."""


class Column(BaseModel):
    """Where a field comes from: a ``column``, or a ``constant`` that the file does not carry.

    ``default`` stands where the column is blank. ``codes`` translates the partner's values into ours; a value not in it is an
    error. ``required`` true: the value must not be blank; not given: the column must be there, its values may be blank; false:
    the whole column may be missing. ``max_length`` is in characters, as the value stands in the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: ColumnName | None = None
    constant: Text | None = None
    default: Text | None = None
    codes: dict[Text, Text] | None = None
    required: bool | None = None
    max_length: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either a column or a constant")
        if self.constant is not None and (self.default, self.codes, self.required, self.max_length) != (None,) * 4:
            raise ValueError("a constant stands alone: remove default, codes, required and max_length")
        return self


def _column(value: object) -> object:
    """``qty`` or ``3`` is short for ``{column: qty}``."""
    return {"column": value} if isinstance(value, str | int) else value


@dataclass(frozen=True, slots=True)
class Binding:
    """A field bound to its column: a :class:`Column` with everything looked up and parsed."""

    field: FieldSpec
    column: ColumnName | None
    filler: CellValue | None
    constant: bool
    codes: dict[str, str] | None
    required: bool
    may_be_missing: bool
    max_length: int | None


class ColumnMap(BaseModel):
    """How the CSV files of one kind of document look. See the module's page for an example.

    The rows of one document agree in the columns of ``group_by`` (by default the document's number) and stand together in
    the file: rows of a document that turn up again further down reject the whole of it, because one half could already
    have been used. ``filename`` is a pattern with ``*`` and ``?``, capitals or not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str
    filename: str = "*.csv"
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    date_format: str = "YYYY-MM-DD"
    decimal_separator: str = "."
    group_by: tuple[ColumnName, ...] = ()
    columns: dict[str, Annotated[Column, BeforeValidator(_column)]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*_form_problems(self), *_column_problems(self)]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def document_type(self) -> DocumentType:
        return DOCUMENT_TYPES[self.document]

    @cached_property
    def dialect(self) -> Dialect:
        return Dialect(self.delimiter, self.quote, codecs.lookup(self.encoding).name)

    @cached_property
    def formats(self) -> Formats:
        return Formats(self.date_format, self.decimal_separator)

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """The fields in the order of the map."""
        return tuple(_binding(self.document_type, name, column) for name, column in self.columns.items())

    @cached_property
    def key_columns(self) -> tuple[ColumnName, ...]:
        """The columns that say which document a row belongs to."""
        number = self.columns[self.document_type.number].column
        return self.group_by or ((number,) if number is not None else ())

    def matches(self, filename: str) -> bool:
        """Whether a file of this name is read by this map. Only the name counts, not the folders before it."""
        return fnmatch.fnmatchcase(re.split(r"[\\/]", filename)[-1].lower(), self.filename.lower())


_COLUMN_MAPS: TypeAdapter[tuple[ColumnMap, ...]] = TypeAdapter(tuple[ColumnMap, ...])


def parse_column_maps(raw: Any) -> tuple[ColumnMap, ...]:
    """The column maps of a profile, as YAML gave them.

    Raises :class:`canonical.errors.Misconfigured` that names the key of each mistake (``csv.0.columns.lines.qty``).
    """
    try:
        return _COLUMN_MAPS.validate_python(raw)
    except ValidationError as error:
        raise Misconfigured("\n".join(_explained(problem) for problem in error.errors())) from error


def choose(maps: Iterable[ColumnMap], filename: str) -> ColumnMap | None:
    """The first map whose pattern fits the file's name."""
    return next((column_map for column_map in maps if column_map.matches(filename)), None)


def _explained(problem: Any) -> str:
    """One line for each mistake in a pydantic error, with its key. Our own checks put several, each with the rest of its key."""
    where = problem["loc"][:-2] if problem["loc"][-1:] == ("[key]",) else problem["loc"]
    key = ".".join(str(part) for part in ("csv", *where))
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = Column.model_fields if "columns" in problem["loc"] else ColumnMap.model_fields
        message = f"there is no such key; possible are {', '.join(known)}"
    separator = "." if len(problem["loc"]) == 1 and problem["type"] == "value_error" else ": "
    return "\n".join(f"{key}{separator}{line}" for line in message.split("\n"))


def _form_problems(column_map: ColumnMap) -> Iterable[str]:
    if column_map.document not in DOCUMENT_TYPES:
        yield f"document: '{column_map.document}' cannot be CSV; possible are {', '.join(DOCUMENT_TYPES)}"
    if not re.fullmatch(r"[^\w\s\"'.]|\t", column_map.delimiter, re.ASCII) or not column_map.delimiter.isascii():
        yield f'delimiter: {column_map.delimiter!r} must be one character such as , ; | or a tab ("\\t")'
    if column_map.quote not in ("", '"', "'"):
        yield f"quote: {column_map.quote!r} must be \" or ', or empty for files that never quote"
    if column_map.decimal_separator not in (".", ","):
        yield f"decimal_separator: {column_map.decimal_separator!r} must be . or ,"
    if not _is_encoding(column_map.encoding):
        yield (
            f"encoding: '{column_map.encoding}' cannot be read; possible are utf-8, ascii, cp1252 and other code pages, "
            "latin-1 and other ISO 8859 parts"
        )
    problem = date_format_problem(column_map.date_format)
    if problem:
        yield f"date_format: {problem}"


def _is_encoding(name: str) -> bool:
    try:
        return _ENCODINGS.fullmatch(codecs.lookup(name).name) is not None
    except (LookupError, ValueError):
        return False


def _column_problems(column_map: ColumnMap) -> Iterable[str]:
    document_type = DOCUMENT_TYPES.get(column_map.document)
    if document_type is None:
        return
    used: dict[ColumnName, str] = {}
    for name, column in column_map.columns.items():
        yield from _field_problems(document_type, name, column, column_map)
        if column.column is not None:
            if column.column in used:
                yield f"columns.{name}: {used[column.column]} reads column '{column.column}' already; a column fills one field"
            used[column.column] = name
            yield from _name_problems(name, column.column, column_map.header)
    for name in document_type.required:
        if name not in column_map.columns:
            yield f"columns.{name}: missing; every {document_type.name} has one (a column, or a constant)"
    yield from _key_problems(column_map, document_type, used)


def _name_problems(name: str, column: ColumnName, header: bool) -> Iterable[str]:
    if header and isinstance(column, int):
        yield f"columns.{name}: {column} is a number, but the file has a header; name the column (a name of digits in quotes)"
    if not header and not isinstance(column, int):
        yield f"columns.{name}: '{column}' is a name, but the file has no header; give the column's number, from 1"


def _field_problems(document_type: DocumentType, name: str, column: Column, column_map: ColumnMap) -> Iterable[str]:
    field = document_type.resolve(name)
    if field is None:
        near = document_type.suggest(name)
        yield f"columns.{name}: {document_type.name} has no such field" + (f"; did you mean {near}?" if near else "")
        return
    if field.needs is not None and field.needs not in column_map.columns:
        yield f"columns.{name}: means nothing without {field.needs}; map that too"
    filler = [("constant", column.constant), ("default", column.default)]
    for what, text in [*filler, *(("codes", target) for target in (column.codes or {}).values())]:
        value = None if text is None else parse(field.kind, text, CANONICAL)
        if isinstance(value, Fault):
            yield f"columns.{name}: {what}: {value.message}"


def _key_problems(column_map: ColumnMap, document_type: DocumentType, used: dict[ColumnName, str]) -> Iterable[str]:
    for column in column_map.group_by:
        field = document_type.resolve(used.get(column, ""))
        if field is None or field.scope != ROOT:
            yield f"group_by: '{column}' must fill a field of the document itself, such as {document_type.number}"
    number = column_map.columns.get(document_type.number)
    if number is not None and number.column is None and not column_map.group_by:
        yield f"group_by: {document_type.number} is a constant, so say which columns tell one document from the next"


def _binding(document_type: DocumentType, name: str, column: Column) -> Binding:
    field = document_type.resolve(name)
    assert field is not None
    text = column.constant or column.default
    filler = None if text is None else parse(field.kind, text, CANONICAL)
    assert not isinstance(filler, Fault)
    return Binding(
        field=field,
        column=column.column,
        filler=filler,
        constant=column.constant is not None,
        codes=column.codes,
        required=filler is None and (column.required is True or name in document_type.required),
        may_be_missing=column.required is False,
        max_length=column.max_length,
    )
