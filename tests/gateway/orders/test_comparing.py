"""A document held against its order: prices and quantities, line by line."""

from typing import Any

import pytest

from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.finding import Severity
from canonical.order import PurchaseOrder
from gateway.orders.comparing import against_order, no_orders
from translators.x12.overlay import Check

ITEM = {"scheme": "vendor_part", "value": "AB-1"}
OTHER = {"scheme": "vendor_part", "value": "CD-2"}


def ordered(quantity: str | None = "10", price: str | None = "2.50", basis: str | None = None) -> PurchaseOrder:
    line = {
        "number": "1",
        "items": [ITEM],
        "quantity": quantity and {"value": quantity, "unit": "EA"},
        "price": price and {"amount": price, "basis": basis},
    }
    second = {"number": "2", "items": [OTHER], "quantity": {"value": "5", "unit": "EA"}, "price": {"amount": "1"}}
    made = ANY_DOCUMENT.validate_python(
        {"type": "PurchaseOrder", "number": "45", "order_date": "2026-11-20", "lines": [line, second]}
    )
    assert isinstance(made, PurchaseOrder)
    return made


def billed(
    *lines: tuple[str, str], unit: str = "EA", item: dict[str, str] = ITEM, order: str | None = "45"
) -> AnyDocument:
    """An invoice over quantities at prices."""
    made = [
        {"number": str(at), "items": [item], "quantity": {"value": quantity, "unit": unit}, "price": {"amount": price}}
        for at, (quantity, price) in enumerate(lines, 1)
    ]
    head = {"type": "Invoice", "number": "I1", "invoice_date": "2026-11-21", "order_number": order, "total_amount": "1"}
    return ANY_DOCUMENT.validate_python(head | {"lines": made})


def check(compare: str, tolerance: str = "0", severity: str = "error") -> Check:
    return Check.model_validate(
        {"name": compare, "compare": compare, "tolerance": tolerance, "message": "Mend it.", "severity": severity}
    )


def told(document: AnyDocument, rule: Check, order: PurchaseOrder | None = None) -> list[str]:
    known = order or ordered()
    found = against_order(document, [rule], lambda number: known if number == known.number else None)
    return [f"{each.code}: {each.message}" for each in found]


BROKEN = "partner-rule: Rule {}: Mend it. {}"
OPEN = "partner-rule-not-judged: Rule {} was not judged: {} Compare by hand."

PRICES: list[tuple[str, str, list[str]]] = [
    ("2.50", "0", []),
    ("2.5", "0", []),
    ("2.51", "0", ["Line 1 is at 2.51, ordered at 2.50."]),
    ("2.55", "2 %", []),
    ("2.551", "2 %", ["Line 1 is at 2.551, ordered at 2.50."]),
    ("2.45", "2 %", []),
    ("2.44", "2 %", ["Line 1 is at 2.44, ordered at 2.50."]),
    ("2.5025", "0.1%", []),
]


@pytest.mark.parametrize(("price", "tolerance", "facts"), PRICES)
def test_a_price_is_within_the_tolerance_both_ways(price: str, tolerance: str, facts: list[str]) -> None:
    assert told(billed(("1", price)), check("price", tolerance)) == [BROKEN.format("price", fact) for fact in facts]


QUANTITIES: list[tuple[list[str], str, list[str]]] = [
    (["10"], "0", []),
    (["3"], "0", []),
    (["10.01"], "0", ["Line 1 has 10.01 EA, ordered are 10."]),
    (["11"], "10 %", []),
    (["12"], "10 %", ["Line 1 has 12 EA, ordered are 10."]),
    (["6", "4"], "0", []),
    (["6", "5", "1"], "0", ["Line 2 has 11 EA, ordered are 10."]),
]


@pytest.mark.parametrize(("quantities", "tolerance", "facts"), QUANTITIES)
def test_a_quantity_is_not_above_the_ordered_one_in_all_lines_together(
    quantities: list[str], tolerance: str, facts: list[str]
) -> None:
    document = billed(*((quantity, "2.50") for quantity in quantities))
    assert told(document, check("quantity", tolerance)) == [BROKEN.format("quantity", fact) for fact in facts]


def test_what_was_not_ordered_is_told() -> None:
    strange = billed(*[("1", "2.50")] * 3, item={"scheme": "vendor_part", "value": "X"})
    assert told(strange, check("price"))[-1] == BROKEN.format("price", "Line 3 is not in the order 45.")


NOT_JUDGED = [
    (billed(("1", "2.50"), order="46"), "price", ordered(), "the order 46 is not known here."),
    (billed(("1", "2.50"), order=None), "price", ordered(), "the order (none is named) is not known here."),
    (billed(("1", "2.50")), "price", ordered(price=None), "line 1 was ordered without a price."),
    (billed(("1", "2.50")), "price", ordered(basis="per_hundred"),
     "line 1 was ordered at a price for another number of units."),
    (billed(("1", "2.50")), "quantity", ordered(quantity=None), "line 1 was ordered without a quantity."),
    (billed(("1", "2.50"), unit="CA"), "quantity", ordered(), "line 1 is in another unit than the EA ordered."),
]  # fmt: skip


@pytest.mark.parametrize(("document", "compare", "order", "why"), NOT_JUDGED, ids=[row[3] for row in NOT_JUDGED])
def test_what_cannot_be_compared_is_said_and_rejects_nothing(
    document: AnyDocument, compare: str, order: PurchaseOrder, why: str
) -> None:
    assert told(document, check(compare), order) == [OPEN.format(compare, why)]
    [found] = against_order(document, [check(compare)], lambda number: order if number == "45" else None)
    assert (found.severity, found.rule) == (Severity.WARNING, compare)


def answered(**line: Any) -> AnyDocument:
    head = {
        "type": "PurchaseOrderAcknowledgement",
        "answer": "accepted",
        "order_number": "45",
        "order_date": "2026-11-20",
    }
    return ANY_DOCUMENT.validate_python(head | {"lines": [{"number": "1", "items": [ITEM], **line}]})


def test_an_acknowledgement_promises_the_quantities_of_its_answers() -> None:
    def said(*quantities: str) -> AnyDocument:
        responses = [{"status": "accepted", "quantity": {"value": each, "unit": "EA"}} for each in quantities]
        return answered(quantity={"value": "10", "unit": "EA"}, responses=responses)

    assert told(said("6", "4"), check("quantity")) == []
    assert told(said("6", "5"), check("quantity")) == [BROKEN.format("quantity", "Line 1 has 11 EA, ordered are 10.")]
    assert told(answered(quantity={"value": "10", "unit": "EA"}), check("quantity")) == []


def test_what_is_in_another_unit_hides_nothing_of_what_is_not() -> None:
    responses = [{"status": "accepted", "quantity": {"value": "11", "unit": "EA"}}]
    responses += [{"status": "accepted", "quantity": {"value": "1", "unit": "CA"}}]
    assert told(answered(responses=responses), check("quantity")) == [
        OPEN.format("quantity", "line 1 is in another unit than the EA ordered."),
        BROKEN.format("quantity", "Line 1 has 11 EA, ordered are 10."),
    ]


def test_the_price_of_a_case_is_not_that_of_a_piece() -> None:
    case = answered(quantity={"value": "1", "unit": "CA"}, price={"amount": "100"})
    assert told(case, check("price")) == [OPEN.format("price", "line 1 is in another unit than the EA ordered.")]


def test_a_ship_notice_is_compared_order_by_order() -> None:
    def shipped(number: str, quantity: str) -> dict[str, Any]:
        item = {"items": [ITEM], "shipped": {"value": quantity, "unit": "EA"}}
        pack = {"kind": "pack", "children": [{"kind": "item", "item": item}]}
        return {"kind": "order", "order": {"number": number}, "children": [pack, pack]}

    head = {"type": "ShipNotice", "number": "S1", "created_on": "2026-11-21", "created_at": "07:00"}
    levels = [{"kind": "shipment", "children": [shipped("45", "6"), shipped("46", "6")]}]
    notice = ANY_DOCUMENT.validate_python(head | {"levels": levels})
    assert told(notice, check("quantity")) == [
        BROKEN.format("quantity", "Item AB-1 has 12 EA, ordered are 10."),
        OPEN.format("quantity", "the order 46 is not known here."),
    ]


def test_without_checks_no_order_is_looked_for() -> None:
    def never(_number: str) -> PurchaseOrder | None:
        raise AssertionError

    assert against_order(billed(("1", "9")), [], never) == ()
    assert against_order(ordered(), [check("price")], never) == ()
    assert no_orders("45") is None
