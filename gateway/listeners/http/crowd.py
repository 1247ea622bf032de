"""Who makes room when there is little: the sender that is slowest."""

from typing import Protocol


class Sender(Protocol):
    """Whoever holds a slot while its body comes in."""

    @property
    def pace(self) -> float | None:
        """Bytes a second that come of the body; None where nothing can be said yet, or it is not the sender that is waited for."""
        ...

    def give_way(self) -> None:
        """Answer that others wait, and leave."""
        ...


class Crowd:
    """The senders that are there. A slot costs a sender nothing but a trickle, and proves nothing of who it is: what a sender cannot make
    up is that its body comes. So a limit by name or address alone shuts out partners as well as whoever poses as one; pace does not.
    """

    def __init__(self, floor: float) -> None:
        """Whoever sends at least ``floor`` bytes a second stays."""
        self._floor = floor
        self._there: set[Sender] = set()

    def join(self, sender: Sender) -> None:
        self._there.add(sender)

    def leave(self, sender: Sender) -> None:
        self._there.discard(sender)

    def make_room(self) -> None:
        """Have the slowest of those below the floor leave, if there is one."""
        paces = [(pace, sender) for sender in self._there if (pace := sender.pace) is not None and pace < self._floor]
        if paces:
            min(paces, key=lambda each: each[0])[1].give_way()
