"""Interchange control numbers (ISA13) that are missing between others, and those that were used more than once, both ways."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.control_numbers import HIGHEST, ReceivedInterchange
from spool.documents import INBOUND, DocumentRow
from spool.receipts import Receipt
from spool.transmissions import Transmission

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
    """The files that had each number; ``elsewhere`` are numbers that are no gaps, though no file of the series is known to have them."""

    files: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    elsewhere: set[int] = field(default_factory=set)

    def note(self, number: int, file: str) -> None:
        """A file of the same partner had this number, in which series it does not say."""
        if number in self.files:
            self.files[number].add(file)
        else:
            self.elsewhere.add(number)


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    """A gap lies between numbers of the period; what is before or after them is not known."""
    for series, used in sorted(_used(session, scope).items(), key=lambda each: str(each[0])):
        for first, last in gaps(used.files, used.elsewhere):
            yield _row(series, Fault.GAP, first, last, ())
        for number, files in sorted(used.files.items()):
            if len(files) > 1:
                yield _row(series, Fault.DUPLICATE, number, number, files)


def gaps(numbers: Iterable[int], elsewhere: Iterable[int] = ()) -> list[tuple[int, int]]:
    """The ranges that are missing between the lowest and the highest; after :data:`HIGHEST` comes 1."""
    known = sorted(numbers)
    if known and known[-1] - known[0] > HIGHEST // 2:
        known = sorted(number + HIGHEST if number <= HIGHEST // 2 else number for number in known)
    missing = [(before + 1, after - 1) for before, after in pairwise(known) if after - before > 1]
    return [(_wrapped(first), _wrapped(last)) for each in missing for first, last in _without(each, sorted(elsewhere))]


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
    used: defaultdict[Series, Used] = defaultdict(Used)
    sent = select(Transmission.partner, Transmission.interchange_control, Transmission.id).where(
        *scope.within(Transmission.created_at, Transmission.partner)
    )
    for name, number, file in session.execute(sent):
        if number is not None:
            used[Series("outbound", name)].files[int(number)].add(file)
    return used | _received(session, scope)


def _received(session: Session, scope: Scope) -> dict[Series, Used]:
    """Numbers as they were first used, and with them whatever other file of the same partner had one of them.

    The number of an interchange that was refused is free again, and no gap for that.
    """
    used: defaultdict[Series, Used] = defaultdict(Used)
    first = select(ReceivedInterchange).where(*scope.within(ReceivedInterchange.at, ReceivedInterchange.partner))
    for row in session.scalars(first):
        if row.control_number.isdecimal():
            series = Series("inbound", row.partner, row.sender, row.receiver)
            used[series].files[int(row.control_number)].add(row.receipt_id)
    again = (
        select(DocumentRow.partner, DocumentRow.interchange_control, DocumentRow.receipt_id)
        .join(Receipt, Receipt.id == DocumentRow.receipt_id)
        .where(DocumentRow.direction == INBOUND, Receipt.replays.is_(None))
        .where(*scope.within(Receipt.received_at, DocumentRow.partner))
    )
    for name, number, file in session.execute(again.distinct()):
        if number is not None and number.isdecimal():
            for series, each in used.items():
                if series.partner == name:
                    each.note(int(number), str(file))
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
