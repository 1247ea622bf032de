"""Work that was finished long ago is forgotten."""

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from ..states import ItemState
from .tables import Lane, LaneState, WorkItem

_FINISHED = (ItemState.DONE, ItemState.CANCELLED)


def finished_before(session: Session, bound: str) -> int:
    """How many finished items have ids before ``bound``."""
    return session.scalar(select(func.count()).where(WorkItem.id < bound, WorkItem.state.in_(_FINISHED))) or 0


def forget_finished(session: Session, bound: str, limit: int) -> int:
    """Remove finished items with ids before ``bound``, at most ``limit``, and lanes that have no others; how many items.

    Their unique keys may be used again.
    """
    found = session.execute(
        select(WorkItem.id, WorkItem.lane)
        .where(WorkItem.id < bound, WorkItem.state.in_(_FINISHED))
        .order_by(WorkItem.id)
        .limit(limit)
    ).all()
    if not found:
        return 0
    session.execute(delete(WorkItem).where(WorkItem.id.in_([row.id for row in found])))
    session.execute(
        delete(Lane).where(
            Lane.key.in_({row.lane for row in found}),
            Lane.state == LaneState.IDLE,
            ~exists().where(WorkItem.lane == Lane.key),
        )
    )
    return len(found)
