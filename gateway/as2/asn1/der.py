"""Writing DER (X.690, 10): parts are joined, nothing is built that is not bytes."""

from collections.abc import Iterable
from functools import lru_cache

from .tags import INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET

NULL = b"\x05\x00"


def header(tag: int, length: int) -> bytes:
    """Tag and length of a value of ``length`` bytes, where the value itself is written elsewhere."""
    if length < 0x80:
        return bytes((tag, length))
    octets = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | octets)) + length.to_bytes(octets)


def value(tag: int, *parts: bytes) -> bytes:
    """A value whose content is ``parts``, one after the other."""
    content = b"".join(parts)
    return header(tag, len(content)) + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded values."""
    return value(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes]) -> bytes:
    """A SET OF encoded values, in the order that DER demands (X.690, 11.6)."""
    return value(SET, *sorted(parts))


def octet_string(content: bytes) -> bytes:
    """An OCTET STRING."""
    return value(OCTET_STRING, content)


def integer(number: int) -> bytes:
    """An INTEGER that is not negative."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1))


@lru_cache(maxsize=128)
def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its usual spelling, such as ``"1.2.840.113549.1.7.2"``."""
    first, second, *rest = map(int, dotted.split("."))
    return value(OBJECT_IDENTIFIER, *map(_base_128, (40 * first + second, *rest)))


def _base_128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))
