"""Invoices: whether lines, allowances, charges and taxes give the stated total."""

from decimal import Decimal

import pytest

from canonical.invoice import Invoice
from translators import registry

from .trees import tree

INVOICE = registry.find("810")
HEAD = "BIG*20261002*INV-1"


@pytest.mark.parametrize(
    ("body", "off"),
    [
        ("IT1*1*5*EA*12\nTDS*6000", None),
        ("IT1*1*5*EA*12\nTDS*6001", "0.01 too much"),
        ("IT1*1*5*EA*12\nTDS*5000", "10.00 too little"),
        ("IT1*1*3*EA*.335\nIT1*2*3*EA*.335\nTDS*201", None),
        ("IT1*1*3*EA*.335\nIT1*2*3*EA*.335\nTDS*202", None),
        ("IT1*1*1500*EA*12*HP\nTDS*18000", None),
        ("IT1*1*1500*EA*12*TP\nTDS*1800", None),
        ("IT1*1*1500*EA*12*NC\nTDS*0", None),
        ("IT1*1*1500*EA*12*CT\nTDS*1", None),
        ("IT1*1*5*EA*12\nIT1*2*1*EA*1*QT\nTDS*1", None),
        ("TDS*1", None),
        ("IT1*1*5*EA*12\nSAC*A*C310***100\nTDS*6000\nSAC*C*D240***250", "1.50 too little"),
        ("IT1*1*5*EA*12\nSAC*A*C310***100\nTDS*6150\nSAC*C*D240***250", None),
        ("IT1*1*5*EA*12\nTXI*ST*1.2\nTDS*6420\nTXI*GS*2\nSAC*C*D240***0\nTXI*GS*1", None),
        ("IT1*1*5*EA*12\nTDS*6000\nTXI*GS*2****I", "2.00 too little"),
        ("IT1*1*5*EA*12\nTDS*6000\nTXI*GS*2****\nSAC*N*D240***100", "2.00 too little"),
    ],
)
def test_the_parts_must_reproduce_the_total(body: str, off: str | None) -> None:
    findings = INVOICE.read(tree("810", f"{HEAD}\n{body}")).findings
    assert [(finding.code, finding.path) for finding in findings] == (
        [("invoice-total-differs", "TDS[1]/01")] if off else []
    )
    assert off is None or off in findings[0].message


def test_totals_have_two_implied_decimals() -> None:
    document = INVOICE.read(tree("810", f"{HEAD}\nTDS*123456*-5*0*1")).document
    assert isinstance(document, Invoice)
    assert (document.total_amount, document.discountable_amount) == (Decimal("1234.56"), Decimal("-0.05"))
    assert (document.discounted_amount, document.discount_amount) == (Decimal(0), Decimal("0.01"))


@pytest.mark.parametrize(("head", "purpose"), [("", "original"), ("******00", "original"), ("******05", "replace")])
def test_an_invoice_that_does_not_say_its_purpose_is_an_original(head: str, purpose: str) -> None:
    document = INVOICE.read(tree("810", f"{HEAD}{head}\nTDS*1")).document
    assert document is not None
    assert document.purpose == purpose


def test_the_largest_numbers_there_are_can_be_added_up() -> None:
    """A quantity of 10 digits times a price of 17 has more than the 28 that Python's decimals keep."""
    body = "IT1*1*9999999999*EA*99999999999999999\nTDS*999999999999999"
    findings = INVOICE.read(tree("810", f"{HEAD}\n{body}")).findings
    assert [found.code for found in findings] == ["invoice-total-differs"]
