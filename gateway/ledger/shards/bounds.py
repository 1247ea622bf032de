"""Which entries are a year's, where times go back: clocks that ran ahead, or behind, leave such entries in the ledger. Pure.

A shard is a run of entries, and every entry is in one year's shard. So a year begins with the entry for which, of all there could be, the
fewest entries come to lie on the other side of it than their times say; with the first of them where there are several. Then years begin
in their order; a clock that was wrong for a while moves nothing as long as it told of less than what was told rightly; and once a year has
begun, some later entry of before does not move that either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..entry import timestamp
from .statement import Elsewhere

_EARLIER, _OF_IT, _LATER = range(3)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The entries from ``first`` on and before ``end`` are the year's, ``among`` them so many that are of other years by their times;
    ``elsewhere`` are those of the year that are not of them."""

    first: int
    end: int
    among: int
    elsewhere: tuple[Elsewhere, ...]


class Years:
    """Entries one behind the other, and whether each is of a year that ``begins``, and is ``over``, at these moments."""

    def __init__(self, begins: datetime, over: datetime) -> None:
        self._begins, self._over = timestamp(begins), timestamp(over)
        # One byte each: a ledger may have many millions.
        self._of = bytearray()

    def add(self, at: str) -> None:
        """One more, with its time as the entry has it."""
        self._of.append(_EARLIER if at < self._begins else _OF_IT if at < self._over else _LATER)

    def bounds(self) -> Bounds:
        """Of the year, among all entries of a ledger."""
        first, end = (_start(each >= least for each in self._of) for least in (_OF_IT, _LATER))
        return Bounds(first, end, self.among(first, end), self._elsewhere(first, end))

    def among(self, first: int, end: int) -> int:
        """How many of the entries from ``first`` on and before ``end`` are of other years."""
        return end - first - self._of.count(_OF_IT, first, end)

    def _elsewhere(self, first: int, end: int) -> tuple[Elsewhere, ...]:
        found = []
        for start, stop in ((0, first), (end, len(self._of))):
            if count := self._of.count(_OF_IT, start, stop):
                lowest, highest = self._of.find(_OF_IT, start, stop), self._of.rfind(_OF_IT, start, stop)
                found.append(Elsewhere(count, lowest, highest))
        return tuple(found)

    def better_start(self) -> int | None:
        """Where these entries are said to be the year's: from which of them on the year would begin with fewer on the wrong side."""
        start = _start(each >= _OF_IT for each in self._of)
        return start or None

    def better_end(self) -> int | None:
        """Before which of them the year would be over with as few on the wrong side, or fewer."""
        end = _start(each >= _LATER for each in self._of)
        return end if end < len(self._of) else None


def _start(since: Iterable[bool]) -> int:
    """The first place before which so few are of a moment or later, and behind which so few are not, that no other has fewer."""
    surplus = least = place = 0
    for number, is_since in enumerate(since, 1):
        surplus += 1 if is_since else -1
        if surplus < least:
            least, place = surplus, number
    return place
