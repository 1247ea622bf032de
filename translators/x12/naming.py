"""What segments, elements and codes are about, in short words of our own; X12's own names are copyrighted and not repeated.

Words are kept for what the supported sets use most; the rest goes by its number.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from .maps import code_tables
from .maps.codes import Codes

_NAMES = Path(__file__).parent / "schemas" / "names.json"


@cache
def _loaded() -> dict[str, Any]:
    names: dict[str, Any] = json.loads(_NAMES.read_text("utf-8"))
    for table in vars(code_tables).values():
        if isinstance(table, Codes):
            words = {code: name.replace("_", " ") for code, name in table.names.items()}
            names["codes"][table.element] = words | names["codes"].get(table.element, {})
    return names


def segment_name(tag: str) -> str | None:
    """What a segment is about: ``IT1`` is a line of the invoice."""
    name: str | None = _loaded()["segments"].get(tag)
    return name


def element_name(number: str) -> str | None:
    """What an element (``355``) or composite (``C040``) is about."""
    name: str | None = _loaded()["elements"].get(number)
    return name


def code_names(number: str) -> dict[str, str]:
    """The codes of element ``number`` that we have words for, the commonest first."""
    names: dict[str, str] = _loaded()["codes"].get(number, {})
    return names
