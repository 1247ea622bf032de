"""How long the law of a country has documents kept, as far as a source for it was found; each names its own.

This is what was found, not legal advice. Where a law counts from a moment that we do not know (the last entry in the books, the end of a
transaction), it is counted from the end of the fiscal year, which is no earlier. Periods that go on while an assessment is open, as in
Germany and Austria, are a matter for a legal hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby


class Kind(StrEnum):
    """What a document is to the books."""

    VOUCHER = "voucher"
    """Something that is booked, or that shows why: invoices, remittances, movements of stock, and what nobody knows the kind of."""
    LETTER = "letter"
    """What was written about a transaction: orders, their answers, ship notices, prices."""


LETTERS = frozenset(
    {
        "ApplicationAdvice",
        "InventoryAdvice",
        "PriceCatalog",
        "PurchaseOrder",
        "PurchaseOrderAcknowledgement",
        "PurchaseOrderChange",
        "PurchaseOrderChangeAcknowledgement",
        "ShipNotice",
        "TextMessage",
        "WarehouseShippingOrder",
    }
)
"""Types of documents that are letters."""

ENVELOPES = frozenset({"FunctionalAcknowledgement", "InterchangeAcknowledgement"})
"""Types that say nothing of a transaction; they are kept with what they acknowledge."""


def kind_of(type_: str) -> Kind | None:
    """What a type of document is to the books; None for what is nothing to them."""
    if type_ in ENVELOPES:
        return None
    return Kind.LETTER if type_ in LETTERS else Kind.VOUCHER


class Begins(StrEnum):
    """At the end of what the years begin to count."""

    FISCAL_YEAR = "fiscal year"
    """The fiscal year in which it was received or sent."""
    CALENDAR_YEAR = "calendar year"
    """The calendar year in which it was received or sent, whatever the fiscal year."""
    CALENDAR_YEAR_OF_FISCAL_YEAR = "calendar year in which the fiscal year ends"


@dataclass(frozen=True, slots=True)
class Preset:
    """``country`` (ISO 3166-1) has documents of ``kinds`` kept for ``years``, says ``source``.

    ``practice`` is whether the number is what people keep to where the law names none.
    """

    country: str
    kinds: tuple[Kind, ...]
    years: int
    begins: Begins
    source: str
    practice: bool = False


_BOTH = (Kind.VOUCHER, Kind.LETTER)

_ALL = (
    Preset("AT", _BOTH, 7, Begins.CALENDAR_YEAR_OF_FISCAL_YEAR, "§ 132 (1) BAO"),
    Preset("AU", _BOTH, 7, Begins.FISCAL_YEAR, "Corporations Act 2001, s 286(2)"),
    Preset("BE", _BOTH, 10, Begins.CALENDAR_YEAR, "Code de la TVA, art. 60 § 4"),
    Preset("CA", _BOTH, 6, Begins.FISCAL_YEAR, "Income Tax Act, as stated by the CRA"),
    Preset("CH", _BOTH, 10, Begins.FISCAL_YEAR, "Art. 958f (1) OR"),
    Preset("DE", (Kind.VOUCHER,), 8, Begins.CALENDAR_YEAR, "§ 147 (3), (4) AO and § 257 HGB since 2025, § 14b UStG"),
    Preset("DE", (Kind.LETTER,), 6, Begins.CALENDAR_YEAR, "§ 147 (3), (4) AO, § 257 HGB"),
    Preset("ES", _BOTH, 6, Begins.FISCAL_YEAR, "Código de Comercio, art. 30.1"),
    Preset("FR", _BOTH, 10, Begins.FISCAL_YEAR, "Code de commerce, art. L123-22"),
    Preset("GB", _BOTH, 6, Begins.FISCAL_YEAR, "VAT Act 1994, sch. 11 para. 6(3); HMRC CH11200"),
    Preset("IT", _BOTH, 10, Begins.FISCAL_YEAR, "Codice civile, art. 2220"),
    Preset("NL", _BOTH, 7, Begins.FISCAL_YEAR, "fiscal duty to keep basic records, as stated by the Belastingdienst"),
    Preset("US", _BOTH, 7, Begins.FISCAL_YEAR, "26 CFR 1.6001-1(e), Rev. Proc. 98-25", practice=True),
)

PRESETS: Mapping[str, tuple[Preset, ...]] = {
    country: tuple(found) for country, found in groupby(_ALL, key=lambda preset: preset.country)
}
"""By country."""
