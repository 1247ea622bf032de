"""945, the warehouse shipping advice: what a warehouse has shipped of what it was ordered to (940)."""

from decimal import Decimal

from canonical.finding import Severity
from canonical.warehouse_shipment import WarehouseShippedGroup, WarehouseShippedLine, WarehouseShippingAdvice

from . import checks
from .code_tables import WEIGHTS
from .codes_warehouse import LINE_CHANGE_REASONS, SHIPPED_STATUSES
from .findings import BusinessFault
from .forms import REAL, WHOLE, coded
from .loops import Each, Loop, One, each
from .parts_delivery import MARK
from .parts_item import Remarks, measurements
from .parts_party import PARTIES
from .parts_warehouse import (
    CARRIAGE,
    LOAD,
    NOT_IN_FULL,
    PALLET,
    Carried,
    ItemCodes,
    Words,
    numbers,
    people,
    shipment_head,
    shipped_totals,
    special_handling,
    warehouse_dates,
    weight,
)
from .reading import Reading
from .records import Field, Record
from .set_map import SetMap

_COMPLETE = frozenset({"complete", "complete_on_date", "complete_with_more"})
"""Statuses by which all that was ordered is on its way."""

_LINE = Record(
    "W12",
    WarehouseShippedLine,
    Field("status", 1, coded(SHIPPED_STATUSES)),
    Field("ordered", 2, REAL),
    Field("shipped", 3, REAL),
    Field("difference", 4, REAL),
    Field("unit", 5),
    Field("lot", 9),
    weight("weight", 10, 12),
    Field("weight_kind", 11, coded(WEIGHTS)),
    Field("changed_because", 19, coded(LINE_CHANGE_REASONS)),
    needed=("status",),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            ItemCodes(case=6, places=(7, 21)),
            ItemCodes(case=16, places=(17,), name="ordered_items"),
            Words(),
            numbers(),
            warehouse_dates(),
            measurements(),
            PARTIES,
        ),
        always=True,
    ),
)

_GROUP = Record("LX", WarehouseShippedGroup, Field("number", 1, WHOLE), needed=("number",))


def _sum(advice: WarehouseShippingAdvice) -> Decimal:
    return advice.quantity_sum


def _total(advice: WarehouseShippingAdvice, reading: Reading) -> None:
    """W0301 against the lines."""
    if advice.detail in NOT_IN_FULL:
        return
    units = [line.unit for line in advice.lines()]
    checks.total_quantity(advice.total_quantity, advice.quantity_sum, units, reading, total="W0301", parts="W1203")


def _marks(advice: WarehouseShippingAdvice, reading: Reading) -> None:
    """The check digit of every SSCC."""
    for index, group in enumerate(advice.groups):
        checks.marks(group.marks, f"groups.{index}.", reading)


def _ordered(advice: WarehouseShippingAdvice, reading: Reading) -> None:
    """What was shipped against what was ordered, line by line."""
    for at, group in enumerate(advice.groups):
        for index, line in enumerate(group.lines):
            told = _discrepancy(line)
            if told is not None:
                field = f"groups.{at}.lines.{index}.shipped"
                reading.remark(BusinessFault.SHIPPED_QUANTITY_DIFFERS, Severity.WARNING, told, field=field)


def _discrepancy(line: WarehouseShippedLine) -> str | None:
    """What is odd about the quantities of a line. The sign of the difference (W1204) is not agreed among warehouses."""
    if line.ordered is None or line.shipped is None:
        return None
    missing = line.ordered - line.shipped
    if line.difference is not None and abs(line.difference) != abs(missing):
        return (
            f"{line.ordered:f} were ordered (W1202) and {line.shipped:f} shipped (W1203): a difference of {abs(missing):f}, "
            f"but W1204 says {line.difference:f}. Correct the quantity that is wrong."
        )
    if missing > 0 and line.status in _COMPLETE:
        return (
            f"W1201 says that the line is complete, but of {line.ordered:f} ordered (W1202) only {line.shipped:f} were shipped "
            "(W1203). Correct the quantity, or send a status such as BP, CP or PR, and the reason in W1219."
        )
    return None


WAREHOUSE_SHIPPING_ADVICE = SetMap(
    set_id="945",
    document_type=WarehouseShippingAdvice,
    head=shipment_head(WarehouseShippingAdvice),
    children=(
        PARTIES,
        numbers(),
        people(),
        warehouse_dates(),
        Remarks(),
        Carried(CARRIAGE),
        special_handling(WarehouseShippingAdvice),
        each("loads", LOAD),
        Each("groups", Loop(_GROUP, (each("marks", MARK), One("pallet", PALLET), numbers(), _LINES))),
        shipped_totals(WarehouseShippingAdvice, _sum),
    ),
    checks=(_total, _marks, _ordered),
)
