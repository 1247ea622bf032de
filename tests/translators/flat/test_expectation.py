"""What a column map expects in a cell, in words."""

from typing import Any

import pytest

from canonical.finding import Finding, Severity
from translators.flat import parse_column_maps
from translators.flat.expectation import expected

from .samples import INVOICE, NOTICE


def facts(column: str | None, map_: dict[str, Any] = INVOICE, **settings: Any) -> dict[str, str]:
    [column_map] = parse_column_maps([map_ | settings])
    finding = Finding(code="x", severity=Severity.ERROR, message="x", row=2, column=column)
    return {fact.label: fact.text for fact in expected(finding, column_map)}


def test_of_a_column_its_field_form_and_requirement() -> None:
    assert facts("qty") == {
        "field": "lines.quantity.value of the Invoice",
        "expected": "a number, with a point before its decimals",
        "required": "always",
    }


def test_of_codes_those_of_the_partner_with_ours() -> None:
    told = facts("unit")
    assert told["expected"] == "one of the agreed values"
    assert told["codes"] == "PIECE (EA), BOX (CA)"


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("date", "a date, DD.MM.YYYY"),
        ("total", "a number, with a comma before its decimals"),
        ("price", "a number, with a comma before its decimals, at most 8 characters"),
        ("part", "text"),
    ],
)
def test_the_form_is_the_one_that_is_agreed(column: str, form: str) -> None:
    assert facts(column, date_format="DD.MM.YYYY", decimal_separator=",")["expected"] == form


def test_an_SSCC_has_18_digits() -> None:
    assert facts("pallet", NOTICE)["expected"] == "an SSCC of 18 digits"


def test_a_column_is_found_however_the_header_writes_it() -> None:
    assert facts("QTY") == facts("qty")


def test_a_column_by_number() -> None:
    numbered = {"document": "Invoice", "header": False, "columns": {"number": 1, "invoice_date": 2, "total_amount": 3}}
    assert facts("2", numbered)["field"] == "invoice_date of the Invoice"


@pytest.mark.parametrize("column", [None, "a column that is not read"])
def test_of_what_is_not_read_nothing_is_expected(column: str | None) -> None:
    assert facts(column) == {}
