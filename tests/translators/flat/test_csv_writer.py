"""Writing: what is written is read as the same, what cannot be is refused, what has no column is named."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus, PurchaseOrderAcknowledgement
from canonical.document import Unmapped
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import EventDate, ItemIdentifier
from canonical.money import Price, Tax
from canonical.order import Delivery
from canonical.party import Identifier
from canonical.quantity import Quantity
from canonical.shipment import Mark, OrderReference, ShipmentLevel, ShipNotice, ShippedItem
from translators.flat import ColumnMap, NotWritable, left_out, read, write
from translators.flat.vocabulary import FlatModel
from translators.gs1 import check_digit

from .samples import ANSWER, INVOICE, NOTICE, column_map, documents

DAY = datetime.date(2024, 5, 1)


def line(number: str = "1", part: str = "X", unit: str | None = "EA") -> InvoiceLine:
    return InvoiceLine(
        number=number,
        items=(ItemIdentifier(scheme="vendor_part", value=part),),
        quantity=Quantity(value=Decimal(10), unit=unit),
        price=Price(amount=Decimal("2.00")),
    )


def invoice(number: str = "I1", **changes: Any) -> Invoice:
    content = {"invoice_date": DAY, "total_amount": Decimal("20.00"), "lines": (line(),), **changes}
    return Invoice(number=number, **content)


def read_back(data: bytes, column_map: ColumnMap) -> list[FlatModel | None]:
    """The documents without where they were read."""
    return [
        result.document and result.document.model_copy(update={"trace": {}})
        for result in documents(read([data], column_map))
    ]


def test_the_file_as_it_stands() -> None:
    data = write([invoice(lines=(line(), line("2", '5" pipe, steel', "CA")))], column_map(INVOICE))
    assert data == (
        b"invoice,date,po,total,line,part,qty,unit,price\r\n"
        b"I1,2024-05-01,,20.00,1,X,10,PIECE,2.00\r\n"
        b'I1,2024-05-01,,20.00,2,"5"" pipe, steel",10,BOX,2.00\r\n'
    )


def test_values_that_look_like_formulas_are_not_altered() -> None:
    data = write([invoice(lines=(line(part="=1+1"), line("2", "-5"), line("3", "@SUM(A1)")))], column_map(INVOICE))
    assert [row.split(b",")[5] for row in data.splitlines()[1:]] == [b"=1+1", b"-5", b"@SUM(A1)"]


def test_without_header_columns_stand_at_their_numbers() -> None:
    raw = {
        "document": "Invoice",
        "header": False,
        "delimiter": ";",
        "decimal_separator": ",",
        "date_format": "DD.MM.YYYY",
        "columns": {"number": 2, "invoice_date": 5, "total_amount": 1},
    }
    assert write([invoice()], column_map(raw)) == b"20,00;I1;;;01.05.2024\r\n"


class TestNotWritable:
    @pytest.mark.parametrize(
        ("documents", "changes", "words"),
        [
            pytest.param(
                [invoice(), invoice()], {}, "Invoice I1 cannot be written: the file holds a document with", id="twice"
            ),
            pytest.param(
                [invoice(lines=(line(unit="KG"),))],
                {},
                "Invoice I1, lines.0.quantity.unit: 'KG' cannot be written",
                id="code",
            ),
            pytest.param(
                [invoice(lines=(line("Zeile €"),))], {"encoding": "latin-1"}, "'€' does not exist in latin-1", id="€"
            ),
            pytest.param([invoice(lines=(line("a,b"),))], {"quote": ""}, "'a,b' needs quotes", id="no quotes"),
            pytest.param(
                [invoice(lines=(line("\0"),))], {}, "cannot be written in column 'line' as the text", id="control"
            ),
            pytest.param(
                [invoice(order_number="P")], {"document": "ShipNotice", **NOTICE}, "map is for ShipNotice", id="type"
            ),
            pytest.param([invoice(lines=())], {}, "column 'qty' is required in every row", id="required"),
            pytest.param([invoice("")], {}, "a column that tells documents apart is blank", id="no number"),
            pytest.param(
                [invoice(lines=(InvoiceLine(),))], {}, "lines.0: no column says anything of it", id="nothing to say"
            ),
            pytest.param(
                [Invoice(number="1", invoice_date=DAY, total_amount=Decimal("1E-11"))],
                {},
                "column 'total'",
                id="decimals",
            ),
        ],
    )
    def test_documents(self, documents: list[FlatModel], changes: dict[str, Any], words: str) -> None:
        with pytest.raises(NotWritable) as caught:
            write(documents, column_map({**INVOICE, **changes}))
        assert words in caught.value.message

    def test_a_value_longer_than_agreed(self) -> None:
        long = line().model_copy(update={"price": Price(amount=Decimal("1234567.89"))})
        with pytest.raises(NotWritable, match=r"'1234567\.89' is longer than the 8 characters agreed"):
            write([invoice(lines=(long,))], column_map(INVOICE))

    def test_lines_that_would_be_read_as_one(self) -> None:
        answers = (LineResponse(status=LineStatus.ACCEPTED), LineResponse(status=LineStatus.BACKORDERED))
        twice = (AcknowledgedLine(number="1", responses=answers),) * 2
        with pytest.raises(NotWritable, match=r"lines\.1: another one has the same number"):
            write([acknowledgement(twice)], column_map(ANSWER))
        with pytest.raises(NotWritable, match=r"lines\.0: it has several rows, but no number"):
            write([acknowledgement((AcknowledgedLine(responses=answers),))], column_map(ANSWER))

    def test_levels_in_another_order(self) -> None:
        item = ShipmentLevel(
            kind="item",
            item=ShippedItem(items=(ItemIdentifier(scheme="vendor_part", value="X"),)),
            children=(carton(1),),
        )
        with pytest.raises(
            NotWritable, match=r"no place for a level 'pack' there\. The order is shipment, order, tare, pack"
        ):
            write(
                [notice((ShipmentLevel(kind="order", order=OrderReference(number="P"), children=(item,)),))],
                column_map(NOTICE),
            )


def acknowledgement(lines: tuple[AcknowledgedLine, ...]) -> PurchaseOrderAcknowledgement:
    return PurchaseOrderAcknowledgement(order_number="P1", order_date=DAY, answer="accepted_with_changes", lines=lines)


def notice(orders: tuple[ShipmentLevel, ...], carrier: str | None = None, number: str = "S1") -> ShipNotice:
    deliveries = (Delivery(carrier=Identifier(scheme="scac", value=carrier)),) if carrier else ()
    shipment = ShipmentLevel(kind="shipment", deliveries=deliveries, children=orders)
    return ShipNotice(number=number, created_on=DAY, created_at=datetime.time(0), levels=(shipment,))


def carton(serial: int, *children: ShipmentLevel, kind: str = "pack") -> ShipmentLevel:
    digits = f"1061414{serial:010d}"
    sscc = f"{digits}{check_digit(digits)}"
    return ShipmentLevel(kind=kind, marks=(Mark(kind="sscc", value=sscc),), children=children)


def test_what_has_no_column_is_named() -> None:
    rich = invoice(
        order_number="P1",
        release="7",
        taxes=(Tax(kind="value_added_tax", amount=Decimal(1)),),
        lines=(line(), line("2").model_copy(update={"price": Price(amount=Decimal(2), basis="per_each")})),
        unmapped=(Unmapped(source="REF[1]/02", value="x"),),
        test=True,
        trace={"number": "BIG[1]/02"},
    )
    assert left_out(rich, column_map(INVOICE)) == (
        "unmapped.0.source",
        "unmapped.0.value",
        "release",
        "taxes.0.kind",
        "taxes.0.amount",
        "lines.1.price.basis",
    )
    assert left_out(invoice(lines=(line(),)), column_map(INVOICE)) == ()


def test_a_constant_that_the_document_contradicts_is_named() -> None:
    with_currency = column_map({**INVOICE, "columns": {**INVOICE["columns"], "currency": {"constant": "USD"}}})
    assert left_out(invoice(currency="USD"), with_currency) == ()
    assert left_out(invoice(currency="EUR"), with_currency) == ("currency",)


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n"), min_size=1, max_size=8)
amounts = st.decimals(-(10**6), 10**6, places=2)
quantities = st.builds(Quantity, value=amounts, unit=st.none() | st.sampled_from(["EA", "CA"]))
items = st.just(()) | text.map(lambda value: (ItemIdentifier(scheme="vendor_part", value=value),))
numbers = st.lists(text, unique=True, min_size=1, max_size=3)
days = st.dates(datetime.date(1, 1, 1))

invoice_lines = st.builds(
    InvoiceLine,
    number=text,
    quantity=quantities,
    price=st.none() | st.builds(Price, amount=st.decimals(0, 9999, places=2)),
    items=items,
)
invoices = st.builds(
    Invoice,
    number=text,
    invoice_date=days,
    order_number=st.none() | text,
    total_amount=amounts,
    lines=st.lists(invoice_lines, min_size=1, max_size=3).map(tuple),
)

responses = st.builds(
    LineResponse,
    status=st.sampled_from([status for status in LineStatus if status is not LineStatus.OTHER]),
    quantity=st.none() | amounts.map(lambda value: Quantity(value=value, unit="EA")),
    date=st.none() | st.builds(EventDate, kind=st.just("delivery_estimated"), date=days),
) | st.just(LineResponse(status=LineStatus.REJECTED, code="R4"))
answers = numbers.flatmap(
    lambda found: st.tuples(
        *[
            st.builds(
                AcknowledgedLine,
                number=st.just(number),
                quantity=st.none() | st.builds(Quantity, value=amounts, unit=st.none() | text),
                items=st.just(()) | st.just((ItemIdentifier(scheme="buyer_part", value="B"),)),
                responses=st.lists(responses, max_size=3).map(tuple),
            )
            for number in found
        ]
    )
).map(acknowledgement)

shipped = st.builds(
    lambda part, value: ShipmentLevel(
        kind="item",
        item=ShippedItem(
            items=(ItemIdentifier(scheme="vendor_part", value=part),), shipped=Quantity(value=value, unit="CA")
        ),
    ),
    text,
    amounts,
)


@st.composite
def notices(draw: st.DrawFn) -> ShipNotice:
    serial = iter(range(1000))

    def packed(depth: int) -> tuple[ShipmentLevel, ...]:
        loose: list[ShipmentLevel] = draw(st.lists(shipped, min_size=1, max_size=2))
        if depth == 0:
            return tuple(loose)
        count = draw(st.integers(0, 2))
        inner = [carton(next(serial), *packed(depth - 1), kind="tare" if depth == 2 else "pack") for _ in range(count)]
        return (*inner, *loose)

    orders = tuple(
        ShipmentLevel(kind="order", order=OrderReference(number=number), children=packed(2)) for number in draw(numbers)
    )
    return notice(orders, draw(st.none() | text), draw(text))


CASES = st.one_of(
    st.tuples(invoices, st.just(INVOICE)), st.tuples(answers, st.just(ANSWER)), st.tuples(notices(), st.just(NOTICE))
)
STYLES = st.sampled_from(
    [
        {},
        {"delimiter": ";", "decimal_separator": ",", "date_format": "DD.MM.YYYY"},
        {"delimiter": "\t", "quote": "'", "date_format": "YYYYMMDD"},
        {"delimiter": "|"},
    ]
)


@given(CASES, STYLES)
def test_what_is_written_is_read_as_the_same(case: tuple[FlatModel, dict[str, Any]], style: dict[str, Any]) -> None:
    document, raw = case
    chosen = column_map(raw, **style)
    assert left_out(document, chosen) == ()
    assert read_back(write([document], chosen), chosen) == [document]


@given(st.lists(invoices, unique_by=lambda found: found.number, max_size=4))
def test_several_documents_in_one_file(found: list[Invoice]) -> None:
    chosen = column_map(INVOICE)
    assert read_back(write(found, chosen), chosen) == found
