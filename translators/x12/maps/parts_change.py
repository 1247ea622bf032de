"""What a change of an order and the answer to it have in common: POC, and what must be given with which kind of change."""

from collections.abc import Sequence
from typing import Any

from canonical.finding import Severity
from canonical.order_change import ChangedLine, PurchaseOrderChange

from .code_tables import LINE_CHANGES
from .findings import BusinessFault
from .forms import REAL, coded
from .loops import Child, Each, Loop
from .parts_item import Notes, dates, descriptions, items, measurements, pack, quantity, schedule
from .parts_money import adjustments, price, taxes
from .parts_party import PARTIES, references
from .reading import Reading
from .records import Field, Record

_WITH_QUANTITY = frozenset(
    {
        "added",
        "quantity_increased",
        "quantity_decreased",
        "price_and_quantity_changed",
        "rescheduled_with_other_quantity",
        "rescheduled_with_other_price_and_quantity",
    }
)
_WITH_PRICE = frozenset(
    {
        "price_changed",
        "price_and_quantity_changed",
        "rescheduled_with_other_price",
        "rescheduled_with_other_price_and_quantity",
    }
)
_WITH_DATE = frozenset(
    {
        "dates_changed",
        "dates_replaced",
        "rescheduled",
        "rescheduled_with_other_quantity",
        "rescheduled_with_other_price",
        "rescheduled_with_other_price_and_quantity",
    }
)


def changed_lines(model: type[ChangedLine], *inside: Child) -> Each:
    """POC loops; ``inside`` is what this set has in them besides."""
    line = Record(
        "POC",
        model,
        Field("number", 1),
        Field("change", 2, coded(LINE_CHANGES)),
        quantity("quantity", 3, 5, composite=True),
        Field("remaining", 4, REAL),
        price(6, 7),
        items(8, 27),
    )
    shared: tuple[Child, ...] = (
        measurements(),
        descriptions(),
        pack(model),
        references(),
        adjustments(),
        dates(),
        taxes(),
        schedule(),
        Notes(direct=True),
        PARTIES,
    )
    return Each("lines", Loop(line, (*shared, *inside), always=True))


def complete(document: PurchaseOrderChange, reading: Reading) -> None:
    """A line whose kind of change is about a quantity, a price or a date must give the new one."""
    for index, line in enumerate(document.lines):
        missing = _missing(line, dated=bool(document.dates))
        if missing:
            reading.remark(
                BusinessFault.ORDER_CHANGE_INCOMPLETE,
                Severity.WARNING,
                f"{_name(line, index)}: the kind of change, {line.change.replace('_', ' ')} (POC02), needs the new "
                f"{' and '.join(missing)}. Give it, or the kind of change that is meant.",
                field=f"lines.{index}.change",
            )


def _missing(line: ChangedLine, *, dated: bool) -> list[str]:
    """What the line does not say; a date for all lines may stand at the head of the document."""
    wanted: list[tuple[str, frozenset[str], Any]] = [
        ("quantity (POC03)", _WITH_QUANTITY, line.quantity),
        ("price (POC06)", _WITH_PRICE, line.price),
        ("date (DTM or SCH)", _WITH_DATE, line.dates or line.schedule or dated or None),
    ]
    return [what for what, kinds, given in wanted if line.change in kinds and given is None]


def remaining(lines: Sequence[ChangedLine], reading: Reading) -> None:
    """No more can be still to come than is ordered in all."""
    for index, line in enumerate(lines):
        if line.remaining is not None and line.quantity is not None and line.remaining > line.quantity.value:
            reading.remark(
                BusinessFault.REMAINING_QUANTITY_TOO_LARGE,
                Severity.WARNING,
                f"{_name(line, index)}: {line.remaining:f} are still to be received (POC04), but only "
                f"{line.quantity.value:f} are ordered in all (POC03). Check which of the two is wrong.",
                field=f"lines.{index}.remaining",
            )


def _name(line: ChangedLine, index: int) -> str:
    return f"Line {line.number or index + 1}"
