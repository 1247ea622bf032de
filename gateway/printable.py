"""Text from outside as it may be shown to people: nothing in it commands a terminal or reverses a line."""

import re

UNSEEN = r"\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
"""Beyond C0: DEL and C1, marks that reverse or break lines, those that have neither width nor use, and bytes of a file name that
are no text."""

_COMMANDS = re.compile(rf"[\x00-\x09\x0b-\x1f{UNSEEN}]")


def shown(text: str) -> str:
    """``text`` with U+FFFD for every character that would do something, line breaks excepted."""
    return _COMMANDS.sub("\ufffd", text)
