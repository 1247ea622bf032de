"""What the journal is told of the house itself: who serves, what was agreed with whom, who read the record."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy.orm import Session

from canonical.errors import TallyError
from canonical.identity import PartnerId
from partners import registry
from partners.loading import LoadedProfile
from partners.registry import Change, ChangeKind
from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import Step

_log = structlog.get_logger(__name__)


@contextmanager
def running(database: Database, clock: Clock, node: str, role: str) -> Iterator[None]:
    """Tell that a node serves, and at the end of the block that it ended."""

    def tell(step: Step) -> None:
        detail = {"node": node, "role": role}
        database.write(lambda session: journal.record(session, clock, step=step, outcome=role, detail=detail))

    tell(Step.STARTED)
    try:
        yield
    finally:
        try:
            tell(Step.STOPPED)
        except TallyError as error:
            # A full disk, say: what is missing then looks like a crash, and nobody who stops a node is to be kept from it.
            _log.warning("that the node ended could not be noted", error=error.message)


def agreed(
    session: Session, clock: Clock, changes: Sequence[Change], profiles: Sequence[LoadedProfile], actor: str
) -> None:
    """Tell which versions of profiles somebody put in force, by the digests of the file and of
    what it comes to, and which keys say something else than before."""
    applied = {loaded.profile.partner: loaded for loaded in profiles}
    journal.write(
        session,
        clock,
        [
            journal.entry(
                step=Step.AGREED,
                outcome=f"version {change.version}",
                partner=change.partner,
                actor=actor,
                detail={
                    "version": change.version,
                    "sha256": applied[change.partner].sha256,
                    registry.DIGEST: registry.digest_of(applied[change.partner].profile.model_dump(mode="json")),
                    "keys": [key.key for key in change.keys],
                },
            )
            for change in changes
            if change.kind in (ChangeKind.ADDED, ChangeKind.CHANGED)
        ],
    )


def read(session: Session, clock: Clock, actor: str, what: str, partner: str | None, detail: dict[str, Any]) -> None:
    """Tell that somebody read the record, or took ``what`` of it along."""
    named = None if partner is None else PartnerId(partner)
    journal.record(session, clock, step=Step.READ, outcome=what, partner=named, actor=actor, detail=detail)
