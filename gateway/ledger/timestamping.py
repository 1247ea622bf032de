"""Checkpoints stamped with the time, and stamped again before the authority's certificate expires.

Nothing waits for the authority: what it does not stamp now is tried again, and people are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from spool.clock import Clock
from spool.database.port import Database

from .authority import Authority, NotStamped
from .checkpoint import Checkpoint
from .ledger import Ledger
from .note import Note, NotSigned, read_note
from .scanning import Anchor
from .tables import LedgerTimestamp
from .timestamp import NoStamp, Stamp, chained, granted, stamped

EVERY = timedelta(days=1)
"""How often a checkpoint is stamped while there are new ones."""

RENEWED = timedelta(days=60)
"""How long before the authority's certificate expires its stamps are stamped again."""

AT_ONCE = 20
"""Stamps that are asked for in a row."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint and the responses over it, the first one first, which was made ``at`` that time by ``authority``.

    ``expires`` is until when the certificate of the last one is valid.
    """

    checkpoint: str
    responses: tuple[bytes, ...]
    at: datetime
    authority: str
    expires: datetime

    @property
    def size(self) -> int:
        return Checkpoint.read(read_note(self.checkpoint.encode()).text).size


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at all stamps found: what they anchor, and what is wrong with the first that does not hold."""

    anchors: Sequence[Anchor] = ()
    wrong: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How stamps stand: when the ``last`` was made, and what keeps one from being made since when."""

    last: datetime | None = None
    failing: Sequence[LedgerTimestamp] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timestamping:
    """Has the checkpoints of one ledger stamped; without an ``authority`` none is."""

    database: Database
    clock: Clock
    ledger: Ledger
    authority: Authority | None

    def keep_up(self) -> None:
        """Have the last checkpoint stamped where that is due, and what expires; to be called every hour or so. Raises only for bugs."""
        if self.authority is None:
            return
        try:
            for due in self._due():
                self._have_stamped(due)
        except TallyError as error:
            _log.warning("ledger.not_stamped", why=error.message)

    def stamp(self, checkpoint: Note) -> StampedCheckpoint:
        """``checkpoint`` with its stamps; the first is asked for where there is none yet. Raises NotStamped."""
        found = self.of(checkpoint)
        if found is None:
            self._have_stamped(_unstamped(checkpoint, self.clock.now()))
            found = self.of(checkpoint)
        if found is None:
            raise NotStamped("Another checkpoint of this size was stamped meanwhile. Stamp the next one.")
        return found

    def of(self, checkpoint: Note) -> StampedCheckpoint | None:
        """The stamps of a checkpoint, if it has any."""
        with self.database.read() as session:
            found = _stamped(session, LedgerTimestamp.size == Checkpoint.read(checkpoint.text).size)
        return next((each for each in found if each.checkpoint == str(checkpoint)), None)

    def first_over(self, size: int) -> StampedCheckpoint | None:
        """The earliest stamped checkpoint that seals ``size`` entries or more."""
        with self.database.read() as session:
            first = session.scalar(
                select(func.min(LedgerTimestamp.size)).where(
                    LedgerTimestamp.size >= size, LedgerTimestamp.response.is_not(None)
                )
            )
            return next(iter(_stamped(session, LedgerTimestamp.size == first)), None)

    def look(self) -> Looked:
        """Verify all stamps there are: for what they were made, and where an authority is set, by whom."""
        with self.database.read() as session:
            found = _stamped(session)
        anchors: list[Anchor] = []
        for each in found:
            try:
                self._require_good(each)
            except (ValueError, NoStamp, NotSigned) as error:
                return Looked(anchors, f"The time stamp of the checkpoint of {each.size} entries is wrong: {error}.")
            name = f"the checkpoint of {each.size} entries that was stamped with the time"
            anchors.append(Anchor(name, Checkpoint.read(read_note(each.checkpoint.encode()).text)))
        return Looked(anchors)

    def _require_good(self, each: StampedCheckpoint) -> None:
        self.ledger.require_ours(read_note(each.checkpoint.encode()))
        data = each.checkpoint.encode()
        if self.authority is not None:
            chained(data, each.responses, self.authority.trusted)
            return
        for place, response in enumerate(each.responses):
            granted(response, stamped(data, each.responses[:place]))

    # What is due, and having it done

    def _due(self) -> list[StampedCheckpoint]:
        now = self.clock.now()
        last = self.ledger.last()
        with self.database.read() as session:
            found = _stamped(session)
            newest = session.scalar(select(func.max(LedgerTimestamp.at)).where(LedgerTimestamp.n == 1))
        due = [each for each in found if now < each.expires <= now + RENEWED]
        is_new = last is not None and Checkpoint.read(last.text).size > max((each.size for each in found), default=0)
        if last is not None and is_new and (newest is None or newest + EVERY <= now):
            due.insert(0, _unstamped(last, now))
        return due[:AT_ONCE]

    def _have_stamped(self, due: StampedCheckpoint) -> None:
        if self.authority is None:
            raise NotStamped("Nobody stamps checkpoints here: set timestamp_url and timestamp_roots in tally.toml.")
        try:
            stamp = self.authority.stamp(stamped(due.checkpoint.encode(), due.responses), self.clock.now())
        except NotStamped as error:
            self._note(due, None, error.message)
            raise
        self._note(due, stamp, None)
        _log.info("ledger.stamped", size=due.size, at=stamp.at.isoformat(), authority=stamp.authority)

    def _note(self, due: StampedCheckpoint, stamp: Stamp | None, why: str | None) -> None:
        """Keep a stamp, or that it was not given. What was not given for an earlier checkpoint is not missed any more."""

        def keep(session: Session) -> None:
            wanted = LedgerTimestamp.response.is_(None)
            if not due.responses:
                session.execute(delete(LedgerTimestamp).where(wanted, LedgerTimestamp.n == 1))
            row = session.get(LedgerTimestamp, (due.size, len(due.responses) + 1))
            if row is None:
                row = LedgerTimestamp(size=due.size, n=len(due.responses) + 1, checkpoint=due.checkpoint)
                session.add(row)
            elif row.response is not None:
                return
            row.tried_at, row.why = self.clock.now(), why
            if stamp is not None:
                row.response, row.authority = stamp.response, stamp.authority
                row.at, row.expires = stamp.at, stamp.expires

        self.database.write(keep)


def standing(session: Session) -> Standing:
    """How stamps stand."""
    failing = session.scalars(
        select(LedgerTimestamp).where(LedgerTimestamp.why.is_not(None)).order_by(LedgerTimestamp.size)
    ).all()
    return Standing(session.scalar(select(func.max(LedgerTimestamp.at))), failing)


def _stamped(session: Session, *where: ColumnElement[bool]) -> list[StampedCheckpoint]:
    """Checkpoints that have a stamp, by size."""
    rows = session.scalars(
        select(LedgerTimestamp)
        .where(LedgerTimestamp.response.is_not(None), *where)
        .order_by(LedgerTimestamp.size, LedgerTimestamp.n)
    )
    found: dict[int, StampedCheckpoint] = {}
    for row in rows:
        assert row.response is not None
        assert row.at is not None
        assert row.expires is not None
        first = found.get(row.size)
        if first is None:
            found[row.size] = StampedCheckpoint(
                row.checkpoint, (row.response,), row.at, row.authority or "", row.expires
            )
        else:
            found[row.size] = replace(first, responses=(*first.responses, row.response), expires=row.expires)
    return list(found.values())


def _unstamped(checkpoint: Note, now: datetime) -> StampedCheckpoint:
    return StampedCheckpoint(str(checkpoint), (), now, "", now)
