"""Rules of the trade that several sets share."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from canonical.finding import Severity
from canonical.item import ItemIdentifier
from canonical.shipment import Mark

from .findings import BusinessFault
from .reading import Reading

_GTIN_SCHEMES = frozenset({"gtin", "upc", "ean"})
_GTIN_DIGITS = frozenset({8, 12, 13, 14})
SSCC_KINDS = frozenset({"sscc", "sscc_bare"})
_SSCC_DIGITS = 18
_SSCC_PREFIX = "00"


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


def check_digit(digits: str) -> int:
    """The GS1 check digit for ``digits``: weights 3 and 1 in turn from the right."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -weighted % 10


def item_numbers(found: Iterable[ItemIdentifier], whose: str, field: str, reading: Reading) -> None:
    """The check digit of every GTIN, UPC and EAN among the numbers of one thing, which came from ``field``."""
    for item in found:
        fault = _gtin_fault(item.value) if item.scheme in _GTIN_SCHEMES else None
        if fault:
            message = (
                f"{whose}: {item.value} is not a valid {item.scheme.upper()}: {fault}. "
                "Correct the number, or say with another code what number it is."
            )
            reading.remark(BusinessFault.ITEM_NUMBER_INVALID, Severity.WARNING, message, field=field)


def _gtin_fault(value: str) -> str | None:
    if len(value) not in _GTIN_DIGITS or not (value.isascii() and value.isdigit()):
        return "it must have 8, 12, 13 or 14 digits"
    expected = check_digit(value[:-1])
    return None if int(value[-1]) == expected else f"its check digit is {value[-1]} and should be {expected}"


def marks(found: Sequence[Mark], at: str, reading: Reading) -> None:
    """The check digit of every serial shipping container code."""
    for index, mark in enumerate(found):
        if mark.kind in SSCC_KINDS:
            fault = _sscc_fault(mark.value)
            if fault:
                message = f"MAN02 {mark.value} is not a valid SSCC-18: {fault}. Correct the label and the ship notice."
                reading.remark(
                    BusinessFault.SSCC_INVALID, Severity.WARNING, message, field=f"{at}marks.{index}", element=2
                )


def bare_sscc(value: str) -> str:
    """The code without its prefix 00 (application identifier of GS1)."""
    return value[2:] if len(value) == _SSCC_DIGITS + 2 and value.startswith(_SSCC_PREFIX) else value


def _sscc_fault(value: str) -> str | None:
    bare = bare_sscc(value)
    if len(bare) != _SSCC_DIGITS or not (bare.isascii() and bare.isdigit()):
        return "it must have 18 digits, or 20 that begin with 00"
    expected = check_digit(bare[:-1])
    return None if int(bare[-1]) == expected else f"its check digit is {bare[-1]} and should be {expected}"


def amount(quantity: Decimal) -> str:
    """A quantity for people: no exponent, no needless zeros."""
    return format(quantity.normalize(), "f")


def plain(amount: Decimal) -> str:
    """An amount for people: no exponent, no needless zeros beyond cents."""
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    return f"{amount:.2f}" if isinstance(exponent, int) and exponent >= -2 else format(short, "f")
