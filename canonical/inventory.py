"""An inventory advice: what somebody has in stock, expects, or has promised to others."""

import datetime
from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier, LeadTime
from .money import Adjustment, Price, QuotedPrice
from .order import ScheduledQuantity
from .party import Contact, Party, Reference
from .quantity import Measurement, Quantity


class StockUnit(Value):
    """A unit in which a quantity is counted, stated apart from it, and perhaps the price of one."""

    unit: str
    price: Price | None = None


class StockQuantity(Value):
    """How much there is of an item, in one sense of the word.

    ``kind`` is ``on_hand``, ``available_for_sale``, ``committed``, ``in_transit``, ``on_order``, ``minimum_stock``, ... or the code used.
    Where ``quantity`` has no unit, ``units`` may say it. ``schedule`` is what of it comes, and when.
    """

    kind: str
    quantity: Quantity | None = None
    units: tuple[StockUnit, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    dates: tuple[EventDate, ...] = ()
    schedule: tuple[ScheduledQuantity, ...] = ()


class InventoryLine(Value):
    """One item and its quantities; ``parties`` are the places they are at, where these differ from line to line.

    ``change`` is what has become of the item since the last report: ``added``, ``deleted``, ``withdrawn``, ... or the code used.
    """

    number: str | None = None
    change: str | None = None
    items: tuple[ItemIdentifier, ...] = ()
    quantities: tuple[StockQuantity, ...] = ()
    descriptions: tuple[Description, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    dates: tuple[EventDate, ...] = ()
    prices: tuple[QuotedPrice, ...] = ()
    currency: str | None = None
    adjustments: tuple[Adjustment, ...] = ()
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    parties: tuple[Party, ...] = ()


class InventoryAdvice(Document):
    """X12 846 and its like.

    ``kind`` is whose stock it is: ``seller_inventory``, ``distributor_inventory``, ... or the code used. ``purpose`` tells a whole
    statement (``original``, ``replace``) from one of what changed (``change``). ``created_on`` is the day it holds for.
    """

    type: Literal["InventoryAdvice"] = "InventoryAdvice"
    number: str
    kind: str
    created_on: datetime.date
    created_at: datetime.time | None = None
    currency: str | None = None
    dates: tuple[EventDate, ...] = ()
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    parties: tuple[Party, ...] = ()
    lines: tuple[InventoryLine, ...] = ()
    line_count: int | None = None
    quantity_total: Decimal | None = None
