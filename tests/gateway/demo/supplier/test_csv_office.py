"""The spreadsheet's files are judged by the column maps of the demo's own profile."""

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest
import yaml

from canonical.invoice import Invoice
from gateway.demo.supplier.csv_office import CsvOffice
from gateway.demo.supplier.office import Outgoing, Unexpected
from translators import flat
from translators.flat import FlatDocument

ORDERED = date(2026, 11, 20)
TODAY = date(2026, 11, 21)
MAPS = flat.parse_column_maps(
    yaml.safe_load((resources.files("gateway.demo") / "profiles" / "huber.yaml").read_text("utf-8"))["csv"]
)


def report(status: str) -> bytes:
    return f"status,document,row,column,code,message,value\r\n{status},,,,file,Why,\r\n".encode()


def understood(outgoing: Outgoing) -> FlatDocument:
    name, data = outgoing
    column_map = flat.choose(MAPS, name)
    assert column_map is not None
    (found,) = flat.read([data], column_map)
    assert isinstance(found, FlatDocument)
    return found


@pytest.fixture
def office() -> CsvOffice:
    return CsvOffice("4500124", ORDERED, TODAY)


def test_it_confirms_unasked_and_bills_once_the_confirmation_was_taken(office: CsvOffice) -> None:
    (confirmation,) = office.begin()
    (bill,) = office.take("ab-4500124.csv.report.csv", report("accepted"))
    assert not office.finished
    assert list(office.take("re-2041.csv.report.csv", report("accepted"))) == []
    assert office.finished
    for file in (confirmation, bill):
        assert understood(file).findings == ()


def test_the_bill_adds_up(office: CsvOffice) -> None:
    list(office.begin())
    (bill,) = office.take("ab-4500124.csv.report.csv", report("accepted"))
    invoice = understood(bill).document
    assert isinstance(invoice, Invoice)
    assert sum(line.extension or Decimal(0) for line in invoice.lines) == invoice.total_amount


@pytest.mark.parametrize(("name", "status"), [("ab-4500124.csv.report.csv", "rejected"), ("other.csv", "accepted")])
def test_the_unexpected_is_said(office: CsvOffice, name: str, status: str) -> None:
    list(office.begin())
    with pytest.raises(Unexpected):
        list(office.take(name, report(status)))
