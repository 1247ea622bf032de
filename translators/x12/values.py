"""Elements' texts to numbers, dates and times and back, exactly (X12.6, data element types N, R, DT and TM).

An absent element is the empty string, so every ``parse_*`` gives None for it. Text that is no value of the type raises
``ValueError``: in a set that was validated that cannot happen.
"""

import datetime
import re
from decimal import Decimal

from canonical.errors import Fault, TallyError

_REAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_WHOLE = re.compile(r"-?[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_MOST_DIGITS = 2_000_000
"""Far beyond any element; a number such as 1E+999999999 would fill the memory when it is written out."""
_PIVOT_YEAR = 80
"""Two-digit years from here on are of the twentieth century."""


class CannotWrite(TallyError):
    """A value has no form in X12: it does not fit, is not exact, or contains a delimiter. Somebody must change the data."""

    fault = Fault.OPERATOR


def is_real(text: str) -> bool:
    """Whether ``text`` is a decimal number of type R: optional minus, digits, at most one point; no plus, no exponent."""
    return _REAL.fullmatch(text) is not None


def is_whole(text: str) -> bool:
    """Whether ``text`` is a number of type Nn: optional minus and digits; the point is implied."""
    return _WHOLE.fullmatch(text) is not None


def parse_real(text: str) -> Decimal | None:
    """A number of type R."""
    if not text:
        return None
    if not is_real(text):
        raise ValueError(f"{text!r} is no decimal number")
    return Decimal(text)


def parse_implied(text: str, places: int) -> Decimal | None:
    """A number of type Nn with ``places`` implied decimals: ``1250`` with 2 is 12.50."""
    if not text:
        return None
    if not is_whole(text):
        raise ValueError(f"{text!r} is no whole number")
    number = Decimal(text)
    sign, digits, _ = number.as_tuple()
    return Decimal((sign, digits, -places))


def parse_whole(text: str) -> int | None:
    """A number of type N0."""
    if not text:
        return None
    if not is_whole(text):
        raise ValueError(f"{text!r} is no whole number")
    return int(text)


def parse_date(text: str) -> datetime.date | None:
    """A date of type DT: CCYYMMDD, or YYMMDD where 80 to 99 are the years 1980 to 1999."""
    if not text:
        return None
    if _DIGITS.fullmatch(text) and len(text) == 6:
        century = "19" if int(text[:2]) >= _PIVOT_YEAR else "20"
        text = century + text
    if not _DIGITS.fullmatch(text) or len(text) != 8:
        raise ValueError(f"{text!r} is no date")
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def parse_time(text: str) -> datetime.time | None:
    """A time of day of type TM: HHMM, HHMMSS, and tenths or hundredths of a second after that. It has no zone."""
    if not text:
        return None
    if not _DIGITS.fullmatch(text) or len(text) not in (4, 6, 7, 8):
        raise ValueError(f"{text!r} is no time of day")
    fraction = int(text[6:].ljust(6, "0")) if len(text) > 6 else 0
    return datetime.time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0), fraction)


def render_real(number: Decimal) -> str:
    """Type R: exact, without exponent, plus sign, needless zeros or a trailing point: ``12.5``, ``.85``, ``-3``, ``0``."""
    text = str(number)
    whole, _, fraction = text.partition(".")
    plain = whole.isdigit() and (not fraction or (whole != "0" and fraction.isdigit() and fraction[-1] != "0"))
    if plain and len(text) <= _MOST_DIGITS:
        return text
    text = _plain(number)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.lstrip("0") or "0"
    return digits if digits == "0" else sign + digits


def render_implied(number: Decimal, places: int) -> str:
    """Type Nn: the point is left out after ``places`` decimals. Refused when that would lose a digit."""
    text = _plain(number)
    whole, _, fraction = text.partition(".")
    kept, lost = fraction[:places].ljust(places, "0"), fraction[places:]
    if lost.strip("0"):
        raise CannotWrite(
            f"{text} has more than {places} decimals, which the element cannot hold without losing some. "
            "Round the value where it is made."
        )
    return render_real(Decimal(whole + kept)) if whole + kept not in ("", "-") else "0"


def render_date(date: datetime.date, digits: int = 8) -> str:
    """CCYYMMDD, or YYMMDD with ``digits`` 6."""
    text = datetime.date.isoformat(date).replace("-", "")
    return text if digits == 8 else text[2:]


def render_time(time: datetime.time) -> str:
    """HHMM, HHMMSS where there are seconds, HHMMSSDD where there are hundredths; anything finer is cut off."""
    text = f"{time.hour:02}{time.minute:02}"
    hundredths = time.microsecond // 10_000
    if hundredths:
        return f"{text}{time.second:02}{hundredths:02}"
    return f"{text}{time.second:02}" if time.second else text


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise CannotWrite(f"{number} is no number that a document can carry. Give a finite value.")
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) + abs(exponent) > _MOST_DIGITS:
        raise CannotWrite(
            f"{number:.3e} has more than {_MOST_DIGITS} digits when it is written out. Give the number that is meant."
        )
    return format(number, "f")
