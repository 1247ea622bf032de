"""Orders to warehouses, and what these ship, receive and adjust."""

from hypothesis import strategies as st

from canonical.inventory_adjustment import AdjustedLine, InventoryAdjustment
from canonical.item import EventDate, ItemIdentifier
from canonical.party import Channel, Contact, Identifier, Party
from canonical.quantity import Quantity
from canonical.shipment import Equipment
from canonical.stock_transfer import (
    LoadTemperature,
    ReceivedGroup,
    ReceivedLine,
    ReceivingException,
    StockTransferReceipt,
    StockTransferShipment,
    TransferredLine,
)
from canonical.warehouse import Carriage, ItemPacking, Load, Pallet, TransportConditions
from canonical.warehouse_order import WarehouseOrderGroup, WarehouseOrderLine, WarehouseShippingOrder
from canonical.warehouse_shipment import WarehouseShippedGroup, WarehouseShippedLine, WarehouseShippingAdvice
from translators.x12.maps import code_tables as tables
from translators.x12.maps import codes_warehouse as warehouse

from .parts import (
    ADDRESS,
    CONTACT,
    DAYS,
    IDENTIFIER,
    MARK,
    MEASUREMENT,
    NUMBERS,
    PLAIN_NOTES,
    PURPOSE,
    QUANTITY,
    REFERENCE,
    TEXT,
    TIMES,
    WHOLES,
    given,
    maybe,
    some,
    word,
)

SCAC = st.builds(Identifier, scheme=st.just("scac"), value=TEXT)
PERSON = st.builds(
    Contact,
    function=word(tables.CONTACTS),
    name=maybe(TEXT),
    channels=some(st.builds(Channel, kind=word(tables.CHANNELS), value=TEXT), 1),
)
NAMED_PARTY = st.builds(Party, role=word(tables.ROLES), **given(name=TEXT, identifier=IDENTIFIER))
WAREHOUSE_PARTY = st.builds(
    Party,
    role=word(tables.ROLES),
    additional_names=some(TEXT, 2),
    contacts=some(CONTACT, 1),
    **given(name=TEXT, identifier=IDENTIFIER, address=ADDRESS),
)
WAREHOUSE_DATE = st.builds(
    EventDate, kind=word(warehouse.WAREHOUSE_DATES), **given(date=DAYS, time=TIMES, timezone=word(tables.TIMEZONES))
)
WEIGHT = st.builds(Quantity, value=NUMBERS, unit=maybe(st.sampled_from(["LB", "KG", "E"])))
PACKING = st.builds(
    ItemPacking,
    **given(
        pack=WHOLES,
        size=QUANTITY,
        weight=WEIGHT,
        weight_kind=word(tables.WEIGHTS),
        unit_weight=NUMBERS,
        volume=QUANTITY,
    ),
).filter(lambda packing: packing != ItemPacking())
LOAD = st.builds(
    Load,
    pallets=WHOLES,
    seals=some(TEXT),
    **given(unit_load=word(warehouse.UNIT_LOADS), pallet_exchange=word(warehouse.PALLET_EXCHANGES)),
)
CARRIED = {
    "mode": word(tables.MODES),
    "carrier": maybe(SCAC),
    "routing": maybe(TEXT),
    "freight_terms": maybe(word(tables.FREIGHT_TERMS)),
}
CARRIAGE = st.builds(
    Carriage,
    **CARRIED,
    equipment=maybe(st.builds(Equipment, kind=word(tables.EQUIPMENT), **given(initial=TEXT, number=TEXT))),
    changed_because=maybe(word(warehouse.CARRIAGE_CHANGE_REASONS)),
)


def coded_items(pairs: int) -> st.SearchStrategy[tuple[ItemIdentifier, ...]]:
    """At most one case code, which comes first, and others."""
    case = st.builds(ItemIdentifier, scheme=st.just("upc_case"), value=TEXT)
    others = st.builds(ItemIdentifier, scheme=word(tables.ITEM_SCHEMES, "upc_case"), value=TEXT)
    return st.builds(lambda first, rest: first + rest, some(case, 1), some(others, pairs))


WAREHOUSE_HEAD = {
    "references": some(REFERENCE),
    "contacts": some(PERSON),
    "dates": some(WAREHOUSE_DATE),
    "parties": some(WAREHOUSE_PARTY),
    "notes": PLAIN_NOTES,
    **given(
        order_number=TEXT,
        link_sequence=TEXT,
        master_reference=TEXT,
        kind=TEXT,
        total_quantity=NUMBERS,
        total_weight=QUANTITY,
        total_volume=QUANTITY,
    ),
}
WAREHOUSE_ORDER = st.builds(
    WarehouseShippingOrder,
    purpose=word(warehouse.WAREHOUSE_ORDER_PURPOSES),
    number=TEXT,
    **WAREHOUSE_HEAD,
    conditions=maybe(
        st.builds(
            TransportConditions,
            equipment_kind=word(tables.EQUIPMENT),
            **given(lowest=QUANTITY, highest=QUANTITY, instructions=TEXT),
        )
    ),
    carriage=maybe(
        st.builds(
            Carriage,
            **CARRIED,
            **given(
                freight_location=TEXT,
                pallet_exchange=word(warehouse.PALLET_EXCHANGES),
                unit_load=word(warehouse.UNIT_LOADS),
            ),
        )
    ),
    special_handling=some(TEXT, 4),
    groups=some(
        st.builds(
            WarehouseOrderGroup,
            number=WHOLES,
            marks=some(MARK),
            dates=some(WAREHOUSE_DATE),
            parties=some(NAMED_PARTY, 1),
            lines=some(
                st.builds(
                    WarehouseOrderLine,
                    quantity=maybe(QUANTITY),
                    items=coded_items(3),
                    descriptions=some(TEXT),
                    references=some(REFERENCE),
                    notes=PLAIN_NOTES,
                    packing=some(PACKING),
                    dates=some(WAREHOUSE_DATE),
                    parties=some(NAMED_PARTY, 1),
                    contacts=some(CONTACT, 1),
                    **given(lot=TEXT, condition=word(warehouse.CONDITIONS), freight_class=TEXT, pallet_pattern=TEXT),
                )
            ),
        )
    ),
)
LEAVING = {
    **WAREHOUSE_HEAD,
    "detail": word(warehouse.REPORT_DETAILS),
    "carriage": maybe(CARRIAGE),
    "loads": some(LOAD),
    **given(
        number=TEXT,
        shipped_on=DAYS,
        shipment_number=TEXT,
        agent_shipment_number=TEXT,
        date_changed_because=word(warehouse.DATE_CHANGE_REASONS),
        package_total=QUANTITY,
    ),
}
WAREHOUSE_ADVICE = st.builds(
    WarehouseShippingAdvice,
    **LEAVING,
    special_handling=some(TEXT, 4),
    groups=some(
        st.builds(
            WarehouseShippedGroup,
            number=WHOLES,
            marks=some(MARK),
            references=some(REFERENCE),
            pallet=maybe(
                st.builds(
                    Pallet,
                    kind=word(warehouse.PALLETS),
                    **given(
                        tiers=WHOLES,
                        blocks=WHOLES,
                        pack=WHOLES,
                        unit_weight=QUANTITY,
                        length=NUMBERS,
                        width=NUMBERS,
                        height=NUMBERS,
                        dimension_unit=TEXT,
                        gross_weight=QUANTITY,
                        gross_volume=QUANTITY,
                        exchange=word(warehouse.PALLET_EXCHANGES),
                    ),
                )
            ),
            lines=some(
                st.builds(
                    WarehouseShippedLine,
                    status=word(warehouse.SHIPPED_STATUSES),
                    items=coded_items(2),
                    ordered_items=coded_items(1),
                    descriptions=some(TEXT),
                    references=some(REFERENCE),
                    dates=some(WAREHOUSE_DATE),
                    measurements=some(MEASUREMENT),
                    parties=some(NAMED_PARTY, 1),
                    **given(
                        ordered=NUMBERS,
                        shipped=NUMBERS,
                        difference=NUMBERS,
                        unit=TEXT,
                        lot=TEXT,
                        weight=WEIGHT,
                        weight_kind=word(tables.WEIGHTS),
                        changed_because=word(warehouse.LINE_CHANGE_REASONS),
                    ),
                )
            ),
        )
    ),
)

ITEM_TEXTS = {"descriptions": some(TEXT), "references": some(REFERENCE)}
TRANSFER_SHIPMENT = st.builds(
    StockTransferShipment,
    **LEAVING,
    lines=some(
        st.builds(
            TransferredLine,
            **ITEM_TEXTS,
            quantity=maybe(QUANTITY),
            items=coded_items(3),
            packing=some(PACKING),
            **given(freight_class=TEXT, pallet_pattern=TEXT, hold=word(warehouse.HOLDS)),
        )
    ),
)
RECEIVED_LINE = st.builds(
    ReceivedLine,
    **ITEM_TEXTS,
    quantity=maybe(QUANTITY),
    items=coded_items(3),
    lot=maybe(TEXT),
    packing=some(PACKING),
    exceptions=some(
        st.builds(
            ReceivingException,
            quantity=QUANTITY,
            condition=word(warehouse.RECEIVING_CONDITIONS),
            references=some(REFERENCE, 1),
            **given(lot=TEXT, damage=word(warehouse.DAMAGE_REASONS)),
        )
    ),
)
TRANSFER_RECEIPT = st.builds(
    StockTransferReceipt,
    detail=word(warehouse.REPORT_DETAILS),
    received_on=DAYS,
    number=TEXT,
    references=some(REFERENCE),
    contacts=some(PERSON),
    dates=some(WAREHOUSE_DATE),
    parties=some(WAREHOUSE_PARTY),
    notes=PLAIN_NOTES,
    carriage=maybe(
        st.builds(
            Carriage,
            mode=word(tables.MODES),
            equipment=maybe(st.builds(Equipment, initial=TEXT, number=maybe(TEXT))),
            seals=some(TEXT),
            **given(
                carrier=SCAC,
                routing=TEXT,
                seal_status=word(warehouse.SEAL_STATUSES),
                unit_load=word(warehouse.UNIT_LOADS),
            ),
        )
    ),
    temperatures=some(st.builds(LoadTemperature, place=word(warehouse.LOAD_PLACES), temperature=QUANTITY)),
    groups=some(st.builds(ReceivedGroup, lines=st.lists(RECEIVED_LINE, min_size=1, max_size=2).map(tuple)), most=1),
    **given(
        received_at=TIMES,
        transfer_number=TEXT,
        shipment_number=TEXT,
        link_sequence=TEXT,
        master_reference=TEXT,
        total_quantity=NUMBERS,
        total_shipped=NUMBERS,
        total_unfit=NUMBERS,
        packages_received=WHOLES,
        packages_shipped=WHOLES,
    ),
)
ADJUSTMENT_OF_STOCK = st.builds(
    InventoryAdjustment,
    purpose=PURPOSE,
    adjusted_on=DAYS,
    references=some(REFERENCE),
    contacts=some(PERSON),
    dates=some(WAREHOUSE_DATE),
    parties=some(WAREHOUSE_PARTY),
    notes=PLAIN_NOTES,
    lines=some(
        st.builds(
            AdjustedLine,
            **ITEM_TEXTS,
            cause=word(warehouse.ADJUSTMENT_CAUSES),
            quantity=QUANTITY,
            items=coded_items(3),
            dates=some(WAREHOUSE_DATE),
            parties=some(NAMED_PARTY, 1),
            **given(
                lot=TEXT,
                weight=WEIGHT,
                weight_kind=word(tables.WEIGHTS),
                inventory_kind=word(warehouse.STOCK_KINDS),
            ),
        )
    ),
    **given(number=TEXT, depositor_number=TEXT, kind=TEXT),
)
