"""Answers as files: JSON lines, which say everything exactly, and CSV for spreadsheets."""

import csv
import io
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..trail import TrailEntry
from .question import Answer, Row, Standing, Value, Values

TRAIL = tuple(TrailEntry.__slots__)
"""The columns of a trail."""

_OBEYED = re.compile(r"""(\A|[;|\t\r\n])(?=["\s]*[=+\-@＝＋－＠]|\A[\t\r\n])""")
"""Where a spreadsheet would see a formula begin: in front of a text, and within it behind what some of them take for the end of a cell,
whatever the quotes (a semicolon, in much of Europe). Partners choose file names and numbers."""


def about(answer: Answer) -> dict[str, Any]:
    """What was asked, of what period, when, how far the ledger was, and how it was found."""
    scope = answer.scope
    return {
        "question": answer.question.name,
        "title": answer.question.title,
        "asked_at": _plain(scope.now),
        "since": _plain(scope.since),
        "until": _plain(scope.until),
        "partner": scope.partner,
        "columns": list(answer.question.columns),
        "rows": len(answer.rows),
        "ledger": None if answer.standing is None else _standing(answer.standing),
        "checkpoint": answer.checkpoint,
        "queries": [
            {"statement": each.text, "values": [run_values(values) for values in each.values]}
            for each in answer.queries
        ],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    root = b64encode(standing.root).decode()
    return {"size": standing.size, "root": root, "waiting": standing.waiting}


def run_values(values: Values) -> Any:
    """The values with which a statement was run once, for JSON: a list, or an object where its parameters have names."""
    if isinstance(values, Mapping):
        return {name: _parameter(value) for name, value in values.items()}
    return [_parameter(value) for value in values]


def _parameter(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_parameter(each) for each in value]
    return value if value is None or isinstance(value, str | int | float) else _plain_text(value)


def _plain_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def records(answer: Answer) -> list[dict[str, Any]]:
    """The rows by column."""
    columns = answer.question.columns
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in answer.rows]


def json_lines(answer: Answer) -> str:
    """A line about the answer, and then one a row."""
    return as_lines([about(answer), *records(answer)])


def as_lines(lines: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def comma_separated(answer: Answer) -> str:
    """The rows under the names of their columns."""
    return as_table(answer.question.columns, answer.rows)


def as_table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """CSV (RFC 4180). What a spreadsheet would obey has an apostrophe before it, within a text too."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def trail_record(entry: TrailEntry) -> dict[str, Any]:
    """An entry of a trail, for programs."""
    return {name: getattr(entry, name) for name in TRAIL} | {"at": entry.at.isoformat()}


def trail_row(entry: TrailEntry) -> Row:
    """An entry of a trail as a row of :data:`TRAIL`; its detail is JSON."""
    detail = json.dumps(entry.detail, sort_keys=True, ensure_ascii=False) if entry.detail else None
    return [detail if name == "detail" else getattr(entry, name) for name in TRAIL]


def _cell(value: Value) -> Any:
    plain = _plain(value)
    return _OBEYED.sub(r"\1'", plain) if isinstance(value, str) else plain


def _plain(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    # A member of an enumeration is its value.
    return str(value) if isinstance(value, str) else value
