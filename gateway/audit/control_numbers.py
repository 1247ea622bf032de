"""Interchange control numbers (ISA13) that are missing between others, or were used twice, both ways."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.control_numbers import ReceivedInterchange
from spool.documents import INBOUND, OUTBOUND, DocumentRow
from spool.states import DocumentState
from spool.transmissions import Transmission

from .question import Question, Row, Scope


@dataclass(frozen=True, slots=True)
class Flaw:
    """Numbers that are missing, the first and the last of them; or one that was used ``times``."""

    kind: str
    first: int
    last: int
    times: int


GAP, TWICE = "gap", "used twice"


def flaws(numbers: Iterable[int]) -> Iterator[Flaw]:
    """What is wrong with the numbers of one line, in their order."""
    counted = Counter(numbers)
    for number, times in sorted(counted.items()):
        if times > 1:
            yield Flaw(TWICE, number, number, times)
    for before, after in pairwise(sorted(counted)):
        if after > before + 1:
            yield Flaw(GAP, before + 1, after - 1, 0)


def _rows(session: Session, scope: Scope) -> Iterator[Row]:
    yield from _flaws(OUTBOUND, _given(session, scope))
    yield from _flaws(INBOUND, _seen(session, scope))


def _flaws(direction: str, used: Iterable[tuple[str, str, str, str]]) -> Iterator[Row]:
    """Of numbers with the partner, the sender's id and the receiver's, which together have a line of their own."""
    in_lines = sorted((partner, sender, receiver, int(number)) for partner, sender, receiver, number in used)
    for (partner, sender, receiver), line in groupby(in_lines, key=lambda each: each[:3]):
        for flaw in flaws(number for *_, number in line):
            yield direction, partner, sender, receiver, flaw.kind, flaw.first, flaw.last, flaw.times


def _given(session: Session, scope: Scope) -> Iterator[tuple[str, str, str, str]]:
    statement = select(Transmission.partner, Transmission.interchange_control).where(
        Transmission.interchange_control.is_not(None), *scope.within(Transmission.created_at, Transmission.partner)
    )
    for partner, number in session.execute(statement):
        yield partner, "", "", number or ""


def _seen(session: Session, scope: Scope) -> Iterator[tuple[str, str, str, str]]:
    """The first uses, and the further ones by the files whose documents were set aside for it."""
    first = select(
        ReceivedInterchange.partner,
        ReceivedInterchange.sender,
        ReceivedInterchange.receiver,
        ReceivedInterchange.control_number,
    ).where(*scope.within(ReceivedInterchange.at, ReceivedInterchange.partner))
    lines = {}
    for partner, sender, receiver, number in session.execute(first):
        if number.isdigit():
            lines[partner, number] = (sender, receiver)
            yield partner, sender, receiver, number
    again = (
        select(DocumentRow.partner, DocumentRow.interchange_control)
        .where(
            DocumentRow.direction == INBOUND,
            DocumentRow.state == DocumentState.DUPLICATE,
            DocumentRow.duplicate_of.is_(None),
            DocumentRow.interchange_control.is_not(None),
            *scope.within(DocumentRow.created_at, DocumentRow.partner),
        )
        .group_by(DocumentRow.partner, DocumentRow.receipt_id, DocumentRow.interchange_control)
    )
    for partner, repeated in session.execute(again):
        number = repeated or ""
        if number.isdigit():
            yield partner, *lines.get((partner, number), ("", "")), number


def _wrong(_row: Row) -> bool:
    return True


CONTROL_NUMBERS = Question(
    "control-numbers",
    "Which interchange control numbers are missing between others, or were used twice?",
    ("direction", "partner", "sender", "receiver", "what", "first", "last", "times"),
    _rows,
    _wrong,
)
