"""Checkpoints stamped with the time, and stamped again before the authority's certificate expires.

Nothing waits for the authority: what it does not stamp now is tried again, and people are told.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import JournalEntry, Step

from . import store
from .authority import Authority, NotStamped
from .checkpoint import Checkpoint
from .entry import read_entry
from .ledger import Ledger
from .note import Note, NotSigned, read_note
from .scanning import Anchor
from .stamped_checkpoints import BadStampRow, StampedCheckpoint, stamped_checkpoints, times
from .tables import LedgerTimestamp
from .timestamp import NoStamp, Stamp, Trusted, chained, stamped, sufficient, unverified

EVERY = timedelta(days=1)
"""How often a checkpoint is stamped while there are new ones."""

RENEWED = timedelta(days=60)
"""How long before the authority's certificate expires its stamps are stamped again."""

AT_ONCE = 20
"""Stamps that are asked for in a row."""

_SCANNED = 256
"""Entries that are looked through at a time."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at all stamps found: what they anchor, what is wrong with the first that does not hold, and the sizes of the checkpoints
    whose stamps hold by the roots that were kept with them, and not by those that are trusted now; and of those that anchor nothing, since
    no root vouches for their stamps, of which the journal does not tell either."""

    anchors: Sequence[Anchor] = ()
    wrong: str | None = None
    by_others: Sequence[int] = ()
    by_nobody: Sequence[int] = ()


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
            self._have_stamped(StampedCheckpoint(str(checkpoint)))
            found = self.of(checkpoint)
        if found is None:
            raise NotStamped("Another checkpoint of this size was stamped meanwhile. Stamp the next one.")
        return found

    def of(self, checkpoint: Note) -> StampedCheckpoint | None:
        """The stamps of a checkpoint, if it has any."""
        with self.database.read() as session:
            found = stamped_checkpoints(session, LedgerTimestamp.size == Checkpoint.read(checkpoint.text).size)
        return next((each for each in found if each.checkpoint == str(checkpoint)), None)

    def first_over(self, size: int) -> StampedCheckpoint | None:
        """The earliest stamped checkpoint that seals ``size`` entries or more."""
        with self.database.read() as session:
            first = session.scalar(
                select(func.min(LedgerTimestamp.size)).where(
                    LedgerTimestamp.size >= size, LedgerTimestamp.response.is_not(None)
                )
            )
            return next(iter(stamped_checkpoints(session, LedgerTimestamp.size == first)), None)

    def roots(self, stamps: StampedCheckpoint) -> Trusted:
        """By whom the stamps of a checkpoint were believed; where that was not kept yet, by whom they are now."""
        now = self.authority.trusted.roots if self.authority is not None and stamps.rootless else ()
        return Trusted(tuple(dict.fromkeys((*stamps.roots, *now))))

    def look(self) -> Looked:
        """Verify all stamps there are: for what they were made and by whom, and that they are those that the journal tells of."""
        try:
            with self.database.read() as session:
                found = stamped_checkpoints(session)
                told = _told(session)
        except BadStampRow as error:
            return Looked(wrong=error.message)
        anchors: list[Anchor] = []
        by_others: list[int] = []
        by_nobody: list[int] = []
        for each in found:
            try:
                self._require_good(each)
                _require_told(each, told)
            except (ValueError, NoStamp, NotSigned) as error:
                return Looked(anchors, f"The time stamp of the checkpoint of {each.size} entries is wrong: {error}.")
            if not self.roots(each).roots:
                by_nobody.append(each.size)
                continue
            if not self._is_trusted(each):
                by_others.append(each.size)
            name = f"the checkpoint of {each.size} entries that was stamped with the time"
            anchors.append(Anchor(name, Checkpoint.read(read_note(each.checkpoint.encode()).text)))
        missing = told.keys() - {(each.size, n) for each in found for n in range(1, len(each.stamps) + 1)}
        if missing:
            size, n = min(missing)
            wrong = f"Time stamp {n} of the checkpoint of {size} entries, of which the journal tells, was removed."
            return Looked(anchors, wrong)
        return Looked(anchors, by_others=by_others, by_nobody=by_nobody)

    def _require_good(self, each: StampedCheckpoint) -> None:
        self.ledger.require_ours(read_note(each.checkpoint.encode()))
        data = each.checkpoint.encode()
        trusted = self.roots(each)
        if trusted.roots:
            found = chained(data, each.responses, trusted)
        else:
            places = enumerate(each.responses)
            found = tuple(unverified(response, stamped(data, each.responses[:place])) for place, response in places)
        if found != each.stamps:
            raise NoStamp("what is noted beside it of who made it and when is not what it says")

    def _is_trusted(self, each: StampedCheckpoint) -> bool:
        """Whether good stamps are by whom the settings name now, under whichever policy; true where they name nobody."""
        if self.authority is None or set(each.roots) <= set(self.authority.trusted.roots):
            return True
        with suppress(NoStamp):
            chained(each.checkpoint.encode(), each.responses, replace(self.authority.trusted, policy=None))
            return True
        return False

    # What is due, and having it done

    def _due(self) -> list[StampedCheckpoint]:
        now = self.clock.now()
        last = self.ledger.last()
        with self.database.read() as session:
            found = stamped_checkpoints(session)
            newest = max((each.at for each in found), default=None)
            sealed = 0 if last is None else Checkpoint.read(last.text).size
            is_new = _has_news(session, max((each.size for each in found), default=0), sealed)
        due = [each for each in found if now < each.expires <= now + RENEWED]
        if last is not None and is_new and (newest is None or newest + EVERY <= now):
            due.insert(0, StampedCheckpoint(str(last)))
        return due[:AT_ONCE]

    def _have_stamped(self, due: StampedCheckpoint) -> None:
        if self.authority is None:
            raise NotStamped("Nobody stamps checkpoints here: set timestamp_url and timestamp_roots in tally.toml.")
        data = stamped(due.checkpoint.encode(), due.responses)
        try:
            stamp = self.authority.stamp(data, self.clock.now())
        except NotStamped as error:
            self._note(due, error.message)
            raise
        self._keep(due, stamp, sufficient(stamp, data, self.authority.trusted))
        _log.info("ledger.stamped", size=due.size, at=stamp.at.isoformat(), authority=stamp.authority)

    def _note(self, due: StampedCheckpoint, why: str) -> None:
        """Note that a stamp was not given."""

        def note(session: Session) -> None:
            row = _wanted(session, due)
            if row.response is None:
                row.tried_at, row.why = self.clock.now(), why

        self.database.write(note)

    def _keep(self, due: StampedCheckpoint, stamp: Stamp, by: Trusted) -> None:
        """Keep a stamp, and tell the journal, and so the ledger, of it."""

        def keep(session: Session) -> None:
            row = _wanted(session, due)
            if row.response is not None:
                return
            row.tried_at, row.why = self.clock.now(), None
            row.response, row.authority = stamp.response, stamp.authority
            row.at, row.expires, row.roots = stamp.at, stamp.expires, by.pem.decode("ascii")
            detail = {
                "size": row.size,
                "n": row.n,
                "sha256": sha256(stamp.response).hexdigest(),
                "authority": stamp.authority,
            }
            outcome = f"checkpoint of {row.size} entries"
            journal.record(session, self.clock, step=Step.STAMPED, outcome=outcome, detail=detail)

        self.database.write(keep)


def _wanted(session: Session, due: StampedCheckpoint) -> LedgerTimestamp:
    """The row of the next stamp of a checkpoint. What was not given for an earlier one is not missed any more."""
    n = len(due.stamps) + 1
    if n == 1:
        missed = LedgerTimestamp.size != due.size
        session.execute(
            delete(LedgerTimestamp).where(LedgerTimestamp.response.is_(None), LedgerTimestamp.n == 1, missed)
        )
    row = session.get(LedgerTimestamp, (due.size, n))
    if row is None:
        row = LedgerTimestamp(size=due.size, n=n, checkpoint=due.checkpoint)
        session.add(row)
    elif row.response is None:
        row.checkpoint = due.checkpoint
    return row


def standing(session: Session) -> Standing:
    """How stamps stand."""
    failing = session.scalars(
        select(LedgerTimestamp).where(LedgerTimestamp.why.is_not(None)).order_by(LedgerTimestamp.size)
    ).all()
    return Standing(max(times(session), default=None), failing)


def _told(session: Session) -> dict[tuple[int, int], str]:
    """The digests of all stamps that the journal tells of, by the size of their checkpoint and their place. What was changed there is found
    where the journal is held against the ledger."""
    found = {}
    for text in session.scalars(select(cast(JournalEntry.detail, Text)).where(JournalEntry.step == Step.STAMPED)):
        with suppress(LookupError, TypeError, ValueError):
            detail = json.loads(text)
            found[int(detail["size"]), int(detail["n"])] = str(detail["sha256"])
    return found


def _require_told(each: StampedCheckpoint, told: Mapping[tuple[int, int], str]) -> None:
    """Stamps from before the journal told of them are those from before roots were kept."""
    for n, stamp in enumerate(each.stamps, 1):
        digest = told.get((each.size, n))
        if digest is None and n not in each.rootless:
            raise NoStamp("the journal tells of no such stamp")
        if digest is not None and n in each.rootless:
            raise NoStamp("the roots that were kept with it were removed")
        if digest not in (None, sha256(stamp.response).hexdigest()):
            raise NoStamp("it is another one than the journal tells of")


def _has_news(session: Session, start: int, end: int) -> bool:
    """Whether the entries from ``start`` on tell of anything but of time stamps, which would be stamped for ever for their own sake."""
    for first in range(start, end, _SCANNED):
        bodies = store.bodies(session, first, min(first + _SCANNED, end))
        if any(read_entry(body).type != Step.STAMPED for body in bodies):
            return True
    return False
