"""Three-way (and four-way) matching: what was ordered, acknowledged, shipped and invoiced, line by line. Pure.

Lines are matched by a product number both sides give, then by line number: suppliers often number their own documents anew.
Everything is collected first and judged at the end, so that it does not matter which document came before which.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from canonical.acknowledgement import AcknowledgedLine, LineStatus, PurchaseOrderAcknowledgement
from canonical.application_advice import ApplicationAdvice
from canonical.document import Purpose
from canonical.documents import AnyDocument
from canonical.finding import Severity
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import EventDate, ItemIdentifier
from canonical.order import OrderLine, PurchaseOrder
from canonical.order_change import PurchaseOrderChange, PurchaseOrderChangeAcknowledgement
from canonical.quantity import Quantity
from canonical.shipment import ShipmentLevel, ShipNotice

from .sums import Sums

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

_ACCEPTED_AS_A_WHOLE = frozenset(
    {"accepted", "acknowledged", "acknowledged_exceptions_only", "acknowledged_without_detail"}
)
"""Answers to the whole order by which lines without an answer of their own are promised as ordered."""

_WANTED_DATES = ("delivery_requested", "requested_ship", "delivery_required", "promised_for_delivery")

_STAGES = ("invoiced", "shipped", "acknowledged", "ordered")


@dataclass(frozen=True, slots=True)
class OrderException:
    """Something about an order that a person should know. ``code`` is stable, ``line`` the order's line where there is one."""

    code: str
    severity: Severity
    message: str
    line: str | None = None


@dataclass(slots=True)
class LineState:
    """What is known of one order line. Quantities are sums of what is in the order's unit; None where nothing was said in it yet."""

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
    # An order that comes late is what the others are about all the same.
    for document in sorted(documents, key=lambda document: not isinstance(document, PurchaseOrder)):
        matcher.take(document)
    return matcher.result()


@dataclass(slots=True)
class _Line:
    """A line and what documents say of it: ``answers`` are those of the latest acknowledgement that names it."""

    state: LineState
    answers: list[AcknowledgedLine] = field(default_factory=list)
    answered_for: datetime.date | None = None
    shipped: list[Quantity] = field(default_factory=list)
    invoiced: list[Quantity] = field(default_factory=list)
    invoiced_prices: list[tuple[Decimal, Quantity | None]] = field(default_factory=list)
    """Each with the quantity it is the price of."""
    unit: str | None = None
    sums: dict[str, Sums] = field(default_factory=dict)
    """What was acknowledged, shipped and invoiced, each where a quantity was given."""

    def total(self, what: str, quantities: Sequence[Quantity]) -> Decimal | None:
        """Add up; the sum in the line's unit, None where nothing is in it."""
        sums = Sums(self.unit, quantities)
        if sums:
            self.sums[what] = sums
        return sums.own

    def expected(self, unit: str | None) -> Decimal | None:
        """As much of a unit as was promised or else ordered; None where it is not known."""
        acknowledged = self.sums.get("acknowledged")
        if acknowledged is not None and (whole := acknowledged.whole(unit)) is not None:
            return whole
        if (
            acknowledged is None
            and self.state.acknowledged is not None
            and (unit == self.unit or not self.state.acknowledged)
        ):
            return self.state.acknowledged
        return self.state.ordered if unit == self.unit else None

    def billable(self, unit: str | None) -> tuple[Decimal | None, str]:
        """As much of a unit as may be invoiced, and whether that is what was shipped or what is expected."""
        shipped = self.sums.get("shipped")
        whole = None if shipped is None else shipped.whole(unit)
        return (self.expected(unit), "expected") if whole is None else (whole, "shipped")

    def other_prices(self, prices: Iterable[tuple[Decimal, Quantity | None]]) -> Iterable[Decimal]:
        """The prices, each once, that are not the ordered one. The price of a case is not compared with that of a piece."""
        comparable = (
            price for price, of in prices if of is None or of.unit is None or self.unit is None or of.unit == self.unit
        )
        return [
            price for price in dict.fromkeys(comparable) if self.state.price is not None and price != self.state.price
        ]

    def shown(self, amount: Decimal, unit: str | None) -> str:
        return f"{amount}" if unit == self.unit else f"{amount} {unit}"


class _Matcher:
    """Collects."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.lines: list[_Line] = []
        self.exceptions: list[OrderException] = []
        self.order_known = False
        self.stages: set[str] = set()
        self.answer: str | None = None
        self.invoiced_total: Decimal | None = None

    def take(self, document: AnyDocument) -> None:
        if document.purpose is Purpose.CANCELLATION:
            told = f"A {document.type} cancels an earlier one; check what it undoes."
            self.exceptions.append(OrderException("cancelled", Severity.WARNING, told))
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
            case PurchaseOrderChange() | PurchaseOrderChangeAcknowledgement():
                self._change(document)
            case ApplicationAdvice():
                self._verdicts(document)
            case _:
                pass

    def _change(self, document: PurchaseOrderChange | PurchaseOrderChangeAcknowledgement) -> None:
        """Changes are not worked into the lines; that there is one must not be overlooked."""
        number = f" {document.change_number}" if document.change_number else ""
        whose = "the buyer" if isinstance(document, PurchaseOrderChange) else "the seller"
        told = f"Order change{number} of {whose}: the lines here are still those of the order as it was placed."
        self.exceptions.append(OrderException("order-changed", Severity.WARNING, told))

    def result(self) -> OrderState:
        exceptions = [*self.exceptions]
        if self.answer is not None and self.answer.startswith("rejected"):
            exceptions.append(OrderException("order-rejected", Severity.ERROR, "The supplier rejects the order."))
        for line in self.lines:
            _settle(line, self.answer)
            exceptions += _judge(line, self.answer)
        if "invoiced" in self.stages and "shipped" not in self.stages:
            told = "Invoiced, but no ship notice has come."
            exceptions.append(OrderException("invoice-without-shipment", Severity.WARNING, told))
        stage = next((name for name in _STAGES if name in self.stages), "unknown")
        lines = tuple(line.state for line in self.lines)
        return OrderState(self.number, stage, lines, tuple(exceptions), self.invoiced_total)

    def _verdicts(self, advice: ApplicationAdvice) -> None:
        for result in advice.results:
            if result.rejects and self.number in result.order_numbers:
                told = f"Application advice {advice.number} rejects {result.kind.replace('_', ' ')} {result.number}"
                why = ", ".join(fault.message or fault.code.replace("_", " ") for fault in result.faults)
                message = f"{told}: {why}." if why else f"{told}."
                self.exceptions.append(OrderException("application-rejected", Severity.ERROR, message))

    def _order(self, order: PurchaseOrder) -> None:
        self.order_known = True
        self.stages.add("ordered")
        default = _wanted(order.dates)
        self.lines = [_Line(_ordered_line(position, line, default)) for position, line in enumerate(order.lines, 1)]

    def _acknowledgement(self, answer: PurchaseOrderAcknowledgement) -> None:
        self.stages.add("acknowledged")
        self.answer = answer.answer
        named: set[int] = set()
        for position, answered in enumerate(answer.lines, 1):
            line = self._find(answered.number, answered.items, position)
            if id(line) not in named:
                named.add(id(line))
                line.answers = []
                line.answered_for = _wanted(answer.dates)
            line.answers.append(answered)

    def _shipment(self, notice: ShipNotice) -> None:
        self.stages.add("shipped")
        for position, level in enumerate(_items_of(notice, self.number), 1):
            item = level.item
            if item is not None and item.shipped is not None:
                self._find(item.line_number, item.items, position).shipped.append(item.shipped)

    def _invoice(self, invoice: Invoice) -> None:
        self.stages.add("invoiced")
        self.invoiced_total = (self.invoiced_total or Decimal(0)) + invoice.total_amount
        for position, billed in enumerate(invoice.lines, 1):
            self._invoiced_line(billed, self._find(billed.number, billed.items, position))

    def _invoiced_line(self, billed: InvoiceLine, line: _Line) -> None:
        if billed.quantity is not None:
            line.invoiced.append(billed.quantity)
        if billed.price is not None:
            line.invoiced_prices.append((billed.price.amount, billed.quantity))

    def _find(self, number: str | None, items: Sequence[ItemIdentifier], position: int) -> _Line:
        at = find_line([(line.state.number, line.state.items) for line in self.lines], number, items)
        if at is not None:
            return self.lines[at]
        if self.order_known:
            name = items[0].value if items else number or str(position)
            told = f"{name} was not ordered."
            self.exceptions.append(OrderException("line-not-ordered", Severity.ERROR, told, number))
        line = _Line(LineState(number or str(position), tuple(items), None, None, None, None))
        self.lines.append(line)
        return line


def find_line(
    lines: Sequence[tuple[str, Sequence[ItemIdentifier]]], number: str | None, items: Sequence[ItemIdentifier]
) -> int | None:
    """The position, from 0, of the line that a document means, among lines with their numbers and products; None if none is."""
    wanted = set(items)
    by_item = [at for at, (_, own) in enumerate(lines) if wanted.intersection(own)]
    if len(by_item) == 1:
        return by_item[0]
    for at in by_item or range(len(lines)):
        if number is not None and _same_number(lines[at][0], number):
            return at
    return by_item[0] if by_item else None


def _settle(line: _Line, answer: str | None) -> None:
    """Sum up what was said of a line."""
    state = line.state
    line.unit = state.unit or _first_unit(line)
    state.shipped = line.total("shipped", line.shipped)
    state.invoiced = line.total("invoiced", line.invoiced)
    responses = [response for answered in line.answers for response in answered.responses]
    coming = [response for response in responses if response.status in _COMING]
    state.statuses = [response.status.value for response in responses]
    repeated = [answered.quantity for answered in line.answers if answered.quantity is not None]
    stated = [response.quantity for response in coming if response.quantity is not None]
    if stated:
        state.acknowledged = line.total("acknowledged", stated)
    elif coming or (not responses and answer in _ACCEPTED_AS_A_WHOLE):
        state.acknowledged = line.total("acknowledged", repeated) if repeated else state.ordered
    elif responses:
        state.acknowledged = Decimal(0)
    dates = [response.date.date for response in coming if response.date is not None and response.date.date]
    own = [wanted for answered in line.answers if (wanted := _wanted(answered.dates)) is not None]
    state.promised = max([*dates, *([] if dates else own)], default=line.answered_for)


def _first_unit(line: _Line) -> str | None:
    """The unit of a line that was not ordered: the first that is named."""
    answers = [quantity for answered in line.answers for quantity in (answered.quantity, *_amounts(answered))]
    named = (each.unit for each in (*answers, *line.shipped, *line.invoiced) if each is not None)
    return next(filter(None, named), None)


def _amounts(answered: AcknowledgedLine) -> Iterator[Quantity | None]:
    return (response.quantity for response in answered.responses)


def _judge(line: _Line, answer: str | None) -> Iterator[OrderException]:
    """What a person should know about a line whose sums are made."""
    state = line.state
    yield from _judge_units(line)
    yield from _judge_answer(line, answer)
    for unit, shipped in line.sums.get("shipped", ()):
        expected = line.expected(unit)
        if expected is not None and shipped > expected:
            yield _warning("shipped-over", state, f"{line.shown(shipped, unit)} shipped, {expected} expected.")
    for unit, invoiced in line.sums.get("invoiced", ()):
        limit, word = line.billable(unit)
        if limit is not None and invoiced > limit:
            yield _error("invoiced-over", state, f"{line.shown(invoiced, unit)} invoiced, but {limit} {word}.")
    for price in line.other_prices(line.invoiced_prices):
        yield _error("price-invoiced", state, f"invoiced at {price}, ordered at {state.price}.")


def _judge_units(line: _Line) -> Iterator[OrderException]:
    beside = "ordered" if line.state.unit else "other quantities are"
    for what, sums in line.sums.items():
        for unit, amount in sums.foreign():
            told = f"{amount} {unit} {what}, {beside} in {line.unit}; compared only with what else is in {unit}."
            yield _warning("unit-differs", line.state, told)


def _judge_answer(line: _Line, answer: str | None) -> Iterator[OrderException]:
    state = line.state
    if not line.answers and answer is not None and state.ordered is not None and state.acknowledged is None:
        if not answer.startswith("rejected"):
            yield OrderException(
                "line-unanswered", Severity.WARNING, f"Line {state.number} has no answer yet.", state.number
            )
        return
    for response in (response for answered in line.answers for response in answered.responses):
        if response.status not in _COMING:
            words = response.status.value.replace("_", " ")
            amount = response.quantity
            quantity = "" if amount is None else f" ({amount.value} {amount.unit or ''}".rstrip() + ")"
            yield OrderException(
                f"line-{response.status.value}",
                Severity.WARNING,
                f"Line {state.number} is {words}{quantity}.",
                state.number,
            )
    if (
        state.ordered is not None
        and state.acknowledged is not None
        and _differs(line, state.acknowledged, state.ordered)
    ):
        word = "short" if state.acknowledged < state.ordered else "over"
        amounts = f"{state.acknowledged} {state.unit or ''}".rstrip()
        yield _warning(f"quantity-{word}", state, f"{amounts} promised of {state.ordered} ordered.")
    if state.wanted and state.promised and state.promised != state.wanted and state.acknowledged != 0:
        word = "later" if state.promised > state.wanted else "earlier"
        yield _warning(
            "date-changed", state, f"promised for {state.promised}, {word} than the {state.wanted} asked for."
        )
    prices = [(answered.price.amount, answered.quantity) for answered in line.answers if answered.price is not None]
    for price in line.other_prices(prices):
        yield _warning("price-acknowledged", state, f"acknowledged at {price}, ordered at {state.price}.")


def _differs(line: _Line, acknowledged: Decimal, ordered: Decimal) -> bool:
    """Whether another quantity is promised than was ordered; what is promised in another unit may make up for what is short."""
    return acknowledged > ordered or (acknowledged < ordered and line.expected(line.unit) == acknowledged)


def _warning(code: str, line: LineState, told: str) -> OrderException:
    return OrderException(code, Severity.WARNING, f"Line {line.number}: {told}", line.number)


def _error(code: str, line: LineState, told: str) -> OrderException:
    return OrderException(code, Severity.ERROR, f"Line {line.number}: {told}", line.number)


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
