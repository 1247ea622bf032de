"""The delimiters of an interchange, found out from its own ISA segment (X12.5, X12.6).

A correct ISA has 106 characters: the element separator at fixed places, the component separator at the last but one, the terminator at
the last. Real ones are sometimes narrower or wider, wrapped into lines, or end in a line break; then the terminator is what
stands between the last element and the next segment's name.
"""

import re
from dataclasses import dataclass
from enum import Enum

from .segments import Delimiters

ISA_LENGTH = 106
WINDOW = 512
"""Bytes looked at where an ISA is not of the fixed form; a decision depends on nothing after them."""

_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
FIXED_ISA = re.compile(
    rb"(?s)ISA(?P<element>[^A-Za-z0-9\s])"
    + b"".join(rb"(?:(?!(?P=element)).){%d}(?P=element)" % width for width in _WIDTHS)
    + rb"(?!(?P=element))(?P<component>.)(?!(?P=element)|(?P=component))[^A-Za-z0-9 ]"
)
"""An ISA exactly as the standard has it (ISA01 to ISA16 at their widths), up to the first byte of its terminator."""
_SEPARATORS_AT = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_CHARACTER = 4
"""The most bytes of one character in UTF-8."""
FIRST_REPETITION_VERSION = "00402"
_NO_COMPONENTS = b"\x1f"
"""Stands for a component separator where ISA16 is empty; it does not occur in text."""


@dataclass(frozen=True, slots=True)
class IsaHead:
    """An ISA as it stood. ``length`` is in bytes with its terminator; ``elements`` are as they came, blanks included."""

    elements: tuple[str, ...]
    length: int
    element: bytes
    component: bytes
    terminator: bytes
    fixed_width: bool
    wrapped: bool

    @property
    def delimiters(self) -> Delimiters:
        element, component, terminator = _text(self.element), _text(self.component), _text(self.terminator)
        taken = (" ", element, component, terminator)
        repetition = None
        if len(self.elements) == 16 and self.elements[11] >= FIRST_REPETITION_VERSION:
            standard = self.elements[10]
            repetition = standard if len(standard) == 1 and not standard.isalnum() and standard not in taken else None
        return Delimiters(element, component, terminator, repetition)

    @property
    def encoding(self) -> str | None:
        """The encoding to read segments in; None where UTF-8 is to be tried first."""
        return "latin-1" if max(self.element + self.component) > 0x7F else None


class NoHead(Enum):
    """Why there is no ISA: more bytes are needed to tell, or it can be none."""

    MORE = "more"
    NEVER = "never"


def read_head(data: bytes, *, final: bool) -> IsaHead | NoHead:
    """The ISA at the start of ``data``.

    ``final`` says that no more bytes follow.
    """
    if len(data) >= ISA_LENGTH - 1 + _CHARACTER or final:
        head = _fixed(data, wrapped=False)
        if head is not None:
            return head
    if len(data) < WINDOW and not final:
        return NoHead.MORE
    window = data[:WINDOW]
    return _wrapped(window) or _loose(window) or NoHead.NEVER


def _fixed(data: bytes, *, wrapped: bool) -> IsaHead | None:
    """The form of the standard."""
    if len(data) < ISA_LENGTH:
        return None
    separator = data[3:4]
    if not _delimits(separator) or any(data[at] != separator[0] for at in _SEPARATORS_AT):
        return None
    terminator = _terminator_at(data, ISA_LENGTH - 1)
    component = data[104:105]
    if not terminator or terminator in (separator, component) or component == separator:
        return None
    elements = tuple(_text(part) for part in data[4:105].split(separator))
    if len(elements) != 16:
        return None
    length = ISA_LENGTH - 1 + len(terminator)
    return IsaHead(elements, length, separator, component, terminator, fixed_width=True, wrapped=wrapped)


def _wrapped(window: bytes) -> IsaHead | None:
    """The fixed form, cut into lines."""
    joined = window.translate(None, b"\r\n")
    head = _fixed(joined, wrapped=True) if joined != window else None
    if head is None:
        return None
    seen = length = 0
    while seen < head.length:
        seen += window[length] not in b"\r\n"
        length += 1
    return IsaHead(head.elements, length, head.element, head.component, head.terminator, fixed_width=True, wrapped=True)


def _loose(window: bytes) -> IsaHead | None:
    """Elements of any width: the ISA ends where the next segment begins, or else after the sixteenth separator."""
    separator = window[3:4]
    if not _delimits(separator):
        return None
    mark = re.escape(separator)
    next_segment = rb" *([^A-Za-z0-9 " + mark + rb"])[\x80-\xbf]*\s*(?:GS|TA1|ISB|IEA)" + mark
    for last_element in (mark + rb"([^" + mark + rb"])", rb"(.)"):
        end = re.search(rb"(?s)" + last_element + next_segment, window)
        if end is not None:
            return _loose_head(window, separator, end.end(1), end.start(2))
    *elements, rest = window.split(separator, 16)
    if len(elements) < 16 or len(rest) < 2:
        return None
    terminator_at = len(window) - len(rest) + 1
    return _loose_head(window, separator, terminator_at, terminator_at)


def _loose_head(window: bytes, separator: bytes, text_end: int, terminator_at: int) -> IsaHead | None:
    terminator = _terminator_at(window, terminator_at)
    if not terminator or terminator == separator:
        return None
    text = window[4:text_end]
    wrapped = terminator not in b"\r\n" and (b"\r" in text or b"\n" in text)
    if wrapped:
        text = text.translate(None, b"\r\n")
    parts = text.split(separator)
    component = parts[-1][-1:] or _NO_COMPONENTS
    elements = tuple(_text(part) for part in parts)
    length = terminator_at + len(terminator)
    return IsaHead(elements, length, separator, component, terminator, fixed_width=False, wrapped=wrapped)


def _delimits(character: bytes) -> bool:
    return len(character) == 1 and not character.isalnum() and character not in b" \r\n"


def _terminator_at(data: bytes, at: int) -> bytes:
    """The terminator beginning at ``at``: one byte, or the bytes of one character in UTF-8; empty where it can be none."""
    first = data[at : at + 1]
    if not first or first.isalnum() or first == b" ":
        return b""
    for length in (2, 3, 4):
        if first[0] < 0xC2:
            break
        try:
            data[at : at + length].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return data[at : at + length]
    return first


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
