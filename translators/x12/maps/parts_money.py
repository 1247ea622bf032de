"""Prices, allowances and charges, taxes, terms, currency and totals: PO1/IT1 prices, SAC, TXI, ITD, CUR, CTT."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from canonical.base import Value
from canonical.money import Adjustment, PaymentTerms, Price, Tax
from canonical.party import Identifier

from ..segments import SegmentNode
from ..written import ELEMENT
from .code_tables import (
    ADJUSTMENTS,
    HANDLINGS,
    JURISDICTIONS,
    PERCENT_BASES,
    PRICE_BASES,
    SERVICES,
    TAX_EXEMPTIONS,
    TAX_KINDS,
    TAX_RELATIONSHIPS,
    TERMS_BASES,
    TERMS_KINDS,
)
from .compiled_records import record_writer
from .compiled_writing import Piece, Site
from .forms import CENTS, DAY, REAL, WHOLE, coded
from .loops import Child, Each, Once, each
from .reading import Fields, Place, Reading, head_of
from .records import Field, Fixed, Group, Record, text_at
from .writing import Draft

_PERCENT_OF_UNSAID = "Z"


def price(amount: int, basis: int) -> Group:
    """A unit price and what it is for."""
    return Group(
        "price", Price, (Field("amount", amount, REAL), Field("basis", basis, coded(PRICE_BASES))), ("amount",)
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
    Field("relationship", 7, coded(TAX_RELATIONSHIPS)),
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
    """CTT: the counts at the end. Where the document does not state the number of lines, it is counted."""

    record: Record
    count: Callable[[Any], int]
    inner: tuple[Child, ...] = ()

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        node = place.first("CTT")
        if node is None:
            reading.absent("CTT[1]")
            return
        head = head_of(node)
        reading.take(head)
        fields.update(self.record.read(head, reading, at) or {})
        inside = Place.of(node)
        for child in self.inner:
            child.read(inside, fields, reading, at)

    def write(self, value: Any, draft: Draft) -> None:
        totals = draft.add("CTT")
        self.record.write(value, totals)
        totals.default(1, str(self.count(value)))
        for child in self.inner:
            child.write(value, totals)

    def pieces(self, site: Site) -> Iterable[Piece]:
        stated = record_writer(self.record)

        def counted(value: Any, texts: list[str], unsure: list[str]) -> None:
            stated(value, texts, unsure)
            text = texts[-1]
            if text[4:5] in ("", ELEMENT):
                texts[-1] = f"CTT{ELEMENT}{self.count(value)}{text[4:]}"

        return [Piece("CTT", (counted, site.inside("CTT").children(self.record.model, self.inner)))]


def totals(model: type[Value], count: Callable[[Any], int], *inner: Child) -> Totals:
    """CTT01 and CTT02 of a document."""
    record = Record("CTT", model, Field("line_count", 1, WHOLE), Field("quantity_total", 2, REAL))
    return Totals(record, count, inner)
