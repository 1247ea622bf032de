"""Where keys and certificates are kept, without the rest of the house: a database, partners, and a clock that is moved by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

import gateway.schema  # noqa: F401 - declares all tables
from gateway.certificates.custody import Custody
from gateway.certificates.vault import Vault
from gateway.profile_sections import PROFILE_SECTIONS
from partners import loading, registry
from partners.loading import LoadedProfile
from spool.database.port import Database
from spool.journal import JournalEntry, Step
from tests import ready
from tests.gateway.house import NOON, PROFILES
from tests.spool.scene import ManualClock


@dataclass(frozen=True)
class Office:
    """The partners are acme, beta and cargo."""

    database: Database
    clock: ManualClock
    keys: Path
    custody: Custody

    def agree(self, partner: str, text: str) -> None:
        """Put a profile in force."""
        loaded = loading.load(text.encode(), file=f"{partner}.yaml", stem=partner, sections=PROFILE_SECTIONS)
        assert isinstance(loaded, LoadedProfile)
        self.database.write(lambda session: registry.apply(session, [loaded], at=self.clock.now(), by="anna"))

    def later(self, by: timedelta) -> None:
        self.clock.advance(seconds=by.total_seconds())

    def told(self, step: Step = Step.REKEYED) -> list[JournalEntry]:
        """What the journal says."""
        with self.database.read() as session:
            return list(
                session.scalars(select(JournalEntry).where(JournalEntry.step == step).order_by(JournalEntry.id))
            )


@contextmanager
def office(kind: str, folder: Path) -> Iterator[Office]:
    """On SQLite or PostgreSQL."""
    with ready.database(kind, folder) as database:
        clock = ManualClock(NOON)
        opened = Office(database, clock, folder, Custody(database, clock, Vault(folder)))
        for partner, text in PROFILES.items():
            opened.agree(partner, text)
        yield opened
