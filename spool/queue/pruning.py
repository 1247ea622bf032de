"""Work that was finished long ago is forgotten."""

from collections.abc import Sequence

from sqlalchemy import Row, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from ..states import ItemState
from .tables import Lane, LaneState, WorkItem

_FINISHED = (ItemState.DONE, ItemState.CANCELLED)

_AT_ONCE = 200
"""Ids in one statement, which names each once for every key."""


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
    _forget(session, found)
    return len(found)


def forget_finished_about(session: Session, keys: Sequence[str], ids: Sequence[str]) -> None:
    """As :func:`forget_finished`, however young: all items in whose payload one of these ids stands under one of these keys."""
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        about = or_(*(WorkItem.payload[key].as_string().in_(some) for key in keys))
        found = session.execute(select(WorkItem.id, WorkItem.lane).where(WorkItem.state.in_(_FINISHED), about)).all()
        _forget(session, found)


def _forget(session: Session, found: Sequence[Row[str, str]]) -> None:
    session.execute(delete(WorkItem).where(WorkItem.id.in_([row.id for row in found])))
    session.execute(
        delete(Lane).where(
            Lane.key.in_({row.lane for row in found}),
            Lane.state == LaneState.IDLE,
            ~exists().where(WorkItem.lane == Lane.key),
        )
    )
