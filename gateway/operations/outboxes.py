"""Files that still lie in outboxes, fetched or not, when what they belong to is removed: nobody could say any more what they are."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.identity import PartnerId
from spool import transmissions
from spool.database.port import Database
from spool.durability import sync_directory
from spool.tables import Base, insert_if_absent
from spool.transmissions import Transmission

from ..home import Home
from ..senders.sftp_outbox import lies

_AT_ONCE = 1000
"""Ids in one statement."""

_log = structlog.get_logger(__name__)


class PendingWithdrawal(Base):
    """A file that is still to be taken out of an outbox, since its transmission was removed: the columns of :class:`Placed`.

    Only after the commit may it go, and whoever committed may be dead by then.
    """

    __tablename__ = "pending_withdrawal"

    partner: Mapped[str] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(primary_key=True)


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


def note(session: Session, home: Home, sent: Sequence[str]) -> None:
    """Have :func:`withdraw_noted` remove what lies there of these transmissions, in the transaction that removes them."""
    for file in placed(session, sent):
        if lying(home, file) is not None:
            insert_if_absent(session, PendingWithdrawal, asdict(file))


def withdraw_noted(home: Home, database: Database) -> list[Placed]:
    """Remove what transactions noted that are committed, also what one that died after that did; what lay there.

    What the disk refuses is logged, and stays noted.
    """
    with database.read() as session:
        noted = [
            Placed(row.partner, row.filename, row.size, row.sha256)
            for row in session.scalars(select(PendingWithdrawal))
        ]
    return [file for file in noted if _withdraw_noted(home, database, file)]


def _withdraw_noted(home: Home, database: Database, file: Placed) -> bool:
    try:
        return database.write(partial(_withdraw, home, file))
    except OSError as error:
        _log.warning(
            "a file that was removed still lies in an outbox; it is tried again with the next removal",
            partner=file.partner,
            file=file.filename,
            error=str(error),
        )
        return False


def _withdraw(home: Home, file: Placed, session: Session) -> bool:
    """The file goes before the commit that forgets it: a death in between has it looked for once more."""
    mine = session.scalars(
        delete(PendingWithdrawal)
        .where(
            PendingWithdrawal.partner == file.partner,
            PendingWithdrawal.filename == file.filename,
            PendingWithdrawal.sha256 == file.sha256,
        )
        .returning(PendingWithdrawal.filename)
    ).all()
    return bool(mine) and withdraw(session, home, file)


def withdraw(session: Session, home: Home, file: Placed) -> bool:
    """Remove it, now that its transmission is gone; whether it lay there. Not when the same was placed anew since."""
    path = lying(home, file)
    if path is None or transmissions.by_filename(session, PartnerId(file.partner), file.filename) is not None:
        return False
    path.unlink(missing_ok=True)
    sync_directory(path.parent)
    return True
