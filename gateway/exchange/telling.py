"""What the journal is told of the rows of AS2 messages and MDNs, so that whoever changes one is contradicted by it.

An entry says under :data:`ROWS` what each row that its transaction writes has from then on: all of a new one, and of another what
changed. ``tally audit consistency`` holds the tables against that. Header fields, which are long, are told by their digest.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from spool.tables import Base, JsonObject, json_text, values_of

ROWS = "as2_rows"
"""The key in the detail of an entry."""

TABLE, ID, SAYS = "table", "id", "says"


def whole(row: Base) -> JsonObject:
    """All that a new row has."""
    return _told(row, values_of(row))


def changed(row: Base, *columns: str) -> JsonObject:
    """What a row has from now on in these columns."""
    return _told(row, {name: getattr(row, name) for name in columns})


def is_whole(says: JsonObject) -> bool:
    """Whether what is told of a row began with all of it: each has a digest, which never changes."""
    return "sha256" in says


def _told(row: Base, values: JsonObject) -> JsonObject:
    says = {name: in_journal(value) for name, value in values.items() if name != ID}
    return {TABLE: row.__tablename__, ID: getattr(row, ID), SAYS: says}


def in_journal(value: Any) -> str | int | bool | None:
    """A value as the journal has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"sha256:{sha256(json_text(value).encode()).hexdigest()}"
    assert value is None or isinstance(value, str | int), value
    return str(value) if isinstance(value, str) else value
