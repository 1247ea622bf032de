"""850, the purchase order."""

from canonical.order import OrderLine, PurchaseOrder

from . import checks
from .code_tables import ORDER_TYPES, PURPOSES
from .forms import DAY, coded
from .loops import Each, Loop
from .parts_delivery import Deliveries
from .parts_item import Notes, dates, descriptions, items, measurements, pack, quantity, schedule
from .parts_money import adjustments, currency, price, taxes, terms, total_amount, totals
from .parts_party import PARTIES, contacts, references
from .records import Choice, Field, Record
from .set_map import SetMap

_HEAD = Record(
    "BEG",
    PurchaseOrder,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("order_type", 2, coded(ORDER_TYPES)),
    Field("number", 3),
    Field("release", 4),
    Field("order_date", 5, DAY),
    Field("contract", 6),
    needed=("number", "order_date"),
)

_LINE = Record(
    "PO1",
    OrderLine,
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
            measurements(),
            descriptions(),
            pack(OrderLine),
            references(),
            adjustments(),
            taxes(),
            dates(),
            schedule(),
            Notes(direct=True),
            PARTIES,
        ),
        always=True,
    ),
)


def _count(order: PurchaseOrder) -> int:
    return len(order.lines)


PURCHASE_ORDER = SetMap(
    set_id="850",
    document_type=PurchaseOrder,
    head=_HEAD,
    children=(
        currency(PurchaseOrder, "BY"),
        references(),
        contacts(),
        Deliveries(),
        adjustments(),
        terms(),
        dates(),
        taxes(),
        Notes(),
        PARTIES,
        _LINES,
        totals(PurchaseOrder, _count, total_amount(PurchaseOrder)),
    ),
    checks=(checks.line_count,),
)
