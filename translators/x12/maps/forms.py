"""How one element's text and a canonical value become each other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..values import (
    parse_date,
    parse_implied,
    parse_real,
    parse_time,
    parse_whole,
    render_date,
    render_implied,
    render_real,
    render_time,
)
from .codes import Codes


@dataclass(frozen=True, slots=True)
class Form:
    """A pair of functions that undo each other, up to the normal form of numbers and times.

    ``parse`` raises ValueError for a text that is not of the form; such an element stays unmapped.
    """

    parse: Callable[[str], Any]
    render: Callable[[Any], str]


def _same(text: str) -> str:
    return text


TEXT = Form(_same, _same)
REAL = Form(parse_real, render_real)
CENTS = Form(lambda text: parse_implied(text, 2), lambda value: render_implied(value, 2))
WHOLE = Form(parse_whole, str)
DAY = Form(parse_date, render_date)
CLOCK = Form(parse_time, render_time)


def coded(codes: Codes) -> Form:
    """An identifier by its canonical name; a code without one is carried as it is."""
    return Form(codes.name, codes.code)
