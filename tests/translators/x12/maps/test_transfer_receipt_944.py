"""Stock received by a warehouse: received against shipped, and lines on pallets where the version knows pallets."""

from decimal import Decimal

import pytest

from canonical.quantity import Quantity
from canonical.shipment import Mark
from canonical.stock_transfer import ReceivedGroup, ReceivedLine, StockTransferReceipt
from translators import registry
from translators.x12.segments import TransactionSet
from translators.x12.values import CannotWrite

from .trees import VERSION, lines, tree

RECEIPT = registry.find("944")
HEAD = "W17*F*20261121*WR-1*TO-1\nN1*WH*Rivermill"


@pytest.mark.parametrize(
    ("body", "explained"),
    [
        ("W07*10*CA**VN*A\nW14*10*10", True),
        ("W07*10*CA**VN*A\nW14*10", True),
        ("W07*8*CA**VN*A\nW13*2*CA*02\nW14*8*10", True),
        ("W07*8*CA**VN*A\nW13*2*CA*16\nW14*8*10", True),
        ("W07*12*CA**VN*A\nW13*2*CA*03\nW14*12*10", True),
        ("W07*8*CA**VN*A\nW13*3*CA*02\nW07*1*CA**VN*B\nW13*1*CA*03\nW14*9*11", True),
        ("W07*8*CA**VN*A\nW13*24*EA*02\nW14*8*10", True),
        ("W07*8*CA**VN*A\nW14*8*10", False),
        ("W07*8*CA**VN*A\nW13*2*CA*01\nW14*8*10", False),
        ("W07*8*CA**VN*A\nW13*2*CA*03\nW14*8*10", False),
        ("W07*10*CA**VN*A\nW13*2*CA*02\nW14*10*10", False),
    ],
)
def test_what_is_short_or_over_must_explain_what_is_missing(body: str, explained: bool) -> None:
    findings = RECEIPT.read(tree("944", f"{HEAD}\n{body}")).findings
    expected = [] if explained else [("received-quantity-differs", "W14[1]/02")]
    assert [(finding.code, finding.path) for finding in findings] == expected


@pytest.mark.parametrize(("detail", "differs"), [("F", True), ("X", False)])
def test_the_total_must_be_what_the_lines_received_unless_only_exceptions_are_told(detail: str, differs: bool) -> None:
    body = f"{HEAD.replace('*F*', f'*{detail}*')}\nW07*8*CA**VN*A\nW14*10"
    codes = [finding.code for finding in RECEIPT.read(tree("944", body)).findings]
    assert codes == (["quantity-total-differs"] if differs else [])


def receipt(*groups: ReceivedGroup) -> StockTransferReceipt:
    return StockTransferReceipt.model_validate({"received_on": "2026-11-21", "number": "WR-1", "groups": groups})


ONE = ReceivedLine(quantity=Quantity(value=Decimal(1), unit="CA"))
TWO = ReceivedLine(quantity=Quantity(value=Decimal(2), unit="CA"))
SSCC = Mark(kind="sscc", value="006141410000002016")


def segments(document: StockTransferReceipt, version: str) -> list[str]:
    return lines(TransactionSet("944", version, list(RECEIPT.write(document, version))))[1:-1]


@pytest.mark.parametrize(
    ("version", "groups", "expected"),
    [
        (VERSION, [ReceivedGroup(lines=(ONE, TWO))], ["W07[1] W07*1*CA", "W07[2] W07*2*CA"]),
        (
            VERSION,
            [ReceivedGroup(number=1, lines=(ONE,)), ReceivedGroup(number=2, lines=(TWO,))],
            ["W07[1] W07*1*CA", "W07[2] W07*2*CA"],
        ),
        ("005010", [ReceivedGroup(lines=(ONE,))], ["LX[1] LX*1", "LX[1]/W07[1] W07*1*CA"]),
        (
            "005010",
            [ReceivedGroup(number=7, marks=(SSCC,), lines=(ONE,))],
            ["LX[1] LX*7", "LX[1]/MAN[1] MAN*GM*006141410000002016", "LX[1]/W07[1] W07*1*CA"],
        ),
    ],
)
def test_lines_stand_on_pallets_only_where_the_version_has_them(
    version: str, groups: list[ReceivedGroup], expected: list[str]
) -> None:
    assert segments(receipt(*groups), version) == expected


def test_a_pallet_is_not_left_out_silently() -> None:
    with pytest.raises(CannotWrite, match="944 of version 004010 has lines, but no pallets"):
        RECEIPT.write(receipt(ReceivedGroup(number=1, marks=(SSCC,), lines=(ONE,))), VERSION)
