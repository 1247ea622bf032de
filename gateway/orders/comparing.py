"""A document's lines held against those of the order it is about, as the partner's rules want it. Pure.

Each document is judged by itself; what several deliveries or invoices add up to is told by :mod:`.matching`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from canonical.acknowledgement import AcknowledgedLine, PurchaseOrderAcknowledgement
from canonical.documents import AnyDocument
from canonical.finding import Finding, Severity
from canonical.invoice import Invoice
from canonical.item import ItemIdentifier
from canonical.money import Price
from canonical.order import OrderLine, PurchaseOrder
from canonical.quantity import Quantity
from canonical.shipment import ShipmentLevel, ShipNotice
from translators.x12.events import SetRead
from translators.x12.overlay import Check
from translators.x12.rules import violation

from .matching import find_line

Orders: TypeAlias = Callable[[str], PurchaseOrder | None]
"""Gives the order of a number as it was placed with the partner; None where there is none."""

_EACH = (None, "per_each")


def no_orders(_number: str) -> PurchaseOrder | None:
    """Where nothing is known of any order."""
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    """What a document says of a line of an order; the fields lead to where it says so."""

    order: str
    number: str | None
    items: Sequence[ItemIdentifier]
    price: Price | None
    quantities: Sequence[Quantity]
    price_field: str
    quantity_field: str

    @property
    def shown(self) -> str:
        return f"line {self.number}" if self.number else f"item {self.items[0].value}" if self.items else "a line"


def against_order(
    document: AnyDocument, checks: Sequence[Check], orders: Orders, read: SetRead | None = None
) -> tuple[Finding, ...]:
    """What is against ``checks`` that compare; ``read`` is the set the document comes from."""
    if not checks:
        return ()
    lines = list(_lines(document))
    placed = {number: orders(number) for number in dict.fromkeys(line.order for line in lines)}
    found: list[Finding] = []
    for check in checks:
        for number, order in placed.items():
            mine = [line for line in lines if line.order == number]
            if order is None:
                found.append(_not_judged(check, f"the order {number or '(none is named)'} is not known here."))
            else:
                found.extend(_Comparison(check, document, order, read).findings(mine))
    return tuple(found)


class _Comparison:
    """One rule and one order."""

    def __init__(self, check: Check, document: AnyDocument, order: PurchaseOrder, read: SetRead | None) -> None:
        self._check = check
        self._document = document
        self._order = order
        self._read = read
        self._known = [(line.number or str(at), line.items) for at, line in enumerate(order.lines, 1)]
        self._totals: dict[int, Decimal] = {}

    def findings(self, lines: Iterable[_Line]) -> Iterator[Finding]:
        for line in lines:
            compared = line.price if self._check.compare == "price" else line.quantities
            if not compared:
                continue
            at = find_line(self._known, line.number, line.items)
            if at is None:
                yield self._broken(line, f"{line.shown} is not in the order {self._order.number}.")
            elif self._check.compare == "price":
                yield from self._price(line, self._order.lines[at])
            else:
                yield from self._quantity(line, at, self._order.lines[at])

    def _price(self, line: _Line, ordered: OrderLine) -> Iterator[Finding]:
        assert line.price is not None
        if line.quantities and not _comparable(line, ordered):
            yield self._other_unit(line, ordered)
        elif ordered.price is None:
            yield _not_judged(self._check, f"{line.shown} was ordered without a price.")
        elif line.price.basis != ordered.price.basis and not {line.price.basis, ordered.price.basis} <= {*_EACH}:
            yield _not_judged(self._check, f"{line.shown} was ordered at a price for another number of units.")
        elif abs(line.price.amount - ordered.price.amount) > abs(ordered.price.amount) * self._check.tolerance / 100:
            yield self._broken(line, f"{line.shown} is at {line.price.amount}, ordered at {ordered.price.amount}.")

    def _quantity(self, line: _Line, at: int, ordered: OrderLine) -> Iterator[Finding]:
        if ordered.quantity is None:
            yield _not_judged(self._check, f"{line.shown} was ordered without a quantity.")
            return
        comparable = _comparable(line, ordered)
        if len(comparable) < len(line.quantities):
            yield self._other_unit(line, ordered)
        if not comparable:
            return
        most = ordered.quantity.value * (1 + self._check.tolerance / 100)
        before = self._totals.get(at, Decimal(0))
        total = self._totals[at] = sum((each.value for each in comparable), before)
        if before <= most < total:
            yield self._broken(
                line,
                f"{line.shown} has {total} {ordered.quantity.unit or ''}".rstrip()
                + f", ordered are {ordered.quantity.value}.",
            )

    def _other_unit(self, line: _Line, ordered: OrderLine) -> Finding:
        unit = ordered.quantity.unit if ordered.quantity is not None else None
        return _not_judged(self._check, f"{line.shown} is in another unit than the {unit} ordered.")

    def _broken(self, line: _Line, fact: str) -> Finding:
        field = line.price_field if self._check.compare == "price" else line.quantity_field
        path = self._document.trace.get(field, "")
        place, _, element = path.rpartition("/")
        segment = None
        tree = None if self._read is None else self._read.tree
        if tree is not None and element.isdigit():
            segment = next((each for at, each in tree.walk() if at == place), None)
        return violation(
            self._check,
            fact[0].upper() + fact[1:],
            path=path,
            segment=segment,
            element=int(element) if segment is not None else None,
            value=segment.text(int(element)) if segment is not None else None,
        )


def _comparable(line: _Line, ordered: OrderLine) -> list[Quantity]:
    """The quantities of a line that are in the unit ordered, or name none."""
    unit = ordered.quantity.unit if ordered.quantity is not None else None
    return [each for each in line.quantities if not each.unit or not unit or each.unit == unit]


def _not_judged(check: Check, why: str) -> Finding:
    message = f"Rule {check.name} was not judged: {why} Compare by hand."
    return Finding(code="partner-rule-not-judged", severity=Severity.WARNING, message=message, rule=check.name)


def _lines(document: AnyDocument) -> Iterator[_Line]:
    match document:
        case Invoice():
            for at, line in enumerate(document.lines):
                billed = (line.quantity,) if line.quantity is not None else ()
                yield _line(document.order_number or "", at, line.number, line.items, line.price, billed)
        case PurchaseOrderAcknowledgement():
            for at, answered in enumerate(document.lines):
                promised = _answered(answered)
                yield _line(document.order_number, at, answered.number, answered.items, answered.price, promised)
        case ShipNotice():
            only = document.order_numbers[0] if len(document.order_numbers) == 1 else ""
            for position, level in enumerate(document.levels):
                yield from _shipped(level, f"levels.{position}", only)
        case _:
            pass


def _line(
    order: str,
    at: int,
    number: str | None,
    items: Sequence[ItemIdentifier],
    price: Price | None,
    quantities: Sequence[Quantity],
) -> _Line:
    return _Line(order, number, items, price, quantities, f"lines.{at}.price", f"lines.{at}.quantity")


def _answered(line: AcknowledgedLine) -> tuple[Quantity, ...]:
    """The quantities of the answers; the one repeated from the order where they have none."""
    answered = tuple(response.quantity for response in line.responses if response.quantity is not None)
    return answered or ((line.quantity,) if line.quantity is not None else ())


def _shipped(level: ShipmentLevel, field: str, order: str) -> Iterator[_Line]:
    """The items at and below a level, each with the order it is shipped for."""
    order = level.order.number if level.order is not None else order
    item = level.item
    if item is not None and item.shipped is not None:
        place = f"{field}.item.shipped"
        yield _Line(order, item.line_number, item.items, None, (item.shipped,), place, place)
    for position, child in enumerate(level.children):
        yield from _shipped(child, f"{field}.children.{position}", order)
