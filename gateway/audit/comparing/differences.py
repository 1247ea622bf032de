"""What a row has otherwise than it should by the record, and how an answer says so."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from ..question import Row

AT_ONCE = timedelta(minutes=1)
"""Earlier programs took the time of a row and that of the entry committed with it one after the other; they differ by less."""

NOTHING = "nothing"

Difference: TypeAlias = tuple[str, Any, Any]
"""What a row has in a column, and what it should have by the record."""


def different(has: Mapping[str, Any], should: Mapping[str, Any]) -> list[Difference]:
    """Columns of which the record says otherwise; what it does not say, None, contradicts nothing."""
    return [(name, has[name], said) for name, said in should.items() if said is not None and not alike(has[name], said)]


def exactly(has: Mapping[str, Any], should: Mapping[str, Any]) -> list[Difference]:
    """As :func:`different`, where None says that there is nothing."""
    return [(name, has[name], said) for name, said in should.items() if not alike(has[name], said)]


def alike(has: Any, said: Any) -> bool:
    """Whether a row has what is told, as a database may keep it."""
    return bool(has == said) or bool(has == as_kept(said))


def as_kept(said: Any) -> Any:
    """What PostgreSQL keeps of it: the picture of a NUL character in its place."""
    return said.replace("\0", "\u2400") if isinstance(said, str) else said


def same(one: datetime | None, other: datetime | None) -> bool:
    """Whether two times are those of one moment."""
    if one is None or other is None:
        return one is other
    return abs(one - other) < AT_ONCE


def rows(table: str, partner: str | None, id_: str, differences: list[Difference]) -> Iterator[Row]:
    """A row of the answer for each."""
    for column, has, should in differences:
        yield table, partner, id_, column, as_text(has), as_text(should)


def as_text(value: Any) -> str:
    if value is None:
        return NOTHING
    return value.isoformat() if isinstance(value, datetime) else str(value)
