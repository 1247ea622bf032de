"""Whose turn it is: channels that have work take turns, so that no flood of one makes the others wait."""

from collections.abc import Iterable
from datetime import datetime
from threading import Lock

from .channel import Channel

LOOK_AGAIN = 8
"""A round is looked at anew after this part of it: what comes meanwhile waits so long, and looking costs little for each turn."""

_REMEMBERED = 10_000
"""Channels whose last turn is remembered."""


class Turns:
    """The order in which this process serves channels. Each node keeps its own: where each is fair, all are, and no row is fought for.

    A round is the channels that were found due; with few of them, each turn has a new one.
    """

    def __init__(self) -> None:
        self._served: dict[Channel, int] = {}
        self._turn = 0
        self._round: dict[Channel, None] = {}
        self._turns_left = 0
        self._lock = Lock()

    def left(self) -> list[Channel]:
        """Channels of the round that have not had their turn, in order; none where it is time to look anew."""
        with self._lock:
            return list(self._round) if self._turns_left > 0 else []

    def begin(self, due: Iterable[tuple[Channel, datetime]]) -> list[Channel]:
        """Begin a round: channels by priority, then by whose turn is longest ago, then by since when they are due."""
        with self._lock:
            ranked = [(channel.priority, self._served.get(channel, 0), since, channel) for channel, since in due]
            self._round = dict.fromkeys(channel for *_, channel in sorted(ranked, key=lambda rank: rank[:3]))
            self._turns_left = len(self._round) // LOOK_AGAIN
            return list(self._round)

    def served(self, channel: Channel) -> None:
        """The channel had its turn."""
        with self._lock:
            self._round.pop(channel, None)
            self._turns_left -= 1
            self._turn += 1
            self._served.pop(channel, None)
            self._served[channel] = self._turn
            if len(self._served) > _REMEMBERED:
                del self._served[next(iter(self._served))]

    def passed_over(self, channel: Channel) -> None:
        """Nothing of the channel could be begun; it is not asked again in this round."""
        with self._lock:
            self._round.pop(channel, None)
