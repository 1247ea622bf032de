"""What is bought, shipped or billed, and when: parts shared by every document with lines."""

import datetime
from decimal import Decimal

from .base import Value


class ItemIdentifier(Value):
    """A product's number. ``scheme`` is ``buyer_part``, ``vendor_part``, ``gtin``, ``upc``, ``ean``, ``manufacturer_part``,
    ``lot``, ``serial``, ... or the code the document used."""

    scheme: str
    value: str


class Description(Value):
    """Words about an item. ``kind`` is ``free_form``, ``structured`` or ``both``; ``characteristic`` says what they describe."""

    text: str | None = None
    kind: str = "free_form"
    characteristic: str | None = None
    agency: str | None = None
    code: str | None = None


class EventDate(Value):
    """When something happens or happened. ``kind`` is ``delivery_requested``, ``shipped``, ``cancel_after``, ..."""

    kind: str
    date: datetime.date | None = None
    time: datetime.time | None = None
    timezone: str | None = None


class LeadTime(Value):
    """How long something takes. ``kind`` says from what to what: ``order_to_shipment``, ``order_to_delivery``, ... or the code used.

    ``unit`` is ``calendar_days``, ``work_days``, ``weeks``, ... or the code used; ``since`` the day from which it is like this.
    """

    kind: str
    length: Decimal
    unit: str
    since: datetime.date | None = None


class Note(Value):
    """Free text for people, its lines separated by line feeds.

    ``topic`` says what it is about, where the document says; ``reference`` a number that goes with it, ``title`` its heading.
    """

    text: str
    topic: str | None = None
    reference: str | None = None
    title: str | None = None
