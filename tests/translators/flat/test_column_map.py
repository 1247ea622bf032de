"""What a partner may write under ``csv:``, and what each mistake is told as."""

import datetime
from typing import Any

import pytest

from canonical.errors import Misconfigured
from translators.flat import choose, parse_column_maps

from .samples import ANSWER, INVOICE, NOTICE, column_map

WITHOUT_PRICE = {name: value for name, value in INVOICE["columns"].items() if name != "lines.price.amount"}


def with_columns(**columns: Any) -> list[dict[str, Any]]:
    """The invoice map with further columns; two underscores stand for a dot."""
    extra = {name.replace("__", "."): value for name, value in columns.items()}
    return [{**INVOICE, "columns": {**INVOICE["columns"], **extra}}]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(
            [{"document": "Invoce", "columns": {}}],
            "csv.0.document: 'Invoce' cannot be CSV; possible are PurchaseOrder, PurchaseOrderAck",
            id="document",
        ),
        pytest.param(
            [{**INVOICE, "delimter": ";"}], "csv.0.delimter: there is no such key; possible are document", id="key"
        ),
        pytest.param([{**INVOICE, "delimiter": "ab"}], "csv.0.delimiter: 'ab' must be one character", id="delimiter"),
        pytest.param([{**INVOICE, "delimiter": "."}], "csv.0.delimiter: '.' must be one character", id="decimal point"),
        pytest.param([{**INVOICE, "quote": "x"}], "csv.0.quote: 'x' must be", id="quote"),
        pytest.param([{**INVOICE, "encoding": "utf-16"}], "csv.0.encoding: 'utf-16' cannot be read", id="encoding"),
        pytest.param(
            [{**INVOICE, "encoding": "klingon"}], "csv.0.encoding: 'klingon' cannot be read", id="no encoding"
        ),
        pytest.param([{**INVOICE, "date_format": "%d"}], "csv.0.date_format: '%d' must hold YYYY", id="date"),
        pytest.param(
            [{**INVOICE, "decimal_separator": ";"}], "csv.0.decimal_separator: ';' must be . or ,", id="decimal"
        ),
        pytest.param(
            with_columns(lines__qty="x"),
            "csv.0.columns.lines.qty: Invoice has no such field; did you mean lines.",
            id="field",
        ),
        pytest.param(
            with_columns(lines__items__vender_part="x"), "did you mean lines.items.vendor_part?", id="name in a family"
        ),
        pytest.param(
            with_columns(lines__items__VP="x"), "csv.0.columns.lines.items.VP: Invoice has no such", id="named code"
        ),
        pytest.param(
            [{**INVOICE, "columns": {**WITHOUT_PRICE, "lines.price.basis": "x"}}],
            "csv.0.columns.lines.price.basis: means nothing without lines.price.amount; map that too",
            id="needs another",
        ),
        pytest.param(
            with_columns(currency="po"), "csv.0.columns.currency: order_number reads column 'po' already", id="twice"
        ),
        pytest.param(with_columns(currency=3), "3 is a number, but the file has a header", id="number with header"),
        pytest.param(
            with_columns(currency={"column": "c", "constant": "USD"}),
            "csv.0.columns.currency: give either a column or a constant",
            id="two sources",
        ),
        pytest.param(
            with_columns(currency={"constant": "USD", "required": True}),
            "a constant stands alone",
            id="constant and more",
        ),
        pytest.param(
            with_columns(currency={"column": "c", "lenght": 3}),
            "csv.0.columns.currency.lenght: there is no such key",
            id="typo",
        ),
        pytest.param(
            with_columns(purpose={"column": "p", "codes": {False: "original"}}),
            "csv.0.columns.purpose.codes: YAML reads this as true or false",
            id="NO of YAML as a code",
        ),
        pytest.param(with_columns(currency={"constant": False}), 'put it in quotes, for example "NO"', id="NO of YAML"),
        pytest.param(
            with_columns(purpose={"constant": "orginal"}),
            "csv.0.columns.purpose: constant: 'orginal' is not a known purpose. Did you mean original?",
            id="constant",
        ),
        pytest.param(
            with_columns(purpose={"column": "p", "codes": {"X": "orginal"}}),
            "columns.purpose: codes: 'orginal'",
            id="codes",
        ),
        pytest.param(
            with_columns(order_date={"column": "d", "default": "1.2.2024"}),
            "columns.order_date: default: '1.2.2024' is not a date written as YYYY-MM-DD",
            id="default",
        ),
        pytest.param(
            [{"document": "Invoice", "columns": {"number": "n", "invoice_date": "d"}}],
            "csv.0.columns.total_amount: missing; every Invoice has one (a column, or a constant)",
            id="required field",
        ),
        pytest.param(
            [{**INVOICE, "group_by": ["line"]}], "csv.0.group_by: 'line' must fill a field of the document", id="group"
        ),
        pytest.param(
            [{**INVOICE, "header": False}], "the file has no header; give the column's number", id="no header"
        ),
    ],
)
def test_mistakes(raw: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_column_maps(raw)
    assert message in caught.value.message


def test_all_mistakes_are_told_at_once_each_with_its_key() -> None:
    with pytest.raises(Misconfigured) as caught:
        parse_column_maps([INVOICE, {**INVOICE, "quote": "x", "encoding": "utf-16"}])
    lines = caught.value.message.splitlines()
    assert [line.split(":")[0] for line in lines] == ["csv.1.quote", "csv.1.encoding"]


def test_defaults_are_the_commonest_csv() -> None:
    found = column_map(INVOICE)
    assert (found.filename, found.dialect.delimiter, found.dialect.encoding, found.key_columns) == (
        "*.csv",
        ",",
        "utf-8",
        ("invoice",),
    )


@pytest.mark.parametrize("encoding", ["UTF-8", "latin-1", "iso-8859-15", "cp1252", "windows-1252", "ascii"])
def test_encodings_by_their_usual_names(encoding: str) -> None:
    assert column_map(INVOICE, encoding=encoding).dialect.encoding


@pytest.mark.parametrize(
    ("filename", "document"),
    [
        ("INV-7.CSV", "Invoice"),
        ("outbox/inv-7.csv", "Invoice"),
        ("po_855.csv", "PurchaseOrderAcknowledgement"),
        ("whatever.csv", "ShipNotice"),
        ("inv.xlsx", None),
    ],
)
def test_the_first_map_whose_pattern_fits_is_chosen(filename: str, document: str | None) -> None:
    maps = parse_column_maps([{**INVOICE, "filename": "inv*.csv"}, {**ANSWER, "filename": "*855*.csv"}, NOTICE])
    found = choose(maps, filename)
    assert (found.document if found else None) == document


def test_yaml_numbers_and_dates_are_text() -> None:
    found = parse_column_maps(
        with_columns(order_date={"constant": datetime.date(2024, 5, 1)}, terms__net_days={"constant": 30})
    )
    fillers = {binding.field.name: binding.filler for binding in found[0].bindings if binding.constant}
    assert fillers == {"order_date": datetime.date(2024, 5, 1), "terms.net_days": 30}
