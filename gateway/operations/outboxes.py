"""Files that still lie in outboxes, fetched or not, when what they belong to is removed: nobody could say any more what they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from spool import transmissions
from spool.transmissions import Transmission

from ..home import Home
from ..senders.sftp_outbox import lies

_AT_ONCE = 1000
"""Ids in one statement."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file as it was put into an outbox of ``partner``."""

    partner: str
    filename: str
    size: int
    sha256: str


def placed(session: Session, sent: Sequence[str]) -> Iterator[Placed]:
    """What was, or was to be, placed by these transmissions."""
    for start in range(0, len(sent), _AT_ONCE):
        some = Transmission.id.in_(sent[start : start + _AT_ONCE])
        files = select(Transmission.partner, Transmission.filename, Transmission.size, Transmission.sha256).where(some)
        yield from (Placed(*row) for row in session.execute(files))


def lying(home: Home, file: Placed) -> Path | None:
    """Where it lies still, with the same bytes. The profile may have named another way since, so that both are looked at."""
    outboxes = (home.sftp / file.partner / "outbox", home.drop / file.partner / "outbox")
    paths = (outbox / file.filename for outbox in outboxes)
    return next((path for path in paths if lies(path, file.size, file.sha256)), None)


def withdraw(session: Session, home: Home, file: Placed) -> bool:
    """Remove it, now that its transmission is gone; whether it lay there. Not when the same was placed anew since."""
    path = lying(home, file)
    if path is None or transmissions.by_filename(session, PartnerId(file.partner), file.filename) is not None:
        return False
    path.unlink(missing_ok=True)
    return True
