"""The work queue: items and lanes as rows of the spool's own database, with all semantics in one place, on either database.

Who is woken when a lane has work, and by what, is the :class:`~spool.queue.port.Waker`'s business.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, literal_column, select, update
from sqlalchemy.orm import Session

from canonical.errors import NotFound

from .. import retry, states
from ..clock import Clock
from ..identifiers import Identifiers
from ..states import ItemState
from ..tables import insert_into
from .port import Claim, DeadItem, LeaseLost, QueueStats, Waker
from .tables import Lane, LaneState, WorkItem

LEASE = timedelta(seconds=60)
"""How long a lane is held without renewal before another worker may take it."""

_REASON_LENGTH = 2000

# Written out, not bound: the planner uses a partial index only for a condition it can read.
_OPEN = WorkItem.state == literal_column("'open'")
_DEAD = WorkItem.state == literal_column("'dead'")


class LaneQueue:
    """The :class:`spool.queue.port.WorkQueue`.

    ``waker`` hears of every lane that comes to have work. ``jitter`` gives numbers from 0 to 1 (:func:`spool.retry.delay`);
    ``lease`` is how long a claim holds unless it is renewed.
    """

    def __init__(
        self,
        clock: Clock,
        identifiers: Identifiers,
        waker: Waker,
        *,
        jitter: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._jitter = jitter
        self._lease = lease
        self._waker = waker

    def enqueue(
        self,
        session: Session,
        *,
        kind: str,
        lane: str,
        payload: Mapping[str, Any],
        unique_key: str | None = None,
        not_before: datetime | None = None,
        max_attempts: int = retry.MAX_ATTEMPTS,
    ) -> str:
        if unique_key is not None:
            known = session.scalar(select(WorkItem.id).where(WorkItem.unique_key == unique_key))
            if known is not None:
                return known
        now = self._clock.now()
        item = WorkItem(
            id=self._identifiers.new(),
            lane=lane,
            position=_append(session, lane, not_before or now),
            kind=kind,
            payload=dict(payload),
            unique_key=unique_key,
            state=ItemState.OPEN,
            attempts=0,
            max_attempts=max_attempts,
            next_at=not_before or now,
            created_at=now,
        )
        session.add(item)
        session.flush()
        self._waker.lane_due(session, lane, item.next_at)
        return item.id

    def due(self, session: Session) -> bool:
        return session.scalar(select(Lane.key).where(Lane.next_at <= self._clock.now()).limit(1)) is not None

    def claim(self, session: Session, owner: str) -> Claim | None:
        now = self._clock.now()
        session.flush()
        due = select(Lane).where(Lane.next_at <= now).order_by(Lane.next_at, Lane.key).limit(1)
        lane = session.scalar(due.with_for_update(skip_locked=True), execution_options={"populate_existing": True})
        if lane is None:
            return None
        item = _first_open(session, lane)
        assert item is not None, f"lane {lane.key} is {lane.state} without an open item"
        lane.state = LaneState.HELD
        lane.owner = owner
        lane.token += 1
        lane.item_id = item.id
        lane.next_at = now + self._lease
        item.attempts += 1
        session.flush()
        return Claim(
            item_id=item.id,
            lane=lane.key,
            token=lane.token,
            kind=item.kind,
            payload=item.payload,
            attempt=item.attempts,
            max_attempts=item.max_attempts,
            enqueued_at=item.created_at,
        )

    def renew(self, session: Session, claim: Claim) -> None:
        lane = _held(session, claim)
        lane.next_at = self._clock.now() + self._lease
        session.flush()

    def complete(self, session: Session, claim: Claim) -> None:
        self._finish(session, claim, ItemState.DONE, None)

    def retry_later(self, session: Session, claim: Claim, error: BaseException) -> datetime:
        lane = _held(session, claim)
        item = _item(session, claim.item_id)
        item.next_at = self._clock.now() + retry.delay(claim.attempt, self._jitter())
        item.reason = f"{type(error).__name__}: {error}"[:_REASON_LENGTH]
        self._let_go(session, lane)
        return item.next_at

    def dead(self, session: Session, claim: Claim, reason: str) -> None:
        self._finish(session, claim, ItemState.DEAD, reason)

    def cancel(self, session: Session, item_id: str, reason: str) -> None:
        item = _item(session, item_id)
        states.check("work item", item.state, ItemState.CANCELLED)
        item.state = ItemState.CANCELLED
        item.reason = reason[:_REASON_LENGTH]
        lane = _lane(session, item.lane)
        if lane.state is not LaneState.HELD or lane.item_id == item_id:
            self._let_go(session, lane)

    def replay(self, session: Session, item_id: str) -> None:
        item = _item(session, item_id)
        states.check("work item", item.state, ItemState.OPEN)
        item.state = ItemState.OPEN
        item.attempts = 0
        item.reason = None
        item.next_at = self._clock.now()
        lane = _lane(session, item.lane)
        if lane.state is not LaneState.HELD:
            self._let_go(session, lane)

    def retry_now(self, session: Session, item_id: str) -> bool:
        item = _item(session, item_id)
        if item.state is not ItemState.OPEN:
            raise states.IllegalMove(
                f"A work item that is {item.state} is not waiting; one that is dead can be replayed."
            )
        lane = _lane(session, item.lane)
        now = self._clock.now()
        resting = (
            update(WorkItem)
            .where(WorkItem.lane == lane.key, _OPEN, WorkItem.position <= item.position, WorkItem.next_at > now)
            .values(next_at=now)
            .returning(WorkItem.id)
        )
        ended = session.scalars(resting).all()
        if lane.state is not LaneState.HELD:
            self._let_go(session, lane)
        return bool(ended)

    def dead_items(self, session: Session, *, limit: int = 100) -> Sequence[DeadItem]:
        items = session.scalars(select(WorkItem).where(_DEAD).order_by(WorkItem.id.desc()).limit(limit))
        return [
            DeadItem(
                item_id=item.id,
                lane=item.lane,
                kind=item.kind,
                payload=item.payload,
                attempts=item.attempts,
                reason=item.reason or "",
                enqueued_at=item.created_at,
            )
            for item in items
        ]

    def release_all(self, session: Session) -> int:
        released = session.scalars(
            update(Lane)
            .where(Lane.state == LaneState.HELD)
            .values(state=LaneState.WAITING, owner=None, item_id=None, next_at=self._clock.now())
            .returning(Lane.key)
        ).all()
        return len(released)

    def stats(self, session: Session) -> QueueStats:
        running = case((Lane.state == LaneState.HELD, 1), else_=0)
        due = case(((Lane.state == LaneState.WAITING) & (Lane.next_at <= self._clock.now()), 1), else_=0)
        lanes = session.execute(
            select(func.coalesce(func.sum(due), 0), func.coalesce(func.sum(running), 0)).where(
                Lane.next_at.is_not(None)
            )
        ).one()
        items = session.execute(
            select(
                func.count(), func.count(case((WorkItem.reason.is_not(None), 1))), func.min(WorkItem.created_at)
            ).where(_OPEN)
        ).one()
        dead = session.scalar(select(func.count()).select_from(WorkItem).where(_DEAD)) or 0
        return QueueStats(open=items[0], due=lanes[0], running=lanes[1], retrying=items[1], dead=dead, oldest=items[2])

    def _finish(self, session: Session, claim: Claim, state: ItemState, reason: str | None) -> None:
        lane = _held(session, claim)
        item = _item(session, claim.item_id)
        states.check("work item", item.state, state)
        item.state = state
        item.reason = reason and reason[:_REASON_LENGTH]
        self._let_go(session, lane)

    def _let_go(self, session: Session, lane: Lane) -> None:
        """Nobody holds the lane any more; it is due when its first open item is, behind the lanes that are due already."""
        session.flush()
        first = _first_open(session, lane)
        lane.owner = None
        lane.item_id = None
        lane.state = LaneState.IDLE if first is None else LaneState.WAITING
        lane.next_at = None if first is None else max(first.next_at, self._clock.now())
        session.flush()
        if lane.next_at is not None:
            self._waker.lane_due(session, lane.key, lane.next_at)


def _append(session: Session, lane: str, at: datetime) -> int:
    """Lock the lane, made when absent and due at ``at`` when idle; the position of its new item."""
    insert = insert_into(session, Lane).values(
        key=lane, state=LaneState.WAITING, next_at=at, owner=None, token=0, last_position=1, item_id=None
    )
    idle = Lane.state == LaneState.IDLE
    upsert = insert.on_conflict_do_update(
        index_elements=[Lane.key],
        set_={
            "last_position": Lane.last_position + 1,
            "next_at": case((idle, insert.excluded.next_at), else_=Lane.next_at),
            "state": case((idle, insert.excluded.state), else_=Lane.state),
        },
    ).returning(Lane.last_position)
    return session.execute(upsert).scalar_one()


def _lane(session: Session, key: str) -> Lane:
    """The lane as it is now, locked."""
    session.flush()
    return session.get_one(Lane, key, with_for_update=True, populate_existing=True)


def _held(session: Session, claim: Claim) -> Lane:
    lane = _lane(session, claim.lane)
    if lane.state is not LaneState.HELD or lane.token != claim.token:
        raise LeaseLost(
            f"Item {claim.item_id} ({claim.kind}) was taken over or called off while it was being worked on; "
            "what this worker did is not kept."
        )
    return lane


def _item(session: Session, item_id: str) -> WorkItem:
    item = session.get(WorkItem, item_id)
    if item is None:
        raise NotFound(f"There is no work item {item_id}.")
    return item


def _first_open(session: Session, lane: Lane) -> WorkItem | None:
    return session.scalar(select(WorkItem).where(WorkItem.lane == lane.key, _OPEN).order_by(WorkItem.position).limit(1))
