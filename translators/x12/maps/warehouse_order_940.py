"""940, the warehouse shipping order: what a warehouse is to ship of the goods it keeps for us."""

from decimal import Decimal

from canonical.quantity import Quantity
from canonical.warehouse import Carriage, TransportConditions
from canonical.warehouse_order import WarehouseOrderGroup, WarehouseOrderLine, WarehouseShippingOrder

from . import checks
from .code_tables import EQUIPMENT, FREIGHT_TERMS, MODES
from .codes_warehouse import CONDITIONS, PALLET_EXCHANGES, UNIT_LOADS, WAREHOUSE_ORDER_PURPOSES
from .forms import REAL, WHOLE, coded
from .loops import Each, Loop, One, each
from .parts_delivery import MARK, Scac
from .parts_item import Remarks, quantity
from .parts_money import Totals
from .parts_party import PARTIES, contacts
from .parts_warehouse import (
    PACKING,
    Carried,
    ItemCodes,
    Words,
    numbers,
    people,
    special_handling,
    warehouse_dates,
)
from .reading import Reading
from .records import Choice, Field, Group, Record
from .set_map import SetMap

_HEAD = Record(
    "W05",
    WarehouseShippingOrder,
    Choice("purpose", 1, WAREHOUSE_ORDER_PURPOSES, other="other"),
    Field("number", 2),
    Field("order_number", 3),
    Field("link_sequence", 4),
    Field("master_reference", 5),
    Field("kind", 6),
    needed=("number",),
)

_CONDITIONS = Record(
    "W09",
    TransportConditions,
    Field("equipment_kind", 1, coded(EQUIPMENT)),
    Group("lowest", Quantity, (Field("value", 2, REAL), Field("unit", 3)), ("value",)),
    Group("highest", Quantity, (Field("value", 4, REAL), Field("unit", 5)), ("value",)),
    Field("instructions", 6),
)

_CARRIAGE = Record(
    "W66",
    Carriage,
    Field("freight_terms", 1, coded(FREIGHT_TERMS)),
    Field("mode", 2, coded(MODES)),
    Field("pallet_exchange", 3, coded(PALLET_EXCHANGES)),
    Field("unit_load", 4, coded(UNIT_LOADS)),
    Field("routing", 5),
    Field("freight_location", 7),
    Scac(position=10),
)

_LINE = Record(
    "W01",
    WarehouseOrderLine,
    quantity("quantity", 1, 2),
    Field("freight_class", 8),
    Field("pallet_pattern", 12),
    Field("lot", 13),
    Field("condition", 14, coded(CONDITIONS)),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            ItemCodes(case=3, places=(4, 6, 15)),
            Words(),
            numbers(),
            Remarks(),
            each("packing", PACKING),
            warehouse_dates(),
            PARTIES,
            contacts(),
        ),
        always=True,
    ),
)

_GROUP = Record("LX", WarehouseOrderGroup, Field("number", 1, WHOLE), needed=("number",))

_TOTALS = Record(
    "W76",
    WarehouseShippingOrder,
    Field("total_quantity", 1, REAL),
    quantity("total_weight", 2, 3),
    quantity("total_volume", 4, 5),
)


def _sum(order: WarehouseShippingOrder) -> Decimal:
    return order.quantity_sum


def _total(order: WarehouseShippingOrder, reading: Reading) -> None:
    """W7601 against the lines."""
    units = [line.quantity.unit for line in order.lines() if line.quantity is not None]
    checks.total_quantity(order.total_quantity, order.quantity_sum, units, reading, total="W7601", parts="W0101")


WAREHOUSE_SHIPPING_ORDER = SetMap(
    set_id="940",
    document_type=WarehouseShippingOrder,
    head=_HEAD,
    children=(
        PARTIES,
        numbers(),
        people(),
        warehouse_dates(),
        Remarks(),
        One("conditions", _CONDITIONS),
        Carried(_CARRIAGE),
        special_handling(WarehouseShippingOrder),
        Each("groups", Loop(_GROUP, (each("marks", MARK), PARTIES, warehouse_dates(), _LINES))),
        Totals(_TOTALS, _sum),
    ),
    checks=(_total,),
)
