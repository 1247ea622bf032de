"""A purchase order acknowledgement: what the seller answers to an order."""

import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier, Note
from .money import Adjustment, PaymentTerms, Price
from .order import Delivery, ScheduledQuantity
from .party import Contact, Party, Reference
from .quantity import Quantity


class LineStatus(StrEnum):
    """What the seller does with a line, or a part of it (X12 element 668)."""

    ACCEPTED = "accepted"
    ACCEPTED_AND_SHIPPED = "accepted_and_shipped"
    ACCEPTED_AND_RELEASED = "accepted_and_released"
    ACCEPTED_WITH_CHANGES = "accepted_with_changes"
    ACCEPTED_PRICE_PENDING = "accepted_price_pending"
    BACKORDERED = "backordered"
    PARTIAL_BACKORDERED = "partial_backordered"
    DELETED = "deleted"
    DATE_RESCHEDULED = "date_rescheduled"
    ON_HOLD = "on_hold"
    ON_HOLD_INCOMPLETE_DESCRIPTION = "on_hold_incomplete_description"
    PRICE_CHANGED = "price_changed"
    QUANTITY_CHANGED = "quantity_changed"
    REJECTED = "rejected"
    SUBSTITUTED = "substituted"
    OTHER = "other"


class LineResponse(Value):
    """One answer for a line or for a part of its quantity; several are normal when quantities are split.

    ``code`` is the code the document used where ``status`` does not tell it exactly (a reason for rejection, or ``other``).
    """

    status: LineStatus
    code: str | None = None
    quantity: Quantity | None = None
    date: EventDate | None = None
    items: tuple[ItemIdentifier, ...] = ()
    dates: tuple[EventDate, ...] = ()


class AcknowledgedLine(Value):
    """An order line as the seller repeats it, with the answers to it."""

    number: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    items: tuple[ItemIdentifier, ...] = ()
    responses: tuple[LineResponse, ...] = ()
    descriptions: tuple[Description, ...] = ()
    dates: tuple[EventDate, ...] = ()
    schedule: tuple[ScheduledQuantity, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()


class PurchaseOrderAcknowledgement(Document):
    """X12 855 and its like.

    ``answer`` is what the seller says of the whole: ``accepted``, ``accepted_with_changes``, ``acknowledged`` (with detail),
    ``rejected``, ... or the code used. ``acknowledged_on`` is the date of the answer, ``order_date`` that of the order.
    """

    type: Literal["PurchaseOrderAcknowledgement"] = "PurchaseOrderAcknowledgement"
    answer: str
    order_number: str
    order_date: datetime.date
    release: str | None = None
    request: str | None = None
    contract: str | None = None
    seller_order: str | None = None
    acknowledged_on: datetime.date | None = None
    currency: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    terms: tuple[PaymentTerms, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[AcknowledgedLine, ...] = ()
    total_amount: Decimal | None = None
    line_count: int | None = None
    quantity_total: Decimal | None = None
