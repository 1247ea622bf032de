"""832, the price catalogue."""

from collections.abc import Iterable

from canonical.catalog import (
    CatalogComponent,
    CatalogLine,
    CatalogPrice,
    CatalogReference,
    Packing,
    PriceCatalog,
    SalesCondition,
)
from canonical.finding import Severity
from canonical.item import ItemIdentifier
from canonical.money import QuotedPrice

from . import checks
from .code_tables import CATALOG_KINDS, CONDITIONS, ITEM_SCHEMES, PURPOSES, QUANTITY_KINDS, RELATIONSHIPS
from .findings import BusinessFault
from .forms import REAL, coded
from .loops import Each, Loop, each
from .parts_delivery import Deliveries
from .parts_item import change, dates, descriptions, items, lead_times, measurements, pack, quantity
from .parts_money import adjustments, currency, price, quoted_price, taxes, terms, totals
from .parts_party import PARTIES, contacts, references
from .reading import Reading
from .records import Choice, Field, Group, Record
from .set_map import SetMap

_WITH_PRICES = frozenset({"price_catalog", "price_sheet"})
_NOT_SOLD = frozenset({"deleted", "withdrawn"})

_HEAD = Record(
    "BCT",
    PriceCatalog,
    Field("kind", 1, coded(CATALOG_KINDS)),
    Field("number", 2),
    Field("version", 3),
    Field("revision", 4),
    Group("replaces", CatalogReference, (Field("number", 6), Field("version", 7), Field("revision", 8)), ("number",)),
    Field("description", 9),
    Choice("purpose", 10, PURPOSES, other="other", fallback="ZZ", unsaid="original"),
    needed=("kind",),
)

_CONDITION = Record(
    "CTB",
    SalesCondition,
    Field("kind", 1, coded(CONDITIONS)),
    Field("description", 2),
    Field("quantity_kind", 3, coded(QUANTITY_KINDS)),
    Field("quantity", 4, REAL),
    needed=("kind",),
)
_CONDITIONS = each("conditions", _CONDITION)

_LINE = Record("LIN", CatalogLine, Field("number", 1), items(2, 31))

_PRICES = each(
    "prices",
    quoted_price(CatalogPrice),
    currency(CatalogPrice, "SE"),
    dates(),
    references(),
    adjustments(),
    _CONDITIONS,
)

_PACKING = Record(
    "PKL",
    Packing,
    Group("item", ItemIdentifier, (Field("scheme", 1, coded(ITEM_SCHEMES)), Field("value", 2)), ("scheme", "value")),
    quantity("quantity", 4, 3),
    Field("height", 5, REAL),
    Field("width", 6, REAL),
    Field("depth", 7, REAL),
    Field("size_unit", 8),
    quantity("weight", 9, 10),
    quantity("volume", 11, 12),
    needed=("item", "quantity"),
)

_COMPONENT = Record(
    "SLN",
    CatalogComponent,
    Field("number", 1),
    Field("level", 2),
    Field("relationship", 3, coded(RELATIONSHIPS)),
    quantity("quantity", 4, 5, composite=True),
    price(6, 7),
    items(9, 28),
    needed=("number", "relationship"),
)

_LINES = Each(
    "lines",
    Loop(
        _LINE,
        (
            change(CatalogLine),
            dates(),
            references(),
            contacts(),
            _CONDITIONS,
            descriptions(),
            measurements(),
            pack(CatalogLine),
            lead_times(),
            adjustments(),
            taxes(),
            _PRICES,
            PARTIES,
            each("packings", _PACKING, each("prices", quoted_price(QuotedPrice))),
            each("components", _COMPONENT, descriptions()),
        ),
        always=True,
    ),
)


def _numbers(catalog: PriceCatalog, reading: Reading) -> None:
    """Of the items, and of the packs they are sold in."""
    for index, line in enumerate(catalog.lines):
        name = f"Line {line.number or index + 1}"
        checks.item_numbers(line.items, name, f"lines.{index}", reading)
        for place, packing in enumerate(line.packings):
            checks.item_numbers(
                (packing.item,), f"{name}, packing {place + 1}", f"lines.{index}.packings.{place}", reading
            )


def _prices(catalog: PriceCatalog, reading: Reading) -> None:
    """Every item of a price catalogue or price sheet that is still sold has a price somewhere."""
    if catalog.kind not in _WITH_PRICES or _priced(catalog.prices):
        return
    for index, line in enumerate(catalog.lines):
        offered = [*line.prices, *(price for packing in line.packings for price in packing.prices)]
        if line.change not in _NOT_SOLD and not _priced(offered):
            reading.remark(
                BusinessFault.CATALOG_PRICE_MISSING,
                Severity.WARNING,
                f"Line {line.number or index + 1} has no price (CTP03). Give one, or say with G53 that the item is no longer sold.",
                field=f"lines.{index}",
            )


def _priced(prices: Iterable[QuotedPrice]) -> bool:
    return any(price.amount is not None or price.multiplier is not None for price in prices)


def _count(catalog: PriceCatalog) -> int:
    return len(catalog.lines)


PRICE_CATALOG = SetMap(
    set_id="832",
    document_type=PriceCatalog,
    head=_HEAD,
    children=(
        each("prices", quoted_price(QuotedPrice)),
        references(),
        contacts(),
        dates(),
        _CONDITIONS,
        currency(PriceCatalog, "SE"),
        terms(),
        lead_times(),
        adjustments(),
        Deliveries(),
        taxes(),
        PARTIES,
        _LINES,
        totals(PriceCatalog, _count),
    ),
    checks=(checks.line_count, _numbers, _prices),
)
