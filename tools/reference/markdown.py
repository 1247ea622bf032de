"""Pieces of Markdown, and Python's types in the words of people who write JSON and YAML."""

import datetime
import enum
import inspect
import json
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue

WRITTEN = "Written by `python -m tools.reference` from {source}; a test compares the two."

_SIMPLE: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Decimal: "decimal",
    datetime.date: "date",
    datetime.time: "time",
    datetime.datetime: "moment",
}


def page(title: str, source: str, *parts: str) -> str:
    """A page with its heading, where it comes from, and its parts."""
    return "\n\n".join([f"# {title}", WRITTEN.format(source=source), *(part.strip("\n") for part in parts)]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(columns), _row(["---"] * len(columns)), *(_row(map(_cell, row)) for row in rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """A text on one line, with nothing outside code spans that Markdown takes for a tag."""
    pieces = text.replace("|", "\\|").split("`")
    pieces[::2] = [piece.replace("<", "&lt;") for piece in pieces[::2]]
    return " ".join("`".join(pieces).split())


def code(text: object) -> str:
    return f"`{text}`"


def listed(values: Iterable[object]) -> str:
    return ", ".join(code(value) for value in values)


def plain(docstring: str) -> str:
    """A docstring as Markdown: no roles, single back quotes."""
    return re.sub(r":\w+:`~?([^`]*)`", r"`\1`", inspect.cleandoc(docstring)).replace("``", "`")


def summary(docstring: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(plain(docstring or "").split("\n\n")[0].split())


def value(default: object) -> str:
    """A default as it would be written in YAML or TOML."""
    if isinstance(default, enum.Enum):
        default = default.value
    if isinstance(default, tuple):
        default = list(default)
    return code(default if isinstance(default, str) and default else json.dumps(default))


def type_words(annotation: Any, linked: bool = False) -> str:
    """A type in words; with ``linked``, our own values become links to their heading on the same page."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0], linked)
    if isinstance(annotation, NewType | TypeVar):
        return "text"
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(part, linked) for part in arguments if part is not types.NoneType)
    if origin is Literal:
        return " or ".join(code(part) for part in arguments)
    if origin in (tuple, list):
        inner = [part for part in arguments if part is not Ellipsis]
        words = " or ".join(type_words(part, linked) for part in inner)
        return "list of " + (f"{words}s" if words == "section" else words)
    if origin in (dict, Mapping):
        return f"{type_words(arguments[0], linked)} to {type_words(arguments[1], linked)}"
    return _named(annotation, linked)


def _named(annotation: Any, linked: bool) -> str:
    if annotation is JsonValue:
        return "section"
    if not isinstance(annotation, type):
        return str(annotation)
    if issubclass(annotation, enum.Enum):
        return " or ".join(code(member.value) for member in annotation)
    if issubclass(annotation, BaseModel):
        name = annotation.__name__
        return f"[{name}](#{name.lower()})" if linked else "section"
    if issubclass(annotation, PurePath):
        return "path"
    return _SIMPLE[annotation]
