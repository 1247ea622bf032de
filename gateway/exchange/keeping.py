"""How much is kept of what proves nothing: anybody can post such in a partner's name, signed by nobody, as large as a file may be."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from . import arrivals

DAY = timedelta(days=1)

KEPT_IN_A_DAY = 500
"""How many posts of one partner's, or of all whom no profile names, are kept in a day."""

BYTES_IN_A_DAY = 256 << 20
"""The size, in bytes, from which on no more of one partner's are kept in a day: so it is one file more than that at most."""


def has_room(session: Session, partner: str | None, now: datetime) -> bool:
    """Whether another post that proves nothing is kept. What comes beyond is answered, and counted (:mod:`.refusals`)."""
    count, size = arrivals.unproven(session, partner, now - DAY)
    return count < KEPT_IN_A_DAY and size < BYTES_IN_A_DAY
