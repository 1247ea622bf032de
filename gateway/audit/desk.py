"""Where the record is read: questions, trails and evidence, each with how far the ledger was, and each reading on record itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from canonical.identity import DocumentId
from spool.blobs import BlobStore
from spool.clock import Clock
from spool.database.port import Database

from .. import known, record, trail
from ..ledger import store
from ..ledger.checkpoint import Checkpoint
from ..ledger.evidence.bundle import Evidence
from ..ledger.evidence.collecting import Collector
from ..ledger.ledger import Ledger
from ..ledger.note import Note
from ..ledger.timestamping import Timestamping
from ..ledger.tree import EMPTY_ROOT
from ..trail import TrailEntry
from .export import about
from .question import Answer, Counted, Question, Scope, Standing, TooMuch, ask, count
from .questions import QUESTIONS


class Way(StrEnum):
    """By which way somebody reads."""

    COMMAND = "command"
    API = "api"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads; ``address`` is where from, where that is not this machine's terminal."""

    name: str
    way: Way
    address: str | None = None


class Subject(StrEnum):
    """What a trail or evidence may be about."""

    ORDER = "order"
    INVOICE = "invoice"
    DOCUMENT = "document"
    """Or a file."""


@dataclass(frozen=True, slots=True)
class About:
    """One of these, by its number or, a document, by its id; an order of ``partner`` only, where one is named."""

    subject: Subject
    id: str
    partner: str | None = None

    def __str__(self) -> str:
        return f"{self.subject} {self.id}"


@dataclass(frozen=True, slots=True)
class Told:
    """A trail, and how far the ledger was when it was read."""

    about: About
    entries: Sequence[TrailEntry]
    asked_at: datetime
    checkpoint: Note


@dataclass(frozen=True, slots=True)
class Overview:
    """How many rows the answers to all questions have, and how far the ledger was in the state that they were counted in."""

    scope: Scope
    counted: Sequence[Counted]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of one home. Whatever names a partner raises NotFound for one that does not exist."""

    database: Database
    blobs: BlobStore
    clock: Clock
    ledger: Ledger
    timestamping: Timestamping | None = None

    def answer(
        self,
        question: Question,
        reader: Reader,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        partner: str | None = None,
        most: int | None = None,
        form: str | None = None,
    ) -> Answer:
        """Answer a question; ``form`` is that in which it is taken along. Raises TooMuch for more than ``most`` rows.

        How far the ledger was is read from the same state of the database as the answer. The checkpoint is signed after that, and so is of
        that size or a larger one, which begins with the same entries.
        """
        scope = Scope(self.clock.now(), since, until, partner)
        self.ledger.drain()
        with self.database.read() as session:
            known.partner(session, partner)
            answer = replace(ask(session, question, scope, most), standing=_standing(session))
        checkpoint = self.ledger.checkpoint()
        answer = replace(answer, checkpoint=str(checkpoint))
        asked = {name: value for name, value in about(answer).items() if name in ("since", "until", "rows")}
        self._note(f"audit {question.name}", reader, partner, checkpoint, asked | ({"form": form} if form else {}))
        return answer

    def overview(
        self,
        reader: Reader,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        partner: str | None = None,
        most: int,
    ) -> Overview:
        """How many rows each question's answer has, all read from one state of the database; ``most`` are counted of each."""
        scope = Scope(self.clock.now(), since, until, partner)
        self.ledger.drain()
        with self.database.read() as session:
            known.partner(session, partner)
            counted = [count(session, each, scope, most) for each in QUESTIONS.values()]
            standing = _standing(session)
        checkpoint = self.ledger.checkpoint()
        period = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        self._note("audit overview", reader, partner, checkpoint, period)
        return Overview(scope, counted, standing)

    def trail(self, about: About, reader: Reader, *, most: int | None = None) -> Told:
        """What happened. Raises NotFound, and TooMuch for more than ``most`` entries."""
        with self.database.read() as session:
            entries = self._telling(about)(session)
        if most is not None and len(entries) > most:
            raise TooMuch(
                f"The trail of {about} has {len(entries)} entries, more than the {most} that are given here at once. `tally trail` has all "
                "of them where the gateway runs."
            )
        checkpoint = self.ledger.checkpoint()
        told = Told(about, entries, self.clock.now(), checkpoint)
        self._note(f"trail of {about}", reader, about.partner, checkpoint, {"entries": len(entries)})
        return told

    def evidence(self, about: About, reader: Reader, *, anchor: Note | None = None, to: str) -> Evidence:
        """What proves all about an order or a document, for a file called ``to``. Raises as :meth:`.Collector.of_order`."""
        with self.database.read() as session:
            known.partner(session, about.partner)
        collector = Collector(self.database, self.blobs, self.clock, self.ledger, self.timestamping)
        if about.subject is Subject.ORDER:
            evidence = collector.of_order(about.id, about.partner, anchor)
        else:
            evidence = collector.of_document(DocumentId(about.id), anchor)
        self._note(f"evidence of {about}", reader, about.partner, evidence.checkpoint, {"to": to})
        return evidence

    def partners(self) -> Sequence[str]:
        """By whom a question can be narrowed."""
        with self.database.read() as session:
            return known.partners(session)

    def _telling(self, about: About) -> Callable[[Session], Sequence[TrailEntry]]:
        def told(session: Session) -> Sequence[TrailEntry]:
            known.partner(session, about.partner)
            match about.subject:
                case Subject.ORDER:
                    return trail.of_order(session, about.id, about.partner)
                case Subject.INVOICE:
                    return trail.of_invoice(session, about.id)
                case Subject.DOCUMENT:
                    return trail.of_document(session, DocumentId(about.id))

        return told

    def took(self, what: str, reader: Reader, detail: dict[str, Any] | None = None) -> None:
        """Note that somebody takes along what is no answer: the bytes of something, or a backup."""
        self._record(what, reader, None, detail or {})

    def _note(self, what: str, reader: Reader, partner: str | None, checkpoint: Note, detail: dict[str, Any]) -> None:
        sealed = Checkpoint.read(checkpoint.text)
        self._record(what, reader, partner, detail | {"checkpoint": {"size": sealed.size, "root": sealed.root.hex()}})

    def _record(self, what: str, reader: Reader, partner: str | None, detail: dict[str, Any]) -> None:
        """Tell the journal that somebody read, or took ``what`` along."""
        detail = detail | {"by": reader.way.value}
        if reader.address is not None:
            detail["address"] = reader.address
        self.database.write(lambda session: record.read(session, self.clock, reader.name, what, partner, detail))


def _standing(session: Session) -> Standing:
    state = store.state(session)
    size, root = (0, EMPTY_ROOT) if state is None else (state.size, bytes(state.root))
    return Standing(size, root, store.count_waiting(session))
