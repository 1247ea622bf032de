"""How much work there is, how it goes, and what stands in the way."""

from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from ..states import ItemState
from . import statements as sql
from .channel import channel_of
from .gates import Gates
from .port import EndpointCircuit, HeldWork, KindOfWork, QueueStats, QueueSurvey
from .tables import CircuitRow, Lane, LaneState, WorkItem


def stats(session: Session, now: datetime) -> QueueStats:
    """The figures of :class:`~spool.queue.port.QueueStats`."""
    due, running, _ = _lanes(session, now)
    items = session.execute(
        select(func.count(), func.count(case((WorkItem.reason.is_not(None), 1))), func.min(WorkItem.created_at)).where(
            sql.OPEN
        )
    ).one()
    dead = session.scalar(select(func.count()).select_from(WorkItem).where(sql.DEAD)) or 0
    return QueueStats(open=items[0], due=due, running=running, retrying=items[1], dead=dead, oldest=items[2])


def survey(session: Session, gates: Gates, now: datetime) -> QueueSurvey:
    """The figures of :class:`~spool.queue.port.QueueSurvey`; ``gates`` are to be of this session and moment."""
    due, running, resting = _lanes(session, now)
    return QueueSurvey(
        kinds=_kinds(session),
        due=due,
        running=running,
        resting=resting,
        oldest=session.scalar(select(func.min(WorkItem.created_at)).where(sql.OPEN)),
        done_in_minute=_done_since(session, now - timedelta(minutes=1)),
        done_in_hour=_done_since(session, now - timedelta(hours=1)),
        circuits=_circuits(session),
        held=_held(session, gates, now),
    )


def _lanes(session: Session, now: datetime) -> tuple[int, int, int]:
    """How many lanes are due, running and resting."""
    waiting = Lane.state == LaneState.WAITING
    counts = session.execute(
        select(
            func.count(case((waiting & (Lane.next_at <= now), 1))),
            func.count(case((Lane.state == LaneState.HELD, 1))),
            func.count(case((waiting & (Lane.next_at > now), 1))),
        ).where(Lane.next_at.is_not(None))
    ).one()
    return counts[0], counts[1], counts[2]


def _kinds(session: Session) -> dict[str, KindOfWork]:
    retrying = func.count(WorkItem.reason)
    found = session.execute(select(WorkItem.kind, func.count(), retrying).where(sql.OPEN).group_by(WorkItem.kind))
    open_items = {kind: (count, failed) for kind, count, failed in found}
    buried = session.execute(select(WorkItem.kind, func.count()).where(sql.DEAD).group_by(WorkItem.kind))
    dead = {row[0]: row[1] for row in buried}
    return {kind: KindOfWork(*open_items.get(kind, (0, 0)), dead.get(kind, 0)) for kind in sorted({*open_items, *dead})}


def _done_since(session: Session, moment: datetime) -> int:
    done = (WorkItem.ended_at > moment) & (WorkItem.state == ItemState.DONE)
    return session.scalar(select(func.count()).select_from(WorkItem).where(done)) or 0


def _circuits(session: Session) -> list[EndpointCircuit]:
    columns = (CircuitRow.endpoint, CircuitRow.state, CircuitRow.failures, CircuitRow.retry_at, CircuitRow.reason)
    return [EndpointCircuit(*row) for row in session.execute(select(*columns).order_by(CircuitRow.endpoint))]


def _held(session: Session, gates: Gates, now: datetime) -> list[HeldWork]:
    due = session.execute(
        select(Lane.channel, func.count())
        .where(Lane.state == LaneState.WAITING, Lane.next_at <= now)
        .group_by(Lane.channel)
    )
    held = []
    for key, lanes in due:
        channel = channel_of(key)
        hold = gates.hold(channel)
        if hold is not None:
            held.append(HeldWork(channel.endpoint, channel.partner, lanes, hold))
    return sorted(held, key=lambda work: (work.endpoint or "", work.partner or ""))
