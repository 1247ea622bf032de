"""What comes again and again, once each time, however many nodes there are to do it."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..tables import insert_if_absent
from .tables import Schedule


def due(session: Session, name: str, every: timedelta, now: datetime) -> bool:
    """Whether ``name`` is to be done now, by whoever asks; nobody else is told so for the next ``every``.

    The turn is taken when the transaction commits: who dies before it is done leaves it to the next turn.
    """
    # Who finds the row locked comes too late: somebody else is just taking the turn.
    row = select(Schedule.next_at).where(Schedule.name == name).with_for_update(skip_locked=True)
    planned = session.connection().execute(row).scalar_one_or_none()
    if planned is None:
        return insert_if_absent(session, Schedule, {"name": name, "next_at": now + every})
    if planned > now:
        return False
    # In step with the turns before, so that many who ask do not make it rarer; what was missed is not made up for.
    following = planned + every if planned + every > now else now + every
    session.connection().execute(update(Schedule).where(Schedule.name == name).values(next_at=following))
    return True
