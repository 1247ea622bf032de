"""The identifier octets that CMS uses (X.690, 8.1.2). All fit one byte; the high-tag-number form occurs nowhere in CMS."""

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
BMP_STRING = 0x1E
SEQUENCE = 0x30
SET = 0x31

CONSTRUCTED = 0x20
CONSTRUCTED_OCTET_STRING = OCTET_STRING | CONSTRUCTED
HIGH_TAG_NUMBER = 0x1F
"""The low five bits of a tag that goes on in further bytes."""


def context(number: int) -> int:
    """The context-specific tag ``[number]`` of a primitive value."""
    return 0x80 | number


def context_constructed(number: int) -> int:
    """The context-specific tag ``[number]`` of a constructed value."""
    return 0xA0 | number
