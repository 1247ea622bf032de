"""Identifier and length octets, in any form that BER allows (X.690, 8.1)."""

from .malformed import Malformed, Truncated
from .tags import CONSTRUCTED, HIGH_TAG_NUMBER

INDEFINITE = -1
"""The length of a value that ends with end-of-contents octets (X.690, 8.1.3.6)."""

END_OF_CONTENTS = b"\0\0"
LONGEST = 2 + 126
"""Most bytes of a header with a one-byte tag."""

_MAX_LENGTH_OCTETS = 8
"""Significant octets of a length; leading zeros come on top of them."""


Header = tuple[int, int, int]
"""What stands before a value: its tag, its length in bytes or INDEFINITE, and the offset of its first byte."""


def header_at(data: bytes, at: int, end: int) -> Header:
    """The header at ``at``; nothing from ``end`` on is looked at. Raises Truncated, Malformed."""
    if end - at < 2:
        raise Truncated("the data ends within a value", at)
    tag = data[at]
    length = data[at + 1]
    if tag & HIGH_TAG_NUMBER == HIGH_TAG_NUMBER:
        raise Malformed("a tag number above 30, which CMS does not use", at)
    if length < 0x80:
        return tag, length, at + 2
    if length == 0x80:
        if not tag & CONSTRUCTED:
            raise Malformed("a primitive value of indefinite length", at)
        return tag, INDEFINITE, at + 2
    return _long_form(data, at, end, tag, length & 0x7F)


def _long_form(data: bytes, at: int, end: int, tag: int, octets: int) -> Header:
    if octets == 0x7F:
        raise Malformed("a reserved length octet", at)
    start = at + 2 + octets
    if start > end:
        raise Truncated("the data ends within a value", at)
    length = int.from_bytes(data[at + 2 : start])
    if length >> (8 * _MAX_LENGTH_OCTETS):
        raise Malformed("a length beyond all reason", at)
    return tag, length, start
