"""The moment at which all that a transaction commits happened."""

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from ..clock import Clock

_MOMENT = "spool.moment"


def moment_of(session: Session, clock: Clock) -> datetime:
    """What ``clock`` said when it was first asked in this transaction: a row and what the journal says of it give the same time, however
    long the transaction takes and wherever the clock is set meanwhile.

    For a session handed out by :meth:`Database.write`, which forgets the moment after each closure.
    """
    kept = cast(datetime | None, session.info.get(_MOMENT))
    if kept is None:
        kept = session.info[_MOMENT] = clock.now()
    return kept
