"""Each partner's own way out, as its profile says: AS2, the SFTP outbox, or the folder beside the watched one."""

from dataclasses import dataclass

from canonical.errors import Misconfigured
from partners.registry import AppliedProfile

from ..home import Home
from .port import Effects, Parcel, Senders
from .sftp_outbox import place


@dataclass(frozen=True, slots=True)
class SendersByProfile:
    """A :class:`gateway.senders.port.Senders` that does as the profile says."""

    home: Home
    as2: Senders

    def send(self, applied: AppliedProfile, parcel: Parcel) -> Effects | None:
        partner, profile = applied.partner, applied.profile
        if profile.as2 is not None and profile.as2.url is not None:
            return self.as2.send(applied, parcel)
        if profile.sftp is not None:
            place(self.home.sftp / partner / "outbox", parcel.filename, parcel.content.read())
        elif profile.folder:
            place(self.home.drop / partner / "outbox", parcel.filename, parcel.content.read())
        else:
            raise Misconfigured(
                f"The profile of {partner} names no way to send {parcel.filename}: give it as2.url, sftp or folder."
            )
        return None
