"""What a question is, how it is asked, and what an answer says of itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, event
from sqlalchemy.orm import InstrumentedAttribute, Session

from ..operations.instruction import NotPossible

Value: TypeAlias = str | int | bool | datetime | None
"""What stands in a cell."""

Row: TypeAlias = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about: what happened from ``since`` on and before ``until``, with one partner or with all. None is no bound.

    ``now`` is when it is asked.
    """

    now: datetime
    since: datetime | None = None
    until: datetime | None = None
    partner: str | None = None

    def within(
        self, at: InstrumentedAttribute[Any], partner: InstrumentedAttribute[Any] | None = None
    ) -> list[ColumnElement[bool]]:
        """The conditions for rows that have their moment in ``at`` and their partner in ``partner``."""
        conditions = []
        if self.since is not None:
            conditions.append(at >= self.since)
        if self.until is not None:
            conditions.append(at < self.until)
        return conditions if partner is None else [*conditions, *self.about(partner)]

    def about(self, partner: InstrumentedAttribute[Any]) -> list[ColumnElement[bool]]:
        """The conditions for rows that have their partner in ``partner``, whenever they are from."""
        return [] if self.partner is None else [partner == self.partner]


@dataclass(frozen=True, slots=True)
class Question:
    """``columns`` name what each of ``rows`` holds; ``title`` is the question in words.

    ``about_one`` is whether rows belong to partners, so that the answer for one partner is a part of that for all. ``wrong`` says of a
    row whether it tells of something that should not be; where nothing can be wrong it is None.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Callable[[Session, Scope], Iterable[Row]]
    wrong: Callable[[Row], bool] | None = None
    about_one: bool = True


Values: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""What stood in the places of a statement's parameters: in their order, or by name, as the database wants them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as the database was given it; ``values`` are those of each time that it was run."""

    text: str
    values: Sequence[Values] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the ledger was in the very state of the database that an answer was read from: its ``size`` and ``root``, and how many
    entries of the journal were ``waiting`` to be taken in."""

    size: int
    root: bytes
    waiting: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows, and what was asked of the database to find them: ``queries`` are the statements as they were run, each once.

    ``standing`` is how far the ledger was then; ``checkpoint`` is signed after that, of at least that size. Neither is there where nobody
    keeps a ledger.
    """

    question: Question
    scope: Scope
    rows: Sequence[Row]
    queries: Sequence[Statement]
    standing: Standing | None = None
    checkpoint: str = ""

    @property
    def wrong(self) -> Sequence[Row]:
        """The rows that tell of something that should not be."""
        judge = self.question.wrong
        return [] if judge is None else [row for row in self.rows if judge(row)]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many ``rows`` the answer to a question has, and how many of them tell of something that should not be; ``more`` is whether there
    are others that were not counted."""

    question: Question
    rows: int
    wrong: int
    more: bool


class TooMuch(NotPossible):
    """An answer is longer than whoever asked can take; a narrower question has a shorter one."""


def ask(session: Session, question: Question, scope: Scope, most: int | None = None) -> Answer:
    """Answer a question from one unchanging state of the database. Raises TooMuch for more than ``most`` rows."""
    with _listening(session.connection()) as queries:
        rows = list(islice(question.rows(session, scope), None if most is None else most + 1))
    if most is not None and len(rows) > most:
        raise TooMuch(
            f"The answer to {question.name} has more than the {most} rows that are given here at once. Ask for a shorter period or one "
            f"partner, or have `tally audit {question.name} -o FILE` write all of it where the gateway runs."
        )
    return Answer(question, scope, rows, [Statement(text, tuple(values)) for text, values in queries.items()])


def count(session: Session, question: Question, scope: Scope, most: int) -> Counted:
    """Count the rows of an answer, ``most`` of them at most, without keeping any."""
    rows = wrong = 0
    for row in islice(question.rows(session, scope), most + 1):
        if rows == most:
            return Counted(question, rows, wrong, more=True)
        rows += 1
        wrong += question.wrong is not None and question.wrong(row)
    return Counted(question, rows, wrong, more=False)


@contextmanager
def _listening(connection: Connection) -> Iterator[Mapping[str, Sequence[Values]]]:
    heard: dict[str, list[Values]] = {}

    def hear(_connection: object, _cursor: object, statement: str, parameters: Values, *_: object) -> None:
        runs = heard.setdefault(" ".join(statement.split()), [])
        if parameters not in runs[-1:]:
            runs.append(parameters)

    event.listen(connection, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(connection, "before_cursor_execute", hear)
