"""846, the inventory advice."""

from canonical.finding import Severity
from canonical.inventory import InventoryAdvice, InventoryLine, StockQuantity, StockUnit
from canonical.money import QuotedPrice

from . import checks
from .code_tables import INVENTORY_KINDS, PURPOSES, QUANTITY_KINDS
from .findings import BusinessFault
from .forms import CLOCK, DAY, TEXT, coded
from .loops import Each, Loop, each
from .parts_item import change, dates, descriptions, items, lead_times, measurements, quantity, schedule
from .parts_money import adjustments, currency, price, quoted_price, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

_IN_STOCK = frozenset({"on_hand", "available_for_sale", "uncommitted_on_shelf", "total"})
"""Kinds of quantity of which there cannot be less than nothing."""

_HEAD = Record(
    "BIA",
    InventoryAdvice,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("kind", 2, coded(INVENTORY_KINDS)),
    Field("number", 3),
    Field("created_on", 4, DAY),
    Field("created_at", 5, CLOCK),
    needed=("kind", "number", "created_on"),
)

_LINE = Record("LIN", InventoryLine, Field("number", 1), items(2, 31))

_QUANTITY = Record(
    "QTY",
    StockQuantity,
    Field("kind", 1, coded(QUANTITY_KINDS)),
    quantity("quantity", 2, 3, composite=True),
    needed=("kind",),
)

_UNIT = Record("UIT", StockUnit, Field("unit", 1, TEXT, composite=True), price(2, 3), needed=("unit",))

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            change(InventoryLine),
            descriptions(),
            measurements(),
            dates(),
            each("prices", quoted_price(QuotedPrice)),
            currency(InventoryLine, "SE"),
            adjustments(),
            references(),
            contacts(),
            lead_times(),
            each("quantities", _QUANTITY, each("units", _UNIT), measurements(), lead_times(), dates(), schedule()),
            PARTIES,
        ),
        always=True,
    ),
)


def _numbers(advice: InventoryAdvice, reading: Reading) -> None:
    for index, line in enumerate(advice.lines):
        checks.item_numbers(line.items, f"Line {line.number or index + 1}", f"lines.{index}", reading)


def _stock(advice: InventoryAdvice, reading: Reading) -> None:
    """There cannot be less than nothing."""
    for index, line in enumerate(advice.lines):
        for place, stock in enumerate(line.quantities):
            if stock.kind in _IN_STOCK and stock.quantity is not None and stock.quantity.value < 0:
                reading.remark(
                    BusinessFault.STOCK_NEGATIVE,
                    Severity.WARNING,
                    f"Line {line.number or index + 1}: {stock.quantity.value:f} {stock.kind.replace('_', ' ')} (QTY02) is less "
                    "than nothing. Send 0, and what is owed to others as committed or backordered.",
                    field=f"lines.{index}.quantities.{place}",
                    element=2,
                )


def _count(advice: InventoryAdvice) -> int:
    return len(advice.lines)


INVENTORY_ADVICE = SetMap(
    set_id="846",
    document_type=InventoryAdvice,
    head=_HEAD,
    children=(
        currency(InventoryAdvice, "SE"),
        dates(),
        references(),
        contacts(),
        PARTIES,
        _LINES,
        totals(InventoryAdvice, _count),
    ),
    checks=(checks.line_count, _numbers, _stock),
)
