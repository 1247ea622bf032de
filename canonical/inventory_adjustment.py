"""A correction of what a warehouse keeps for somebody: found, lost, damaged, set aside, counted anew."""

import datetime
from typing import Literal

from .base import Value
from .document import Document
from .item import EventDate, ItemIdentifier, Note
from .party import Contact, Party, Reference
from .quantity import Quantity


class AdjustedLine(Value):
    """One product whose stock changed by ``quantity``: more if positive, less if negative.

    ``cause`` is ``physical_count``, ``damaged_in_facility``, ``put_on_hold``, ...; ``inventory_kind`` which stock is meant
    (``saleable``, ``quarantined``, ...).
    """

    cause: str
    quantity: Quantity
    items: tuple[ItemIdentifier, ...] = ()
    lot: str | None = None
    weight: Quantity | None = None
    weight_kind: str | None = None
    inventory_kind: str | None = None
    descriptions: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()


class InventoryAdjustment(Document):
    """X12 947: a warehouse's corrections of stock. ``number`` is its name for them, ``depositor_number`` the owner's."""

    type: Literal["InventoryAdjustment"] = "InventoryAdjustment"
    adjusted_on: datetime.date
    number: str | None = None
    depositor_number: str | None = None
    kind: str | None = None
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[Note, ...] = ()
    lines: tuple[AdjustedLine, ...] = ()
