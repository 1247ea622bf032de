"""860, the change of a purchase order that the buyer wants."""

from canonical.order_change import ChangedLine, PurchaseOrderChange

from . import checks, parts_change
from .code_tables import ORDER_ANSWERS, ORDER_TYPES, PURPOSES
from .forms import DAY, coded
from .parts_change import changed_lines
from .parts_delivery import Deliveries
from .parts_item import Notes, dates
from .parts_money import adjustments, currency, taxes, terms, total_amount, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

_HEAD = Record(
    "BCH",
    PurchaseOrderChange,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("order_type", 2, coded(ORDER_TYPES)),
    Field("order_number", 3),
    Field("release", 4),
    Field("change_number", 5),
    Field("order_date", 6, DAY),
    Field("request", 7),
    Field("contract", 8),
    Field("seller_order", 9),
    Field("acknowledged_on", 10, DAY),
    Field("changed_on", 11, DAY),
    Field("answer", 14, coded(ORDER_ANSWERS)),
    needed=("order_number", "order_date"),
)


def _remaining(change: PurchaseOrderChange, reading: Reading) -> None:
    parts_change.remaining(change.lines, reading)


def _count(change: PurchaseOrderChange) -> int:
    return len(change.lines)


PURCHASE_ORDER_CHANGE = SetMap(
    set_id="860",
    document_type=PurchaseOrderChange,
    head=_HEAD,
    children=(
        currency(PurchaseOrderChange, "BY"),
        references(),
        contacts(),
        Deliveries(),
        adjustments(),
        terms(),
        dates(),
        taxes(),
        Notes(),
        PARTIES,
        changed_lines(ChangedLine),
        totals(PurchaseOrderChange, _count, total_amount(PurchaseOrderChange)),
    ),
    checks=(checks.line_count, parts_change.complete, _remaining),
)
