"""Warehouse shipping orders: what is ordered of whom, and whether the total holds."""

import pytest

from canonical.document import Purpose
from canonical.warehouse import Carriage
from canonical.warehouse_order import WarehouseOrderGroup, WarehouseOrderLine, WarehouseShippingOrder
from translators import registry
from translators.x12.values import CannotWrite

from .trees import VERSION, lines, tree, written

ORDER = registry.find("940")


def read(segments: str) -> WarehouseShippingOrder:
    document = ORDER.read(tree("940", segments)).document
    assert isinstance(document, WarehouseShippingOrder)
    return document


@pytest.mark.parametrize(
    ("status", "purpose"),
    [("N", Purpose.ORIGINAL), ("F", Purpose.CANCELLATION), ("R", Purpose.CHANGE), ("B", Purpose.OTHER)],
)
def test_the_status_is_the_purpose_and_comes_back(status: str, purpose: Purpose) -> None:
    order = read(f"W05*{status}*SO-1")
    assert order.purpose is purpose
    assert lines(written("940", list(ORDER.write(order, VERSION)))) == [f"W05[1] W05*{status}*SO-1"]


@pytest.mark.parametrize(
    ("ordered", "total", "differs"),
    [
        ("W01*10*CA**VN*A\nLX*2\nW01*5*CA**VN*B", "15", False),
        ("W01*10*CA**VN*A\nLX*2\nW01*5*CA**VN*B", "16", True),
        ("W01*10*CA**VN*A\nW01*2.5*CA**VN*B", "12.50", False),
        ("W01*10*CA**VN*A\nLX*2\nW01*5*EA**VN*B", "16", False),
    ],
)
def test_the_total_must_be_the_sum_of_lines_of_one_unit(ordered: str, total: str, differs: bool) -> None:
    findings = ORDER.read(tree("940", f"W05*N*SO-1\nLX*1\n{ordered}\nW76*{total}")).findings
    expected = [("quantity-total-differs", "W76[1]/01")] if differs else []
    assert [(finding.code, finding.path) for finding in findings] == expected


def test_the_total_is_added_up_where_the_document_does_not_say() -> None:
    ordered = [WarehouseOrderLine.model_validate({"quantity": {"value": value, "unit": "CA"}}) for value in ("10", "5")]
    order = WarehouseShippingOrder(number="1", groups=(WarehouseOrderGroup(number=1, lines=tuple(ordered)),))
    assert lines(written("940", list(ORDER.write(order, VERSION))))[-1] == "W76[1] W76*15"


@pytest.mark.parametrize(
    ("line", "items"),
    [
        ("W01*1*CA*012345000058", [("upc_case", "012345000058")]),
        ("W01*1*CA*012345000058*VN*A", [("upc_case", "012345000058"), ("vendor_item", "A")]),
        ("W01*1*CA**UA*012345000058", [("UA", "012345000058")]),
        ("W01*1*CA**VN*A*UK*B********UP*C", [("vendor_item", "A"), ("gtin", "B"), ("upc", "C")]),
        ("W01*1*CA**VN*A**********UP*C", [("vendor_item", "A"), ("upc", "C")]),
    ],
)
def test_product_numbers_are_read_wherever_they_stand_and_go_back_there(
    line: str, items: list[tuple[str, str]]
) -> None:
    order = read(f"W05*N*SO-1\nLX*1\n{line}")
    assert [(item.scheme, item.value) for item in order.groups[0].lines[0].items] == items
    assert lines(written("940", list(ORDER.write(order, VERSION))))[-1] == f"LX[1]/W01[1] {line}"


def test_a_weight_has_the_unit_that_all_others_have() -> None:
    order = read("W05*N*SO-1\nLX*1\nW01*1*CA**VN*A\nW20****12.5*G*L")
    weight = order.groups[0].lines[0].packing[0].weight
    assert weight is not None
    assert (weight.value, weight.unit) == (weight.value.__class__("12.5"), "LB")


def test_what_the_set_has_no_place_for_is_refused_and_named() -> None:
    order = WarehouseShippingOrder(
        number="1", carriage=Carriage(mode="motor", seals=("S1",), changed_because="weather")
    )
    with pytest.raises(CannotWrite, match=r"W66.* has no place for seals, changed_because"):
        ORDER.write(order, VERSION)


def test_a_segment_that_begins_no_loop_holds_nothing() -> None:
    """In 004010 the party of a line is a segment alone; its address would be lost."""
    line = {"parties": [{"role": "ship_to", "address": {"city": "Toledo"}}]}
    groups = [{"number": 1, "lines": [line]}]
    order = WarehouseShippingOrder.model_validate({"number": "1", "groups": groups})
    with pytest.raises(CannotWrite, match="nothing inside N1 here, but there would be N4"):
        ORDER.write(order, VERSION)
    assert ORDER.write(order, "005010")
