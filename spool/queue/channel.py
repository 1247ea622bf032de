"""What divides the lanes for the sake of fairness: what is urgent, whom work is for, and what it talks to."""

from dataclasses import dataclass
from functools import lru_cache

NORMAL = 500
"""The priority of work that says nothing. A lower number goes first."""

_LOWEST = 9999
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Channel:
    """All lanes whose first open items have the same priority, endpoint and partner; those due take turns, channel by channel.

    ``endpoint`` is what the work talks to, such as ``erp`` or ``out:acme``, and None for work inside the house; ``partner`` is None
    where it is nobody's. Raises ValueError for names or priorities that make no key.
    """

    priority: int
    endpoint: str | None
    partner: str | None

    def __post_init__(self) -> None:
        if not 0 <= self.priority <= _LOWEST:
            raise ValueError(f"a priority is from 0 to {_LOWEST}, not {self.priority}")
        if any(name is not None and (not name or _SEPARATOR in name) for name in (self.endpoint, self.partner)):
            raise ValueError(f"an endpoint or partner is not empty and has no {_SEPARATOR} in it: {self}")

    @property
    def key(self) -> str:
        """The channel as rows name it: keys sort by priority."""
        return f"{self.priority:04d}{_SEPARATOR}{self.endpoint or ''}{_SEPARATOR}{self.partner or ''}"


@lru_cache(maxsize=10_000)
def channel_of(key: str) -> Channel:
    """The channel of a :attr:`Channel.key`."""
    priority, endpoint, partner = key.split(_SEPARATOR)
    return Channel(int(priority), endpoint or None, partner or None)


INSIDE = Channel(0, None, None)
"""Where what needs nobody outside goes: nothing ever holds it."""
