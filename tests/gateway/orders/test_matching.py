"""What an order amounts to when its documents are laid beside each other.

The order of every scene asks for 10 EA of AB-1 at 2.50 and 4 EA of CD-2 at 7.00, both for 1 December.
"""

import datetime
import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus, PurchaseOrderAcknowledgement
from canonical.application_advice import ApplicationAdvice, ApplicationFault, ApplicationResult
from canonical.document import Purpose
from canonical.documents import AnyDocument
from canonical.finding import Severity
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import EventDate, ItemIdentifier
from canonical.money import Price
from canonical.order import OrderLine, PurchaseOrder
from canonical.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from canonical.quantity import Quantity
from canonical.shipment import OrderReference, ShipmentLevel, ShipNotice, ShippedItem
from gateway.orders.matching import LineState, OrderState, match

PO = "4500123"
DECEMBER = datetime.date(2026, 12, 1)


def item(value: str | None) -> tuple[ItemIdentifier, ...]:
    return (ItemIdentifier(scheme="vendor_part", value=value),) if value else ()


def each(value: int | str, unit: str | None = "EA") -> Quantity:
    return Quantity(value=Decimal(value), unit=unit)


def ordered(number: str | None, part: str | None, quantity: int, price: str) -> OrderLine:
    return OrderLine(number=number, items=item(part), quantity=each(quantity), price=Price(amount=Decimal(price)))


ORDER = PurchaseOrder(
    number=PO,
    order_date=datetime.date(2026, 11, 20),
    dates=(EventDate(kind="delivery_requested", date=DECEMBER),),
    lines=(ordered("1", "AB-1", 10, "2.50"), ordered("2", "CD-2", 4, "7.00")),
)


def response(status: LineStatus, quantity: int | str | None = None, day: int | None = None) -> LineResponse:
    date = EventDate(kind="estimated_ship", date=datetime.date(2026, 12, day)) if day else None
    return LineResponse(status=status, quantity=None if quantity is None else each(quantity), date=date)


def answered(
    number: str | None,
    part: str | None,
    *responses: LineResponse,
    quantity: int | None = None,
    price: str | None = None,
) -> AcknowledgedLine:
    return AcknowledgedLine(
        number=number,
        items=item(part),
        quantity=None if quantity is None else each(quantity),
        price=None if price is None else Price(amount=Decimal(price)),
        responses=responses,
    )


def acknowledgement(*lines: AcknowledgedLine, answer: str = "accepted_with_changes", **fields: Any) -> AnyDocument:
    return PurchaseOrderAcknowledgement(
        answer=answer, order_number=PO, order_date=ORDER.order_date, lines=lines, **fields
    )


def shipment(*items: tuple[str | None, str | None, int], order: str | None = PO, **fields: Any) -> ShipNotice:
    """Items (line, part, quantity) in a carton of an order."""
    children = tuple(
        ShipmentLevel(kind="item", item=ShippedItem(line_number=line, items=item(part), shipped=each(quantity)))
        for line, part, quantity in items
    )
    carton = ShipmentLevel(kind="pack", children=children)
    reference = OrderReference(number=order) if order else None
    level = ShipmentLevel(kind="order", order=reference, children=(carton,))
    moment = {"created_on": datetime.date(2026, 11, 21), "created_at": datetime.time(7)}
    return ShipNotice(number="SH1", levels=(ShipmentLevel(kind="shipment", children=(level,)),), **moment, **fields)


def invoice(*lines: tuple[str | None, str | None, int, str], number: str = "INV1", **fields: Any) -> Invoice:
    """Lines (line, part, quantity, price)."""
    billed = tuple(
        InvoiceLine(number=line, items=item(part), quantity=each(quantity), price=Price(amount=Decimal(price)))
        for line, part, quantity, price in lines
    )
    total = sum((Decimal(quantity) * Decimal(price) for _, _, quantity, price in lines), Decimal(0))
    return Invoice(
        number=number, invoice_date=ORDER.order_date, order_number=PO, lines=billed, total_amount=total, **fields
    )


def codes(state: OrderState) -> list[tuple[str, str | None]]:
    return [(exception.code, exception.line) for exception in state.exceptions]


def line(state: OrderState, number: str) -> LineState:
    [found] = [line for line in state.lines if line.number == number]
    return found


IA, IQ, IB, IR, DR, IP = (
    LineStatus.ACCEPTED,
    LineStatus.QUANTITY_CHANGED,
    LineStatus.BACKORDERED,
    LineStatus.REJECTED,
    LineStatus.DATE_RESCHEDULED,
    LineStatus.PRICE_CHANGED,
)
CD2 = answered("2", "CD-2", response(IA, 4))
FULL = acknowledgement(answered("1", "AB-1", response(IA, 10)), CD2)

ANSWERS: dict[str, tuple[Sequence[AcknowledgedLine], str | None, str | None, list[str]]] = {
    "as ordered": ([answered("1", "AB-1", response(IA, 10))], "10", None, []),
    "as ordered, without a quantity": ([answered("1", "AB-1", response(IA))], "10", None, []),
    "as ordered, the quantity in the line": ([answered("1", "AB-1", response(IA), quantity=10)], "10", None, []),
    "for the day that was asked for": ([answered("1", "AB-1", response(IA, 10, 1))], "10", "2026-12-01", []),
    "short": ([answered("1", "AB-1", response(IQ, 8))], "8", None, ["quantity-short"]),
    "over": ([answered("1", "AB-1", response(IQ, 12))], "12", None, ["quantity-over"]),
    "split over two days": (
        [answered("1", "AB-1", response(IA, 6, 1), response(DR, 4, 9))],
        "10",
        "2026-12-09",
        ["date-changed"],
    ),
    "split and the rest on back order": (
        [answered("1", "AB-1", response(IA, 6), response(IB, 4))],
        "6",
        None,
        ["line-backordered", "quantity-short"],
    ),
    "all on back order": (
        [answered("1", "AB-1", response(IB, 10, 9))],
        "0",
        None,
        ["line-backordered", "quantity-short"],
    ),
    "rejected": ([answered("1", "AB-1", response(IR))], "0", None, ["line-rejected", "quantity-short"]),
    "later": ([answered("1", "AB-1", response(DR, 10, 9))], "10", "2026-12-09", ["date-changed"]),
    "earlier": (
        [answered("1", "AB-1", LineResponse(status=DR, date=EventDate(kind="x", date=datetime.date(2026, 11, 30))))],
        "10",
        "2026-11-30",
        ["date-changed"],
    ),
    "at another price": ([answered("1", "AB-1", response(IP, 10), price="2.75")], "10", None, ["price-acknowledged"]),
    "at the same price written otherwise": ([answered("1", "AB-1", response(IA, 10), price="2.5000")], "10", None, []),
    "in two lines of one answer": (
        [answered("1", "AB-1", response(IA, 6)), answered("1", "AB-1", response(IA, 4))],
        "10",
        None,
        [],
    ),
}


@pytest.mark.parametrize(("lines", "promised", "day", "told"), ANSWERS.values(), ids=ANSWERS)
def test_a_line_is_acknowledged(
    lines: Sequence[AcknowledgedLine], promised: str, day: str | None, told: list[str]
) -> None:
    state = match(PO, [ORDER, acknowledgement(*lines, CD2)])
    first = line(state, "1")
    assert first.acknowledged == Decimal(promised)
    assert (first.promised and str(first.promised)) == day
    assert codes(state) == [(code, "1") for code in told]
    assert state.stage == "acknowledged"


def test_messages_say_what_and_how_much() -> None:
    state = match(
        PO, [ORDER, acknowledgement(answered("1", "AB-1", response(IA, 6, 9), response(IB, 4), price="3"), CD2)]
    )
    assert [(exception.severity, exception.message) for exception in state.exceptions] == [
        (Severity.WARNING, "Line 1 is backordered (4 EA)."),
        (Severity.WARNING, "Line 1: 6 EA promised of 10 ordered."),
        (Severity.WARNING, "Line 1: promised for 2026-12-09, later than the 2026-12-01 asked for."),
        (Severity.WARNING, "Line 1: acknowledged at 3, ordered at 2.50."),
    ]


class TestTheWholeOrder:
    @pytest.mark.parametrize(
        "answer", ["accepted", "acknowledged", "acknowledged_without_detail", "acknowledged_exceptions_only"]
    )
    def test_accepted_promises_lines_that_are_not_named(self, answer: str) -> None:
        state = match(PO, [ORDER, acknowledgement(answered("1", "AB-1", response(IQ, 8)), answer=answer)])
        assert [each.acknowledged for each in state.lines] == [8, 4]
        assert codes(state) == [("quantity-short", "1")]

    @pytest.mark.parametrize("answer", ["rejected", "rejected_with_detail", "rejected_with_counter_offer"])
    def test_rejected_is_an_error(self, answer: str) -> None:
        state = match(PO, [ORDER, acknowledgement(answer=answer)])
        assert codes(state) == [("order-rejected", None)]
        assert state.exceptions[0].severity is Severity.ERROR

    def test_with_changes_leaves_lines_that_are_not_named_open(self) -> None:
        state = match(PO, [ORDER, acknowledgement(CD2)])
        assert codes(state) == [("line-unanswered", "1")]
        assert line(state, "1").acknowledged is None

    def test_that_was_cancelled_is_told_and_not_counted(self) -> None:
        state = match(PO, [ORDER, FULL, invoice(("1", "AB-1", 10, "2.50"), purpose=Purpose.CANCELLATION)])
        assert codes(state) == [("cancelled", None)]
        assert (state.stage, state.invoiced_total) == ("acknowledged", None)


class TestAnOrderChange:
    """Is not worked into the lines, and must not be overlooked for that."""

    @pytest.mark.parametrize(
        ("document", "whose"),
        [
            (PurchaseOrderChange(order_number=PO, order_date=DECEMBER, change_number="2"), "change 2 of the buyer"),
            (PurchaseOrderChangeAcknowledgement(order_number=PO, order_date=DECEMBER), "change of the seller"),
        ],
    )
    def test_is_told_and_leaves_the_lines(self, document: AnyDocument, whose: str) -> None:
        before, state = match(PO, [ORDER, FULL]), match(PO, [ORDER, FULL, document])
        assert (state.lines, state.stage) == (before.lines, before.stage)
        assert codes(state) == [("order-changed", None)]
        assert whose in state.exceptions[0].message

    def test_that_cancels_the_order_is_told(self) -> None:
        cancels = PurchaseOrderChange(order_number=PO, order_date=DECEMBER, purpose=Purpose.CANCELLATION)
        assert codes(match(PO, [ORDER, FULL, cancels])) == [("cancelled", None)]


class TestARevisedAcknowledgement:
    SHORT = acknowledgement(answered("1", "AB-1", response(IQ, 8, 9), price="3"), CD2)

    def test_replaces_the_former_and_what_was_wrong_with_it(self) -> None:
        assert codes(match(PO, [ORDER, self.SHORT])) != []
        state = match(PO, [ORDER, self.SHORT, FULL])
        assert (codes(state), line(state, "1").acknowledged) == ([], Decimal(10))

    def test_of_some_lines_leaves_the_others_as_they_were(self) -> None:
        state = match(PO, [ORDER, FULL, acknowledgement(answered("2", "CD-2", response(IQ, 3)))])
        assert [each.acknowledged for each in state.lines] == [10, 3]

    def test_of_a_rejected_order_takes_the_rejection_back(self) -> None:
        assert codes(match(PO, [ORDER, acknowledgement(answer="rejected"), FULL])) == []


class TestWhichLine:
    def test_by_part_number_where_the_supplier_numbers_lines_anew(self) -> None:
        state = match(
            PO,
            [ORDER, acknowledgement(answered("1", "CD-2", response(IA, 4)), answered("2", "AB-1", response(IA, 10)))],
        )
        assert [each.acknowledged for each in state.lines] == [10, 4]
        assert codes(state) == []

    @pytest.mark.parametrize(("ours", "theirs"), [("1", "0001"), ("0001", "1"), ("00010", "10")])
    def test_by_line_number_whatever_its_zeros(self, ours: str, theirs: str) -> None:
        order = ORDER.model_copy(update={"lines": (ordered(ours, None, 10, "1"), ordered("7", None, 1, "1"))})
        state = match(
            PO, [order, acknowledgement(answered(theirs, None, response(IA, 10)), answered("7", None, response(IA, 1)))]
        )
        assert (len(state.lines), codes(state)) == (2, [])

    def test_by_both_where_a_part_is_ordered_twice(self) -> None:
        order = ORDER.model_copy(update={"lines": (ordered("1", "AB-1", 10, "1"), ordered("2", "AB-1", 5, "1"))})
        state = match(PO, [order, shipment(("2", "AB-1", 5), ("1", "AB-1", 9))])
        assert [each.shipped for each in state.lines] == [9, 5]

    def test_a_substitute_is_known_by_its_line(self) -> None:
        substitute = answered("1", "AB-9", response(LineStatus.SUBSTITUTED, 10))
        state = match(PO, [ORDER, acknowledgement(substitute, CD2)])
        assert (line(state, "1").acknowledged, codes(state)) == (Decimal(10), [])

    def test_lines_without_numbers_are_counted(self) -> None:
        order = ORDER.model_copy(update={"lines": (ordered(None, "AB-1", 10, "1"), ordered(None, "CD-2", 4, "1"))})
        assert [each.number for each in match(PO, [order]).lines] == ["1", "2"]

    @pytest.mark.parametrize(
        "document",
        [
            acknowledgement(answered("9", "ZZ-9", response(IA, 1)), answered("1", "AB-1", response(IA, 10)), CD2),
            shipment(("9", "ZZ-9", 1)),
            invoice(("9", "ZZ-9", 1, "1.00")),
        ],
        ids=["acknowledged", "shipped", "invoiced"],
    )
    def test_what_was_not_ordered_is_an_error(self, document: AnyDocument) -> None:
        state = match(PO, [ORDER, document])
        [found] = [exception for exception in state.exceptions if exception.code == "line-not-ordered"]
        assert (found.severity, found.message, found.line) == (Severity.ERROR, "ZZ-9 was not ordered.", "9")
        assert line(state, "9").ordered is None

    def test_nothing_is_unordered_where_the_order_is_not_known(self) -> None:
        """An order placed by telephone."""
        state = match(PO, [FULL, shipment(("1", "AB-1", 10))])
        assert (codes(state), state.stage) == ([], "shipped")
        assert (line(state, "1").acknowledged, line(state, "1").shipped) == (Decimal(10), Decimal(10))


class TestShipments:
    def test_add_up(self) -> None:
        state = match(PO, [ORDER, FULL, shipment(("1", "AB-1", 6)), shipment(("1", "AB-1", 4), ("2", "CD-2", 4))])
        assert [each.shipped for each in state.lines] == [10, 4]
        assert codes(state) == []

    def test_add_up_over_cartons_of_one_notice(self) -> None:
        assert line(match(PO, [ORDER, shipment(("1", "AB-1", 6), ("1", "AB-1", 4))]), "1").shipped == 10

    def test_over_what_was_ordered(self) -> None:
        state = match(PO, [ORDER, shipment(("1", "AB-1", 6)), shipment(("1", "AB-1", 5))])
        assert [exception.message for exception in state.exceptions] == ["Line 1: 11 shipped, 10 expected."]

    def test_over_what_was_promised(self) -> None:
        short = acknowledgement(answered("1", "AB-1", response(IQ, 8)), CD2)
        state = match(PO, [ORDER, short, shipment(("1", "AB-1", 10))])
        assert codes(state) == [("quantity-short", "1"), ("shipped-over", "1")]

    def test_of_several_orders_count_only_for_this_one(self) -> None:
        mine, other = shipment(("1", "AB-1", 10)), shipment(("1", "AB-1", 99), order="OTHER")
        both = mine.model_copy(update={"levels": (*mine.levels, *other.levels)})
        assert line(match(PO, [ORDER, both]), "1").shipped == 10

    def test_that_name_no_order_count(self) -> None:
        assert line(match(PO, [ORDER, shipment(("1", "AB-1", 10), order=None)]), "1").shipped == 10


class TestInvoices:
    SHIPPED = shipment(("1", "AB-1", 8), ("2", "CD-2", 4))

    def test_as_shipped_raise_nothing(self) -> None:
        state = match(PO, [ORDER, FULL, self.SHIPPED, invoice(("1", "AB-1", 8, "2.50"), ("2", "CD-2", 4, "7"))])
        assert codes(state) == []
        assert (state.stage, state.invoiced_total) == ("invoiced", Decimal("48.00"))

    def test_over_what_was_shipped(self) -> None:
        state = match(PO, [ORDER, FULL, self.SHIPPED, invoice(("1", "AB-1", 10, "2.50"))])
        [found] = state.exceptions
        assert (found.code, found.severity) == ("invoiced-over", Severity.ERROR)
        assert found.message == "Line 1: 10 invoiced, but 8 shipped."

    def test_over_in_sum(self) -> None:
        bills = [invoice(("1", "AB-1", 5, "2.50")), invoice(("1", "AB-1", 4, "2.50"), number="INV2")]
        state = match(PO, [ORDER, FULL, self.SHIPPED, *bills])
        assert codes(state) == [("invoiced-over", "1")]
        assert state.invoiced_total == Decimal("22.50")

    def test_before_any_shipment(self) -> None:
        state = match(PO, [ORDER, FULL, invoice(("1", "AB-1", 11, "2.50"))])
        assert codes(state) == [("invoiced-over", "1"), ("invoice-without-shipment", None)]

    def test_at_another_price(self) -> None:
        state = match(PO, [ORDER, FULL, self.SHIPPED, invoice(("1", "AB-1", 8, "2.75"))])
        [found] = state.exceptions
        assert (found.code, found.severity) == ("price-invoiced", Severity.ERROR)
        assert found.message == "Line 1: invoiced at 2.75, ordered at 2.50."


class TestAnotherUnit:
    """One case of ten is not one piece of ten ordered: each unit is compared by itself, and the difference is told."""

    @staticmethod
    def promised(*quantities: Quantity) -> AnyDocument:
        responses = tuple(LineResponse(status=IA, quantity=quantity) for quantity in quantities)
        return acknowledgement(AcknowledgedLine(number="1", items=item("AB-1"), responses=responses), CD2)

    @staticmethod
    def shipped(*quantities: Quantity) -> ShipNotice:
        children = tuple(
            ShipmentLevel(kind="item", item=ShippedItem(line_number="1", items=item("AB-1"), shipped=quantity))
            for quantity in quantities
        )
        return shipment().model_copy(update={"levels": (ShipmentLevel(kind="shipment", children=children),)})

    @staticmethod
    def billed(*quantities: Quantity, price: str = "2.50") -> Invoice:
        lines = tuple(
            InvoiceLine(number="1", items=item("AB-1"), quantity=quantity, price=Price(amount=Decimal(price)))
            for quantity in quantities
        )
        return invoice().model_copy(update={"lines": lines})

    def test_is_told(self) -> None:
        state = match(PO, [ORDER, self.promised(each(1, "CA"))])
        assert [found.message for found in state.exceptions] == [
            "Line 1: 1 CA acknowledged, ordered in EA; compared only with what else is in CA."
        ]
        assert line(state, "1").acknowledged is None

    @pytest.mark.parametrize(
        ("promised", "shipped", "billed", "told"),
        [
            pytest.param([], [each(10)], [each(11), each(1, "CA")], "11 invoiced, but 10 shipped.", id="does-not-hide"),
            pytest.param([], [], [each(11), each(1, "CA")], "11 invoiced, but 10 expected.", id="nor-before-shipment"),
            pytest.param([], [each(5, "CA")], [each(6, "CA")], "6 CA invoiced, but 5 shipped.", id="by-itself"),
            pytest.param([each(5, "CA")], [], [each(6, "CA")], "6 CA invoiced, but 5 expected.", id="as-promised"),
            pytest.param([], [each(10), each(1, "CA")], [each(11)], "11 invoiced, but 10 expected.", id="in-part"),
            pytest.param([], [each(5, "CA")], [each(5, "CA")], None, id="as-shipped"),
            pytest.param([], [each(8), each(1, "CA")], [each(10)], None, id="the-rest-may-be-in-the-case"),
            pytest.param([], [each(10)], [each(1, "CA")], None, id="not-compared"),
        ],
    )
    def test_over_billing_is_found_unit_by_unit(
        self, promised: list[Quantity], shipped: list[Quantity], billed: list[Quantity], told: str | None
    ) -> None:
        documents: list[AnyDocument] = [ORDER, *([self.promised(*promised)] if promised else [])]
        documents += [*([self.shipped(*shipped)] if shipped else []), self.billed(*billed)]
        found = [each.message for each in match(PO, documents).exceptions if each.code == "invoiced-over"]
        assert found == ([f"Line 1: {told}"] if told else [])

    def test_of_what_was_rejected_nothing_may_be_billed(self) -> None:
        refused = acknowledgement(answered("1", "AB-1", response(IR)), CD2)
        assert ("invoiced-over", "1") in codes(match(PO, [ORDER, refused, self.billed(each(1, "CA"))]))

    def test_what_was_never_ordered_is_compared_in_the_unit_it_has(self) -> None:
        state = match(PO, [self.shipped(each(3, "CA")), self.billed(each(4, "CA"), each(1))])
        assert [found.message for found in state.exceptions] == [
            "Line 1: 1 EA invoiced, other quantities are in CA; compared only with what else is in EA.",
            "Line 1: 4 invoiced, but 3 shipped.",
        ]

    @pytest.mark.parametrize(
        ("quantities", "told"),
        [
            ([each(8), each(1, "CA")], ["unit-differs"]),
            ([each(11), each(1, "CA")], ["unit-differs", "quantity-over"]),
            ([each(8)], ["quantity-short"]),
        ],
    )
    def test_a_promise_is_short_only_where_nothing_else_is_promised(
        self, quantities: list[Quantity], told: list[str]
    ) -> None:
        state = match(PO, [ORDER, self.promised(*quantities)])
        assert codes(state) == [(code, "1") for code in told]

    def test_the_price_of_a_case_is_not_compared_with_that_of_a_piece(self) -> None:
        state = match(PO, [ORDER, self.shipped(each(1, "CA")), self.billed(each(1, "CA"), price="25.00")])
        assert codes(state) == [("unit-differs", "1"), ("unit-differs", "1")]


def verdict(word: str, number: str = PO, **fields: Any) -> ApplicationResult:
    return ApplicationResult(verdict=word, kind="purchase_order", number=number, **fields)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (verdict("set_accepted"), []),
        (verdict("set_accepted_with_errors"), []),
        (verdict("set_rejected", number="another"), []),
        (verdict("set_rejected"), [f"Application advice AA-1 rejects purchase order {PO}."]),
        (
            verdict(
                "item_rejected", faults=(ApplicationFault(code="terms_wrong"), ApplicationFault(code="H", message="No"))
            ),
            [f"Application advice AA-1 rejects purchase order {PO}: terms wrong, No."],
        ),
    ],
)
def test_what_an_application_rejects_is_an_exception_of_its_order(result: ApplicationResult, told: list[str]) -> None:
    advice = ApplicationAdvice(number="AA-1", created_on=DECEMBER, results=(result,))
    state = match(PO, [ORDER, advice])
    assert [(found.code, found.message) for found in state.exceptions] == [
        ("application-rejected", text) for text in told
    ]
    assert state.stage == "ordered"


def test_an_order_alone_and_nothing_at_all() -> None:
    alone = match(PO, [ORDER])
    assert (alone.stage, codes(alone), alone.invoiced_total) == ("ordered", [], None)
    assert [(each.ordered, each.unit, each.price, each.wanted) for each in alone.lines] == [
        (Decimal(10), "EA", Decimal("2.50"), DECEMBER),
        (Decimal(4), "EA", Decimal("7.00"), DECEMBER),
    ]
    nothing = match(PO, [])
    assert (nothing.stage, nothing.lines, nothing.exceptions) == ("unknown", (), ())


DOCUMENTS = (
    ORDER,
    acknowledgement(answered("1", "AB-1", response(IQ, 8, 9)), CD2),
    shipment(("1", "AB-1", 9)),
    shipment(("2", "CD-2", 4)),
    invoice(("1", "AB-1", 10, "2.75"), ("2", "CD-2", 4, "7")),
)


def test_it_does_not_matter_what_came_first() -> None:
    """An 856 before its 855, an 810 before its 856: normal. The answer is the same."""
    expected = match(PO, DOCUMENTS)
    assert codes(expected) == [
        ("quantity-short", "1"),
        ("date-changed", "1"),
        ("shipped-over", "1"),
        ("invoiced-over", "1"),
        ("price-invoiced", "1"),
    ]
    for order in itertools.permutations(DOCUMENTS):
        assert match(PO, order) == expected


quantities = st.integers(0, 20)


@given(st.lists(quantities, max_size=4), st.lists(quantities, max_size=4), st.permutations(range(8)))
def test_sums_are_those_of_all_documents_in_any_order(shipped: list[int], billed: list[int], seed: list[int]) -> None:
    notices = [shipment(("1", "AB-1", quantity)) for quantity in shipped]
    bills = [invoice(("1", "AB-1", quantity, "2.50")) for quantity in billed]
    documents: list[AnyDocument] = [*notices, *bills]
    shuffled = [documents[position] for position in seed if position < len(documents)]
    state = match(PO, [ORDER, *shuffled])
    first = line(state, "1")
    assert first.shipped == (sum(shipped) if shipped else None)
    assert first.invoiced == (sum(billed) if billed else None)
    over = {code for code, _ in codes(state)}
    assert ("shipped-over" in over) == (sum(shipped) > 10)
    assert ("invoiced-over" in over) == bool(billed and sum(billed) > (sum(shipped) if shipped else 10))
