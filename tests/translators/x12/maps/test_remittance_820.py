"""Remittance advices: whether what is paid adds up, and which orders it is about."""

import pytest

from canonical.documents import document_number, order_numbers
from canonical.remittance import RemittanceAdvice
from translators import registry

from .trees import tree

REMITTANCE = registry.find("820")
HEAD = "BPR*C*{amount}*C*ACH************20261127\nTRN*1*EFT-1"


def read(items: str, amount: str = "100") -> RemittanceAdvice:
    document = REMITTANCE.read(tree("820", f"{HEAD.format(amount=amount)}\n{items}")).document
    assert isinstance(document, RemittanceAdvice)
    return document


@pytest.mark.parametrize(
    ("amount", "items", "adds_up"),
    [
        ("100", "ENT*1\nRMR*IV*A**60\nRMR*IV*B**40", True),
        ("100.00", "ENT*1\nRMR*IV*A**60\nENT*2\nRMR*IV*B**40", True),
        ("100", "ENT*1\nRMR*IV*A**120\nRMR*CL*CN-1**-20", True),
        ("100", "ENT*1\nADX*-20*16\nRMR*IV*A**120", True),
        ("100", "ENT*1\nADX*100*16", True),
        ("100", "ENT*1\nRMR*IV*A**100*110\nADX*-10*04", True),
        ("100", "ENT*1\nRMR*IV*A**60\nRMR*IV*B", True),
        ("100", "ENT*1", True),
        ("100", "ENT*1\nRMR*IV*A**60\nRMR*IV*B**39.99", False),
        ("100", "ENT*1\nADX*-20*16\nRMR*IV*A**100", False),
    ],
)
def test_what_is_paid_item_by_item_must_be_the_payment(amount: str, items: str, adds_up: bool) -> None:
    findings = REMITTANCE.read(tree("820", f"{HEAD.format(amount=amount)}\n{items}")).findings
    expected = [] if adds_up else [("remittance-total-differs", "BPR[1]/02")]
    assert [(finding.code, finding.path) for finding in findings] == expected


def test_the_orders_are_those_that_items_name() -> None:
    items = "ENT*1\nRMR*IV*A**60\nREF*PO*4500123\nREF*VN*X\nRMR*PO*4500124**30\nRMR*IV*B**10\nREF*PO*4500123"
    assert order_numbers(read(items)) == ("4500123", "4500124")


@pytest.mark.parametrize(
    ("head", "number"),
    [
        ("BPR*C*1*C*CHK************20261127\nTRN*1*CHK-1", "CHK-1"),
        ("BPR*C*1*C*CHK************20261127", "2026-11-27"),
        ("BPR*C*1*C*CHK", ""),
    ],
)
def test_a_payment_without_a_trace_is_known_by_its_day(head: str, number: str) -> None:
    document = REMITTANCE.read(tree("820", head)).document
    assert isinstance(document, RemittanceAdvice)
    assert document_number(document) == number


def test_adjustments_stay_with_their_item_or_their_group() -> None:
    advice = read("ENT*1\nADX*-20*16\nRMR*IV*A**110*120\nADX*-10*04*DB*DM-1\nRMR*IV*B**10")
    [group] = advice.groups
    assert [adjustment.reason for adjustment in group.adjustments] == ["allowance_not_on_invoice"]
    assert [[adjustment.reason for adjustment in item.adjustments] for item in group.items] == [
        ["not_accepted_damaged"],
        [],
    ]
