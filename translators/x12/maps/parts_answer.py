"""The seller's answers to a line: ACK. Several a line are normal: each answers for a part of the quantity."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus
from canonical.finding import Severity
from canonical.order_change import AcknowledgedChange

from ..segments import Element
from .code_tables import LINE_STATUSES
from .findings import BusinessFault
from .loops import Each, Loop
from .parts_item import dates, items, moment, quantity
from .reading import Fields, Reading
from .records import Record, text_at
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

RESPONSES = Each("responses", Loop(_RESPONSE, (dates(),)))


def quantities(lines: Sequence[AcknowledgedLine | AcknowledgedChange], reading: Reading) -> None:
    """The answers to a line must cover what was ordered, unless one of them says that they do not."""
    for index, line in enumerate(lines):
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


def _answered(line: AcknowledgedLine | AcknowledgedChange) -> Decimal | None:
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
