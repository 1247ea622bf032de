"""The rows of one document gathered into a tree of scopes, and the tree turned into the canonical document.

Findings name row and column. A value that has to be the same in several rows (the invoice's date) is taken from the first that
has it; a row that says otherwise is a finding, a blank one is not.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from canonical.document import Unmapped
from canonical.finding import Finding

from .column_map import Binding, ColumnMap
from .findings import Code, Fault, in_row, place
from .header import Layout
from .rows import Row
from .values import CANONICAL, CellValue, Kind, line_status, parse, render
from .vocabulary import ROOT, FieldSpec, FlatModel, Scope

Places = dict[str, tuple[int, str]]
"""From the path of a field in the document to the row and column it was read from."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value that a row gave. A ``bad`` one is kept, so that it is not reported as missing besides."""

    value: CellValue
    row: int
    column: str
    bad: bool = False


@dataclass(slots=True)
class _Node:
    """One entry of a scope: the document, a line, a carton."""

    scope: Scope
    row: int
    cells: dict[str, _Cell] = field(default_factory=dict)
    children: "list[_Node]" = field(default_factory=list)
    by_key: "dict[tuple[Any, ...], _Node]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assembled:
    """The canonical document with the place of each of its fields; ``document`` is None when an error was found."""

    document: FlatModel | None
    findings: tuple[Finding, ...]
    places: Places


class Plan:
    """What stays the same for all documents of a file: the layout, and the bindings by scope."""

    def __init__(self, column_map: ColumnMap, layout: Layout) -> None:
        self.document_type = column_map.document_type
        self.formats = column_map.formats
        self.layout = layout
        self.column_names = {
            binding.field.name: layout.names[index] for binding, index in layout.bound if index is not None
        }
        self.bindings: dict[str, list[Binding]] = {}
        for binding, _ in sorted(layout.bound, key=lambda pair: pair[0].field.position or 0):
            self.bindings.setdefault(binding.field.scope, []).append(binding)
        self.scopes = scopes_in_use(column_map)
        self.implied = implied_scopes(column_map)

    def required(self, scope: Scope) -> Iterator[str]:
        return (binding.field.name for binding in self.bindings.get(scope.name, []) if binding.required)


def scopes_in_use(column_map: ColumnMap) -> tuple[Scope, ...]:
    """The scopes that the map fills, from the outside in, with those that cannot be left out around them."""
    used = {binding.field.scope for binding in column_map.bindings if binding.column is not None}
    used |= implied_scopes(column_map)
    scopes: list[Scope] = []
    for scope in reversed(column_map.document_type.scopes):
        if scope.name in used or scope.name == ROOT or (scopes and not scope.optional):
            scopes.insert(0, scope)
    return tuple(scopes)


def implied_scopes(column_map: ColumnMap) -> frozenset[str]:
    """The scopes that every enclosing entry has one of without a column saying so: the map gives what they need."""
    implied = {scope.name for scope in column_map.document_type.scopes if scope.implied}
    return frozenset(
        binding.field.scope
        for binding in column_map.bindings
        if binding.field.scope in implied and binding.filler is not None and binding.field.needs is None
    )


class Assembly:
    """The rows of one document so far."""

    def __init__(self, plan: Plan, row: int) -> None:
        self.plan = plan
        self.findings: list[Finding] = []
        self.partial = False
        """Whether rows of the document are known that were not added: they may hold what seems to be missing."""
        self._root = _Node(plan.scopes[0], row)

    def add(self, row: Row) -> None:
        """Take a row with the right number of fields."""
        cells = self._cells(row)
        node, enclosing = self._root, cells.get(ROOT, {})
        self._merge(node, enclosing)
        for position, scope in enumerate(self.plan.scopes[1:], 1):
            own = cells.get(scope.name, {})
            deeper = any(inner.name in cells for inner in self.plan.scopes[position + 1 :])
            implied = scope.name in self.plan.implied and bool(enclosing)
            if own or implied or (deeper and not scope.optional):
                node = self._entry(node, scope, own, row.number)
                self._merge(node, own)
            else:
                self.findings += [self._missing(name, scope, row.number) for name in self.plan.required(scope)]
            enclosing = own

    def result(self, unmapped: tuple[Unmapped, ...]) -> Assembled:
        """The document, if nothing was wrong, with what its rows hold besides."""
        places: Places = {}
        tree = self._tree(self._root, "", places)
        if self.findings or self.partial:
            return Assembled(None, tuple(self.findings), places)
        tree["trace"] = {path: place(*where) for path, where in places.items()}
        tree["unmapped"] = unmapped
        return Assembled(self.plan.document_type.model.model_validate(tree), (), places)

    def _cells(self, row: Row) -> dict[str, dict[str, _Cell]]:
        """The values of a row by scope and field."""
        cells: dict[str, dict[str, _Cell]] = {}
        for binding, index in self.plan.layout.bound:
            if index is None or not row.fields[index]:
                continue
            text, column = row.fields[index], self.plan.layout.names[index]
            value = self._value(binding, text)
            if isinstance(value, Fault):
                self.findings.append(in_row(value.code, value.message, row.number, column, value=text))
                cell = _Cell(text, row.number, column, bad=True)
            else:
                cell = _Cell(value, row.number, column)
            cells.setdefault(binding.field.scope, {})[binding.field.name] = cell
        return cells

    def _value(self, binding: Binding, text: str) -> CellValue | Fault:
        if binding.max_length is not None and len(text) > binding.max_length:
            message = f"The value has {len(text)} characters; at most {binding.max_length} are agreed."
            return Fault(Code.VALUE_TOO_LONG, message)
        if binding.codes is None:
            return parse(binding.field.kind, text, self.plan.formats)
        if text not in binding.codes:
            return Fault(
                Code.UNKNOWN_CODE, f"'{text[:80]}' is not an agreed code. Agreed are: {', '.join(binding.codes)}."
            )
        return parse(binding.field.kind, binding.codes[text], CANONICAL)

    def _entry(self, parent: _Node, scope: Scope, own: dict[str, _Cell], row: int) -> _Node:
        """The entry that a row belongs to. In the innermost scope every row is an entry of its own."""
        innermost = scope is self.plan.scopes[-1] and not scope.single
        key = None if innermost else entry_key(scope, {name: cell.value for name, cell in own.items()})
        found = parent.by_key.get((scope.name, key)) if key is not None else None
        if found is None:
            found = _Node(scope, row)
            parent.children.append(found)
            if key is not None:
                parent.by_key[scope.name, key] = found
        return found

    def _merge(self, node: _Node, cells: dict[str, _Cell]) -> None:
        for name, cell in cells.items():
            earlier = node.cells.setdefault(name, cell)
            if earlier.value != cell.value and not (earlier.bad or cell.bad):
                kind = self._kind(name)
                said, before = (render(kind, value, self.plan.formats) for value in (cell.value, earlier.value))
                message = (
                    f"{name} is '{said}' here but '{before}' in row {earlier.row}, "
                    f"and both rows belong to the same {_spoken(node.scope)}. Make them agree."
                )
                self.findings.append(in_row(Code.CONFLICTING_VALUE, message, cell.row, cell.column, value=said))

    def _kind(self, name: str) -> Kind:
        spec = self.plan.document_type.resolve(name)
        assert spec is not None
        return spec.kind

    def _tree(self, node: _Node, prefix: str, places: Places) -> dict[str, Any]:
        """The node as the model takes it, with the places of its fields."""
        tree: dict[str, Any] = dict(node.scope.tags)
        for binding in self.plan.bindings.get(node.scope.name, []):
            name = binding.field.name
            cell = node.cells.get(name)
            if cell is None and binding.required and not self.partial:
                self.findings.append(self._missing(name, node.scope, node.row))
            if not self._means_something(binding.field, node):
                if cell is not None:
                    self.findings.append(self._incomplete(binding.field, cell))
                continue
            value = binding.filler if cell is None else cell.value
            if value is not None:
                self._place(tree, binding.field, value, cell, prefix, places)
        self._children(node, tree, prefix, places)
        return tree

    def _place(
        self, tree: dict[str, Any], spec: FieldSpec, value: CellValue, cell: _Cell | None, prefix: str, places: Places
    ) -> None:
        if cell is not None and cell.bad:
            return
        path = _put(tree, spec, value)
        if path is None:
            if cell is not None:
                message = f"{spec.name} says what another column of the row says already; fill only one of them."
                self.findings.append(in_row(Code.CONFLICTING_VALUE, message, cell.row, cell.column, value=str(value)))
        elif cell is not None:
            places[prefix + path] = cell.row, cell.column

    def _children(self, node: _Node, tree: dict[str, Any], prefix: str, places: Places) -> None:
        counts: Counter[str] = Counter()
        for child in node.children:
            attribute = entries_attribute(node.scope, child.scope)
            inner = self._tree(child, f"{prefix}{attribute}.{counts[attribute]}.", places)
            tree.setdefault(attribute, []).append(inner)
            counts[attribute] += 1

    def _means_something(self, spec: FieldSpec, node: _Node) -> bool:
        """Whether the field that ``spec`` depends on has a value, from the file or by the map."""
        if spec.needs is None or spec.needs in node.cells:
            return True
        needed = next(binding for binding in self.plan.bindings[node.scope.name] if binding.field.name == spec.needs)
        return needed.filler is not None and self._means_something(needed.field, node)

    def _missing(self, name: str, scope: Scope, row: int) -> Finding:
        message = f"The value is missing: every {_spoken(scope)} needs {name}."
        return in_row(Code.MISSING_VALUE, message, row, self.plan.column_names.get(name))

    def _incomplete(self, spec: FieldSpec, cell: _Cell) -> Finding:
        assert spec.needs is not None
        column = self.plan.column_names.get(spec.needs, spec.needs)
        message = f"{spec.name} means nothing without {spec.needs}; fill column '{column}' too, or leave both blank."
        return in_row(Code.INCOMPLETE_VALUE, message, cell.row, cell.column, value=str(cell.value))


def entry_key(scope: Scope, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """What makes rows belong to one entry of a scope; None when nothing does, so that each row is an entry of its own."""
    if scope.single:
        return ()
    for key in scope.keys:
        found = tuple(
            (name, value)
            for name, value in values.items()
            if name == key or (key.endswith(".") and name.startswith(key))
        )
        if found:
            return found
    return None


def entries_attribute(outer: Scope, inner: Scope) -> str:
    """Where the entries of ``inner`` stand in an entry of ``outer``. Levels of a ship notice are ``levels`` at the top only."""
    return "levels" if outer.name == ROOT and inner.attribute == "children" else inner.attribute


def _spoken(scope: Scope) -> str:
    words = {"lines": "line", "lines.responses": "response", "lines.schedule": "scheduled quantity"}
    return words.get(scope.name, scope.name.removeprefix("levels."))


_WHOLE = frozenset({("price", "amount"), ("dates", "date"), ("date", "date")})
"""Leaves that are what the object around them is about, as each ``value`` is: their path is the object's (``lines.2.price``)."""


def _put(tree: dict[str, Any], spec: FieldSpec, value: CellValue) -> str | None:
    """Put ``value`` where ``spec`` says; the path there, or None when the place is taken by something of another kind."""
    path: list[str] = []
    for step in spec.steps:
        path.append(step.attribute)
        tags = dict(step.tags)
        if step.many:
            entries = tree.setdefault(step.attribute, [])
            index = next((i for i, entry in enumerate(entries) if tags.items() <= entry.items()), len(entries))
            if index == len(entries):
                entries.append(tags)
            tree = entries[index]
            path.append(str(index))
        else:
            tree = tree.setdefault(step.attribute, tags)
            if not tags.items() <= tree.items():
                return None
    if not spec.steps or ((spec.steps[-1].attribute, spec.leaf) not in _WHOLE and spec.leaf != "value"):
        path.append(spec.leaf)
    if spec.position is not None:
        texts = tree.setdefault(spec.leaf, [])
        path.append(str(len(texts)))
        texts.append(value)
    elif spec.kind is Kind.STATUS:
        tree["status"], tree["code"] = line_status(str(value))
    else:
        tree[spec.leaf] = value
    return ".".join(path)
