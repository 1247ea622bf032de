"""How much work there is, in figures."""

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from . import statements as sql
from .port import QueueStats
from .tables import Lane, LaneState, WorkItem


def stats(session: Session, now: datetime) -> QueueStats:
    """The figures of :class:`~spool.queue.port.QueueStats`."""
    running = case((Lane.state == LaneState.HELD, 1), else_=0)
    due = case(((Lane.state == LaneState.WAITING) & (Lane.next_at <= now), 1), else_=0)
    lanes = session.execute(
        select(func.coalesce(func.sum(due), 0), func.coalesce(func.sum(running), 0)).where(Lane.next_at.is_not(None))
    ).one()
    items = session.execute(
        select(func.count(), func.count(case((WorkItem.reason.is_not(None), 1))), func.min(WorkItem.created_at)).where(
            sql.OPEN
        )
    ).one()
    dead = session.scalar(select(func.count()).select_from(WorkItem).where(sql.DEAD)) or 0
    return QueueStats(open=items[0], due=lanes[0], running=lanes[1], retrying=items[1], dead=dead, oldest=items[2])
