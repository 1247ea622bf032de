"""Three-way (and four-way) matching: what was ordered, acknowledged, shipped and invoiced, line by line. Pure.

Lines are matched by a product number both sides give, then by line number: suppliers often number their own documents anew.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from canonical.acknowledgement import AcknowledgedLine, LineStatus, PurchaseOrderAcknowledgement
from canonical.document import Purpose
from canonical.documents import AnyDocument
from canonical.finding import Severity
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import EventDate, ItemIdentifier
from canonical.order import OrderLine, PurchaseOrder
from canonical.shipment import ShipmentLevel, ShipNotice

_COMING = frozenset(
    {
        LineStatus.ACCEPTED,
        LineStatus.ACCEPTED_AND_SHIPPED,
        LineStatus.ACCEPTED_AND_RELEASED,
        LineStatus.ACCEPTED_WITH_CHANGES,
        LineStatus.ACCEPTED_PRICE_PENDING,
        LineStatus.DATE_RESCHEDULED,
        LineStatus.PRICE_CHANGED,
        LineStatus.QUANTITY_CHANGED,
        LineStatus.SUBSTITUTED,
    }
)
"""Answers that promise the quantity they name; the others (backorder, rejection, hold) do not."""

_WANTED_DATES = ("delivery_requested", "requested_ship", "delivery_required", "promised_for_delivery")


@dataclass(frozen=True, slots=True)
class OrderException:
    """Something about an order that a person should know. ``code`` is stable, ``line`` the order's line where there is one."""

    code: str
    severity: Severity
    message: str
    line: str | None = None


@dataclass(slots=True)
class LineState:
    """What is known of one order line. Quantities are sums in the order's unit; None where nothing was said yet."""

    number: str
    items: tuple[ItemIdentifier, ...]
    ordered: Decimal | None
    unit: str | None
    price: Decimal | None
    wanted: datetime.date | None
    acknowledged: Decimal | None = None
    promised: datetime.date | None = None
    statuses: list[str] = field(default_factory=list)
    shipped: Decimal | None = None
    invoiced: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order as its documents leave it. ``stage`` is the furthest stage reached by any document."""

    number: str
    stage: str
    lines: tuple[LineState, ...]
    exceptions: tuple[OrderException, ...]
    invoiced_total: Decimal | None


def match(number: str, documents: Iterable[AnyDocument]) -> OrderState:
    """Match the documents of one order, given in the order they came. Only the latest acknowledgement of a line counts."""
    matcher = _Matcher(number)
    for document in documents:
        matcher.take(document)
    return matcher.result()


class _Matcher:
    def __init__(self, number: str) -> None:
        self.number = number
        self.lines: list[LineState] = []
        self.exceptions: list[OrderException] = []
        self.order_known = False
        self.stages: list[str] = []
        self.invoiced_total: Decimal | None = None

    def take(self, document: AnyDocument) -> None:
        if document.purpose is Purpose.CANCELLATION:
            self._except(
                "cancelled", Severity.WARNING, f"A {document.type} cancels an earlier one; check what it undoes."
            )
            return
        match document:
            case PurchaseOrder():
                self._order(document)
            case PurchaseOrderAcknowledgement():
                self._acknowledgement(document)
            case ShipNotice():
                self._shipment(document)
            case Invoice():
                self._invoice(document)
            case _:
                pass

    def result(self) -> OrderState:
        if self.order_known and "acknowledged" in self.stages:
            for line in self.lines:
                if line.ordered is not None and line.acknowledged is None and not line.statuses:
                    self._except(
                        "line-unanswered", Severity.WARNING, f"Line {line.number} has no answer yet.", line.number
                    )
        if "invoiced" in self.stages and "shipped" not in self.stages:
            self._except("invoice-without-shipment", Severity.WARNING, "Invoiced, but no ship notice has come.")
        stage = next(
            (name for name in ("invoiced", "shipped", "acknowledged", "ordered") if name in self.stages), "unknown"
        )
        return OrderState(self.number, stage, tuple(self.lines), tuple(self.exceptions), self.invoiced_total)

    def _order(self, order: PurchaseOrder) -> None:
        self.order_known = True
        self.stages.append("ordered")
        default = _wanted(order.dates)
        self.lines = [_ordered_line(position, line, default) for position, line in enumerate(order.lines, 1)]

    def _acknowledgement(self, answer: PurchaseOrderAcknowledgement) -> None:
        self.stages.append("acknowledged")
        if answer.answer.startswith("rejected"):
            self._except("order-rejected", Severity.ERROR, "The supplier rejects the order.")
        default = _wanted(answer.dates)
        for position, line in enumerate(answer.lines, 1):
            self._acknowledged_line(line, self._find(line.number, line.items, position), default)

    def _acknowledged_line(self, answer: AcknowledgedLine, line: LineState, default: datetime.date | None) -> None:
        coming = [response for response in answer.responses if response.status in _COMING]
        line.statuses = [response.status.value for response in answer.responses]
        stated = [response.quantity.value for response in coming if response.quantity is not None]
        if stated:
            line.acknowledged = sum(stated, Decimal(0))
        elif coming:
            line.acknowledged = answer.quantity.value if answer.quantity is not None else line.ordered
        elif answer.responses:
            line.acknowledged = Decimal(0)
        dates = [response.date.date for response in coming if response.date is not None and response.date.date]
        line.promised = max(dates) if dates else _wanted(answer.dates) or default
        self._compare_answer(answer, line)

    def _compare_answer(self, answer: AcknowledgedLine, line: LineState) -> None:
        for response in answer.responses:
            if response.status not in _COMING:
                words = response.status.value.replace("_", " ")
                quantity = (
                    f" ({response.quantity.value} {response.quantity.unit or ''})".rstrip() if response.quantity else ""
                )
                self._except(
                    f"line-{response.status.value}",
                    Severity.WARNING,
                    f"Line {line.number} is {words}{quantity}.",
                    line.number,
                )
        if line.ordered is not None and line.acknowledged is not None and line.acknowledged != line.ordered:
            word = "short" if line.acknowledged < line.ordered else "over"
            self._except(
                f"quantity-{word}",
                Severity.WARNING,
                f"Line {line.number}: {line.acknowledged} {line.unit or ''} promised of {line.ordered} ordered.".replace(
                    "  ", " "
                ),
                line.number,
            )
        if line.wanted and line.promised and line.promised != line.wanted:
            word = "later" if line.promised > line.wanted else "earlier"
            self._except(
                "date-changed",
                Severity.WARNING,
                f"Line {line.number}: promised for {line.promised}, {word} than the {line.wanted} asked for.",
                line.number,
            )
        if answer.price is not None and line.price is not None and answer.price.amount != line.price:
            self._price_differs("acknowledged", answer.price.amount, line)

    def _shipment(self, notice: ShipNotice) -> None:
        self.stages.append("shipped")
        for position, level in enumerate(_items_of(notice, self.number), 1):
            item = level.item
            if item is None or item.shipped is None:
                continue
            line = self._find(item.line_number, item.items, position)
            line.shipped = (line.shipped or Decimal(0)) + item.shipped.value
            limit = line.ordered if line.acknowledged is None else line.acknowledged
            if limit is not None and line.shipped > limit:
                self._except(
                    "shipped-over",
                    Severity.WARNING,
                    f"Line {line.number}: {line.shipped} shipped, {limit} expected.",
                    line.number,
                )

    def _invoice(self, invoice: Invoice) -> None:
        self.stages.append("invoiced")
        self.invoiced_total = (self.invoiced_total or Decimal(0)) + invoice.total_amount
        for position, billed in enumerate(invoice.lines, 1):
            line = self._find(billed.number, billed.items, position)
            self._invoiced_line(billed, line)

    def _invoiced_line(self, billed: InvoiceLine, line: LineState) -> None:
        if billed.quantity is not None:
            line.invoiced = (line.invoiced or Decimal(0)) + billed.quantity.value
            if line.shipped is not None and line.invoiced > line.shipped:
                self._except(
                    "invoiced-over",
                    Severity.ERROR,
                    f"Line {line.number}: {line.invoiced} invoiced, but {line.shipped} shipped.",
                    line.number,
                )
        if billed.price is not None and line.price is not None and billed.price.amount != line.price:
            self._price_differs("invoiced", billed.price.amount, line)

    def _price_differs(self, what: str, price: Decimal, line: LineState) -> None:
        self._except(
            f"price-{what}",
            Severity.ERROR if what == "invoiced" else Severity.WARNING,
            f"Line {line.number}: {what} at {price}, ordered at {line.price}.",
            line.number,
        )

    def _find(self, number: str | None, items: Sequence[ItemIdentifier], position: int) -> LineState:
        wanted = set(items)
        by_item = [line for line in self.lines if wanted.intersection(line.items)]
        if len(by_item) == 1:
            return by_item[0]
        candidates = by_item or self.lines
        for line in candidates:
            if number is not None and _same_number(line.number, number):
                return line
        if by_item:
            return by_item[0]
        if self.order_known:
            name = items[0].value if items else number or str(position)
            self._except("line-not-ordered", Severity.ERROR, f"{name} was not ordered.", number)
        line = LineState(number or str(position), tuple(items), None, None, None, None)
        self.lines.append(line)
        return line

    def _except(self, code: str, severity: Severity, message: str, line: str | None = None) -> None:
        self.exceptions.append(OrderException(code, severity, message, line))


def _ordered_line(position: int, line: OrderLine, default: datetime.date | None) -> LineState:
    return LineState(
        number=line.number or str(position),
        items=line.items,
        ordered=line.quantity.value if line.quantity else None,
        unit=line.quantity.unit if line.quantity else None,
        price=line.price.amount if line.price else None,
        wanted=_wanted(line.dates) or default,
    )


def _wanted(dates: Sequence[EventDate]) -> datetime.date | None:
    """The date that matters to the buyer, by the order of ``_WANTED_DATES``."""
    by_kind = {entry.kind: entry.date for entry in dates if entry.date is not None}
    return next((by_kind[kind] for kind in _WANTED_DATES if kind in by_kind), None)


def _items_of(notice: ShipNotice, order_number: str) -> Iterable[ShipmentLevel]:
    """The item levels below the levels of this order; all of them where a notice names one order or none."""
    if len(notice.order_numbers) <= 1:
        return [level for level in notice.walk() if level.item is not None]
    return [
        level
        for top in notice.walk()
        if top.order is not None and top.order.number == order_number
        for level in top.walk()
        if level.item is not None
    ]


def _same_number(ours: str, theirs: str) -> bool:
    return ours.lstrip("0") == theirs.lstrip("0")
