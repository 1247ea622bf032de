"""Where what lies in a shard (C2SP tlog-tiles): a log of which all before a minimum index was pruned. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..tiles import HEIGHT, WIDTH

CHECKPOINT = "checkpoint"
STATEMENT = "shard"
"""Which year it is, from which entry on and up to which, and with which details: signed, as :mod:`.statement` has it."""
DETAILS = "details.jsonl"
"""Details and salts where they were asked for, one line for each entry of the year, in their order; with nothing in it where they were
erased."""

_LENGTH_BYTES = 2


def rotation_name(number: int) -> str:
    """Where the note lies by which a key handed over to the next; the first one is number 1."""
    return f"rotation.{number}"


class TilePlace(NamedTuple):
    """A tile of a level, and how many hashes are in it."""

    level: int
    n: int
    width: int

    @property
    def path(self) -> str:
        return f"tile/{self.level}/{_numbered(self.n, self.width)}"

    @property
    def entries_path(self) -> str:
        """Where the entries lie whose hashes are in it; it must be of level 0."""
        return f"tile/entries/{_numbered(self.n, self.width)}"


def tiles(size: int, minimum: int) -> Iterator[TilePlace]:
    """The tiles of the tree over ``size`` entries, without those that end at ``minimum`` or before."""
    level = 0
    while count := size >> (HEIGHT * level):
        full, rest = divmod(count, WIDTH)
        span = WIDTH ** (level + 1)
        yield from (TilePlace(level, n, WIDTH) for n in range(minimum // span, full))
        if rest:
            yield TilePlace(level, full, rest)
        level += 1


def packed(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle has them: each behind its length in two bytes, the higher first."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def unpacked(data: bytes) -> list[bytes]:
    """The inverse of :func:`packed`. Raises ValueError."""
    entries = []
    start = 0
    while start < len(data):
        end = start + _LENGTH_BYTES + int.from_bytes(data[start : start + _LENGTH_BYTES], "big")
        if end > len(data) or start + _LENGTH_BYTES > len(data):
            raise ValueError("it is cut short")
        entries.append(data[start + _LENGTH_BYTES : end])
        start = end
    return entries


def _numbered(n: int, width: int) -> str:
    digits = f"{n:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *above, last = (digits[start : start + 3] for start in range(0, len(digits), 3))
    return "/".join([*(f"x{each}" for each in above), last]) + ("" if width == WIDTH else f".p/{width}")
