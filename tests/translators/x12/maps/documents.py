"""Canonical documents as an ERP would make them: what X12 can say, said in the trade's own words."""

import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from canonical.acknowledgement import AcknowledgedLine, LineResponse, LineStatus, PurchaseOrderAcknowledgement
from canonical.catalog import (
    CatalogComponent,
    CatalogLine,
    CatalogPrice,
    CatalogReference,
    Packing,
    PriceCatalog,
    SalesCondition,
)
from canonical.document import Purpose
from canonical.documents import AnyDocument
from canonical.functional_acknowledgement import (
    AcknowledgementKind,
    ContextName,
    ElementFault,
    FaultContext,
    FunctionalAcknowledgement,
    SegmentFault,
    SetAcknowledgement,
    SyntaxStatus,
)
from canonical.inventory import InventoryAdvice, InventoryLine, StockQuantity, StockUnit
from canonical.invoice import Invoice, InvoiceLine
from canonical.item import Description, EventDate, ItemIdentifier, LeadTime, Note
from canonical.money import Adjustment, PaymentTerms, Price, QuotedPrice, Tax
from canonical.order import Delivery, OrderLine, PurchaseOrder, ScheduledQuantity
from canonical.order_change import (
    AcknowledgedChange,
    ChangedLine,
    PurchaseOrderChange,
    PurchaseOrderChangeAcknowledgement,
)
from canonical.party import Address, Channel, Contact, Identifier, Party, Reference
from canonical.quantity import Measurement, Quantity
from canonical.shipment import Equipment, Mark, OrderReference, Packaging, ShipmentLevel, ShipNotice, ShippedItem
from canonical.text_message import Message, TextLine, TextMessage
from translators.x12.maps import code_tables as tables
from translators.x12.maps.codes import Codes

TEXT = st.text("ABCxyz019-/", min_size=1, max_size=8)
CENTS = st.decimals(Decimal(-999), Decimal(999), places=2)
NUMBERS = st.decimals(Decimal(0), Decimal(999), places=3)
COUNTS = st.integers(0, 999)
DAYS = st.dates(datetime.date(1990, 1, 1), datetime.date(2040, 1, 1))
TIMES = st.times().map(lambda time: time.replace(microsecond=time.microsecond // 10_000 * 10_000))


def word(codes: Codes, *except_: str) -> st.SearchStrategy[str]:
    """One of our names."""
    return st.sampled_from(sorted(set(codes.names.values()) - set(except_)))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def some(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


def _given(**fields: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: maybe(strategy) for name, strategy in fields.items()}


QUANTITY = st.builds(Quantity, value=NUMBERS, unit=maybe(st.sampled_from(["EA", "CA", "LB"])))
PRICE = st.builds(Price, amount=NUMBERS, basis=maybe(word(tables.PRICE_BASES)))
ITEM = st.builds(ItemIdentifier, scheme=word(tables.ITEM_SCHEMES), value=TEXT)
ITEMS = some(ITEM, 10)
IDENTIFIER = st.builds(Identifier, scheme=word(tables.IDENTIFIER_SCHEMES), value=TEXT)
DATE = st.builds(EventDate, kind=word(tables.DATES), **_given(date=DAYS, time=TIMES, timezone=word(tables.TIMEZONES)))
DAY = st.builds(EventDate, kind=word(tables.DATES), date=maybe(DAYS))
REFERENCE = st.builds(Reference, kind=word(tables.REFERENCES), **_given(value=TEXT, description=TEXT))
CONTACT = st.builds(
    Contact,
    function=word(tables.CONTACTS),
    name=maybe(TEXT),
    channels=some(st.builds(Channel, kind=word(tables.CHANNELS), value=TEXT), 3),
)
CITY = {"city": TEXT, "region": TEXT, "postal_code": TEXT, "country": TEXT}
ADDRESS = st.builds(
    Address,
    lines=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
    **_given(**CITY, location=st.builds(Identifier, scheme=word(tables.LOCATIONS), value=TEXT)),
)
PARTY = st.builds(
    Party,
    role=word(tables.ROLES),
    additional_names=some(TEXT, 4),
    contacts=some(CONTACT, 1),
    references=some(REFERENCE, 1),
    **_given(name=TEXT, identifier=IDENTIFIER, address=ADDRESS),
)
TAX = st.builds(
    Tax,
    kind=word(tables.TAX_KINDS),
    **_given(
        amount=NUMBERS,
        percent=NUMBERS,
        jurisdiction=st.builds(Identifier, scheme=word(tables.JURISDICTIONS), value=TEXT),
        exempt=word(tables.TAX_EXEMPTIONS),
        relationship=word(tables.RELATIONSHIPS),
    ),
)
ADJUSTMENT_FIELDS = _given(
    service=word(tables.SERVICES),
    agency=TEXT,
    agency_service=TEXT,
    amount=CENTS,
    rate=NUMBERS,
    quantity=NUMBERS,
    unit=TEXT,
    handling=word(tables.HANDLINGS),
    reference=TEXT,
    description=TEXT,
)
_NO_PERCENT: dict[str, Any] = {}
PERCENT = st.just(_NO_PERCENT) | st.fixed_dictionaries(
    {"percent": NUMBERS, "percent_basis": maybe(word(tables.PERCENT_BASES))}
)


def _adjustment(fields: dict[str, Any], percent: dict[str, Any]) -> Adjustment:
    return Adjustment(**fields, **percent)


ADJUSTMENT = st.builds(
    _adjustment, st.fixed_dictionaries({"kind": word(tables.ADJUSTMENTS), **ADJUSTMENT_FIELDS}), PERCENT
)
TERMS = st.builds(
    PaymentTerms,
    kind=word(tables.TERMS_KINDS),
    **_given(
        basis=word(tables.TERMS_BASES),
        discount_percent=NUMBERS,
        discount_due=DAYS,
        discount_days=COUNTS,
        discount_amount=CENTS,
        net_due=DAYS,
        net_days=COUNTS,
        description=TEXT,
    ),
)
DESCRIPTION = st.builds(
    Description,
    kind=word(tables.DESCRIPTION_KINDS),
    **_given(text=TEXT, characteristic=word(tables.CHARACTERISTICS), agency=TEXT, code=TEXT),
)
DELIVERY = st.builds(
    Delivery,
    freight_terms=word(tables.FREIGHT_TERMS),
    freight_location=TEXT,
    mode=word(tables.MODES),
    **_given(freight_location_kind=word(tables.LOCATIONS), carrier=IDENTIFIER, routing=TEXT, service_level=TEXT),
)
NOTE = st.builds(
    Note,
    text=st.lists(TEXT, min_size=1, max_size=3).map("\n".join),
    **_given(topic=word(tables.REFERENCES, "mutually_defined"), reference=TEXT, title=TEXT),
)
PLAIN_NOTE = st.builds(Note, text=TEXT)
SCHEDULE = st.builds(
    ScheduledQuantity,
    quantity=QUANTITY,
    date=maybe(st.builds(EventDate, kind=word(tables.DATES), date=maybe(DAYS), time=maybe(TIMES))),
)
MEASUREMENT = st.builds(Measurement, kind=word(tables.MEASUREMENTS), quantity=QUANTITY)
PURPOSE = st.sampled_from(Purpose)
TOTALS = _given(line_count=COUNTS, quantity_total=NUMBERS)
HEAD = {
    "currency": maybe(st.just("USD")),
    "references": some(REFERENCE),
    "contacts": some(CONTACT),
    "dates": some(DATE),
    "terms": some(TERMS),
    "adjustments": some(ADJUSTMENT),
    "parties": some(PARTY),
}
LINE = {
    "number": maybe(TEXT),
    "quantity": maybe(QUANTITY),
    "price": maybe(PRICE),
    "items": ITEMS,
    "descriptions": some(DESCRIPTION),
    "dates": some(DATE),
    "adjustments": some(ADJUSTMENT),
    "references": some(REFERENCE),
    "parties": some(PARTY, 1),
}

ORDER_LINE = {
    **LINE,
    **_given(pack=COUNTS, pack_size=QUANTITY),
    "taxes": some(TAX),
    "measurements": some(MEASUREMENT),
    "schedule": some(SCHEDULE),
    "notes": st.tuples(PLAIN_NOTE, NOTE.filter(lambda note: bool(note.topic or note.reference or note.title))),
}

ORDER = st.builds(
    PurchaseOrder,
    purpose=PURPOSE,
    number=TEXT,
    order_type=word(tables.ORDER_TYPES),
    order_date=DAYS,
    **_given(release=TEXT, contract=TEXT, total_amount=NUMBERS),
    **HEAD,
    **TOTALS,
    taxes=some(TAX),
    notes=some(NOTE),
    deliveries=some(DELIVERY),
    lines=some(st.builds(OrderLine, **ORDER_LINE)),
)


def _response(status: LineStatus, code: str, **rest: Any) -> LineResponse:
    return LineResponse(status=status, code=code if status is LineStatus.OTHER else None, **rest)


RESPONSE = st.builds(
    _response,
    status=st.sampled_from(LineStatus),
    code=st.just("SP"),
    quantity=maybe(QUANTITY),
    date=maybe(DAY),
    items=ITEMS,
    dates=some(DATE, 1),
)

ACKNOWLEDGEMENT = st.builds(
    PurchaseOrderAcknowledgement,
    purpose=PURPOSE,
    answer=word(tables.ORDER_ANSWERS),
    order_number=TEXT,
    order_date=DAYS,
    **_given(release=TEXT, request=TEXT, contract=TEXT, seller_order=TEXT, acknowledged_on=DAYS, total_amount=NUMBERS),
    **HEAD,
    **TOTALS,
    notes=some(NOTE),
    deliveries=some(DELIVERY),
    lines=some(
        st.builds(
            AcknowledgedLine,
            **LINE,
            schedule=some(SCHEDULE),
            notes=some(NOTE),
            responses=some(RESPONSE),
        )
    ),
)

CHANGE = {
    "purpose": PURPOSE,
    "order_number": TEXT,
    "order_date": DAYS,
    **_given(
        release=TEXT,
        change_number=TEXT,
        request=TEXT,
        contract=TEXT,
        seller_order=TEXT,
        answer=word(tables.ORDER_ANSWERS),
        acknowledged_on=DAYS,
        changed_on=DAYS,
        total_amount=NUMBERS,
    ),
    **HEAD,
    **TOTALS,
    "taxes": some(TAX),
    "notes": some(NOTE),
    "deliveries": some(DELIVERY),
}
CHANGED_LINE = {**ORDER_LINE, "change": word(tables.LINE_CHANGES), "remaining": maybe(NUMBERS)}

ORDER_CHANGE = st.builds(
    PurchaseOrderChange,
    order_type=word(tables.ORDER_TYPES),
    lines=some(st.builds(ChangedLine, **CHANGED_LINE)),
    **CHANGE,
)

CHANGE_ACKNOWLEDGEMENT = st.builds(
    PurchaseOrderChangeAcknowledgement,
    order_type=maybe(word(tables.ORDER_TYPES)),
    lines=some(st.builds(AcknowledgedChange, responses=some(RESPONSE), **CHANGED_LINE)),
    **CHANGE,
)

INVOICE = st.builds(
    Invoice,
    purpose=PURPOSE,
    number=TEXT,
    invoice_date=DAYS,
    total_amount=CENTS,
    **_given(
        kind=word(tables.INVOICE_KINDS),
        order_number=TEXT,
        order_date=DAYS,
        release=TEXT,
        discountable_amount=CENTS,
        discounted_amount=CENTS,
        discount_amount=CENTS,
    ),
    **HEAD,
    **TOTALS,
    taxes=some(TAX),
    notes=some(st.builds(Note, text=TEXT, topic=maybe(word(tables.NOTE_TOPICS)))),
    lines=some(st.builds(InvoiceLine, **LINE, taxes=some(TAX), measurements=some(MEASUREMENT))),
)

QUOTED_PRICE = {
    "amount": NUMBERS,
    **_given(
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
    **_given(description=TEXT, quantity_kind=word(tables.QUANTITY_KINDS), quantity=NUMBERS),
)
OFFER = st.builds(QuotedPrice, **QUOTED_PRICE)

PRICE_CATALOG = st.builds(
    PriceCatalog,
    purpose=PURPOSE,
    kind=word(tables.CATALOG_KINDS),
    **_given(
        number=TEXT,
        version=TEXT,
        revision=TEXT,
        replaces=st.builds(CatalogReference, number=TEXT, **_given(version=TEXT, revision=TEXT)),
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
                    **_given(
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
                    **_given(level=TEXT, quantity=QUANTITY, price=PRICE),
                )
            ),
            adjustments=some(ADJUSTMENT),
            taxes=some(TAX),
            lead_times=some(LEAD_TIME, 1),
            parties=some(PARTY, 1),
            **_given(number=TEXT, pack=COUNTS, pack_size=QUANTITY),
        )
    ),
)

SHIPPED_ITEM = st.builds(
    ShippedItem,
    line_number=maybe(TEXT),
    items=ITEMS,
    shipped=QUANTITY,
    **_given(shipped_to_date=NUMBERS, ordered=QUANTITY, status=word(tables.LINE_STATUSES)),
)


def _level(children: st.SearchStrategy[Any]) -> st.SearchStrategy[ShipmentLevel]:
    return st.builds(
        ShipmentLevel,
        kind=word(tables.LEVELS),
        order=maybe(st.builds(OrderReference, number=TEXT, **_given(release=TEXT, date=DAYS, contract=TEXT))),
        item=maybe(SHIPPED_ITEM),
        marks=some(st.builds(Mark, kind=word(tables.MARKS), value=TEXT, until=maybe(TEXT))),
        packaging=some(
            st.builds(
                Packaging,
                form=TEXT,
                **_given(count=COUNTS, weight=QUANTITY, weight_kind=word(tables.WEIGHTS), volume=QUANTITY),
            )
        ),
        equipment=some(
            st.builds(Equipment, kind=word(tables.EQUIPMENT), **_given(initial=TEXT, number=TEXT, seal=TEXT))
        ),
        deliveries=some(DELIVERY, 1),
        references=some(REFERENCE),
        descriptions=some(DESCRIPTION),
        dates=some(DATE),
        children=children,
        **_given(inner_packs=COUNTS, inner_pack_size=QUANTITY),
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

TEXT_MESSAGE = st.builds(
    TextMessage,
    purpose=PURPOSE,
    subject=maybe(TEXT),
    dates=some(DATE),
    parties=some(PARTY),
    messages=st.lists(
        st.builds(
            Message,
            number=TEXT,
            title=maybe(TEXT),
            parties=some(PARTY, 1),
            lines=some(st.builds(TextLine, text=TEXT), 3),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
)

CONTEXTS = some(
    st.builds(
        FaultContext,
        names=some(st.builds(ContextName, name=TEXT, **_given(value=TEXT)), 3).filter(bool),
        **_given(
            segment=TEXT,
            position=COUNTS,
            loop=TEXT,
            element=COUNTS,
            component=COUNTS,
            repetition=COUNTS,
            reference_number=TEXT,
            component_reference_number=TEXT,
        ),
    )
)


def _functional(
    kind: AcknowledgementKind, contexts: st.SearchStrategy[tuple[FaultContext, ...]]
) -> st.SearchStrategy[FunctionalAcknowledgement]:
    """What a 997 or a 999 says; only a 999 has contexts."""
    element_fault = st.builds(
        ElementFault,
        position=st.integers(1, 30),
        code=TEXT,
        contexts=contexts,
        **_given(component=COUNTS, repetition=COUNTS, reference_number=TEXT, value=TEXT),
    )
    segment_fault = st.builds(
        SegmentFault,
        segment=TEXT,
        position=COUNTS,
        contexts=contexts,
        elements=some(element_fault),
        **_given(loop=TEXT, code=TEXT),
    )
    verdict = st.builds(
        SetAcknowledgement,
        set_type=TEXT,
        control_number=TEXT,
        guideline=maybe(TEXT),
        status=st.sampled_from(SyntaxStatus),
        codes=some(TEXT, 5),
        faults=some(segment_fault),
    )
    return st.builds(
        FunctionalAcknowledgement,
        kind=st.just(kind),
        functional_id=TEXT,
        group_control_number=TEXT,
        version=maybe(TEXT),
        status=st.sampled_from(SyntaxStatus),
        included=COUNTS,
        received=COUNTS,
        accepted=COUNTS,
        codes=some(TEXT, 5),
        sets=some(verdict),
    )


FUNCTIONAL_ACKNOWLEDGEMENT = _functional(AcknowledgementKind.FUNCTIONAL, st.just(()))
IMPLEMENTATION_ACKNOWLEDGEMENT = _functional(AcknowledgementKind.IMPLEMENTATION, CONTEXTS)

DOCUMENTS: dict[str, st.SearchStrategy[AnyDocument]] = {
    "810": INVOICE,
    "832": PRICE_CATALOG,
    "846": INVENTORY_ADVICE,
    "850": ORDER,
    "855": ACKNOWLEDGEMENT,
    "856": SHIP_NOTICE,
    "860": ORDER_CHANGE,
    "864": TEXT_MESSAGE,
    "865": CHANGE_ACKNOWLEDGEMENT,
    "997": FUNCTIONAL_ACKNOWLEDGEMENT,
    "999": IMPLEMENTATION_ACKNOWLEDGEMENT,
}
