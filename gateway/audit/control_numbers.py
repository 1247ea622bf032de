"""Interchange control numbers (ISA13) that are missing between others, and those that were used more than once, both ways."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.control_numbers import HIGHEST, ReceivedInterchange
from spool.documents import INBOUND, DocumentRow
from spool.receipts import Receipt
from spool.transmissions import Transmission

from ..operations.removing import removed_numbers
from .question import Question, Row, Scope


class Fault(StrEnum):
    """What is wrong with numbers."""

    GAP = "gap"
    """None of them was seen between two that were."""
    DUPLICATE = "duplicate"
    """Several files had it."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that are counted one after the other: ours to a partner, or a partner's by the names in its envelopes."""

    direction: str
    partner: str
    sender: str = ""
    receiver: str = ""


@dataclass(slots=True)
class Used:
    """The files that had each number and when the first of them came; ``elsewhere`` are numbers that are no gaps, though no file of the
    series is known to have them. ``removed`` are those whose files retention or an erasure removed, on record."""

    files: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    first: dict[int, datetime] = field(default_factory=dict)
    last: dict[int, datetime] = field(default_factory=dict)
    elsewhere: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)

    def add(self, number: int, file: str, at: datetime) -> None:
        """A file had this number."""
        self.files[number].add(file)
        self.first[number] = min(at, self.first.get(number, at))
        self.last[number] = max(at, self.last.get(number, at))

    def note(self, number: int, file: str, at: datetime) -> None:
        """A file of the same partner had this number, in which series it does not say."""
        if number in self.files:
            self.add(number, file, at)
        else:
            self.elsewhere.add(number)


class Gap(NamedTuple):
    """The numbers from ``first`` to ``last`` are missing; ``after`` is the next one that was seen."""

    first: int
    last: int
    after: int


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """A gap belongs to the period in which the number after it came, and a duplicate to that in which the number came again."""
    for series, used in sorted(_used(session, scope).items(), key=lambda each: str(each[0])):
        for gap in gaps([*used.files, *used.removed], used.elsewhere):
            if _within(scope, used.first.get(gap.after)):
                yield _row(series, Fault.GAP, gap.first, gap.last, ())
        for number, files in sorted(used.files.items()):
            if len(files) > 1 and _within(scope, used.last[number]):
                yield _row(series, Fault.DUPLICATE, number, number, files)


def _within(scope: Scope, at: datetime | None) -> bool:
    """Of what was removed it is not known when it was: it is before any period that has a beginning."""
    if at is None:
        return scope.since is None
    return (scope.since is None or at >= scope.since) and (scope.until is None or at < scope.until)


def gaps(numbers: Iterable[int], elsewhere: Iterable[int] = ()) -> list[Gap]:
    """The ranges that are missing between the lowest and the highest; after :data:`HIGHEST` comes 1."""
    known = sorted(set(numbers))
    if known and known[-1] - known[0] > HIGHEST // 2:
        known = sorted(number + HIGHEST if number <= HIGHEST // 2 else number for number in known)
    there = sorted(elsewhere)
    return [
        Gap(_wrapped(first), _wrapped(last), _wrapped(after))
        for before, after in pairwise(known)
        if after - before > 1
        for first, last in _without((before + 1, after - 1), there)
    ]


def _without(gap: tuple[int, int], elsewhere: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What is left of a gap without some numbers."""
    first, last = gap
    for number in elsewhere:
        if first <= number <= last:
            if first < number:
                yield first, number - 1
            first = number + 1
    if first <= last:
        yield first, last


def _wrapped(number: int) -> int:
    return number - HIGHEST if number > HIGHEST else number


def _row(series: Series, fault: Fault, first: int, last: int, files: Iterable[str]) -> Row:
    head = (series.direction, series.partner, series.sender, series.receiver)
    return (*head, fault, first, last, (last - first) % HIGHEST + 1, " ".join(sorted(files)))


def _used(session: Session, scope: Scope) -> dict[Series, Used]:
    """Of all time: the number before one of the period may be older, and what is missing may have come later."""
    used: defaultdict[Series, Used] = defaultdict(Used)
    sent = select(
        Transmission.partner, Transmission.interchange_control, Transmission.id, Transmission.created_at
    ).where(*scope.about(Transmission.partner))
    for name, number, file, at in session.execute(sent):
        if number is not None:
            used[Series("outbound", name)].add(int(number), file, at)
    removed = removed_numbers(session)
    for series, each in used.items():
        each.removed = removed.get(series.partner, set())
    return used | _received(session, scope)


def _received(session: Session, scope: Scope) -> dict[Series, Used]:
    """Numbers as they were first used, and with them whatever other file of the same partner had one of them.

    The number of an interchange that was refused is free again, and no gap for that. What retention removed is known to have been used.
    """
    used: defaultdict[Series, Used] = defaultdict(Used)
    for row in session.scalars(select(ReceivedInterchange).where(*scope.about(ReceivedInterchange.partner))):
        if row.control_number.isdecimal():
            series = Series("inbound", row.partner, row.sender, row.receiver)
            used[series].add(int(row.control_number), row.receipt_id, row.at)
    again = (
        select(
            DocumentRow.partner, DocumentRow.interchange_control, DocumentRow.receipt_id, func.min(Receipt.received_at)
        )
        .join(Receipt, Receipt.id == DocumentRow.receipt_id)
        .where(DocumentRow.direction == INBOUND, Receipt.replays.is_(None), *scope.about(DocumentRow.partner))
        .group_by(DocumentRow.partner, DocumentRow.interchange_control, DocumentRow.receipt_id)
    )
    of_partner: defaultdict[str, list[Used]] = defaultdict(list)
    for series, each in used.items():
        of_partner[series.partner].append(each)
    for name, number, file, at in session.execute(again):
        if number is not None and number.isdecimal():
            for each in of_partner[name]:
                each.note(int(number), str(file), at)
    return used


def _wrong(_row: Row) -> bool:
    return True


CONTROL_NUMBERS = Question(
    "control-numbers",
    "Which interchange control numbers are missing between others, or were used twice?",
    ("direction", "partner", "sender", "receiver", "fault", "first", "last", "numbers", "files"),
    _rows,
    _wrong,
)
