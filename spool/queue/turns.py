"""Whose turn it is: channels that have work take turns, so that no flood of one makes the others wait."""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from .channel import Channel

_REMEMBERED = 10_000
"""Channels whose last turn is remembered."""


class Turns:
    """The order in which this process serves channels. Each node keeps its own: where each is fair, all are, and no row is fought for."""

    def __init__(self) -> None:
        self._served: dict[Channel, int] = {}
        self._turn = 0
        self._lock = Lock()

    def order(self, due: Iterable[tuple[Channel, datetime]]) -> list[Channel]:
        """Channels by priority, then by whose turn is longest ago, then by since when they are due."""
        with self._lock:
            ranked = [(channel.priority, self._served.get(channel, 0), since, channel) for channel, since in due]
        return [channel for *_, channel in sorted(ranked, key=lambda rank: rank[:3])]

    def served(self, channel: Channel) -> None:
        """The channel had its turn."""
        with self._lock:
            self._turn += 1
            self._served.pop(channel, None)
            self._served[channel] = self._turn
            if len(self._served) > _REMEMBERED:
                del self._served[next(iter(self._served))]
