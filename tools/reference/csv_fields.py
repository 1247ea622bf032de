"""docs/reference/csv-fields.md, from translators/flat."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from partners.agreement import SET_OF_DOCUMENT
from translators.flat import ColumnMap
from translators.flat.column_map import Column
from translators.flat.values import CODED, Kind
from translators.flat.vocabulary import _KNOWN, DOCUMENT_TYPES, ROOT, DocumentType

from . import markdown, wording

_PLACEHOLDER = re.compile(r"<(\w+)>")


def render() -> str:
    return markdown.page(
        "CSV by a column map",
        "`translators/flat/column_map.py` and `vocabulary.py`",
        "A profile's section `csv` is a list of column maps. Each says for one kind of document what its files look like and where "
        "each of our fields comes from. [How to make one](../howto/csv-partner.md).",
        "## Keys of a map",
        _keys(ColumnMap, wording.COLUMN_MAP),
        "## Keys of a column",
        "`lines.quantity.value: Qty` is short for `lines.quantity.value: {column: Qty}`. Constants, defaults and the right side of "
        "`codes` are written as we write them, whatever the file does: dates `YYYY-MM-DD`, decimals with a point.",
        _keys(Column, wording.COLUMN),
        "## Fields",
        "Names with `<...>` stand for a family: for `lines.items.<item_scheme>` write `lines.items.vendor_part`, or an X12 code we "
        "have no name for (`lines.items.A8`). `needs` is the field without which this one means nothing.",
        *(_document(document) for document in DOCUMENT_TYPES.values()),
        "## What may stand for `<...>`",
        *(_family(family) for family in _KNOWN),
        "## Values with names of ours",
        "In the file or in `codes` stands one of these names, however capitals are set, or the X12 code for it.",
        *(_values(kind) for kind in CODED),
    )


def _keys(model: type[BaseModel], said: dict[str, str]) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if field.is_required():
            default = "required"
        else:
            default = "" if field.default in (None, ()) else markdown.value(field.default)
        rows.append((markdown.code(name), default, said[name]))
    return markdown.table(("key", "default", "meaning"), rows)


def _document(document: DocumentType) -> str:
    parts = [f"### {document.name} ({SET_OF_DOCUMENT[document.name]})"]
    parts.append(f"Every map has {markdown.listed(document.required)}.")
    for scope in document.scopes:
        rows = [
            (markdown.code(template.name), template.kind.value, markdown.code(template.needs) if template.needs else "")
            for template in document.templates
            if template.scope == scope.name
        ]
        heading = "Once a document" if scope.name == ROOT else _scope_heading(scope.name, scope.keys, scope.single)
        parts.append(f"{heading}\n\n{markdown.table(('field', 'value', 'needs'), rows)}")
    return "\n\n".join(parts)


def _scope_heading(name: str, keys: tuple[str, ...], single: bool) -> str:
    if single:
        return f"Once, `{name}`:"
    if not keys:
        return f"Repeated, `{name}`; each row is one of its own:"
    spoken = markdown.listed(f"{key}<...>" if key.endswith(".") else key for key in keys)
    return f"Repeated, `{name}`; rows that agree in the first of {spoken} that has a value are one:"


def _family(family: str) -> str:
    codes = _KNOWN[family]
    names = sorted(codes.names.values())
    return f"`<{family}>` ({wording.PLACEHOLDERS[family]}; X12 element {codes.element}): {markdown.listed(names)}."


def _values(kind: Kind) -> str:
    codes = CODED[kind]
    names = sorted(dict.fromkeys(str(name) for name in codes.names.values()))
    return f"**{kind.value}** (X12 element {codes.element}): {markdown.listed(names)}."


def placeholders() -> Iterator[str]:
    """The families that the tables of fields use."""
    for document in DOCUMENT_TYPES.values():
        for name in document.names():
            yield from _PLACEHOLDER.findall(name)


def undocumented() -> list[str]:
    missing = sorted(ColumnMap.model_fields.keys() ^ wording.COLUMN_MAP.keys())
    missing += sorted(Column.model_fields.keys() ^ wording.COLUMN.keys())
    return missing + sorted((set(placeholders()) | _KNOWN.keys()) ^ wording.PLACEHOLDERS.keys())
