"""943, the warehouse stock transfer shipment advice: what its owner has sent to a warehouse."""

from decimal import Decimal

from canonical.stock_transfer import StockTransferShipment, TransferredLine

from . import checks
from .codes_warehouse import HOLDS
from .forms import coded
from .loops import Each, Loop, each
from .parts_item import Remarks, quantity
from .parts_party import PARTIES
from .parts_warehouse import (
    CARRIAGE,
    LOAD,
    NOT_IN_FULL,
    PACKING,
    Carried,
    ItemCodes,
    Words,
    numbers,
    people,
    shipment_head,
    shipped_totals,
    warehouse_dates,
)
from .reading import Reading
from .records import Field, Record
from .set_map import SetMap

_LINE = Record(
    "W04",
    TransferredLine,
    quantity("quantity", 1, 2),
    Field("freight_class", 8),
    Field("pallet_pattern", 12),
    Field("hold", 13, coded(HOLDS)),
)

_LINES = Each(
    "lines",
    Loop(_LINE, (ItemCodes(case=3, places=(4, 6, 14)), Words(), numbers(), each("packing", PACKING)), always=True),
)


def _sum(shipment: StockTransferShipment) -> Decimal:
    return shipment.quantity_sum


def _total(shipment: StockTransferShipment, reading: Reading) -> None:
    """W0301 against the lines."""
    if shipment.detail in NOT_IN_FULL:
        return
    units = [line.quantity.unit for line in shipment.lines if line.quantity is not None]
    checks.total_quantity(shipment.total_quantity, shipment.quantity_sum, units, reading, total="W0301", parts="W0401")


STOCK_TRANSFER_SHIPMENT = SetMap(
    set_id="943",
    document_type=StockTransferShipment,
    head=shipment_head(StockTransferShipment),
    children=(
        PARTIES,
        numbers(),
        people(),
        warehouse_dates(),
        Remarks(),
        Carried(CARRIAGE),
        each("loads", LOAD),
        _LINES,
        shipped_totals(StockTransferShipment, _sum),
    ),
    checks=(_total,),
)
