"""The supplier's papers are judged by the engine, which the supplier does not know."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from canonical.acknowledgement import LineStatus, PurchaseOrderAcknowledgement
from canonical.functional_acknowledgement import FunctionalAcknowledgement
from canonical.invoice import Invoice
from canonical.shipment import ShipNotice
from gateway.demo.supplier import x12_papers as papers

from .orders import NOW, judged, places, purchase_order, received, translated

TODAY = NOW.date()
RIVERMILL = papers.COMPANIES["rivermill"]
QUANTITIES = st.tuples(st.integers(1, 2000), st.integers(1, 300), st.integers(1, 500))


def test_an_order_is_read_as_it_was_written() -> None:
    order, _ = received()
    written = purchase_order()
    assert order.number == written.number
    assert f"{order.wanted}" == f"{written.dates[0].date}"
    assert [(line.number, Decimal(line.quantity), line.price) for line in order.lines] == [
        (line.number, line.quantity.value, line.price.amount)
        for line in written.lines
        if line.quantity is not None and line.price is not None
    ]
    assert [segment[0] for segment in order.ship_to] == ["N1", "N3", "N4"]


def test_997_accepts_the_order_by_its_group_and_set() -> None:
    order, letterhead = received()
    answer = translated(judged(letterhead, "FA", "997", papers.acknowledgement_997(order))).document
    assert isinstance(answer, FunctionalAcknowledgement)
    assert (answer.functional_id, answer.group_control_number, answer.status) == ("PO", "9", "accepted")
    assert [(found.control_number, found.status) for found in answer.sets] == [("0001", "accepted")]


def test_855_promises_one_line_later_and_another_in_part() -> None:
    order, letterhead = received()
    result = translated(judged(letterhead, "PR", "855", papers.acknowledgement_855(RIVERMILL, order, TODAY)))
    assert isinstance(result.document, PurchaseOrderAcknowledgement)
    stick, knife, wax = result.document.lines
    assert [answer.status for answer in stick.responses] == [LineStatus.ACCEPTED]
    assert [answer.status for answer in knife.responses] == [LineStatus.DATE_RESCHEDULED]
    assert knife.responses[0].date is not None
    assert knife.responses[0].date.date is not None
    assert knife.responses[0].date.date > order.wanted
    assert [(answer.status, answer.quantity and answer.quantity.value) for answer in wax.responses] == [
        (LineStatus.QUANTITY_CHANGED, Decimal(36)),
        (LineStatus.BACKORDERED, Decimal(12)),
    ]


@given(QUANTITIES)
def test_every_paper_is_sound_whatever_is_ordered(quantities: tuple[int, int, int]) -> None:
    """Nothing is found by the standard, nor by the rules of the trade: split quantities, SSCCs, counts and totals."""
    order, letterhead = received(quantities)
    for functional_id, set_id, body in (
        ("FA", "997", papers.acknowledgement_997(order)),
        ("PR", "855", papers.acknowledgement_855(RIVERMILL, order, TODAY)),
        ("SH", "856", papers.ship_notice_856(RIVERMILL, order, NOW)),
        ("IN", "810", papers.invoice_810(RIVERMILL, order, "INV-1", TODAY)),
    ):
        assert translated(judged(letterhead, functional_id, set_id, body)).findings == ()


@given(QUANTITIES)
def test_what_is_shipped_is_what_is_billed(quantities: tuple[int, int, int]) -> None:
    order, letterhead = received(quantities)
    notice = translated(judged(letterhead, "SH", "856", papers.ship_notice_856(RIVERMILL, order, NOW))).document
    invoice = translated(judged(letterhead, "IN", "810", papers.invoice_810(RIVERMILL, order, "INV-1", TODAY))).document
    assert isinstance(notice, ShipNotice)
    assert isinstance(invoice, Invoice)
    shipped: dict[str | None, Decimal] = {}
    for level in notice.walk():
        if level.item is not None and level.item.shipped is not None:
            number = level.item.line_number
            shipped[number] = shipped.get(number, Decimal(0)) + level.item.shipped.value
    assert shipped == {line.number: line.quantity.value for line in invoice.lines if line.quantity is not None}


def test_the_careless_810_has_its_three_faults_and_no_other() -> None:
    order, letterhead = received()
    found = judged(letterhead, "IN", "810", papers.careless_810(RIVERMILL, order, "INV-2", TODAY))
    assert found.status == "rejected"
    assert places(found.findings) == [
        ("BIG[1]/01", "AK403:8"),
        ("REF[1]/01", "AK403:1"),
        ("IT1[3]/03", "AK403:7"),
    ]
