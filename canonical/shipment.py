"""A ship notice: what is on its way, how it is packed, and for which orders."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier
from .money import Adjustment
from .order import Delivery
from .party import Contact, Party, Reference
from .quantity import Measurement, Quantity


class Packaging(Value):
    """What goods are packed in: ``form`` the packaging's code (``CTN25``, ``PLT94``), ``count`` how many, weight of them."""

    form: str | None = None
    count: int | None = None
    weight: Quantity | None = None
    weight_kind: str | None = None
    volume: Quantity | None = None


class Mark(Value):
    """What is printed on a package. ``kind`` is ``sscc`` (18 digits, GS1), ``carton``, ``upc_case``, ... or the code used."""

    kind: str
    value: str
    until: str | None = None


class OrderReference(Value):
    """The order that the things at and below a level belong to."""

    number: str
    release: str | None = None
    date: datetime.date | None = None
    contract: str | None = None


class ShippedItem(Value):
    """What of a product is shipped at a level. ``shipped`` now, ``shipped_to_date`` in all, ``ordered`` by the order."""

    line_number: str | None = None
    items: tuple[ItemIdentifier, ...] = ()
    shipped: Quantity | None = None
    shipped_to_date: Decimal | None = None
    ordered: Quantity | None = None
    status: str | None = None


class Equipment(Value):
    """The truck, trailer, container or car. ``kind`` is ``trailer``, ``container``, ... or the code used."""

    kind: str | None = None
    initial: str | None = None
    number: str | None = None
    seal: str | None = None


class ShipmentLevel(Value):
    """One level of the hierarchy: ``shipment``, ``order``, ``tare`` (pallet), ``pack`` (carton), ``item``, or the code used.

    Standard and pick-and-pack notices differ only in which level contains which, so levels nest freely.
    """

    kind: str
    order: OrderReference | None = None
    item: ShippedItem | None = None
    marks: tuple[Mark, ...] = ()
    packaging: tuple[Packaging, ...] = ()
    inner_packs: int | None = None
    inner_pack_size: Quantity | None = None
    deliveries: tuple[Delivery, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    descriptions: tuple[Description, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    children: "tuple[ShipmentLevel, ...]" = ()

    def walk(self) -> "Iterator[ShipmentLevel]":
        """This level and all below it, each before its children, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


class ShipNotice(Document):
    """X12 856 and its like. ``structure`` is the declared order of levels: ``pick_and_pack``, ``standard``, or the code used."""

    type: Literal["ShipNotice"] = "ShipNotice"
    number: str
    created_on: datetime.date
    created_at: datetime.time
    structure: str | None = None
    dates: tuple[EventDate, ...] = ()
    levels: tuple[ShipmentLevel, ...] = ()
    line_count: int | None = None
    quantity_total: Decimal | None = None

    def walk(self) -> Iterator[ShipmentLevel]:
        """All levels in document order."""
        for level in self.levels:
            yield from level.walk()

    @property
    def order_numbers(self) -> tuple[str, ...]:
        """The numbers of the orders shipped, each once, in document order."""
        return tuple(dict.fromkeys(level.order.number for level in self.walk() if level.order is not None))
