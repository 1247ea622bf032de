"""Answers as files: JSON lines, which say everything exactly, and CSV for spreadsheets."""

import csv
import io
import json
from datetime import datetime
from typing import Any

from .question import Answer, Value

_OBEYED = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would take for a formula. Partners choose file names and numbers."""


def about(answer: Answer) -> dict[str, Any]:
    """What was asked, of what period, when, and how it was found."""
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
        "checkpoint": answer.checkpoint,
        "queries": list(answer.queries),
    }


def records(answer: Answer) -> list[dict[str, Any]]:
    """The rows by column."""
    columns = answer.question.columns
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in answer.rows]


def json_lines(answer: Answer) -> str:
    """A line about the answer, and then one a row."""
    lines = (about(answer), *records(answer))
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def comma_separated(answer: Answer) -> str:
    """The rows under the names of their columns (RFC 4180). A text that a spreadsheet would obey has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(answer.question.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return text.getvalue()


def _cell(value: Value) -> Any:
    plain = _plain(value)
    return f"'{plain}" if isinstance(value, str) and value.startswith(_OBEYED) else plain


def _plain(value: Value) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    # A member of an enumeration is its value.
    return str(value) if isinstance(value, str) else value
