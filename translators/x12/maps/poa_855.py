"""855, the purchase order acknowledgement. Several ACK segments a line are normal: each answers for a part of the quantity."""

from dataclasses import dataclass
from decimal import Decimal

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus, PurchaseOrderAcknowledgement
from canonical.finding import Severity

from ..segments import Element
from . import checks
from .code_tables import LINE_STATUSES, ORDER_ANSWERS, PURPOSES
from .findings import BusinessFault
from .forms import DAY, coded
from .loops import Each, Loop
from .parts_delivery import Deliveries
from .parts_item import Notes, dates, descriptions, items, moment, quantity, schedule
from .parts_money import adjustments, currency, price, terms, total_amount, totals
from .parts_party import PARTIES, contacts, references
from .reading import Fields, Reading
from .records import Choice, Field, Record, text_at
from .set_map import SetMap
from .writing import Draft

_REJECTED_FOR_A_REASON = frozenset(f"R{reason}" for reason in range(1, 9))

_CHANGES_QUANTITY = frozenset(
    {
        LineStatus.ACCEPTED_WITH_CHANGES,
        LineStatus.QUANTITY_CHANGED,
        LineStatus.DELETED,
        LineStatus.REJECTED,
        LineStatus.SUBSTITUTED,
        LineStatus.OTHER,
    }
)
"""Answers that say themselves that the ordered quantity no longer holds."""

_HEAD = Record(
    "BAK",
    PurchaseOrderAcknowledgement,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("answer", 2, coded(ORDER_ANSWERS)),
    Field("order_number", 3),
    Field("order_date", 4, DAY),
    Field("release", 5),
    Field("request", 6),
    Field("contract", 7),
    Field("seller_order", 8),
    Field("acknowledged_on", 9, DAY),
    needed=("answer", "order_number", "order_date"),
)


@dataclass(frozen=True, slots=True)
class _Status:
    """ACK01: our status, and the code itself where that says more (a reason for rejection) or we have no name."""

    name: str = "status"
    position: int = 1

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        code = text_at(elements, self.position)
        if not code:
            return 0
        if LINE_STATUSES.known(code):
            fields[self.name] = LINE_STATUSES.name(code)
        else:
            fields[self.name] = LineStatus.REJECTED if code in _REJECTED_FOR_A_REASON else LineStatus.OTHER
            fields["code"] = code
        return 1 << self.position

    def text(self, value: LineStatus) -> str:
        return "" if value is LineStatus.OTHER else LINE_STATUSES.code(value)

    def write(self, value: LineStatus, draft: Draft) -> None:
        draft.put(self.position, self.text(value))


@dataclass(frozen=True, slots=True)
class _StatusCode:
    """The code of a response that has one: it goes into ACK01 in place of that of its status."""

    name: str = "code"
    position: int = 1

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        return 0

    def text(self, value: str) -> str:
        return value

    def write(self, value: str, draft: Draft) -> None:
        draft.put(self.position, value)


_RESPONSE = Record(
    "ACK",
    LineResponse,
    _Status(),
    _StatusCode(),
    quantity("quantity", 2, 3),
    moment("date", 4, time=False),
    items(7, 26),
    needed=("status",),
)

_LINE = Record(
    "PO1",
    AcknowledgedLine,
    Field("number", 1),
    quantity("quantity", 2, 3),
    price(4, 5),
    items(6, 25),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            descriptions(),
            references(),
            adjustments(),
            dates(),
            Each("responses", Loop(_RESPONSE, (dates(),))),
            schedule(),
            Notes(),
            PARTIES,
        ),
        always=True,
    ),
)


def _quantities(document: PurchaseOrderAcknowledgement, reading: Reading) -> None:
    """The answers to a line must cover what was ordered, unless one of them says that they do not."""
    for index, line in enumerate(document.lines):
        answered = _answered(line)
        if line.quantity is None or answered is None or answered == line.quantity.value:
            continue
        reading.remark(
            BusinessFault.ACKNOWLEDGED_QUANTITY_DIFFERS,
            Severity.WARNING,
            f"Line {line.number or index + 1}: {line.quantity.value:f} were ordered, but the answers (ACK02) cover "
            f"{answered:f}. Answer for the rest too, or say with status IQ, IC, ID or IR that the quantity was changed.",
            field=f"lines.{index}.quantity",
        )


def _answered(line: AcknowledgedLine) -> Decimal | None:
    """The sum of the answers' quantities; None where it cannot or need not be compared."""
    if line.quantity is None or not line.responses:
        return None
    total = Decimal(0)
    for response in line.responses:
        if response.status in _CHANGES_QUANTITY or response.quantity is None:
            return None
        if response.quantity.unit != line.quantity.unit:
            return None
        total += response.quantity.value
    return total


def _count(document: PurchaseOrderAcknowledgement) -> int:
    return len(document.lines)


PURCHASE_ORDER_ACKNOWLEDGEMENT = SetMap(
    set_id="855",
    document_type=PurchaseOrderAcknowledgement,
    head=_HEAD,
    children=(
        currency(PurchaseOrderAcknowledgement, "SE"),
        references(),
        contacts(),
        Deliveries(),
        adjustments(),
        terms(),
        dates(),
        Notes(),
        PARTIES,
        _LINES,
        totals(PurchaseOrderAcknowledgement, _count, total_amount(PurchaseOrderAcknowledgement)),
    ),
    checks=(checks.line_count, _quantities),
)
