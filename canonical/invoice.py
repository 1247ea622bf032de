"""An invoice: what the seller asks to be paid."""

import datetime
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier, Note
from .money import Adjustment, PaymentTerms, Price, Tax
from .order import Delivery
from .party import Contact, Party, Reference
from .quantity import Measurement, Quantity


class InvoiceLine(Value):
    """One line of an invoice. ``order_line`` points back at the order's line where the document says so."""

    number: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    items: tuple[ItemIdentifier, ...] = ()
    descriptions: tuple[Description, ...] = ()
    dates: tuple[EventDate, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    references: tuple[Reference, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    parties: tuple[Party, ...] = ()

    @property
    def extension(self) -> Decimal | None:
        """Quantity times price, not rounded; None where either is missing or the price's basis is not one unit."""
        if self.quantity is None or self.price is None or self.price.basis not in (None, "per_each"):
            return None
        return self.quantity.value * self.price.amount


class Invoice(Document):
    """X12 810 and its like. Totals are exact decimals as stated by the seller; nothing is recomputed here.

    ``total_amount`` is what is due; ``discountable_amount``, ``discounted_amount`` and ``discount_amount`` are the further
    totals some sellers state.
    """

    type: Literal["Invoice"] = "Invoice"
    number: str
    invoice_date: datetime.date
    kind: str | None = None
    order_number: str | None = None
    order_date: datetime.date | None = None
    release: str | None = None
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
    lines: tuple[InvoiceLine, ...] = ()
    total_amount: Decimal
    discountable_amount: Decimal | None = None
    discounted_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    line_count: int | None = None
    quantity_total: Decimal | None = None
