"""What a warehouse reports of an order it has shipped."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, ItemIdentifier, Note
from .party import Contact, Party, Reference
from .quantity import Measurement, Quantity
from .shipment import Mark
from .warehouse import Carriage, Load, Pallet


class WarehouseShippedLine(Value):
    """One product as it was shipped. ``ordered``, ``shipped`` and their ``difference`` are counted in ``unit``.

    ``items`` is what was shipped, ``ordered_items`` what had been ordered where that is something else. ``changed_because``
    says why less, or something else, was shipped (``out_of_stock``, ``substitution``, ...).
    """

    status: str
    ordered: Decimal | None = None
    shipped: Decimal | None = None
    difference: Decimal | None = None
    unit: str | None = None
    items: tuple[ItemIdentifier, ...] = ()
    ordered_items: tuple[ItemIdentifier, ...] = ()
    lot: str | None = None
    weight: Quantity | None = None
    weight_kind: str | None = None
    changed_because: str | None = None
    descriptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    dates: tuple[EventDate, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    parties: tuple[Party, ...] = ()


class WarehouseShippedGroup(Value):
    """A pallet or carton, by its ``marks``, with the lines on or in it; or a line alone. ``number`` is the group's own, from 1."""

    number: int
    marks: tuple[Mark, ...] = ()
    pallet: Pallet | None = None
    references: tuple[Reference, ...] = ()
    lines: tuple[WarehouseShippedLine, ...] = ()


class WarehouseShippingAdvice(Document):
    """X12 945: what a warehouse shipped of an order.

    ``number`` is the depositor's order number, which the warehouse was given (940); ``order_number`` the customer's purchase
    order, ``shipment_number`` the warehouse's name for the shipment, often its bill of lading. ``detail`` says how much is
    reported: ``full``, ``exceptions_only``, ...
    """

    type: Literal["WarehouseShippingAdvice"] = "WarehouseShippingAdvice"
    detail: str = "full"
    number: str | None = None
    shipped_on: datetime.date | None = None
    shipment_number: str | None = None
    agent_shipment_number: str | None = None
    order_number: str | None = None
    link_sequence: str | None = None
    master_reference: str | None = None
    date_changed_because: str | None = None
    kind: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    carriage: Carriage | None = None
    special_handling: tuple[str, ...] = ()
    loads: tuple[Load, ...] = ()
    groups: tuple[WarehouseShippedGroup, ...] = ()
    total_quantity: Decimal | None = None
    total_weight: Quantity | None = None
    total_volume: Quantity | None = None
    package_total: Quantity | None = None

    def lines(self) -> Iterator[WarehouseShippedLine]:
        """The lines of all groups, in document order."""
        for group in self.groups:
            yield from group.lines

    @property
    def quantity_sum(self) -> Decimal:
        """What the lines shipped together, whatever the units."""
        return sum((line.shipped for line in self.lines() if line.shipped is not None), Decimal(0))
