"""Stock on its way into a warehouse: what was sent there, and what arrived."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, ItemIdentifier, Note
from .party import Contact, Party, Reference
from .quantity import Quantity
from .shipment import Mark
from .warehouse import Carriage, ItemPacking, Load, Pallet


class TransferredLine(Value):
    """One product sent to the warehouse. ``hold`` says why it must not be used yet (``quality_hold``, ...)."""

    quantity: Quantity | None = None
    items: tuple[ItemIdentifier, ...] = ()
    freight_class: str | None = None
    pallet_pattern: str | None = None
    hold: str | None = None
    descriptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    packing: tuple[ItemPacking, ...] = ()


class StockTransferShipment(Document):
    """X12 943: stock sent to a warehouse. ``number`` is the depositor's (the owner's) order number for it.

    ``order_number`` is a purchase order it is about, ``shipment_number`` the sender's name for the shipment, often its bill of
    lading. ``detail`` says how much is told: ``full``, ``exceptions_only``, ...
    """

    type: Literal["StockTransferShipment"] = "StockTransferShipment"
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
    loads: tuple[Load, ...] = ()
    lines: tuple[TransferredLine, ...] = ()
    total_quantity: Decimal | None = None
    total_weight: Quantity | None = None
    total_volume: Quantity | None = None
    package_total: Quantity | None = None

    @property
    def quantity_sum(self) -> Decimal:
        """What the lines sent together, whatever the units."""
        return sum((line.quantity.value for line in self.lines if line.quantity), Decimal(0))


class ReceivingException(Value):
    """A part of a line that did not arrive as it should: ``condition`` is ``short``, ``over``, ``damaged``, ...

    ``damage`` says how damage came about (``wet_or_stained``, ``load_shifted``, ...).
    """

    quantity: Quantity
    condition: str
    lot: str | None = None
    damage: str | None = None
    references: tuple[Reference, ...] = ()


class ReceivedLine(Value):
    """One product as it arrived; ``lot`` is the warehouse's own number for it."""

    quantity: Quantity | None = None
    items: tuple[ItemIdentifier, ...] = ()
    lot: str | None = None
    descriptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    packing: tuple[ItemPacking, ...] = ()
    exceptions: tuple[ReceivingException, ...] = ()


class ReceivedGroup(Value):
    """A pallet or carton with the lines on it. Where the warehouse reports lines alone, one group without a number holds them."""

    number: int | None = None
    marks: tuple[Mark, ...] = ()
    pallet: Pallet | None = None
    references: tuple[Reference, ...] = ()
    lines: tuple[ReceivedLine, ...] = ()


class LoadTemperature(Value):
    """How warm the load was where it was measured: at the ``head``, ``middle`` or ``tail``, or in ``general``."""

    place: str
    temperature: Quantity


class StockTransferReceipt(Document):
    """X12 944: what a warehouse received of a stock transfer.

    ``number`` is the warehouse's receipt number, ``transfer_number`` the depositor's order number, which the shipment (943)
    was sent under. ``total_quantity`` was received of ``total_shipped``; of it ``total_unfit`` is damaged or on hold.
    """

    type: Literal["StockTransferReceipt"] = "StockTransferReceipt"
    detail: str = "full"
    received_on: datetime.date
    received_at: datetime.time | None = None
    number: str
    transfer_number: str | None = None
    shipment_number: str | None = None
    link_sequence: str | None = None
    master_reference: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    carriage: Carriage | None = None
    temperatures: tuple[LoadTemperature, ...] = ()
    groups: tuple[ReceivedGroup, ...] = ()
    total_quantity: Decimal | None = None
    total_shipped: Decimal | None = None
    total_unfit: Decimal | None = None
    packages_received: int | None = None
    packages_shipped: int | None = None

    def lines(self) -> Iterator[ReceivedLine]:
        """The lines of all groups, in document order."""
        for group in self.groups:
            yield from group.lines

    @property
    def quantity_sum(self) -> Decimal:
        """What was received on all lines together, whatever the units."""
        return sum((line.quantity.value for line in self.lines() if line.quantity), Decimal(0))
