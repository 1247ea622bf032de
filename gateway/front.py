"""What listeners ask about partners, answered from the profiles in force and from what was received and sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from canonical.identity import PartnerId, TransmissionId
from partners import registry
from spool import journal, receipts, transmissions
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import Step
from spool.receipts import Receipt
from spool.states import TransmissionState

from .listeners.port import ReceivedFile, SftpAccount

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """Implements :mod:`gateway.listeners.port` but for the intake: accounts, what was received, what was collected."""

    database: Database
    clock: Clock
    listing: timedelta

    def account(self, username: str) -> SftpAccount | None:
        """The account of an active partner with an SFTP section."""
        with self.database.read() as session:
            applied = registry.by_sftp_username(session, username)
        if applied is None or applied.profile.sftp is None:
            return None
        terms = applied.profile.sftp
        return SftpAccount(
            username=username,
            partner=applied.partner,
            public_keys=terms.public_keys,
            password_hash=terms.password_hash,
            max_file_bytes=terms.max_file_bytes,
        )

    def watched(self) -> Sequence[PartnerId]:
        """The active partners whose folder is watched."""
        with self.database.read() as session:
            return [
                applied.partner
                for applied in registry.all(session)
                if applied.profile.is_active and applied.profile.folder
            ]

    def received(self, partner: PartnerId) -> Sequence[ReceivedFile]:
        """What a partner uploaded lately over SFTP."""
        since = self.clock.now() - self.listing
        with self.database.read() as session:
            return [_listed(row) for row in receipts.latest_by_name(session, partner, since=since)]

    def received_file(self, partner: PartnerId, filename: str) -> ReceivedFile | None:
        """The newest upload of one name, while it is listed."""
        with self.database.read() as session:
            row = receipts.latest_named(session, partner, filename)
        if row is None or row.received_at < self.clock.now() - self.listing:
            return None
        return _listed(row)

    def collected(self, partner: PartnerId, filename: str, action: str) -> None:
        """Record that a partner took a file out of its outbox."""
        self.database.write(lambda session: self._collected(session, partner, filename, action))

    def _collected(self, session: Session, partner: PartnerId, filename: str, action: str) -> None:
        found = transmissions.by_filename(session, partner, filename)
        row = None if found is None else transmissions.locked(session, found.id)
        if row is None:
            _log.info("a file that we did not send left the outbox", partner=partner, action=action)
            return
        if row.state in (TransmissionState.READY, TransmissionState.SENT):
            transmissions.move(row, TransmissionState.COLLECTED)
        journal.record(
            session,
            self.clock,
            step=Step.COLLECTED,
            outcome=action,
            partner=partner,
            transmission_id=TransmissionId(row.id),
            detail={"file": filename},
        )


def _listed(row: Receipt) -> ReceivedFile:
    return ReceivedFile(filename=row.filename, size=row.size, received_at=row.received_at)
