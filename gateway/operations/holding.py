"""What holds work back that a person has just asked for: it is ready, but nobody begins it yet."""

from dataclasses import dataclass

from spool.queue.channel import Channel
from spool.queue.port import HeldBy, Hold

from ..agreed_limits import ERP


@dataclass(frozen=True, slots=True)
class Ready:
    """Work that may be done now; ``did`` says so in words. ``held`` is what keeps it from being begun all the same."""

    did: str
    held: Hold | None = None


def ready(did: str, channel: Channel, held: Hold | None) -> Ready:
    """What was done, with what holds it, until when, and what can be done about that."""
    return Ready(did if held is None else f"{did} But it is held back: {_why(channel, held)}", held)


def _why(channel: Channel, held: Hold) -> str:
    match held.by:
        case HeldBy.CIRCUIT:
            what = "the ERP" if channel.endpoint == ERP else f"what is sent to {channel.partner}"
            return (
                f"{what} failed again and again. One item tries whether that is mended{_from(held)}; if it is, the others "
                "follow. `tally status` says what is wrong."
            )
        case HeldBy.DOWNTIME:
            return (
                f"{channel.partner} takes nothing{_until(held)}, by its profile. To send it before, change downtime in "
                f"partners/{channel.partner}.yaml and apply it."
            )
        case HeldBy.RATE:
            return f"as much as was agreed was begun of late. It begins{_from(held)}."
        case HeldBy.RUNNING | HeldBy.BUSY:
            return "as much as was agreed is under way. It begins when some of that is done."


def _from(held: Hold) -> str:
    return "" if held.until is None else f" from {held.until:%Y-%m-%d %H:%M:%S} UTC on"


def _until(held: Hold) -> str:
    return "" if held.until is None else f" until {held.until:%Y-%m-%d %H:%M:%S} UTC"
