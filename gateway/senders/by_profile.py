"""Each partner's own way out, as its profile says: the SFTP outbox, or the folder beside the watched one."""

from dataclasses import dataclass

from canonical.errors import Misconfigured
from canonical.identity import PartnerId
from partners import registry
from spool.database.port import Database

from ..home import Home
from .sftp_outbox import place


@dataclass(frozen=True, slots=True)
class SendersByProfile:
    """A :class:`gateway.senders.port.Senders` that asks the profile in force."""

    database: Database
    home: Home

    def send(self, partner: PartnerId, filename: str, data: bytes) -> None:
        with self.database.read() as session:
            applied = registry.current(session, partner)
        if applied is None:
            raise Misconfigured(f"There is no partner {partner} in force to send {filename} to.")
        if applied.profile.sftp is not None:
            place(self.home.sftp / partner / "outbox", filename, data)
        elif applied.profile.folder:
            place(self.home.drop / partner / "outbox", filename, data)
        else:
            raise Misconfigured(f"The profile of {partner} names no way to send {filename}: give it sftp or folder.")
