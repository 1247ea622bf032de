"""An order to a warehouse: ship these goods, which you keep for us, to this customer."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, ItemIdentifier, Note
from .party import Contact, Party, Reference
from .quantity import Quantity
from .shipment import Mark
from .warehouse import Carriage, ItemPacking, TransportConditions


class WarehouseOrderLine(Value):
    """One product to be shipped. ``condition`` is in which state (``good``, ``damaged``, ...), ``lot`` the warehouse's own.

    ``pallet_pattern`` is blocks and tiers as three digits each, ``freight_class`` that of the carriers.
    """

    quantity: Quantity | None = None
    items: tuple[ItemIdentifier, ...] = ()
    lot: str | None = None
    condition: str | None = None
    freight_class: str | None = None
    pallet_pattern: str | None = None
    descriptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    notes: tuple[Note, ...] = ()
    packing: tuple[ItemPacking, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    contacts: tuple[Contact, ...] = ()


class WarehouseOrderGroup(Value):
    """Lines that go together: mostly one a group, several where they share marks. ``number`` is the group's own, from 1."""

    number: int
    marks: tuple[Mark, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    lines: tuple[WarehouseOrderLine, ...] = ()


class WarehouseShippingOrder(Document):
    """X12 940: an order to a warehouse. ``number`` is the depositor's (the owner's), ``order_number`` the customer's.

    ``master_reference`` joins several orders into one, of which this is number ``link_sequence``.
    """

    type: Literal["WarehouseShippingOrder"] = "WarehouseShippingOrder"
    number: str
    order_number: str | None = None
    link_sequence: str | None = None
    master_reference: str | None = None
    kind: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    conditions: TransportConditions | None = None
    carriage: Carriage | None = None
    special_handling: tuple[str, ...] = ()
    groups: tuple[WarehouseOrderGroup, ...] = ()
    total_quantity: Decimal | None = None
    total_weight: Quantity | None = None
    total_volume: Quantity | None = None

    def lines(self) -> Iterator[WarehouseOrderLine]:
        """The lines of all groups, in document order."""
        for group in self.groups:
            yield from group.lines

    @property
    def quantity_sum(self) -> Decimal:
        """What the lines order together, whatever the units."""
        return sum((line.quantity.value for line in self.lines() if line.quantity), Decimal(0))
