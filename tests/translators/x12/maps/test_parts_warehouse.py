"""Parts of warehouse sets that the samples do not show: times, and what a segment has no place for."""

from typing import Any

import pytest

from canonical.documents import ANY_DOCUMENT
from translators import registry
from translators.x12.values import CannotWrite

from .trees import VERSION, lines, tree, written

SHIPMENT = registry.find("943")


@pytest.mark.parametrize(
    "moment",
    ["G62*11*20261120", "G62*11*20261120*W*0630*ET", "G62*11*20261120*8*0630", "G62*11*20261120**0630", "G62***8*0630"],
)
def test_a_moment_comes_back_as_it_was(moment: str) -> None:
    document = SHIPMENT.read(tree("943", f"W06*F*TO-1\nN1*WH*Rivermill\n{moment}\nW27*M*NPLT\nW03*0")).document
    assert document is not None
    assert f"G62[1] {moment}" in lines(written("943", list(SHIPMENT.write(document, VERSION))))


def document(type_: str, **fields: Any) -> Any:
    return ANY_DOCUMENT.validate_python({"type": type_, "number": "1", "received_on": "2026-11-21"} | fields)


@pytest.mark.parametrize(
    ("type_", "carriage", "told"),
    [
        ("StockTransferReceipt", {"equipment": {"kind": "trailer", "number": "7"}}, "W08.* for equipment.kind of"),
        ("StockTransferReceipt", {"freight_terms": "collect"}, "W08.* for freight_terms of"),
        ("StockTransferReceipt", {"carrier": {"scheme": "duns", "value": "1"}}, "by its SCAC, not by duns"),
    ],
)
def test_what_a_segment_has_no_place_for_is_refused_and_named(type_: str, carriage: dict[str, Any], told: str) -> None:
    found = document(type_, carriage=carriage)
    with pytest.raises(CannotWrite, match=told):
        registry.for_document(found).write(found, VERSION)


@pytest.mark.parametrize("more", [{"reference": "7"}, {"title": "Attention"}])
def test_a_note_that_says_more_than_its_segment_can_is_refused(more: dict[str, str]) -> None:
    found = document("StockTransferReceipt", notes=[{"text": "x" * 100} | more])
    with pytest.raises(CannotWrite, match=r"'xxxxx.*' has a reference or a title too"):
        registry.for_document(found).write(found, VERSION)
