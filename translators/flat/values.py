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
    ANSWER = "answer"


CellValue = str | Decimal | int | datetime.date | datetime.time | Purpose
"""A value as the canonical model takes it. A line status stays text (``rejected``, ``R2``) until it is put in its place."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How a file writes dates and decimals."""

    date: str = "YYYY-MM-DD"
    decimal_separator: str = "."


CANONICAL = Formats()
"""How constants and defaults are written in a column map, whatever the file does."""

ANSWERS = ("accepted", "accepted_with_changes", "acknowledged", "rejected")

_STATUS_CODES = {
    "AC": LineStatus.ACCEPTED_AND_SHIPPED,
    "AR": LineStatus.ACCEPTED_AND_RELEASED,
    "BP": LineStatus.PARTIAL_BACKORDERED,
    "DR": LineStatus.DATE_RESCHEDULED,
    "IA": LineStatus.ACCEPTED,
    "IB": LineStatus.BACKORDERED,
    "IC": LineStatus.ACCEPTED_WITH_CHANGES,
    "ID": LineStatus.DELETED,
    "IE": LineStatus.ACCEPTED_PRICE_PENDING,
    "IF": LineStatus.ON_HOLD_INCOMPLETE_DESCRIPTION,
    "IH": LineStatus.ON_HOLD,
    "IP": LineStatus.PRICE_CHANGED,
    "IQ": LineStatus.QUANTITY_CHANGED,
    "IR": LineStatus.REJECTED,
    "IS": LineStatus.SUBSTITUTED,
}
_REASONS = tuple(f"R{number}" for number in range(1, 9))
STATUSES = tuple(status.value for status in LineStatus if status is not LineStatus.OTHER)


def parse(kind: Kind, text: str, formats: Formats) -> CellValue | Fault:
    """The value of a text that is not blank, or what is wrong with it."""
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
            f"date_format '{date_format}' must hold YYYY (or YY), MM and DD once each, for example YYYY-MM-DD, MM/DD/YYYY "
            "or YYYYMMDD"
        )
    between = _DATE_TOKEN.sub("", date_format)
    if re.search(r"[A-Za-z0-9]", between):
        return f"date_format '{date_format}' may hold only YYYY, YY, MM, DD and punctuation"
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
    """GS1 General Specifications: 18 digits, the last one the modulo 10 check digit (weights 3 and 1 from the right)."""
    if not re.fullmatch(r"[0-9]{18}", text):
        return Fault(
            Code.BAD_SSCC,
            _damaged(text) or f"'{shown(text)}' is not an SSCC: it has {len(text)} characters, an SSCC has 18 digits.",
        )
    expected = sscc_check_digit(text[:17])
    if text[17] != expected:
        return Fault(
            Code.BAD_SSCC,
            f"SSCC {text} ends in {text[17]}, but its check digit must be {expected}. Check it against the label.",
        )
    return text


def sscc_check_digit(digits: str) -> str:
    """The check digit for the first 17 digits of an SSCC."""
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(digits))
    return str(-total % 10)


def _choice(text: str, choices: tuple[str, ...], what: str) -> str | Fault:
    wanted = text.lower().replace(" ", "_").replace("-", "_")
    if wanted in choices:
        return wanted
    near = difflib.get_close_matches(wanted, choices, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return Fault(Code.UNKNOWN_CODE, f"'{shown(text)}' is not {what}.{hint} Possible: {', '.join(choices)}.")


def _status(text: str, formats: Formats) -> str | Fault:
    """X12 element 668 codes are understood besides our names; R1 to R8 stay codes, since they carry the reason."""
    code = text.upper()
    if code in _REASONS:
        return code
    if code in _STATUS_CODES:
        return _STATUS_CODES[code].value
    return _choice(text, STATUSES, "a line status")


def _purpose(text: str, formats: Formats) -> Purpose | Fault:
    found = _choice(text, tuple(Purpose), "a purpose")
    return found if isinstance(found, Fault) else Purpose(found)


def _answer(text: str, formats: Formats) -> str | Fault:
    return _choice(text, ANSWERS, "an answer to an order")


_PARSERS: dict[Kind, Callable[[str, Formats], CellValue | Fault]] = {
    Kind.TEXT: _text,
    Kind.DECIMAL: _decimal,
    Kind.INTEGER: _integer,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.SSCC: _sscc,
    Kind.STATUS: _status,
    Kind.PURPOSE: _purpose,
    Kind.ANSWER: _answer,
}
