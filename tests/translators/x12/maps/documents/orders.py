"""Orders, their acknowledgements, their changes, and invoices."""

from typing import Any

from hypothesis import strategies as st

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus, PurchaseOrderAcknowledgement
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import Note
from canonical.order import OrderLine, PurchaseOrder
from canonical.order_change import (
    AcknowledgedChange,
    ChangedLine,
    PurchaseOrderChange,
    PurchaseOrderChangeAcknowledgement,
)
from translators.x12.maps import code_tables as tables

from .parts import (
    CENTS,
    COUNTS,
    DATE,
    DAY,
    DAYS,
    DELIVERY,
    HEAD,
    ITEMS,
    LINE,
    MEASUREMENT,
    NOTE,
    NUMBERS,
    PLAIN_NOTE,
    PURPOSE,
    QUANTITY,
    SCHEDULE,
    TAX,
    TEXT,
    TOTALS,
    given,
    maybe,
    some,
    word,
)

ORDER_LINE = {
    **LINE,
    **given(pack=COUNTS, pack_size=QUANTITY),
    "taxes": some(TAX),
    "measurements": some(MEASUREMENT),
    "schedule": some(SCHEDULE),
    "notes": st.tuples(PLAIN_NOTE, NOTE.filter(lambda note: bool(note.topic or note.reference or note.title))),
}

ORDER = st.builds(
    PurchaseOrder,
    purpose=PURPOSE,
    number=TEXT,
    order_type=word(tables.ORDER_TYPES),
    order_date=DAYS,
    **given(release=TEXT, contract=TEXT, total_amount=NUMBERS),
    **HEAD,
    **TOTALS,
    taxes=some(TAX),
    notes=some(NOTE),
    deliveries=some(DELIVERY),
    lines=some(st.builds(OrderLine, **ORDER_LINE)),
)


def _response(status: LineStatus, code: str, **rest: Any) -> LineResponse:
    return LineResponse(status=status, code=code if status is LineStatus.OTHER else None, **rest)


RESPONSE = st.builds(
    _response,
    status=st.sampled_from(LineStatus),
    code=st.just("SP"),
    quantity=maybe(QUANTITY),
    date=maybe(DAY),
    items=ITEMS,
    dates=some(DATE, 1),
)

ACKNOWLEDGEMENT = st.builds(
    PurchaseOrderAcknowledgement,
    purpose=PURPOSE,
    answer=word(tables.ORDER_ANSWERS),
    order_number=TEXT,
    order_date=DAYS,
    **given(release=TEXT, request=TEXT, contract=TEXT, seller_order=TEXT, acknowledged_on=DAYS, total_amount=NUMBERS),
    **HEAD,
    **TOTALS,
    notes=some(NOTE),
    deliveries=some(DELIVERY),
    lines=some(
        st.builds(
            AcknowledgedLine,
            **LINE,
            schedule=some(SCHEDULE),
            notes=some(NOTE),
            responses=some(RESPONSE),
        )
    ),
)

CHANGE = {
    "purpose": PURPOSE,
    "order_number": TEXT,
    "order_date": DAYS,
    **given(
        release=TEXT,
        change_number=TEXT,
        request=TEXT,
        contract=TEXT,
        seller_order=TEXT,
        answer=word(tables.ORDER_ANSWERS),
        acknowledged_on=DAYS,
        changed_on=DAYS,
        total_amount=NUMBERS,
    ),
    **HEAD,
    **TOTALS,
    "taxes": some(TAX),
    "notes": some(NOTE),
    "deliveries": some(DELIVERY),
}
CHANGED_LINE = {**ORDER_LINE, "change": word(tables.LINE_CHANGES), "remaining": maybe(NUMBERS)}

ORDER_CHANGE = st.builds(
    PurchaseOrderChange,
    order_type=word(tables.ORDER_TYPES),
    lines=some(st.builds(ChangedLine, **CHANGED_LINE)),
    **CHANGE,
)

CHANGE_ACKNOWLEDGEMENT = st.builds(
    PurchaseOrderChangeAcknowledgement,
    order_type=maybe(word(tables.ORDER_TYPES)),
    lines=some(st.builds(AcknowledgedChange, responses=some(RESPONSE), **CHANGED_LINE)),
    **CHANGE,
)

INVOICE = st.builds(
    Invoice,
    purpose=PURPOSE,
    number=TEXT,
    invoice_date=DAYS,
    total_amount=CENTS,
    **given(
        kind=word(tables.INVOICE_KINDS),
        order_number=TEXT,
        order_date=DAYS,
        release=TEXT,
        discountable_amount=CENTS,
        discounted_amount=CENTS,
        discount_amount=CENTS,
    ),
    **HEAD,
    **TOTALS,
    taxes=some(TAX),
    notes=some(st.builds(Note, text=TEXT, topic=maybe(word(tables.NOTE_TOPICS)))),
    lines=some(st.builds(InvoiceLine, **LINE, taxes=some(TAX), measurements=some(MEASUREMENT))),
)
