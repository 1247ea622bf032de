"""865, the seller's answer to the change of a purchase order, or the change that the seller asks for."""

from canonical.order_change import AcknowledgedChange, PurchaseOrderChangeAcknowledgement

from . import checks, parts_answer, parts_change
from .code_tables import ORDER_ANSWERS, ORDER_TYPES, PURPOSES
from .forms import DAY, coded
from .parts_answer import RESPONSES
from .parts_change import changed_lines
from .parts_delivery import Deliveries
from .parts_item import Notes, dates
from .parts_money import adjustments, currency, taxes, terms, total_amount, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

_HEAD = Record(
    "BCA",
    PurchaseOrderChangeAcknowledgement,
    Choice("purpose", 1, PURPOSES, other="other", fallback="ZZ"),
    Field("answer", 2, coded(ORDER_ANSWERS)),
    Field("order_number", 3),
    Field("release", 4),
    Field("change_number", 5),
    Field("order_date", 6, DAY),
    Field("request", 7),
    Field("contract", 8),
    Field("seller_order", 9),
    Field("acknowledged_on", 10, DAY),
    Field("changed_on", 11, DAY),
    Field("order_type", 13, coded(ORDER_TYPES)),
    needed=("order_number", "order_date"),
)


def _lines(document: PurchaseOrderChangeAcknowledgement, reading: Reading) -> None:
    parts_change.remaining(document.lines, reading)
    parts_answer.quantities(document.lines, reading)


def _count(document: PurchaseOrderChangeAcknowledgement) -> int:
    return len(document.lines)


PURCHASE_ORDER_CHANGE_ACKNOWLEDGEMENT = SetMap(
    set_id="865",
    document_type=PurchaseOrderChangeAcknowledgement,
    head=_HEAD,
    children=(
        currency(PurchaseOrderChangeAcknowledgement, "SE"),
        references(),
        contacts(),
        Deliveries(),
        adjustments(),
        terms(),
        dates(),
        taxes(),
        Notes(),
        PARTIES,
        changed_lines(AcknowledgedChange, RESPONSES),
        totals(PurchaseOrderChangeAcknowledgement, _count, total_amount(PurchaseOrderChangeAcknowledgement)),
    ),
    checks=(checks.line_count, _lines),
)
