"""What the documents are made of: quantities, prices, parties, dates, notes."""

import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from canonical.document import Purpose
from canonical.item import Description, EventDate, ItemIdentifier, Note
from canonical.money import Adjustment, PaymentTerms, Price, Tax
from canonical.order import Delivery, ScheduledQuantity
from canonical.party import Address, Channel, Contact, Identifier, Party, Reference
from canonical.quantity import Measurement, Quantity
from canonical.shipment import Mark
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


def given(**fields: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: maybe(strategy) for name, strategy in fields.items()}


QUANTITY = st.builds(Quantity, value=NUMBERS, unit=maybe(st.sampled_from(["EA", "CA", "LB"])))
PRICE = st.builds(Price, amount=NUMBERS, basis=maybe(word(tables.PRICE_BASES)))
ITEM = st.builds(ItemIdentifier, scheme=word(tables.ITEM_SCHEMES), value=TEXT)
ITEMS = some(ITEM, 10)
IDENTIFIER = st.builds(Identifier, scheme=word(tables.IDENTIFIER_SCHEMES), value=TEXT)
DATE = st.builds(EventDate, kind=word(tables.DATES), **given(date=DAYS, time=TIMES, timezone=word(tables.TIMEZONES)))
DAY = st.builds(EventDate, kind=word(tables.DATES), date=maybe(DAYS))
REFERENCE = st.builds(Reference, kind=word(tables.REFERENCES), **given(value=TEXT, description=TEXT))
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
    **given(**CITY, location=st.builds(Identifier, scheme=word(tables.LOCATIONS), value=TEXT)),
)
PARTY = st.builds(
    Party,
    role=word(tables.ROLES),
    additional_names=some(TEXT, 4),
    contacts=some(CONTACT, 1),
    references=some(REFERENCE, 1),
    **given(name=TEXT, identifier=IDENTIFIER, address=ADDRESS),
)
TAX = st.builds(
    Tax,
    kind=word(tables.TAX_KINDS),
    **given(
        amount=NUMBERS,
        percent=NUMBERS,
        jurisdiction=st.builds(Identifier, scheme=word(tables.JURISDICTIONS), value=TEXT),
        exempt=word(tables.TAX_EXEMPTIONS),
        relationship=word(tables.RELATIONSHIPS),
    ),
)
ADJUSTMENT_FIELDS = given(
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
    **given(
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
    **given(text=TEXT, characteristic=word(tables.CHARACTERISTICS), agency=TEXT, code=TEXT),
)
DELIVERY = st.builds(
    Delivery,
    freight_terms=word(tables.FREIGHT_TERMS),
    freight_location=TEXT,
    mode=word(tables.MODES),
    **given(freight_location_kind=word(tables.LOCATIONS), carrier=IDENTIFIER, routing=TEXT, service_level=TEXT),
)
NOTE = st.builds(
    Note,
    text=st.lists(TEXT, min_size=1, max_size=3).map("\n".join),
    **given(topic=word(tables.REFERENCES, "mutually_defined"), reference=TEXT, title=TEXT),
)
PLAIN_NOTE = st.builds(Note, text=TEXT)
SCHEDULE = st.builds(
    ScheduledQuantity,
    quantity=QUANTITY,
    date=maybe(st.builds(EventDate, kind=word(tables.DATES), date=maybe(DAYS), time=maybe(TIMES))),
)
MEASUREMENT = st.builds(Measurement, kind=word(tables.MEASUREMENTS), quantity=QUANTITY)
PURPOSE = st.sampled_from(Purpose)
TOTALS = given(line_count=COUNTS, quantity_total=NUMBERS)
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
WHOLES = st.integers(0, 999)
PLAIN_NOTES = some(st.builds(Note, text=TEXT, topic=maybe(word(tables.NOTE_TOPICS))))
MARK = st.builds(Mark, kind=word(tables.MARKS), value=TEXT, until=maybe(TEXT))
