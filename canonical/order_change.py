"""A change of a purchase order: what the buyer wants otherwise, and what the seller answers, or wants himself."""

import datetime
from decimal import Decimal
from typing import Literal

from .acknowledgement import LineResponse
from .document import Document, Purpose
from .item import EventDate, Note
from .money import Adjustment, PaymentTerms, Tax
from .order import Delivery, OrderLine
from .party import Contact, Party, Reference


class ChangedLine(OrderLine):
    """One line of an order as it is to be from now on.

    ``change`` says what becomes of it: ``added``, ``deleted``, ``changed``, ``replaced``, ``unchanged``, ``price_changed``,
    ``quantity_increased``, ``rescheduled``, ... or the code used. ``quantity`` is the whole that is ordered now, ``remaining``
    what of it is still to be received, in the same unit.
    """

    change: str
    remaining: Decimal | None = None


class AcknowledgedChange(ChangedLine):
    """A changed line as the seller repeats or proposes it, with the answers to it."""

    responses: tuple[LineResponse, ...] = ()


class PurchaseOrderChange(Document):
    """X12 860, from the buyer.

    ``purpose`` says how: ``change`` (what is given), ``cancellation`` (of the order), ``replace`` (by what is given),
    ``confirmation`` (of a change that the seller asked for; ``answer`` is then the buyer's). ``change_number`` counts the changes of an
    order. ``order_date`` is that of the order, ``changed_on`` that of the change, ``acknowledged_on`` that of the answer.
    """

    type: Literal["PurchaseOrderChange"] = "PurchaseOrderChange"
    purpose: Purpose = Purpose.CHANGE
    order_number: str
    release: str | None = None
    change_number: str | None = None
    order_type: str = "stand_alone"
    order_date: datetime.date
    request: str | None = None
    contract: str | None = None
    seller_order: str | None = None
    answer: str | None = None
    acknowledged_on: datetime.date | None = None
    changed_on: datetime.date | None = None
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
    lines: tuple[ChangedLine, ...] = ()
    total_amount: Decimal | None = None
    line_count: int | None = None
    quantity_total: Decimal | None = None


class PurchaseOrderChangeAcknowledgement(Document):
    """X12 865, from the seller: the answer to a change, or a change that the seller asks for.

    ``answer`` is what the seller says of the whole: ``accepted``, ``accepted_with_changes``, ``rejected``, ... or the code used.
    ``change_number`` is that of the change answered. ``order_date`` is that of the order, ``changed_on`` that of the change,
    ``acknowledged_on`` that of the answer.
    """

    type: Literal["PurchaseOrderChangeAcknowledgement"] = "PurchaseOrderChangeAcknowledgement"
    order_number: str
    release: str | None = None
    change_number: str | None = None
    order_type: str | None = None
    order_date: datetime.date
    request: str | None = None
    contract: str | None = None
    seller_order: str | None = None
    answer: str | None = None
    acknowledged_on: datetime.date | None = None
    changed_on: datetime.date | None = None
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
    lines: tuple[AcknowledgedChange, ...] = ()
    total_amount: Decimal | None = None
    line_count: int | None = None
    quantity_total: Decimal | None = None
