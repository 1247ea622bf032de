"""What is in stock and what it costs: inventory advice and price catalogue."""

from hypothesis import strategies as st

from canonical.catalog import (
    CatalogComponent,
    CatalogLine,
    CatalogPrice,
    CatalogReference,
    Packing,
    PriceCatalog,
    SalesCondition,
)
from canonical.inventory import InventoryAdvice, InventoryLine, StockQuantity, StockUnit
from canonical.item import LeadTime
from canonical.money import QuotedPrice
from translators.x12.maps import code_tables as tables

from .parts import (
    ADJUSTMENT,
    CONTACT,
    COUNTS,
    DATE,
    DAYS,
    DELIVERY,
    DESCRIPTION,
    HEAD,
    ITEM,
    ITEMS,
    MEASUREMENT,
    NUMBERS,
    PARTY,
    PRICE,
    PURPOSE,
    QUANTITY,
    REFERENCE,
    SCHEDULE,
    TAX,
    TEXT,
    TIMES,
    TOTALS,
    given,
    maybe,
    some,
    word,
)

QUOTED_PRICE = {
    "amount": NUMBERS,
    **given(
        kind=word(tables.PRICE_KINDS),
        buyers=word(tables.BUYERS),
        quantity=QUANTITY,
        multiplier_kind=word(tables.MULTIPLIERS),
        multiplier=NUMBERS,
        basis=word(tables.PRICE_BASES),
    ),
}
LEAD_TIME = st.builds(
    LeadTime, kind=word(tables.LEAD_TIMES), length=NUMBERS, unit=word(tables.PERIODS), since=maybe(DAYS)
)
STOCK_QUANTITY = st.builds(
    StockQuantity,
    kind=word(tables.QUANTITY_KINDS),
    quantity=maybe(QUANTITY),
    units=some(st.builds(StockUnit, unit=TEXT, price=maybe(PRICE))),
    measurements=some(MEASUREMENT, 1),
    lead_times=some(LEAD_TIME, 1),
    dates=some(DATE, 1),
    schedule=some(SCHEDULE),
)

INVENTORY_ADVICE = st.builds(
    InventoryAdvice,
    purpose=PURPOSE,
    number=TEXT,
    kind=word(tables.INVENTORY_KINDS),
    created_on=DAYS,
    created_at=maybe(TIMES),
    currency=maybe(st.just("USD")),
    dates=some(DATE),
    references=some(REFERENCE),
    contacts=some(CONTACT),
    parties=some(PARTY),
    lines=some(
        st.builds(
            InventoryLine,
            number=maybe(TEXT),
            change=maybe(word(tables.ITEM_CHANGES)),
            items=ITEMS,
            quantities=some(STOCK_QUANTITY),
            descriptions=some(DESCRIPTION),
            measurements=some(MEASUREMENT),
            dates=some(DATE),
            prices=some(st.builds(QuotedPrice, **QUOTED_PRICE)),
            currency=maybe(st.just("EUR")),
            adjustments=some(ADJUSTMENT),
            references=some(REFERENCE),
            contacts=some(CONTACT, 1),
            lead_times=some(LEAD_TIME),
            parties=some(PARTY, 1),
        )
    ),
    **TOTALS,
)

CONDITION = st.builds(
    SalesCondition,
    kind=word(tables.CONDITIONS),
    **given(description=TEXT, quantity_kind=word(tables.QUANTITY_KINDS), quantity=NUMBERS),
)
OFFER = st.builds(QuotedPrice, **QUOTED_PRICE)

PRICE_CATALOG = st.builds(
    PriceCatalog,
    purpose=PURPOSE,
    kind=word(tables.CATALOG_KINDS),
    **given(
        number=TEXT,
        version=TEXT,
        revision=TEXT,
        replaces=st.builds(CatalogReference, number=TEXT, **given(version=TEXT, revision=TEXT)),
        description=TEXT,
    ),
    **HEAD,
    **TOTALS,
    prices=some(OFFER),
    conditions=some(CONDITION),
    deliveries=some(DELIVERY, 1),
    taxes=some(TAX),
    lead_times=some(LEAD_TIME),
    lines=some(
        st.builds(
            CatalogLine,
            change=maybe(word(tables.ITEM_CHANGES)),
            items=ITEMS,
            prices=some(
                st.builds(
                    CatalogPrice,
                    **QUOTED_PRICE,
                    currency=maybe(st.just("CAD")),
                    dates=some(DATE),
                    references=some(REFERENCE, 1),
                    adjustments=some(ADJUSTMENT, 1),
                    conditions=some(CONDITION, 1),
                )
            ),
            descriptions=some(DESCRIPTION),
            measurements=some(MEASUREMENT),
            dates=some(DATE),
            references=some(REFERENCE),
            contacts=some(CONTACT, 1),
            conditions=some(CONDITION),
            packings=some(
                st.builds(
                    Packing,
                    item=ITEM,
                    quantity=QUANTITY,
                    prices=some(OFFER, 1),
                    **given(
                        height=NUMBERS, width=NUMBERS, depth=NUMBERS, size_unit=TEXT, weight=QUANTITY, volume=QUANTITY
                    ),
                )
            ),
            components=some(
                st.builds(
                    CatalogComponent,
                    number=TEXT,
                    relationship=word(tables.RELATIONSHIPS),
                    items=ITEMS,
                    descriptions=some(DESCRIPTION, 1),
                    **given(level=TEXT, quantity=QUANTITY, price=PRICE),
                )
            ),
            adjustments=some(ADJUSTMENT),
            taxes=some(TAX),
            lead_times=some(LEAD_TIME, 1),
            parties=some(PARTY, 1),
            **given(number=TEXT, pack=COUNTS, pack_size=QUANTITY),
        )
    ),
)
