"""What cannot be read is named by table, row and column: whoever damages it gets no answer out of the way."""

from typing import Any

import pytest
from sqlalchemy import Enum, LargeBinary

from gateway.audit.comparing.damage import TABLES
from spool.tables import UtcDateTime
from tests.gateway.house import House

from .tampering import found_after, places

COLUMNS = [column for table in TABLES for column in table.__table__.columns]


def name(column: Any) -> str:
    return f"{column.table.name}.{column.name}"


FILLED = [
    column for column in COLUMNS if column.table.name in ("receipt", "document", "document_order", "transmission")
]
EMPTY = ("receipt.remote", "receipt.replays", "document.replays", "document.revision", "document.partner_reason")


@pytest.mark.parametrize("column", [column for column in FILLED if name(column) not in EMPTY], ids=name)
def test_bytes_where_none_are_kept(traded: House, column: Any) -> None:
    table = column.table.name
    damaged = (
        f"UPDATE {table} SET {column.name} = CAST({column.name} AS BLOB) "
        f"WHERE rowid = (SELECT min(rowid) FROM {table} WHERE {column.name} IS NOT NULL)"
    )
    assert places(found_after(traded, damaged)) == {(table, column.name)}


@pytest.mark.parametrize("column", [each for each in FILLED if isinstance(each.type, Enum | UtcDateTime)], ids=name)
def test_another_word(traded: House, column: Any) -> None:
    table = column.table.name
    damaged = f"UPDATE {table} SET {column.name} = 'x' WHERE rowid = (SELECT max(rowid) FROM {table})"
    assert places(found_after(traded, damaged)) == {(table, column.name)}


@pytest.mark.parametrize("column", ["origin", "findings"])
def test_no_json(traded: House, column: str) -> None:
    assert places(found_after(traded, f"UPDATE document SET {column} = ''")) == {("document", column)}


def test_bytes_are_kept_nowhere() -> None:
    assert [name(column) for column in COLUMNS if isinstance(column.type, LargeBinary)] == []
