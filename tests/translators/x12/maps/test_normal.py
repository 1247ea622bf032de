"""What is the same said in another way, and what is not."""

import datetime

import pytest

from canonical.document import EnvelopeReference, Unmapped
from canonical.order import OrderLine, PurchaseOrder
from translators.x12.maps.normal import comparable, normal_set
from translators.x12.segments import Element, LoopNode, Node, Segment, SegmentNode, TransactionSet

from .trees import VERSION, lines


def one(tag: str, *elements: Element) -> TransactionSet:
    return TransactionSet("850", VERSION, [SegmentNode(tag, Segment(tag, elements, 7, 90))])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("PO1", "1", "007", "EA", "1.50"), "PO1[1] PO1*1*7*EA*1.5"),
        (("PO1", "1", "0.50", "EA", "-0.0"), "PO1[1] PO1*1*.5*EA*0"),
        (("PO1", "007", "1", "", ""), "PO1[1] PO1*007*1"),
        (("DTM", "002", "20260914", "123000"), "DTM[1] DTM*002*20260914*1230"),
        (("DTM", "002", "20260914", "12300050"), "DTM[1] DTM*002*20260914*12300050"),
        (("DTM", "002", "20260914", "9999"), "DTM[1] DTM*002*20260914*9999"),
        (("MEA", "", "G", "1", ("LB", "", "")), "MEA[1] MEA**G*1*LB"),
        (("MEA", "", "G", "1", ("LB", "02.0")), "MEA[1] MEA**G*1*LB>2"),
        (("TDS", "0100", "-00"), "TDS[1] TDS*100*0"),
    ],
)
def test_normal_form_of_a_segment(before: tuple[Element, ...], after: str) -> None:
    assert isinstance(before[0], str)
    assert lines(normal_set(one(before[0], *before[1:]))) == [after]


def test_places_in_the_file_are_left_out() -> None:
    assert normal_set(one("REF", "DP")) == TransactionSet("850", VERSION, [SegmentNode("REF", Segment("REF", ("DP",)))])


def test_other_texts_are_not_the_same() -> None:
    assert normal_set(one("REF", "DP", "0420")) != normal_set(one("REF", "DP", "420"))


def test_levels_are_numbered_depth_first() -> None:
    def level(*elements: str) -> Node:
        return LoopNode("HL", [SegmentNode("HL", Segment("HL", elements))])

    found = TransactionSet(
        "856", VERSION, [level("7", "", "S"), level("8", "7", "O"), level("9", "7", "O"), level("x", "8", "I")]
    )
    assert lines(normal_set(found)) == ["HL[1] HL*1**S", "HL[2] HL*2*1*O", "HL[3] HL*3*2*I", "HL[4] HL*4*1*O"]


def order(**fields: object) -> PurchaseOrder:
    return PurchaseOrder.model_validate({"number": "1", "order_date": datetime.date(2026, 9, 14), **fields})


def test_documents_compare_by_what_they_say() -> None:
    found = order(lines=(OrderLine(),), trace={"number": "BEG[1]/03"}, envelope=EnvelopeReference(group="1"))
    assert comparable(found) == comparable(order(lines=(OrderLine(),), line_count=1))
    assert comparable(found) != comparable(order(lines=(OrderLine(),), line_count=2))
    assert comparable(found) != comparable(order(lines=(OrderLine(number="1"),)))


def test_lines_are_not_counted_where_the_source_did_not() -> None:
    silent = order(unmapped=(Unmapped(source="CTT[1]", value=""),))
    assert comparable(silent) == silent
