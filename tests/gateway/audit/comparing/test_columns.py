"""Each column is held against the record in each row, or named as one that is not, with the reason."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from partners.certificates import CertificateRow
from partners.control_numbers import ControlNumber, ReceivedInterchange
from partners.registry import ProfileVersion
from spool.documents import DocumentOrder, DocumentRow
from spool.receipts import Receipt
from spool.transmissions import Transmission
from tests.gateway.exchange.scene import scene
from tests.gateway.house import House

from .tampering import found_after

PAGE = Path(__file__).resolve().parents[4] / "docs" / "howto" / "audit.md"
TABLES: tuple[Any, ...] = (
    Receipt,
    DocumentRow,
    DocumentOrder,
    Transmission,
    ReceivedInterchange,
    ControlNumber,
    ProfileVersion,
)
COLUMNS = [column for table in TABLES for column in table.__table__.columns]
NAMED = dict(re.findall(r"^\| `([a-z0-9_]+\.[a-z_0-9]+)` \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE))


def name(column: Any) -> str:
    return f"{column.table.name}.{column.name}"


def changed(column: Any) -> str:
    """Whatever it is, another value of the same kind; where there is none, one."""
    kind = str(column.type).split("(")[0]
    this = column.name
    if (full := f"{column.table.name}.{this}") in OF_A_FEW:
        first, second = OF_A_FEW[full]
        return f"CASE {this} WHEN '{first}' THEN '{second}' ELSE '{first}' END"
    if this == "pem":
        return "'none'"
    match kind:
        case "INTEGER" | "BIGINT":
            return f"coalesce({this}, 0) + 700"
        case "BOOLEAN":
            return f"1 - {this}"
        case "DATETIME":
            return "'2020-01-01 00:00:00.000000'"
        case "JSON":
            return f"CASE WHEN {this} LIKE '[%' THEN '[{{}}]' ELSE '{{\"id\": \"x\"}}' END"
        case _:
            return f"coalesce({this}, '') || '7'"


OF_A_FEW = {
    "receipt.state": ("rejected", "opened"),
    "document.state": ("rejected", "delivered"),
    "document.direction": ("inbound", "outbound"),
    "transmission.state": ("rejected", "failed"),
    "transmission.kind": ("document", "report"),
    "control_number.kind": ("interchange", "group"),
    "certificate.state": ("rejected", "withdrawn"),
    "certificate.use": ("sign", "encrypt"),
}
"""Of what has a few values only, two."""


def not_found(opened: House, column: Any) -> set[int]:
    """The rows in which a change of a column is not told."""
    rows = rows_of(opened, column.table.name)
    assert rows, column.table.name
    return {row for row in rows if not found_after(opened, _statement(column, changed(column), row))}


def not_missed(opened: House, column: Any) -> set[int]:
    """The rows in which it is not told that a column that had something has nothing."""
    rows = rows_of(opened, column.table.name, f'WHERE "{column.name}" IS NOT NULL')
    return {row for row in rows if not found_after(opened, _statement(column, "NULL", row))}


def rows_of(opened: House, table: str, where: str = "") -> list[int]:
    with opened.gateway.database.read() as session:
        return [row[0] for row in session.execute(text(f'SELECT rowid FROM "{table}" {where}'))]


def _statement(column: Any, value: str, row: int) -> str:
    return f'UPDATE OR REPLACE "{column.table.name}" SET "{column.name}" = {value} WHERE rowid = {row}'


@pytest.mark.parametrize("column", COLUMNS, ids=name)
def test_a_change_is_found_or_the_column_is_named(traded: House, column: Any) -> None:
    assert bool(not_found(traded, column)) == (name(column) in NAMED)


@pytest.mark.parametrize("column", [each for each in COLUMNS if each.nullable], ids=name)
def test_what_is_taken_out_is_missed_or_the_column_is_named(traded: House, column: Any) -> None:
    assert not not_missed(traded, column) or name(column) in NAMED


def test_so_are_those_of_certificates(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        house = made.supplier.house
        assert found_after(house) == []
        missed = {name(column) for column in CertificateRow.__table__.columns if not_found(house, column)}
    assert missed == {column for column in NAMED if column.startswith("certificate.")}


def test_what_is_named_is_there() -> None:
    assert set(NAMED) <= {name(column) for column in [*COLUMNS, *CertificateRow.__table__.columns]}
