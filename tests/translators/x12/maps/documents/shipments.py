"""Ship notices, their levels freely inside each other."""

from typing import Any

from hypothesis import strategies as st

from canonical.shipment import Equipment, OrderReference, Packaging, ShipmentLevel, ShipNotice, ShippedItem
from translators.x12.maps import code_tables as tables

from .parts import (
    COUNTS,
    DATE,
    DAYS,
    DELIVERY,
    DESCRIPTION,
    ITEMS,
    MARK,
    NUMBERS,
    PURPOSE,
    QUANTITY,
    REFERENCE,
    TEXT,
    TIMES,
    TOTALS,
    given,
    maybe,
    some,
    word,
)

SHIPPED_ITEM = st.builds(
    ShippedItem,
    line_number=maybe(TEXT),
    items=ITEMS,
    shipped=QUANTITY,
    **given(shipped_to_date=NUMBERS, ordered=QUANTITY, status=word(tables.LINE_STATUSES)),
)


def _level(children: st.SearchStrategy[Any]) -> st.SearchStrategy[ShipmentLevel]:
    return st.builds(
        ShipmentLevel,
        kind=word(tables.LEVELS),
        order=maybe(st.builds(OrderReference, number=TEXT, **given(release=TEXT, date=DAYS, contract=TEXT))),
        item=maybe(SHIPPED_ITEM),
        marks=some(MARK),
        packaging=some(
            st.builds(
                Packaging,
                form=TEXT,
                **given(count=COUNTS, weight=QUANTITY, weight_kind=word(tables.WEIGHTS), volume=QUANTITY),
            )
        ),
        equipment=some(
            st.builds(Equipment, kind=word(tables.EQUIPMENT), **given(initial=TEXT, number=TEXT, seal=TEXT))
        ),
        deliveries=some(DELIVERY, 1),
        references=some(REFERENCE),
        descriptions=some(DESCRIPTION),
        dates=some(DATE),
        children=children,
        **given(inner_packs=COUNTS, inner_pack_size=QUANTITY),
    )


SHIP_NOTICE = st.builds(
    ShipNotice,
    purpose=PURPOSE,
    number=TEXT,
    created_on=DAYS,
    created_at=TIMES,
    structure=maybe(word(tables.STRUCTURES)),
    dates=some(DATE),
    levels=some(_level(some(_level(st.just(()))))),
    **TOTALS,
)
