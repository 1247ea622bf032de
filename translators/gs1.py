"""Numbers of GS1 that prove themselves: the check digit of an SSCC, a GTIN and their kin (GS1 General Specifications)."""

SSCC_KINDS = frozenset({"sscc", "sscc_bare"})
"""Marks of a package (:class:`canonical.shipment.Mark`) that are serial shipping container codes."""

_SSCC_DIGITS = 18
_SSCC_PREFIX = "00"
_GTIN_DIGITS = frozenset({8, 12, 13, 14})


def check_digit(digits: str) -> int:
    """The check digit for ``digits``: weights 3 and 1 in turn from the right, and what is then missing to a multiple of ten."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -weighted % 10


def sscc_fault(value: str) -> str | None:
    """What is wrong with a serial shipping container code, as the rest of a sentence; None where nothing is."""
    bare = bare_sscc(value)
    if len(bare) != _SSCC_DIGITS or not _are_digits(bare):
        return "it must have 18 digits, or 20 that begin with 00"
    return _digit_fault(bare)


def bare_sscc(value: str) -> str:
    """The code without its prefix 00 (the application identifier)."""
    return value[2:] if len(value) == _SSCC_DIGITS + 2 and value.startswith(_SSCC_PREFIX) else value


def gtin_fault(value: str) -> str | None:
    """What is wrong with a GTIN, UPC or EAN, as the rest of a sentence; None where nothing is."""
    if len(value) not in _GTIN_DIGITS or not _are_digits(value):
        return "it must have 8, 12, 13 or 14 digits"
    return _digit_fault(value)


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _digit_fault(digits: str) -> str | None:
    expected = check_digit(digits[:-1])
    return None if int(digits[-1]) == expected else f"its check digit is {digits[-1]} and should be {expected}"
