"""Text from outside as it may be shown to people: nothing in it commands a terminal or reverses a line."""

import re

UNSEEN = r"\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
"""Beyond C0: DEL and C1, marks that reverse or break lines, those that have neither width nor use, and bytes of a file name that
are no text."""

_COMMANDS = re.compile(rf"[\x00-\x09\x0b-\x1f{UNSEEN}]")

QUOTED = 200
"""Characters of what somebody else wrote that are quoted in a sentence."""


def shortened(text: str, most: int = QUOTED) -> str:
    """The first ``most`` characters of ``text``, and how many there are where that is not all of it."""
    return text if len(text) <= most else f"{text[:most]}\u2026 ({len(text)} characters)"


def shown(text: str) -> str:
    """``text`` with U+FFFD for every character that would do something, line breaks excepted."""
    return _COMMANDS.sub("\ufffd", text)
