"""What was erased on purpose, and is said to be so by the ledger itself: details of entries, and payloads.

An erasure is an entry like any other. Its details name the entries whose details went, and, by the role of a payload, those whose payload
went, as ranges of their numbers.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from spool.journal import Step

from .entry import Entry, NoEntry, read_entry
from .tables import LedgerBlobSalt, LedgerDetail, LedgerEntry

ERASED = "erased"
"""The key in the journal's detail under which an erasure says what it covers."""

PO, FILE = "po", "from_file"
"""The keys under which an erasure that was asked for names the order, if it was of one, and the file that brought the document."""

STEPS = (Step.PRUNED, Step.ERASED)
"""What is told of by entries that may cover something."""

DETAILS, PAYLOADS = "details", "payloads"

_AT_ONCE = 1000
"""Ids in one statement."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The entries whose ``details`` went, with the salts of their payloads, and, by role, those whose payload alone did."""

    details: Sequence[int] = ()
    payloads: Mapping[str, Sequence[int]] | None = None

    def __bool__(self) -> bool:
        return bool(self.details or self.payloads)

    def as_json(self) -> dict[str, Any]:
        """What the entry that records it has in its details."""
        said: dict[str, Any] = {DETAILS: spans(self.details)}
        if self.payloads:
            said[PAYLOADS] = {role: spans(numbers) for role, numbers in sorted(self.payloads.items())}
        return {ERASED: said}


def erase_details(session: Session, journal_ids: Sequence[int]) -> Erasure:
    """Remove what the ledger keeps beside the entries of these journal entries, salts included; to be recorded in the same transaction."""
    erased: list[int] = []
    for start in range(0, len(journal_ids), _AT_ONCE):
        some = journal_ids[start : start + _AT_ONCE]
        numbers = session.scalars(
            delete(LedgerDetail).where(LedgerDetail.journal_id.in_(some)).returning(LedgerDetail.idx)
        ).all()
        session.execute(delete(LedgerBlobSalt).where(LedgerBlobSalt.idx.in_(numbers)))
        erased += numbers
    return Erasure(sorted(erased))


def erase_payloads(session: Session, digests: Sequence[str]) -> Erasure:
    """Remove the salts of the commitments to payloads that are removed themselves; to be recorded in the same transaction."""
    found: dict[str, list[int]] = {}
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        gone = select(LedgerBlobSalt.role, LedgerBlobSalt.idx).where(LedgerBlobSalt.sha256.in_(some))
        for role, idx in session.execute(gone):
            found.setdefault(role, []).append(idx)
        session.execute(delete(LedgerBlobSalt).where(LedgerBlobSalt.sha256.in_(some)))
    return Erasure(payloads=found or None)


def entries_erased(session: Session, detail: Mapping[str, Any]) -> Iterator[Entry]:
    """The entries whose details an erasure covers, as the journal's detail of it says: they stay, and say what they were about."""
    said = detail.get(ERASED)
    for first, last in said.get(DETAILS, ()) if isinstance(said, dict) else ():
        bodies = select(LedgerEntry.body).where(LedgerEntry.idx.between(first, last)).execution_options(yield_per=1000)
        for body in session.scalars(bodies):
            # What was done to the ledger, `tally ledger verify` tells.
            with suppress(NoEntry):
                yield read_entry(body)


class Covered:
    """All that recorded erasures cover, and which one covers it."""

    def __init__(self) -> None:
        self._details: list[tuple[int, int, int]] = []
        self._payloads: dict[str, list[tuple[int, int, int]]] = {}

    def add(self, by: int, detail: Any) -> None:
        """Note what entry ``by`` covers, as the journal's detail of it says; what it says in another form covers nothing.

        An erasure covers what was there before it.
        """
        said = detail.get(ERASED) if isinstance(detail, dict) else None
        if not isinstance(said, dict):
            return
        self._details += _ranges(said.get(DETAILS), by)
        payloads = said.get(PAYLOADS)
        for role, ranges in payloads.items() if isinstance(payloads, dict) else ():
            self._payloads.setdefault(role, []).extend(_ranges(ranges, by))

    def spans(self) -> Iterator[tuple[str | None, int, int]]:
        """All of it: the role of a payload, None for details, and the first and the last entry."""
        yield from ((None, first, last) for first, last, _ in self._details)
        for role, ranges in self._payloads.items():
            yield from ((role, first, last) for first, last, _ in ranges)

    def sort(self) -> None:
        """To be called before it is asked, and after the last addition."""
        self._details.sort()
        for ranges in self._payloads.values():
            ranges.sort()

    def details_in(self, start: int, end: int) -> set[int]:
        """All those from ``start`` up to, but not including, ``end`` of which :meth:`detail` names an entry."""
        begun = max(bisect_right(self._details, (start, float("inf"), 0)) - 1, 0)
        over = bisect_left(self._details, (end, 0, 0))
        return {
            idx for first, last, _ in self._details[begun:over] for idx in range(max(first, start), min(last + 1, end))
        }

    def detail(self, idx: int) -> int | None:
        """The entry that says that the details of entry ``idx`` were erased."""
        return _covering(self._details, idx)

    def payload(self, idx: int, role: str) -> int | None:
        """The entry that says that this payload of entry ``idx`` was erased, or its details with it."""
        found = self.payload_alone(idx, role)
        return self.detail(idx) if found is None else found

    def payload_alone(self, idx: int, role: str) -> int | None:
        """The entry that says that this payload of entry ``idx`` was erased, and its details were not."""
        return _covering(self._payloads.get(role, []), idx)


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as ranges, each by its first and its last."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _ranges(said: Any, by: int) -> list[tuple[int, int, int]]:
    """Ranges that end before ``by`` and follow each other, as :func:`spans` makes them; none where they have another form."""
    found: list[tuple[int, int, int]] = []
    before = -1
    for each in said if isinstance(said, list) else ():
        if not (
            isinstance(each, list) and [type(end) for end in each] == [int, int] and before < each[0] <= each[1] < by
        ):
            return []
        found.append((each[0], each[1], by))
        before = each[1]
    return found


def _covering(ranges: list[tuple[int, int, int]], idx: int) -> int | None:
    """Ranges do not overlap: what was erased is not there to be erased again."""
    place = bisect_right(ranges, (idx, float("inf"), 0)) - 1
    if place < 0 or not ranges[place][0] <= idx <= ranges[place][1]:
        return None
    return ranges[place][2]
