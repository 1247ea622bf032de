"""Each partner's own way out, as its profile says: the SFTP outbox, or the folder beside the watched one."""

from dataclasses import dataclass

from canonical.errors import Misconfigured
from partners.registry import AppliedProfile

from ..home import Home
from .sftp_outbox import place


@dataclass(frozen=True, slots=True)
class SendersByProfile:
    """A :class:`gateway.senders.port.Senders` that does as the profile says."""

    home: Home

    def send(self, applied: AppliedProfile, filename: str, data: bytes) -> None:
        partner = applied.partner
        if applied.profile.sftp is not None:
            place(self.home.sftp / partner / "outbox", filename, data)
        elif applied.profile.folder:
            place(self.home.drop / partner / "outbox", filename, data)
        else:
            raise Misconfigured(f"The profile of {partner} names no way to send {filename}: give it sftp or folder.")
