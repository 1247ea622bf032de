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
        if _goes_over_as2(applied):
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


def is_near(applied: AppliedProfile) -> bool:
    """Whether what is sent to this partner only has to be put somewhere in the house, which waits for nobody."""
    return not _goes_over_as2(applied)


def _goes_over_as2(applied: AppliedProfile) -> bool:
    as2 = applied.profile.as2
    return as2 is not None and as2.url is not None
