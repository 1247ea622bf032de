"""Canonical documents to CSV by a column map: what :func:`translators.flat.read` reads as the same documents.

Values go out exactly as they are. In particular nothing is put before a value that a spreadsheet could take for a formula
(``=1+1``, ``-5``, ``+49 89 ...``): these files are data for machines, and a part number changed on the way is the wrong part.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from canonical.acknowledgement import LineResponse
from canonical.document import Document
from canonical.documents import document_number
from canonical.errors import Fault as Blame
from canonical.errors import TallyError

from .assemble import entries_attribute, entry_key, implied_scopes, scopes_in_use
from .column_map import Binding, ColumnMap
from .rows import CONTROL
from .values import CANONICAL, Kind, parse, render
from .vocabulary import FieldSpec, FlatModel, Scope

_BOOKKEEPING = frozenset(Document.model_fields) - {"purpose", "unmapped"} | {"type"}
"""What belongs to the exchange of a document and not to its business content."""


class NotWritable(TallyError):
    """A document that cannot be expressed exactly by the column map. Change the map, or send the document another way."""

    fault = Blame.OPERATOR


def write(documents: Iterable[FlatModel], column_map: ColumnMap) -> bytes:
    """The file with all documents. Fields the map has no column for are not in it: :func:`left_out` names them.

    Raises :class:`NotWritable` where a value or the structure cannot be written so that it would be read as the same.
    """
    writer = _Writer(column_map)
    out = [writer.header()] if column_map.header else []
    for document in documents:
        out += (writer.line(row, document) for row in writer.rows(document))
    return b"".join(out)


def left_out(document: FlatModel, column_map: ColumnMap) -> tuple[str, ...]:
    """The paths of what the document says and the map has no place for (``lines.2.price.basis``), in the document's order.

    Raises :class:`NotWritable` as :func:`write` does.
    """
    writer = _Writer(column_map)
    list(writer.rows(document))
    return tuple(path for path in _leaves(document, "") if path not in writer.written)


@dataclass(slots=True)
class _Entry:
    """An object of the document at its scope. ``cells`` are its texts by field name, ``values`` what they stand for."""

    scope: Scope
    cells: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    children: "list[_Entry]" = field(default_factory=list)


class _Writer:
    def __init__(self, column_map: ColumnMap) -> None:
        self.map = column_map
        self.scopes = scopes_in_use(column_map)
        self.implied = implied_scopes(column_map)
        self.written: set[str] = set()
        self._keys: set[tuple[str, ...]] = set()
        self._bound = [binding for binding in column_map.bindings if binding.column is not None]
        self._width = max((binding.column for binding in self._bound if isinstance(binding.column, int)), default=0)

    def header(self) -> bytes:
        return self._encoded([str(binding.column) for binding in self._bound], "the header")

    def line(self, cells: dict[str, str], document: FlatModel) -> bytes:
        if self.map.header:
            texts = [cells.get(binding.field.name, "") for binding in self._bound]
        else:
            texts = [""] * self._width
            for binding in self._bound:
                assert isinstance(binding.column, int)
                texts[binding.column - 1] = cells.get(binding.field.name, "")
        return self._encoded(texts, f"{document.type} {document_number(document)}")

    def rows(self, document: FlatModel) -> list[dict[str, str]]:
        """The document's rows: the texts by field name."""
        where = f"{document.type} {document_number(document)}"
        if document.type != self.map.document:
            raise NotWritable(f"{where} cannot be written: the column map is for {self.map.document}.")
        root = self._entry(document, 0, "", where)
        by_column = {binding.column: root.cells.get(binding.field.name, "") for binding in self._bound}
        key = tuple(by_column[column] for column in self.map.key_columns)
        if not all(key):
            raise NotWritable(f"{where} cannot be written: a column that tells documents apart is blank.")
        if key in self._keys:
            raise NotWritable(f"{where} cannot be written: the file holds a document with the same number already.")
        self._keys.add(key)
        rows = list(_flattened(root, {}))
        for binding in self._bound:
            if binding.required and not all(binding.field.name in row for row in rows):
                raise NotWritable(f"{where} cannot be written: column '{binding.column}' is required in every row.")
        return rows

    def _entry(self, source: BaseModel, depth: int, prefix: str, where: str) -> _Entry:
        scope = self.scopes[depth]
        entry = _Entry(scope)
        self.written |= {prefix + key for key, _ in scope.tags}
        for binding in self.map.bindings:
            if binding.field.scope == scope.name:
                self._cell(entry, binding, source, prefix, where)
        seen: set[Any] = set()
        for child, inner, path in self._inner(source, depth, prefix, where):
            grown = self._entry(child, inner, path, where)
            self._distinguishable(grown, seen, path, where)
            entry.children.append(grown)
        return entry

    def _cell(self, entry: _Entry, binding: Binding, source: BaseModel, prefix: str, where: str) -> None:
        found = _find(source, binding.field)
        if found is None:
            return
        value, paths = found
        if binding.column is None:
            if value == binding.filler:
                self.written |= {prefix + path for path in paths}
            return
        name = binding.field.name
        entry.cells[name] = self._text(binding, value, f"{where}, {prefix}{paths[-1]}")
        entry.values[name] = value
        self.written |= {prefix + path for path in paths}

    def _text(self, binding: Binding, value: object, where: str) -> str:
        """The text for a value, proved by reading it again."""
        kind = binding.field.kind
        if binding.codes is None:
            text = render(kind, value, self.map.formats)
            exact = parse(kind, text, self.map.formats) == value
        else:
            codes = (code for code, target in binding.codes.items() if parse(kind, target, CANONICAL) == value)
            text = next(codes, "")
            exact = text != ""
        if not exact or CONTROL.search(text):
            raise NotWritable(f"{where}: '{value}' cannot be written in column '{binding.column}' as the {kind} it is.")
        if binding.max_length is not None and len(text) > binding.max_length:
            raise NotWritable(f"{where}: '{text}' is longer than the {binding.max_length} characters agreed.")
        return text

    def _inner(self, source: BaseModel, depth: int, prefix: str, where: str) -> Iterator[tuple[BaseModel, int, str]]:
        """The entries inside ``source`` with their scopes and paths."""
        if depth + 1 == len(self.scopes):
            for child in getattr(source, "children", ()):
                raise self._no_place(child, f"{where}, {prefix}children.0")
            return
        attribute = entries_attribute(self.scopes[depth], self.scopes[depth + 1])
        for index, child in enumerate(getattr(source, attribute)):
            path = f"{prefix}{attribute}.{index}."
            inner = next((i for i in range(depth + 1, len(self.scopes)) if _tagged(child, self.scopes[i].tags)), None)
            if inner is None or any(not scope.optional for scope in self.scopes[depth + 1 : inner]):
                raise self._no_place(child, f"{where}, {path[:-1]}")
            yield child, inner, path

    def _no_place(self, level: Any, where: str) -> NotWritable:
        order = ", ".join(scope.name.removeprefix("levels.") for scope in self.scopes[1:])
        return NotWritable(
            f"{where}: the column map has no place for a level '{level.kind}' there. The order is {order}."
        )

    def _distinguishable(self, entry: _Entry, seen: set[Any], path: str, where: str) -> None:
        """Refuse what reading would merge with its neighbour, or would not see at all."""
        scope = entry.scope
        if not entry.cells and scope.name not in self.implied and (scope.optional or not entry.children):
            raise NotWritable(f"{where}, {path[:-1]}: no column says anything of it, so that it would be lost.")
        if scope is self.scopes[-1] and not scope.single:
            return
        key = entry_key(scope, entry.values)
        if key is None and sum(1 for _ in _flattened(entry, {})) > 1:
            raise NotWritable(f"{where}, {path[:-1]}: it has several rows, but no number that holds them together.")
        if key is not None and (scope.name, key) in seen:
            raise NotWritable(f"{where}, {path[:-1]}: another one has the same number; they would be read as one.")
        seen.add((scope.name, key))

    def _encoded(self, texts: Sequence[str], where: str) -> bytes:
        line = self.map.delimiter.join(self._quoted(text, where) for text in texts) + "\r\n"
        try:
            return line.encode(self.map.dialect.encoding)
        except UnicodeEncodeError as error:
            character = line[error.start]
            raise NotWritable(f"{where}: the character '{character}' does not exist in {self.map.encoding}.") from error

    def _quoted(self, text: str, where: str) -> str:
        quote = self.map.quote
        special = (self.map.delimiter, "\r", "\n", *([quote] if quote else []))
        if not any(character in text for character in special) and text == text.strip(" \t"):
            return text
        if not quote:
            raise NotWritable(f"{where}: '{text}' needs quotes, and the column map has none.")
        return quote + text.replace(quote, quote * 2) + quote


def _flattened(entry: _Entry, outer: dict[str, str]) -> Iterator[dict[str, str]]:
    """One row for each innermost entry, with everything around it repeated."""
    cells = {**outer, **entry.cells}
    if not entry.children:
        yield cells
    for child in entry.children:
        yield from _flattened(child, cells)


def _find(source: Any, spec: FieldSpec) -> tuple[object, list[str]] | None:
    """The value of a field in an object with the paths that lead to it, its own last; None where there is none."""
    path, paths = "", []
    for step in spec.steps:
        path += step.attribute + "."
        inner = getattr(source, step.attribute)
        if step.many:
            index = next((i for i, candidate in enumerate(inner) if _tagged(candidate, step.tags)), None)
            inner = None if index is None else inner[index]
            path += f"{index}."
        if inner is None or not _tagged(inner, step.tags):
            return None
        paths += [path + key for key, _ in step.tags]
        source = inner
    value = getattr(source, spec.leaf)
    paths.append(path + spec.leaf)
    if spec.position is not None:
        paths[-1] += f".{spec.position}"
        value = value[spec.position] if spec.position < len(value) else None
    if spec.kind is Kind.STATUS:
        assert isinstance(source, LineResponse)
        value = source.code or source.status.value
        paths.insert(0, path + "code")
    return None if value is None or value == "" else (value, paths)


def _tagged(source: Any, tags: tuple[tuple[str, str], ...]) -> bool:
    return all(getattr(source, key, None) == value for key, value in tags)


def _leaves(value: object, path: str) -> Iterator[str]:
    """The paths of everything a document says beyond what is so by default."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            inner = getattr(value, name)
            if inner != info.default and not (path == "" and name in _BOOKKEEPING):
                yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{index}")
    elif value is not None:
        yield path
