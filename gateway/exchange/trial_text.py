"""The text of a test message: the same sentence from every Tallystick, so that another recognises it by nothing else.

No mark that a sender sets makes a message a test, for then an order so marked would vanish. It is one if all that it says is this
sentence: whatever else it holds, there is something to take in.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from ..as2.payloads import Payload

FILENAME = "as2-test.txt"
LARGEST = 256
"""Bytes that no such text exceeds, whatever the name in it."""

_SENTENCE = re.compile(
    rb"AS2 test from ([ -~]{1,128}), [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} UTC\. Nothing is to be done\.\r\n"
)


def written(sender: str, now: datetime) -> bytes:
    """What ``sender``, by its AS2 name, says now."""
    return f"AS2 test from {sender}, {now:%Y-%m-%d %H:%M} UTC. Nothing is to be done.\r\n".encode()


def is_trial(payloads: Sequence[Payload], sender: str) -> bool:
    """Whether the files of a message of ``sender`` are such a text and nothing besides."""
    if len(payloads) != 1 or payloads[0].content.size > LARGEST:
        return False
    said = _SENTENCE.fullmatch(payloads[0].content.read())
    return said is not None and said[1] == sender.encode() and _is_plain(payloads[0].content_type)


def _is_plain(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "text/plain"
