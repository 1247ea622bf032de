"""A purchase order: what the buyer asks for."""

import datetime
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier, Note
from .money import Adjustment, PaymentTerms, Price, Tax
from .party import Contact, Identifier, Party, Reference
from .quantity import Measurement, Quantity


class Delivery(Value):
    """How goods travel. ``freight_terms`` is who pays (``collect``, ``prepaid``, ...); ``mode`` truck, air, ...

    ``freight_location`` is where the terms change hands, in words; ``freight_location_kind`` what sort of place that is
    (``destination``, ``origin``, ...).
    """

    freight_terms: str | None = None
    freight_location: str | None = None
    freight_location_kind: str | None = None
    carrier: Identifier | None = None
    routing: str | None = None
    mode: str | None = None
    service_level: str | None = None


class ScheduledQuantity(Value):
    """A part of a line's quantity wanted at a time of its own."""

    quantity: Quantity
    date: EventDate | None = None


class OrderLine(Value):
    """One line of an order. ``number`` is the buyer's own line number as it stood, not a position."""

    number: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    items: tuple[ItemIdentifier, ...] = ()
    descriptions: tuple[Description, ...] = ()
    dates: tuple[EventDate, ...] = ()
    schedule: tuple[ScheduledQuantity, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    references: tuple[Reference, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    pack: int | None = None
    pack_size: Quantity | None = None


class PurchaseOrder(Document):
    """X12 850 and its like. ``order_type`` is ``stand_alone``, ``blanket``, ``release``, ... or the code used."""

    type: Literal["PurchaseOrder"] = "PurchaseOrder"
    number: str
    release: str | None = None
    order_type: str = "stand_alone"
    order_date: datetime.date
    contract: str | None = None
    currency: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    terms: tuple[PaymentTerms, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[OrderLine, ...] = ()
    total_amount: Decimal | None = None
    line_count: int | None = None
    quantity_total: Decimal | None = None
