"""Text in a cell to a canonical value and back, by the kind of the field.

Values are exact: nothing is rounded, guessed or repaired. What a spreadsheet has damaged
(``1.06E+17``) is refused with the reason.
"""

import datetime
import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache

from canonical.acknowledgement import LineStatus
from canonical.document import Purpose

from ..x12.maps import code_tables
from ..x12.maps.codes import Codes
from .findings import Code, Fault, shown


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    DECIMAL = "number"
    INTEGER = "whole number"
    DATE = "date"
    TIME = "time"
    SSCC = "SSCC"
    STATUS = "line status"
    PURPOSE = "purpose"
    ANSWER = "answer to an order"
    ORDER_TYPE = "order type"
    INVOICE_KIND = "invoice kind"
    PRICE_BASIS = "price basis"
    FREIGHT_TERMS = "freight terms"
    MODE = "mode of transport"
    TERMS_KIND = "kind of terms"
    TERMS_BASIS = "basis of terms"
    STRUCTURE = "structure"


CellValue = str | Decimal | int | datetime.date | datetime.time | Purpose
"""A value as the canonical model takes it. A line status stays text (``rejected``, ``R2``) until it is put in its place."""

CODED: dict[Kind, Codes] = {
    Kind.ANSWER: code_tables.ORDER_ANSWERS,
    Kind.ORDER_TYPE: code_tables.ORDER_TYPES,
    Kind.INVOICE_KIND: code_tables.INVOICE_KINDS,
    Kind.PRICE_BASIS: code_tables.PRICE_BASES,
    Kind.FREIGHT_TERMS: code_tables.FREIGHT_TERMS,
    Kind.MODE: code_tables.MODES,
    Kind.TERMS_KIND: code_tables.TERMS_KINDS,
    Kind.TERMS_BASIS: code_tables.TERMS_BASES,
    Kind.STRUCTURE: code_tables.STRUCTURES,
    Kind.PURPOSE: code_tables.PURPOSES,
    Kind.STATUS: code_tables.LINE_STATUSES,
}
"""Kinds whose values are names of ours. The X12 codes for them are understood too, since partners know those."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How a file writes dates and decimals."""

    date: str = "YYYY-MM-DD"
    decimal_separator: str = "."


CANONICAL = Formats()
"""How constants and defaults are written in a column map, whatever the file does."""

_REASONS = tuple(f"R{number}" for number in range(1, 9))
"""Line statuses that stay codes, since they carry the reason for a rejection (X12 element 668)."""


def parse(kind: Kind, text: str, formats: Formats) -> CellValue | Fault:
    """The value of a text that is not blank, or what is wrong with it."""
    coded = CODED.get(kind)
    if coded is not None:
        return _coded(kind, coded, text)
    return _PARSERS[kind](text, formats)


def render(kind: Kind, value: object, formats: Formats) -> str:
    """The text of a value: what :func:`parse` reads as the same value."""
    match value:
        case Decimal():
            return format(value, "f").replace(".", formats.decimal_separator)
        case datetime.date() if kind is Kind.DATE:
            return _render_date(value, formats.date)
        case datetime.time():
            return value.isoformat("auto") if value.second or value.microsecond else value.strftime("%H:%M")
        case _:
            return str(value)


def line_status(text: str) -> tuple[LineStatus, str | None]:
    """The status and, where the status does not say it exactly, the code, of a text that :func:`parse` let pass."""
    return (LineStatus.REJECTED, text) if text in _REASONS else (LineStatus(text), None)


def date_format_problem(date_format: str) -> str | None:
    """Why a date format cannot be used, in words; None when it can."""
    tokens = _DATE_TOKEN.findall(date_format)
    if sorted(tokens) not in (["DD", "MM", "YYYY"], ["DD", "MM", "YY"]):
        return (
            f"'{date_format}' must hold YYYY (or YY), MM and DD once each, for example YYYY-MM-DD, MM/DD/YYYY "
            "or YYYYMMDD"
        )
    between = _DATE_TOKEN.sub("", date_format)
    if re.search(r"[A-Za-z0-9]", between):
        return f"'{date_format}' may hold only YYYY, YY, MM, DD and punctuation"
    return None


def _text(text: str, formats: Formats) -> str | Fault:
    return text


_SPREADSHEET_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")


def _damaged(text: str) -> str:
    return (
        f"'{shown(text)}' looks shortened by a spreadsheet; format the column as text before you save the file."
        if _SPREADSHEET_NUMBER.fullmatch(text)
        else ""
    )


@cache
def _decimal_pattern(separator: str) -> re.Pattern[str]:
    return re.compile(
        rf"[+-]?(?:[0-9]{{1,20}}(?:{re.escape(separator)}[0-9]{{0,10}})?|{re.escape(separator)}[0-9]{{1,10}})"
    )


def _decimal(text: str, formats: Formats) -> Decimal | Fault:
    separator = formats.decimal_separator
    if _decimal_pattern(separator).fullmatch(text):
        return Decimal(text.replace(separator, "."))
    return Fault(
        Code.NOT_A_NUMBER,
        _damaged(text)
        or f"'{shown(text)}' is not a number. Write digits (at most 20) with at most one '{separator}' before the decimals "
        "(at most 10); no thousands separators, units or currency signs.",
    )


def _integer(text: str, formats: Formats) -> int | Fault:
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    return Fault(
        Code.NOT_A_WHOLE_NUMBER, _damaged(text) or f"'{shown(text)}' is not a whole number. Write digits only."
    )


_DATE_TOKEN = re.compile(r"YYYY|YY|MM|DD")


@cache
def _date_pattern(date_format: str) -> re.Pattern[str]:
    """One or two digits for month and day where something separates them, exactly two where nothing does."""
    short = "{1,2}" if _DATE_TOKEN.sub("", date_format) else "{2}"
    digits = {"YYYY": "{4}", "YY": "{2}", "MM": short, "DD": short}
    parts = re.split(r"(YYYY|YY|MM|DD)", date_format)
    return re.compile(
        "".join(f"(?P<{part}>[0-9]{digits[part]})" if part in digits else re.escape(part) for part in parts)
    )


def _date(text: str, formats: Formats) -> datetime.date | Fault:
    found = _date_pattern(formats.date).fullmatch(text)
    if found is None:
        return Fault(Code.NOT_A_DATE, f"'{shown(text)}' is not a date written as {formats.date}.")
    fields = found.groupdict()
    year = int(fields["YYYY"]) if "YYYY" in fields else _full_year(int(fields["YY"]))
    try:
        return datetime.date(year, int(fields["MM"]), int(fields["DD"]))
    except ValueError:
        return Fault(
            Code.NOT_A_DATE, f"'{shown(text)}' is not a day of the calendar (dates are written {formats.date})."
        )


def _full_year(year: int) -> int:
    """Two-digit years as POSIX reads them: 69 to 99 are 19xx, 00 to 68 are 20xx."""
    return year + (1900 if year >= 69 else 2000)


def _render_date(value: datetime.date, date_format: str) -> str:
    parts = {
        "YYYY": f"{value.year:04d}",
        "YY": f"{value.year % 100:02d}",
        "MM": f"{value.month:02d}",
        "DD": f"{value.day:02d}",
    }
    return _DATE_TOKEN.sub(lambda found: parts[found.group()], date_format)


_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?|([0-9]{2})([0-9]{2})([0-9]{2})?")


def _time(text: str, formats: Formats) -> datetime.time | Fault:
    found = _TIME.fullmatch(text)
    if found is not None:
        hour, minute, second = (int(part or 0) for part in (found.groups()[:3] if found[1] else found.groups()[3:]))
        if hour < 24 and minute < 60 and second < 60:
            return datetime.time(hour, minute, second)
    return Fault(Code.NOT_A_TIME, f"'{shown(text)}' is not a time. Write HH:MM or HH:MM:SS, hours 00 to 23.")


def _sscc(text: str, formats: Formats) -> str | Fault:
    """18 digits, or 20 that begin with the application identifier 00. The check digit is looked at later: it does not reject."""
    if re.fullmatch(r"(?:00)?[0-9]{18}", text):
        return text
    return Fault(
        Code.SSCC_INVALID,
        _damaged(text) or f"'{shown(text)}' is not an SSCC: that has 18 digits, or 20 that begin with 00.",
    )


def _coded(kind: Kind, codes: Codes, text: str) -> CellValue | Fault:
    """One of our names, however written, or the X12 code for it; codes without a name are not known to be meant."""
    if kind is Kind.STATUS and text.upper() in _REASONS:
        return text.upper()
    names = codes.names
    wanted = re.sub(r"[ -]+", "_", text.lower())
    found = names.get(text.upper()) or (wanted if wanted in names.values() else None)
    if found is None:
        near = difflib.get_close_matches(wanted, names.values(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return Fault(
            Code.UNKNOWN_CODE, f"'{shown(text)}' is not a known {kind}.{hint} Possible: {', '.join(names.values())}."
        )
    return Purpose(found) if kind is Kind.PURPOSE else found


_PARSERS: dict[Kind, Callable[[str, Formats], CellValue | Fault]] = {
    Kind.TEXT: _text,
    Kind.DECIMAL: _decimal,
    Kind.INTEGER: _integer,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.SSCC: _sscc,
}
