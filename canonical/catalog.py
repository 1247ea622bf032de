"""A price catalogue: what a seller offers, in which packings, at which prices and on which conditions."""

from decimal import Decimal
from typing import Literal

from .base import Value
from .document import Document
from .item import Description, EventDate, ItemIdentifier, LeadTime
from .money import Adjustment, PaymentTerms, Price, QuotedPrice, Tax
from .order import Delivery
from .party import Contact, Party, Reference
from .quantity import Measurement, Quantity


class CatalogReference(Value):
    """Another catalogue: the one that this one replaces or changes."""

    number: str
    version: str | None = None
    revision: str | None = None


class SalesCondition(Value):
    """What a buyer must keep to. ``kind`` is ``ordering``, ``shipping``, ``special_order_only``, ``nonreturnable``, ... or the code used.

    ``quantity_kind`` says what ``quantity`` is: ``minimum_order``, ``order_increment``, ... or the code used.
    """

    kind: str
    description: str | None = None
    quantity_kind: str | None = None
    quantity: Decimal | None = None


class CatalogPrice(QuotedPrice):
    """A price of an item, and when and on which conditions it holds."""

    currency: str | None = None
    dates: tuple[EventDate, ...] = ()
    references: tuple[Reference, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    conditions: tuple[SalesCondition, ...] = ()


class Packing(Value):
    """A pack that an item is sold in: its own number, how many of which unit it is, its size, weight and volume, and its price.

    ``height``, ``width`` and ``depth`` are in ``size_unit``.
    """

    item: ItemIdentifier
    quantity: Quantity
    height: Decimal | None = None
    width: Decimal | None = None
    depth: Decimal | None = None
    size_unit: str | None = None
    weight: Quantity | None = None
    volume: Quantity | None = None
    prices: tuple[QuotedPrice, ...] = ()


class CatalogComponent(Value):
    """What an item consists of, or what belongs to it. ``level`` is the part of the item's own structure that it stands in.

    ``relationship`` is ``included``, ``substituted``, ``information_only``, ... or the code used.
    """

    number: str
    level: str | None = None
    relationship: str
    quantity: Quantity | None = None
    price: Price | None = None
    items: tuple[ItemIdentifier, ...] = ()
    descriptions: tuple[Description, ...] = ()


class CatalogLine(Value):
    """One item on offer.

    ``change`` is what has become of it since the last catalogue: ``added``, ``changed``, ``deleted``, ``withdrawn``, ... or the code used.
    ``pack`` and ``pack_size`` are how many of which size the usual pack holds.
    """

    number: str | None = None
    change: str | None = None
    items: tuple[ItemIdentifier, ...] = ()
    prices: tuple[CatalogPrice, ...] = ()
    descriptions: tuple[Description, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    dates: tuple[EventDate, ...] = ()
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    conditions: tuple[SalesCondition, ...] = ()
    pack: int | None = None
    pack_size: Quantity | None = None
    packings: tuple[Packing, ...] = ()
    components: tuple[CatalogComponent, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    parties: tuple[Party, ...] = ()


class PriceCatalog(Document):
    """X12 832 and its like.

    ``kind`` is ``price_catalog``, ``price_sheet``, ``sales_catalog``, ``resale_catalog``, ``customized_catalog``. ``purpose`` tells a whole
    catalogue (``original``, ``replace``) from one of what is new or other (``add``, ``change``, ``delete``); ``replaces`` is the one
    before. ``prices`` hold for all items.
    """

    type: Literal["PriceCatalog"] = "PriceCatalog"
    kind: str
    number: str | None = None
    version: str | None = None
    revision: str | None = None
    replaces: CatalogReference | None = None
    description: str | None = None
    currency: str | None = None
    prices: tuple[QuotedPrice, ...] = ()
    references: tuple[Reference, ...] = ()
    contacts: tuple[Contact, ...] = ()
    dates: tuple[EventDate, ...] = ()
    conditions: tuple[SalesCondition, ...] = ()
    terms: tuple[PaymentTerms, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[Tax, ...] = ()
    lead_times: tuple[LeadTime, ...] = ()
    parties: tuple[Party, ...] = ()
    lines: tuple[CatalogLine, ...] = ()
    line_count: int | None = None
    quantity_total: Decimal | None = None
