"""DER written anew in the ways that BER leaves open: indefinite lengths, lengths with leading zeros, strings cut into pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.reader import Reader
from gateway.as2.asn1.tags import CONSTRUCTED, OCTET_STRING, context

INDEFINITE = b"\x80"
END = b"\0\0"


@dataclass(frozen=True)
class Style:
    """How to write. ``piece``: bytes of a piece of a string, None for whole; ``padding``: leading zeros of a definite length."""

    indefinite: bool = True
    piece: int | None = None
    padding: int = 0
    nested: bool = False


BOUNCY_CASTLE = Style(piece=1000)
ANY_STYLE = st.builds(
    Style,
    indefinite=st.booleans(),
    piece=st.sampled_from([None, 1, 7, 1000]),
    padding=st.integers(min_value=0, max_value=3),
    nested=st.booleans(),
)
MIXED_STYLES = st.lists(ANY_STYLE, min_size=1, max_size=6).map(cycle).map(lambda styles: styles.__next__)
"""For each value the next of some styles."""


def rewritten(data: bytes, style: Style | Callable[[], Style], implicit: frozenset[int] = frozenset()) -> bytes:
    """``data``, one DER value, in another style, or for each value in the one that comes next.

    ``implicit``: context-specific tags under which a string of more than 32 bytes is an OCTET STRING.
    """
    element = Reader(data).take()
    chosen = style if isinstance(style, Style) else style()
    is_string = element.tag == OCTET_STRING or (element.tag in implicit and len(element.content) > 32)
    if is_string and chosen.piece is not None:
        return _value(element.tag | CONSTRUCTED, _pieces(element.content, chosen.piece, chosen.nested), chosen)
    if element.tag & CONSTRUCTED:
        inside = b"".join(rewritten(each.encoded, style, implicit) for each in element.inside().all())
        return _value(element.tag, inside, chosen)
    return bytes((element.tag,)) + _length(len(element.content), chosen.padding) + element.content


ENCRYPTED_CONTENT = frozenset({context(0)})


def _value(tag: int, content: bytes, style: Style) -> bytes:
    if style.indefinite:
        return bytes((tag,)) + INDEFINITE + content + END
    return bytes((tag,)) + _length(len(content), style.padding) + content


def _pieces(content: bytes, size: int, nested: bool) -> bytes:
    pieces = b"".join(der.octet_string(content[at : at + size]) for at in range(0, len(content), size))
    return bytes((OCTET_STRING | CONSTRUCTED,)) + INDEFINITE + pieces + END if nested else pieces


def _length(length: int, padding: int) -> bytes:
    shortest = der.header(0, length)[1:]
    if not padding:
        return shortest
    octets = length.to_bytes((length.bit_length() + 7) // 8 + padding)
    return bytes((0x80 | len(octets),)) + octets
