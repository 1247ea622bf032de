"""Which field of a row is which: the header, or the first row of a file without one, laid against the column map."""

import difflib
from collections import Counter
from dataclasses import dataclass

from canonical.finding import Finding, Severity

from .column_map import Binding, ColumnMap, ColumnName
from .findings import Code, in_row
from .rows import Row


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one file. ``names`` are what findings call them; ``bound`` pairs each field with its index in a row.

    The index is None for a constant and for a column that may be missing and is.
    """

    width: int
    names: tuple[str, ...]
    bound: tuple[tuple[Binding, int | None], ...]
    keys: tuple[int, ...]
    unmapped: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The layout, or None where the findings say why the file cannot be read by this map."""

    layout: Layout | None
    findings: tuple[Finding, ...]


def lay_out(first: Row, column_map: ColumnMap) -> LaidOut:
    """Lay the first row against the map."""
    return _named(first, column_map) if column_map.header else _numbered(first, column_map)


def fold(name: str) -> str:
    """Column names agree up to capitals and the amount of white space."""
    return " ".join(name.casefold().split())


def _named(header: Row, column_map: ColumnMap) -> LaidOut:
    fields = header.fields
    counts = Counter(map(fold, fields))
    positions: dict[str, int] = {}
    for index, name in enumerate(fields):
        positions.setdefault(fold(name), index)
    findings: list[Finding] = []
    places: dict[ColumnName, int] = {}
    for binding in column_map.bindings:
        if not isinstance(binding.column, str):
            continue
        wanted = fold(binding.column)
        if counts[wanted] > 1:
            findings.append(_duplicate(binding.column, counts[wanted], header.number))
        if wanted in positions:
            places[binding.column] = positions[wanted]
        elif not binding.may_be_missing or binding.column in column_map.key_columns:
            findings.append(_missing(binding.column, fields, header.number, column_map))
    names = display_names(fields)
    repeated = [
        name for index, name in enumerate(fields) if name and counts[fold(name)] > 1 and index not in places.values()
    ]
    mapped = {fold(name) for name in places if isinstance(name, str)}
    findings += [
        in_row(
            Code.DUPLICATE_COLUMN,
            f"The header names '{name}' {counts[fold(name)]} times. Nothing is read from it; give each its own name.",
            header.number,
            name,
            severity=Severity.WARNING,
        )
        for name in dict.fromkeys(repeated)
        if fold(name) not in mapped
    ]
    return _result(names, places, column_map, findings)


def _numbered(first: Row, column_map: ColumnMap) -> LaidOut:
    width = len(first.fields)
    findings: list[Finding] = []
    places: dict[ColumnName, int] = {}
    for binding in column_map.bindings:
        if not isinstance(binding.column, int):
            continue
        if binding.column <= width:
            places[binding.column] = binding.column - 1
        elif not binding.may_be_missing or binding.column in column_map.key_columns:
            message = f"The first row has {width} columns; {binding.field.name} is read from column {binding.column}."
            findings.append(
                in_row(
                    Code.MISSING_COLUMN,
                    message + _separator_hint(first.fields, column_map),
                    first.number,
                    str(binding.column),
                )
            )
    return _result(tuple(str(index + 1) for index in range(width)), places, column_map, findings)


def _result(
    names: tuple[str, ...], places: dict[ColumnName, int], column_map: ColumnMap, findings: list[Finding]
) -> LaidOut:
    if any(finding.is_error for finding in findings):
        return LaidOut(None, tuple(findings))
    layout = Layout(
        width=len(names),
        names=names,
        bound=tuple(
            (binding, places.get(binding.column) if binding.column is not None else None)
            for binding in column_map.bindings
        ),
        keys=tuple(places[column] for column in column_map.key_columns),
        unmapped=tuple(index for index in range(len(names)) if index not in places.values()),
    )
    return LaidOut(layout, tuple(findings))


def display_names(fields: list[str]) -> tuple[str, ...]:
    """A name for each column: its own, with ``#2`` when it is the second of that name, or its number when it has none."""
    seen: Counter[str] = Counter()
    names = []
    for index, name in enumerate(fields):
        seen[name] += 1
        names.append(str(index + 1) if not name else name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(names)


def _duplicate(column: str, count: int, row: int) -> Finding:
    return in_row(
        Code.DUPLICATE_COLUMN,
        f"The header names '{column}' {count} times, so it is not clear which one is meant. Keep one of them.",
        row,
        column,
    )


def _missing(column: str, fields: list[str], row: int, column_map: ColumnMap) -> Finding:
    near = difflib.get_close_matches(fold(column), [fold(name) for name in fields], n=1)
    hint = f" Did you mean it by '{next(name for name in fields if fold(name) == near[0])}'?" if near else ""
    return in_row(
        Code.MISSING_COLUMN,
        f"The header has no column '{column}'.{hint}" + _separator_hint(fields, column_map),
        row,
        column,
    )


def _separator_hint(fields: list[str], column_map: ColumnMap) -> str:
    if len(fields) > 1:
        return ""
    other = max((character for character in ",;\t|" if character != column_map.delimiter), key=fields[0].count)
    if not fields[0].count(other):
        return ""
    spoken = {"\t": "a tab"}
    return (
        f" The row has a single column, but {spoken.get(other, repr(other))} occurs in it; agreed is "
        f"{spoken.get(column_map.delimiter, repr(column_map.delimiter))} between columns."
    )
