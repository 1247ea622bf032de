"""The work queue: items and lanes as rows of the spool's own database, with all semantics in one place, on either database.

Who is woken when a lane has work, and by what, is the :class:`~spool.queue.port.Waker`'s business; what keeps due work from being begun,
that of :mod:`~spool.queue.gates`.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from canonical.errors import NotFound

from .. import retry, states
from ..clock import Clock
from ..identifiers import Identifiers
from ..states import ItemState
from . import gates
from . import statements as sql
from .channel import INSIDE, NORMAL, Channel, channel_of
from .gates import Gates
from .limits import Limits, NoLimits
from .port import Attempt, Claim, DeadItem, Hold, LeaseLost, QueueStats, QueueSurvey, Waker
from .shifting import shift_waiting
from .stats import stats, survey
from .tables import FailedAttempt, Lane, LaneState, WorkItem
from .turns import Turns

LEASE = timedelta(seconds=60)
"""How long a lane is held without renewal before another worker may take it."""

_EXPIRED_AT_ONCE = 1000
"""Lanes that are let go for a deadline in one transaction; the others come with the next."""

WORKER_DIED = "Its worker ended, or was cut off, before it said how the attempt went."


class LaneQueue:
    """The :class:`spool.queue.port.WorkQueue`.

    ``waker`` hears of every lane that comes to have work. ``limits`` are what was agreed with partners and what endpoints can stand.
    ``jitter`` gives numbers from 0 to 1 (:func:`spool.retry.delay`); ``lease`` is how long a claim holds unless it is renewed.
    """

    def __init__(
        self,
        clock: Clock,
        identifiers: Identifiers,
        waker: Waker,
        *,
        limits: Limits | None = None,
        jitter: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._waker = waker
        self._limits = limits or NoLimits()
        self._jitter = jitter
        self._lease = lease
        self._turns = Turns()

    # Putting in

    def enqueue(
        self,
        session: Session,
        *,
        kind: str,
        lane: str,
        payload: Mapping[str, Any],
        partner: str | None = None,
        endpoint: str | None = None,
        priority: int = NORMAL,
        unique_key: str | None = None,
        not_before: datetime | None = None,
        deadline: datetime | None = None,
        max_attempts: int = retry.MAX_ATTEMPTS,
    ) -> str:
        now = self._clock.now()
        at = not_before or now
        channel = Channel(priority, endpoint, partner).key
        item = self._identifiers.new()
        place = {"lane": lane, "at": at, "channel": channel, "item": item, "unique_key": unique_key}
        append = sql.APPEND if unique_key is None else sql.APPEND_UNLESS_KNOWN
        appended = append.first(session, place)
        if appended is None:
            return _known(session, unique_key)
        position, first = appended
        values = {
            "id": item,
            "lane": lane,
            "position": position,
            "channel": channel,
            "kind": kind,
            "payload": dict(payload),
            "unique_key": unique_key,
            "state": ItemState.OPEN,
            "attempts": 0,
            "max_attempts": max_attempts,
            "next_at": at,
            "deadline": deadline,
            "created_at": now,
        }
        if sql.PUT_ITEM.first(session, values) is None:
            # Another transaction used the key, in this lane or another, between our two statements.
            if first == item:
                self._let_go(session, lane)
            return _known(session, unique_key)
        if first == item:
            self._waker.lane_due(session, lane, at)
        return item

    # Working

    def due(self, session: Session) -> bool:
        now = self._clock.now()
        due = _Due(session, now)
        doors = Gates(session, self._limits, now, locking=False, tripped=due.tripped)
        return any(doors.hold(channel) is None for channel, _ in due.channels)

    def claim(self, session: Session, owner: str) -> Claim | None:
        return next(iter(self.claims(session, owner)), None)

    def claims(self, session: Session, owner: str) -> Iterator[Claim]:
        now = self._clock.now()
        due = _Due(session, now)
        while claim := self._claim(session, due, owner, now):
            yield claim

    def _claim(self, session: Session, due: "_Due", owner: str, now: datetime) -> Claim | None:
        for channels, tripped in self._rounds(due):
            doors = Gates(session, self._limits, now, locking=True, tripped=tripped)
            for channel in channels:
                claim = None if doors.hold(channel) else self._take(session, channel, owner, now)
                if claim is not None:
                    probe = doors.passed(channel, claim.item_id)
                    self._turns.served(channel)
                    return replace(claim, probe=True) if probe else claim
                self._turns.passed_over(channel)
                due.passed_over(channel)
        return None

    def _rounds(self, due: "_Due") -> Iterator[tuple[list[Channel], bool]]:
        """What is left of a round, and then all that is due: channels, and whether any circuit may be other than closed."""
        left = self._turns.left()
        if left:
            yield left, True
        yield self._turns.begin(due.channels), due.tripped

    def _take(self, session: Session, channel: Channel, owner: str, now: datetime) -> Claim | None:
        hold = {"of": channel.key, "now": now, "by": owner, "until": now + self._lease}
        held = sql.TAKE.first(session, hold)
        if held is None:
            return None
        lane, token, item, lost_owner, lost_since = held
        (begun,) = sql.BEGIN.rows(session, {"item": item})
        kind, payload, attempt, max_attempts, created_at, deadline = begun
        if lost_owner is not None:
            _note(session, item, Attempt(attempt - 1, lost_owner, lost_since, now, WORKER_DIED))
        return Claim(
            item_id=item,
            lane=lane,
            token=token,
            kind=kind,
            payload=payload,
            attempt=attempt,
            max_attempts=max_attempts,
            enqueued_at=created_at,
            claimed_at=now,
            owner=owner,
            endpoint=channel.endpoint,
            partner=channel.partner,
            deadline=deadline,
        )

    def renew(self, session: Session, claim: Claim) -> None:
        until = self._clock.now() + self._lease
        held = {"lane": claim.lane, "held_as": claim.token, "until": until}
        if sql.RENEW.first(session, held) is None:
            raise _lost(claim)

    def hangs(self, session: Session, claim: Claim) -> None:
        gates.hangs(session, claim)

    def complete(self, session: Session, claim: Claim) -> None:
        troubled = self._end(session, claim, ItemState.DONE, None)
        if troubled and claim.endpoint is not None:
            gates.succeeded(session, claim.endpoint)

    def may_retry(self, claim: Claim, error: BaseException) -> bool:
        now = self._clock.now()
        attempts = claim.max_attempts + gates.is_forgiven(claim, error, now)
        return retry.may_retry(error, claim.attempt, attempts, now=now, deadline=claim.deadline)

    def retry_later(self, session: Session, claim: Claim, error: BaseException) -> datetime:
        now = self._clock.now()
        at = now + retry.rest(error, claim.attempt, self._jitter())
        if claim.deadline is not None:
            at = min(at, claim.deadline)
        reason = f"{type(error).__name__}: {error}"
        _fence(session, claim)
        counted = claim.attempt - gates.is_forgiven(claim, error, now)
        postponed = {"item": claim.item_id, "at": at, "why": reason[: retry.REASON_LENGTH], "counted": counted}
        sql.POSTPONE_ITEM.rows(session, postponed)
        _note(session, claim.item_id, Attempt(claim.attempt, claim.owner, claim.claimed_at, now, reason))
        self._let_go_held(session, claim)
        gates.failed(session, claim, error, now)
        return at

    def dead(self, session: Session, claim: Claim, reason: str, error: BaseException | None = None) -> None:
        self._end(session, claim, ItemState.DEAD, reason)
        now = self._clock.now()
        if not (claim.exhausted or claim.expired):
            _note(session, claim.item_id, Attempt(claim.attempt, claim.owner, claim.claimed_at, now, reason))
        if error is not None:
            gates.failed(session, claim, error, now)

    def _end(self, session: Session, claim: Claim, state: ItemState, reason: str | None) -> bool:
        """The claim's item ends in ``state`` and its lane is let go; whether its endpoint was in trouble."""
        _fence(session, claim)
        ended = {
            "item": claim.item_id,
            "becomes": state,
            "why": reason and reason[: retry.REASON_LENGTH],
            "now": self._clock.now(),
            "endpoint": claim.endpoint,
        }
        troubled = sql.END_ITEM.first(session, ended)
        self._let_go_held(session, claim)
        return troubled is not None and bool(troubled[0])

    def _let_go_held(self, session: Session, claim: Claim) -> None:
        held = {"of": claim.lane, "held_as": claim.token, "now": self._clock.now()}
        row = sql.LET_GO_HELD.first(session, held)
        if row is None:
            raise _lost(claim)
        self._wake(session, claim.lane, row[0])

    def _let_go(self, session: Session, lane: str) -> None:
        ((at,),) = sql.LET_GO.rows(session, {"of": lane, "now": self._clock.now()})
        self._wake(session, lane, at)

    def _wake(self, session: Session, lane: str, at: datetime | None) -> None:
        if at is not None:
            self._waker.lane_due(session, lane, at)

    # What people decide

    def cancel(self, session: Session, item_id: str, reason: str) -> bool:
        item = _locked(session, item_id)
        if item.state is ItemState.CANCELLED:
            return False
        states.check("work item", item.state, ItemState.CANCELLED)
        _change(
            session,
            item_id,
            state=ItemState.CANCELLED,
            reason=reason[: retry.REASON_LENGTH],
            ended_at=self._clock.now(),
        )
        if not item.is_held or item.is_worked_on:
            self._let_go(session, item.lane)
        return True

    def retry_now(self, session: Session, item_id: str) -> bool:
        item = _locked(session, item_id)
        if item.state is not ItemState.OPEN:
            raise states.IllegalMove(
                f"A work item that is {item.state} is not waiting; one that is dead can be replayed."
            )
        now = self._clock.now()
        resting = (
            update(WorkItem)
            .where(WorkItem.lane == item.lane, sql.OPEN, WorkItem.position <= item.position, WorkItem.next_at > now)
            .values(next_at=now)
            .returning(WorkItem.id)
        )
        changed = bool(session.connection().execute(resting).all())
        if changed and not item.is_held:
            self._let_go(session, item.lane)
        return changed

    def replay(self, session: Session, item_id: str, reason: str) -> bool:
        item = _locked(session, item_id)
        if item.state is ItemState.OPEN:
            return False
        states.check("work item", item.state, ItemState.OPEN)
        opened = {"state": ItemState.OPEN, "attempts": 0, "reason": None, "deadline": None, "ended_at": None}
        _change(session, item_id, next_at=self._clock.now(), replay_reason=reason[: retry.REASON_LENGTH], **opened)
        if not item.is_held:
            self._let_go(session, item.lane)
        return True

    # Looking

    def dead_items(self, session: Session, *, kind: str | None = None, limit: int = 100) -> Sequence[DeadItem]:
        latest = select(WorkItem).where(sql.DEAD).order_by(WorkItem.id.desc()).limit(limit)
        if kind is not None:
            latest = latest.where(WorkItem.kind == kind)
        # What changes the rows is not told to the session's objects.
        items = session.scalars(latest, execution_options={"populate_existing": True})
        return [_dead_item(item) for item in items]

    def history(self, session: Session, item_id: str) -> Sequence[Attempt]:
        found = session.scalars(
            select(FailedAttempt).where(FailedAttempt.item_id == item_id).order_by(FailedAttempt.id)
        )
        return [Attempt(row.attempt, row.owner, row.started_at, row.ended_at, row.reason) for row in found]

    def hold(self, session: Session, item_id: str) -> Hold | None:
        lane = select(Lane.channel).join(WorkItem, WorkItem.lane == Lane.key).where(WorkItem.id == item_id)
        found = session.connection().execute(lane).one_or_none()
        if found is None:
            raise NotFound(f"There is no work item {item_id}.")
        doors = Gates(session, self._limits, self._clock.now(), locking=False, tripped=True)
        return None if found.channel is None else doors.hold(channel_of(found.channel))

    def waiting_in(self, session: Session, lane: str) -> int:
        counted = sql.WAITING_IN.first(session, {"lane": lane})
        return 0 if counted is None else int(counted[0])

    def stats(self, session: Session) -> QueueStats:
        return stats(session, self._clock.now())

    def survey(self, session: Session) -> QueueSurvey:
        now = self._clock.now()
        return survey(session, Gates(session, self._limits, now, locking=False, tripped=True), now)

    # Keeping going

    def release_all(self, session: Session) -> int:
        now = self._clock.now()
        released = session.connection().execute(sql.HELD_LANES).all()
        for lane, item, owner, since, attempts in released:
            _note(session, item, Attempt(attempts, owner, since, now, WORKER_DIED))
            self._let_go(session, lane)
        return len(released)

    def release_expired(self, session: Session) -> int:
        now = self._clock.now()
        late = select(WorkItem.id).where(sql.OPEN, WorkItem.deadline < now)
        waiting = (Lane.state == LaneState.WAITING) & (Lane.channel != INSIDE.key)
        resting = select(Lane.key).where(Lane.item_id.in_(late), waiting).limit(_EXPIRED_AT_ONCE)
        connection = session.connection()
        # A lane that somebody is just changing comes next time, so that nobody waits for anybody in a circle.
        released = connection.execute(resting.with_for_update(skip_locked=True)).scalars().all()
        if released:
            freed = {"channel": INSIDE.key, "next_at": now}
            connection.execute(update(Lane).where(Lane.key.in_(released)).values(freed))
        for lane in released:
            self._wake(session, lane, now)
        return len(released)

    def clock_moved(self, session: Session, by: timedelta) -> None:
        shift_waiting(session, by)


class _Due:
    """What is due in one transaction at one moment, looked up once."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._over: set[Channel] = set()

    @cached_property
    def _rows(self) -> list[tuple[str, datetime, bool]]:
        return sql.DUE.rows(self._session, {"now": self._now})

    @property
    def channels(self) -> list[tuple[Channel, datetime]]:
        """Channels with a lane that is due, and since when."""
        found = [(channel_of(key), since) for key, since, _ in self._rows]
        return [each for each in found if each[0] not in self._over]

    @property
    def tripped(self) -> bool:
        """Whether any circuit is not closed."""
        return bool(self._rows and self._rows[0][2])

    def passed_over(self, channel: Channel) -> None:
        """Nothing more of the channel can be begun in this transaction."""
        self._over.add(channel)


def _known(session: Session, unique_key: str | None) -> str:
    """The item that used the key."""
    ((item,),) = sql.KNOWN.rows(session, {"unique_key": unique_key})
    return str(item)


def _fence(session: Session, claim: Claim) -> None:
    """Lock the claim's lane, so that what is read next is how it stays. Where there is one writer, the update to come is fence enough."""
    if session.get_bind().dialect.name == "sqlite":
        return
    ((state, token, _),) = sql.LOCK.rows(session, {"lane": claim.lane})
    if state is not LaneState.HELD or token != claim.token:
        raise _lost(claim)


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost(
        f"Item {claim.item_id} ({claim.kind}) was taken over or called off while it was being worked on; "
        "what this worker did is not kept."
    )


@dataclass(frozen=True, slots=True)
class _Locked:
    """An item whose lane is locked, and what the lane is doing."""

    lane: str
    position: int
    state: ItemState
    is_held: bool
    is_worked_on: bool


def _locked(session: Session, item_id: str) -> _Locked:
    connection = session.connection()
    item = select(WorkItem.lane, WorkItem.position, WorkItem.state).where(WorkItem.id == item_id)
    found = connection.execute(item).one_or_none()
    if found is None:
        raise NotFound(f"There is no work item {item_id}.")
    ((lane_state, _, worked_on),) = sql.LOCK.rows(session, {"lane": found.lane})
    # Only now: whoever had the lock may have ended the item.
    state = connection.execute(item).one().state
    held = lane_state is LaneState.HELD
    return _Locked(found.lane, found.position, state, held, held and worked_on == item_id)


def _change(session: Session, item_id: str, **values: Any) -> None:
    session.connection().execute(update(WorkItem).where(WorkItem.id == item_id).values(values))


def _note(session: Session, item_id: str, attempt: Attempt) -> None:
    """Keep an attempt that failed."""
    values = asdict(attempt) | {"item_id": item_id, "reason": attempt.reason[: retry.REASON_LENGTH]}
    session.connection().execute(sql.ATTEMPT_FAILED, values)


def _dead_item(item: WorkItem) -> DeadItem:
    channel = channel_of(item.channel)
    return DeadItem(
        item_id=item.id,
        lane=item.lane,
        kind=item.kind,
        payload=item.payload,
        attempts=item.attempts,
        reason=item.reason or "",
        enqueued_at=item.created_at,
        endpoint=channel.endpoint,
        partner=channel.partner,
    )
