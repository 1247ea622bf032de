"""Checkpoints laid down elsewhere every day, so that what they cover is kept by others; what keeps one from it is told until it is done."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from spool.clock import Clock
from spool.database.port import Database

from .ledger import Ledger
from .tables import LedgerUnanchored


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Signs how far one ledger is, and lays that down in ``folder``; nowhere when None."""

    database: Database
    clock: Clock
    ledger: Ledger
    folder: Path | None

    def seal(self) -> None:
        """To be called every day. Raises what keeps it from being signed or laid down, which is noted."""
        if self.folder is None:
            self.database.write(_forget)
            self.ledger.checkpoint()
            return
        try:
            self.ledger.anchor(self.folder)
        except TallyError as error:
            self.database.write(partial(_note, str(self.folder), self.clock.now(), error.message))
            raise
        self.database.write(_forget)

    def catch_up(self) -> None:
        """Do what is noted as not done; to be called every hour or so. Raises as :meth:`seal`."""
        with self.database.read() as session:
            missing = unanchored(session)
        if missing is not None:
            self.seal()


def unanchored(session: Session) -> LedgerUnanchored | None:
    """What keeps the checkpoint of the day from being laid down; None where nothing does."""
    return session.scalar(select(LedgerUnanchored).limit(1))


def _note(folder: str, now: datetime, why: str, session: Session) -> None:
    """What was noted of another folder is of no matter any more."""
    session.execute(delete(LedgerUnanchored).where(LedgerUnanchored.folder != folder))
    row = session.get(LedgerUnanchored, folder)
    if row is None:
        session.add(LedgerUnanchored(folder=folder, since=now, tried_at=now, why=why))
    else:
        row.tried_at, row.why = now, why


def _forget(session: Session) -> None:
    session.execute(delete(LedgerUnanchored))
