"""Rules of the trade that several sets share."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from canonical.finding import Severity
from canonical.item import ItemIdentifier
from canonical.shipment import Mark

from ...gs1 import SSCC_KINDS, gtin_fault, sscc_fault
from .findings import BusinessFault
from .reading import Reading

_GTIN_SCHEMES = frozenset({"gtin", "upc", "ean"})


def line_count(document: Any, reading: Reading) -> None:
    """CTT01 against the lines that are there."""
    stated, counted = document.line_count, len(document.lines)
    if stated is not None and stated != counted:
        counted_differs(stated, counted, reading)


def counted_differs(stated: int, counted: int, reading: Reading) -> None:
    """Remark that CTT01 is not what was counted."""
    reading.remark(
        BusinessFault.LINE_COUNT_DIFFERS,
        Severity.WARNING,
        f"CTT01 says {stated} lines, but there are {counted}. Check that no line was left out, and correct the count.",
        field="line_count",
    )


def total_quantity(
    stated: Decimal | None, added: Decimal, units: Sequence[str | None], reading: Reading, *, total: str, parts: str
) -> None:
    """The stated total against the sum of the lines, where all lines are counted in one unit. ``total`` and ``parts`` are X12's."""
    if stated is None or stated == added or len(set(units)) != 1:
        return
    reading.remark(
        BusinessFault.QUANTITY_TOTAL_DIFFERS,
        Severity.WARNING,
        f"{total} says {stated:f}, but the lines ({parts}) add up to {added:f}. "
        "Check that no line was left out, and correct the total.",
        field="total_quantity",
    )


def item_numbers(found: Iterable[ItemIdentifier], whose: str, field: str, reading: Reading) -> None:
    """The check digit of every GTIN, UPC and EAN among the numbers of one thing, which came from ``field``."""
    for item in found:
        fault = gtin_fault(item.value) if item.scheme in _GTIN_SCHEMES else None
        if fault:
            message = (
                f"{whose}: {item.value} is not a valid {item.scheme.upper()}: {fault}. "
                "Correct the number, or say with another code what number it is."
            )
            reading.remark(BusinessFault.ITEM_NUMBER_INVALID, Severity.WARNING, message, field=field)


def marks(found: Sequence[Mark], at: str, reading: Reading) -> None:
    """The check digit of every serial shipping container code."""
    for index, mark in enumerate(found):
        if mark.kind in SSCC_KINDS:
            fault = sscc_fault(mark.value)
            if fault:
                message = f"MAN02 {mark.value} is not a valid SSCC-18: {fault}. Correct the label and the ship notice."
                reading.remark(
                    BusinessFault.SSCC_INVALID, Severity.WARNING, message, field=f"{at}marks.{index}", element=2
                )


def amount(quantity: Decimal) -> str:
    """A quantity for people: no exponent, no needless zeros."""
    return format(quantity.normalize(), "f")


def plain(amount: Decimal) -> str:
    """An amount for people: no exponent, no needless zeros beyond cents."""
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    return f"{amount:.2f}" if isinstance(exponent, int) and exponent >= -2 else format(short, "f")
