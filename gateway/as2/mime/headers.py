"""Header fields in order, as they came (RFC 5322, section 2.2; RFC 9112, section 5)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from .malformed import Malformed

MAX_FIELDS = 200
"""Fields one block may have; real messages have some thirty."""
MAX_BLOCK = 1 << 16
"""Bytes one block of fields may have."""

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LINE = re.compile(rb"\r\n|\n|\r")
_ASCII = re.compile(r"[\t -~]*")
_BREAKS = re.compile(r"[\r\n\x00]+")


@dataclass(frozen=True)
class Headers:
    """Header fields in the order in which they stood; names are compared without regard to case."""

    pairs: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def get(self, name: str) -> str | None:
        """The value of the first field of this name, without blanks around it; None where there is none."""
        found = self._values.get(name.lower())
        return found[0] if found else None

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of this name."""
        return tuple(self._values.get(name.lower(), ()))

    def only(self, *prefixes: str) -> "Headers":
        """The fields whose names begin with one of these, given in lower case."""
        return Headers(tuple(pair for pair in self.pairs if pair[0].lower().startswith(prefixes)))

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            values.setdefault(name.lower(), []).append(value.strip())
        return values

    @property
    def is_ascii(self) -> bool:
        """Whether all of it is printable ASCII."""
        return _ASCII.fullmatch("".join(chain.from_iterable(self.pairs))) is not None

    @property
    def objection(self) -> str | None:
        """Why so many or so long fields are not looked at, or None where they are."""
        if len(self.pairs) > MAX_FIELDS:
            return f"It has {len(self.pairs)} header fields; at most {MAX_FIELDS} are accepted."
        size = sum(len(name) + len(value) + 4 for name, value in self.pairs)
        if size > MAX_BLOCK:
            return f"Its header fields have {size} bytes; at most {MAX_BLOCK} are accepted."
        return None

    def written(self) -> bytes:
        """The fields as they are sent, each on its line, without the empty line that ends them."""
        return b"".join(field(name, value) for name, value in self.pairs)


def headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Fields from pairs of name and value."""
    return Headers(tuple(pairs))


def field(name: str, value: str) -> bytes:
    """A field and its line break. What would break the line is taken out of the value."""
    return f"{name}: {_BREAKS.sub(' ', value)}\r\n".encode("utf-8", "replace")


def read_fields(block: bytes) -> Headers:
    """The fields of a block, folded or not, with any kind of line breaks.

    Raises :class:`.malformed.Malformed` where a line is no field or there are too many.
    """
    if len(block) > MAX_BLOCK:
        raise Malformed(f"A block of header fields has more than {MAX_BLOCK} bytes.")
    pairs: list[tuple[str, str]] = []
    for line in _LINE.split(block):
        text = _text(line)
        if not text.strip():
            continue
        if text[0] in " \t" and pairs:
            name, value = pairs[-1]
            pairs[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if not colon or not _NAME.fullmatch(name.rstrip()):
            raise Malformed(f"A line among the header fields is none: {text[:40]!r}.")
        pairs.append((name.rstrip(), value.strip()))
    if len(pairs) > MAX_FIELDS:
        raise Malformed(f"A block has {len(pairs)} header fields; at most {MAX_FIELDS} are accepted.")
    return Headers(tuple(pairs))


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
