"""855, the purchase order acknowledgement."""

from canonical.acknowledgement import AcknowledgedLine, PurchaseOrderAcknowledgement

from . import checks, parts_answer
from .code_tables import ORDER_ANSWERS, PURPOSES
from .forms import DAY, coded
from .loops import Each, Loop
from .parts_answer import RESPONSES
from .parts_delivery import Deliveries
from .parts_item import Notes, dates, descriptions, items, quantity, schedule
from .parts_money import adjustments, currency, price, terms, total_amount, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Record
from .set_map import SetMap

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
            RESPONSES,
            schedule(),
            Notes(),
            PARTIES,
        ),
        always=True,
    ),
)


def _quantities(document: PurchaseOrderAcknowledgement, reading: Reading) -> None:
    parts_answer.quantities(document.lines, reading)


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
