"""Prices, allowances and charges, taxes, terms, currency and totals: PO1/IT1 prices, CTP, SAC, TXI, ITD, CUR, CTT."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from canonical.base import Value
from canonical.money import Adjustment, PaymentTerms, Price, QuotedPrice, Tax
from canonical.party import Identifier

from ..segments import SegmentNode
from ..values import render_real
from ..written import ELEMENT
from .code_tables import (
    ADJUSTMENTS,
    BUYERS,
    HANDLINGS,
    JURISDICTIONS,
    MULTIPLIERS,
    PERCENT_BASES,
    PRICE_BASES,
    PRICE_KINDS,
    RELATIONSHIPS,
    SERVICES,
    TAX_EXEMPTIONS,
    TAX_KINDS,
    TERMS_BASES,
    TERMS_KINDS,
)
from .compiled_reading import PlaceReaders
from .compiled_records import record_writer
from .compiled_writing import Piece, Site
from .forms import CENTS, DAY, REAL, WHOLE, coded
from .loops import Child, Each, Once, each
from .parts_item import quantity
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Record, text_at
from .tracing import Spot, trace_all
from .writing import Draft

_PERCENT_OF_UNSAID = "Z"


def price(amount: int, basis: int) -> Group:
    """A unit price and what it is for."""
    return Group(
        "price", Price, (Field("amount", amount, REAL), Field("basis", basis, coded(PRICE_BASES))), ("amount",)
    )


def quoted_price(model: type[QuotedPrice]) -> Record:
    """CTP: a price on offer."""
    return Record(
        "CTP",
        model,
        Field("buyers", 1, coded(BUYERS)),
        Field("kind", 2, coded(PRICE_KINDS)),
        Field("amount", 3, REAL),
        quantity("quantity", 4, 5, composite=True),
        Field("multiplier_kind", 6, coded(MULTIPLIERS)),
        Field("multiplier", 7, REAL),
        Field("basis", 9, coded(PRICE_BASES)),
    )


TAX = Record(
    "TXI",
    Tax,
    Field("kind", 1, coded(TAX_KINDS)),
    Field("amount", 2, REAL),
    Field("percent", 3, REAL),
    Group(
        "jurisdiction",
        Identifier,
        (Field("scheme", 4, coded(JURISDICTIONS)), Field("value", 5)),
        ("scheme", "value"),
    ),
    Field("exempt", 6, coded(TAX_EXEMPTIONS)),
    Field("relationship", 7, coded(RELATIONSHIPS)),
    needed=("kind",),
)

ADJUSTMENT = Record(
    "SAC",
    Adjustment,
    Field("kind", 1, coded(ADJUSTMENTS)),
    Field("service", 2, coded(SERVICES)),
    Field("agency", 3),
    Field("agency_service", 4),
    Field("amount", 5, CENTS),
    Field("percent_basis", 6, coded(PERCENT_BASES), unsaid=_PERCENT_OF_UNSAID),
    Field("percent", 7, REAL),
    Field("rate", 8, REAL),
    Field("unit", 9),
    Field("quantity", 10, REAL),
    Field("handling", 12, coded(HANDLINGS)),
    Field("reference", 13),
    Field("description", 15),
    fixed=(Fixed(6, _PERCENT_OF_UNSAID, beside=7),),
    needed=("kind",),
)

TERMS = Record(
    "ITD",
    PaymentTerms,
    Field("kind", 1, coded(TERMS_KINDS)),
    Field("basis", 2, coded(TERMS_BASES)),
    Field("discount_percent", 3, REAL),
    Field("discount_due", 4, DAY),
    Field("discount_days", 5, WHOLE),
    Field("net_due", 6, DAY),
    Field("net_days", 7, WHOLE),
    Field("discount_amount", 8, CENTS),
    Field("description", 12),
)


def taxes() -> Each:
    """TXI segments of the place."""
    return each("taxes", TAX)


def adjustments(*children: Child) -> Each:
    """SAC loops, or SAC segments."""
    return each("adjustments", ADJUSTMENT, *children)


def terms() -> Each:
    """ITD segments of the place."""
    return each("terms", TERMS)


def currency(model: type[Value], stated_by: str) -> Once:
    """The document's currency (CUR). X12 wants to know who states it; by default ``stated_by``."""
    return Once(Record("CUR", model, Field("currency", 2), fixed=(Fixed(1, stated_by),)))


def _is_total(node: SegmentNode) -> bool:
    return text_at(node.segment.elements, 1) == "TT"


def total_amount(model: type[Value]) -> Once:
    """The order's total (AMT with TT)."""
    return Once(Record("AMT", model, Field("total_amount", 2, REAL), fixed=(Fixed(1, "TT"),), accepts=_is_total))


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals at the end, such as CTT. Where the document does not state the first of them, it is counted."""

    record: Record
    count: Callable[[Any], int | Decimal]
    inner: tuple[Child, ...] = ()

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        node = place.first(self.record.id)
        if node is None:
            reading.absent(f"{self.record.id}[1]")
            return
        head = head_of(node)
        reading.take(head)
        fields.update(self.record.read(head, reading, at) or {})
        inside = Place.of(node)
        for child in self.inner:
            child.read(inside, fields, reading, at)

    def write(self, value: Any, draft: Draft) -> None:
        totals = draft.add(self.record.id)
        self.record.write(value, totals)
        totals.default(1, self._counted(value))
        for child in self.inner:
            child.write(value, totals)

    def pieces(self, site: Site) -> Iterable[Piece]:
        stated, tag = record_writer(self.record), self.record.id.partition("#")[0]

        def counted(value: Any, texts: list[str], unsure: list[str]) -> None:
            stated(value, texts, unsure)
            beyond = texts[-1][len(tag) + 1 :]
            if beyond[:1] in ("", ELEMENT):
                texts[-1] = f"{tag}{ELEMENT}{self._counted(value)}{beyond}"

        inside = site.inside(self.record.id).children(self.record.model, self.inner)
        return [Piece(self.record.id, (counted, inside))]

    def compile(self, place: PlaceReaders) -> None:
        place.first(self.record, self.inner, always=True)
        place.expect(self.record.id)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        path = f"{spot.path}{self.record.id}[1]"
        spot.tell(self.record, path, places)
        trace_all(self.inner, replace(spot, path=f"{path}/"), places)

    def _counted(self, value: Any) -> str:
        return render_real(Decimal(self.count(value)))


def totals(model: type[Value], count: Callable[[Any], int], *inner: Child) -> Totals:
    """CTT01 and CTT02 of a document."""
    record = Record("CTT", model, Field("line_count", 1, WHOLE), Field("quantity_total", 2, REAL))
    return Totals(record, count, inner)
