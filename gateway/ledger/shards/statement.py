"""What a shard is: a signed note of its own kind, beside the checkpoint. Pure.

A checkpoint binds entries, and nothing of what a shard says of them: of which year they are, where that begins, and which details are
there. No checkpoint can be taken for such a note, nor the other way round: a checkpoint's second line is a number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from .. import exact
from ..exact import Inexact
from ..note import Malformed
from ..tree import HASH_BYTES

KIND = "ledger shard"
"""The second line of such a note, behind the name of the ledger."""

_VERSION = 2
"""Version 1 said nothing of ``among`` and ``elsewhere``."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "v": (int,),
    "year": (int,),
    "fiscal_year_ends": (int,),
    "from": (int,),
    "to": (int,),
    "root": (str,),
    "details": (str, type(None)),
}
_KINDS_OF = {1: _KINDS, 2: {**_KINDS, "among": (int,), "elsewhere": (list,)}}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """So many entries of a year, from ``lowest`` to ``highest``, which lie in the shards of other years."""

    entries: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The entries from ``first`` on and before ``end`` are those of the fiscal ``year`` of the ledger ``origin``, whose first ``end``
    entries have the ``root``; the year is called after that in which it ends, with the month ``fiscal_year_ends``.

    ``details`` is the SHA-256, in hexadecimal, of the file with the details; None for a shard that was written without. ``among`` is how
    many of them are of other years by their times, where a clock was wrong; ``elsewhere`` are those of the year that the ledger had before
    and behind them when this was written. None, and nothing, where nothing was said of either.
    """

    origin: str
    year: int
    fiscal_year_ends: int
    first: int
    end: int
    root: bytes
    details: str | None
    among: int | None = None
    elsewhere: tuple[Elsewhere, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """The inverse of ``str``. Raises Malformed."""
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or lines[1] != KIND or lines[3]:
            raise Malformed("a statement has a line each for the ledger, what it is, and what a shard is of")
        try:
            said = exact.read(lines[2].encode())
        except Inexact as error:
            raise Malformed(str(error)) from error
        if not _describes(said):
            raise Malformed("its third line does not describe a shard")
        return cls(
            lines[0],
            said["year"],
            said["fiscal_year_ends"],
            said["from"],
            said["to"],
            bytes.fromhex(said["root"]),
            said["details"],
            said.get("among"),
            tuple(Elsewhere(*each) for each in said.get("elsewhere", ())),
        )

    def __str__(self) -> str:
        said: dict[str, Any] = {
            "v": 1 if self.among is None else _VERSION,
            "year": self.year,
            "fiscal_year_ends": self.fiscal_year_ends,
            "from": self.first,
            "to": self.end,
            "root": self.root.hex(),
            "details": self.details,
        }
        if self.among is not None:
            said |= {
                "among": self.among,
                "elsewhere": [[each.entries, each.lowest, each.highest] for each in self.elsewhere],
            }
        return f"{self.origin}\n{KIND}\n{exact.write(said).decode()}\n"

    @property
    def begins(self) -> datetime:
        """The year's first moment."""
        return year_begins(self.year, self.fiscal_year_ends)

    @property
    def over(self) -> datetime:
        """The first moment of the year after it."""
        return year_begins(self.year + 1, self.fiscal_year_ends)

    @property
    def minimum(self) -> int:
        """The first entry that must be in its tiles: the one before the year's first, which shows that the year does not begin earlier."""
        return max(0, self.first - 1)


def year_begins(year: int, fiscal_year_ends: int) -> datetime:
    """The first moment, in UTC, of the fiscal year that ends in ``year`` with that month."""
    month = fiscal_year_ends % 12 + 1
    return datetime(year if month == 1 else year - 1, month, 1, tzinfo=UTC)


def _describes(said: Any) -> bool:
    return (
        isinstance(said, dict)
        and type(said.get("v")) is int
        and said.keys() == (kinds := _KINDS_OF.get(said["v"], {})).keys()
        and all(type(said[key]) in allowed for key, allowed in kinds.items())
        and 2 <= said["year"] <= 9998
        and 1 <= said["fiscal_year_ends"] <= 12
        and 0 <= said["from"] < said["to"]
        and is_digest(said["root"])
        and (said["details"] is None or is_digest(said["details"]))
        and 0 <= said.get("among", 0) <= said["to"] - said["from"]
        and all(_is_elsewhere(each, said["from"], said["to"]) for each in said.get("elsewhere", ()))
    )


def _is_elsewhere(said: Any, first: int, end: int) -> bool:
    if not isinstance(said, list) or len(said) != 3 or any(type(each) is not int for each in said):
        return False
    count, lowest, highest = map(int, said)
    return 1 <= count <= highest - lowest + 1 and (0 <= lowest <= highest < first or end <= lowest <= highest)


def is_digest(text: Any) -> bool:
    """Whether it is a SHA-256 in hexadecimal, written the one way."""
    return isinstance(text, str) and len(text) == 2 * HASH_BYTES and not set(text) - set("0123456789abcdef")
