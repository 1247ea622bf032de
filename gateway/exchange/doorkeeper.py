"""Who may post now, decided from the header fields alone, before the body is read."""

import threading
from collections import Counter

from ..as2.identity import read_name
from ..listeners.http import Answer, Head, busy, plain

STRANGERS_BYTES = 64 * 1024
"""The largest body, in bytes, that is taken from somebody whom no profile names."""

STRANGERS_AT_ONCE = 2
"""How many posts of such are taken at a time from one address."""

STRANGERS_IN_ALL = 16
"""And from all addresses together."""

OF_ONE_NAME = 64
"""How many posts in one partner's name are taken at a time from all addresses together: half of all, so that who uses one name leaves
room for the others."""


class Doorkeeper:
    """Who may post now, without asking the database: the partners' names, and how many messages are under way.

    Nobody has proven yet who it is. So what is counted is a name from one address: whoever uses a partner's name elsewhere takes no place
    of the partner's, until it takes half of all there are. By then the server has the slowest of all leave for each that comes
    (:class:`gateway.listeners.http.crowd.Crowd`).
    """

    def __init__(self) -> None:
        self._allowed: dict[str, int] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._of_name: Counter[str] = Counter()
        self._admitted: dict[int, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def know(self, allowed: dict[str, int]) -> None:
        """The AS2 names of all partners, and how many messages of each may be under way."""
        with self._lock:
            self._allowed = allowed

    def admit(self, head: Head) -> Answer | None:
        name = named_sender(head)
        with self._lock:
            allowed = self._allowed.get(name)
            if allowed is None:
                if head.length is None or head.length > STRANGERS_BYTES:
                    return plain(403, "AS2-From names nobody who exchanges messages here. Compare it, also its case.")
                allowed, name = STRANGERS_AT_ONCE, ""
            place = name, head.peer.address
            if self._under_way[place] >= allowed:
                return busy(
                    "As many messages from your address as may be at once are being taken in. Send this one again."
                )
            if self._of_name[name] >= (OF_ONE_NAME if name else STRANGERS_IN_ALL):
                return busy("As many messages in this name as may be at once are being taken in. Send this one again.")
            self._under_way[place] += 1
            self._of_name[name] += 1
            self._admitted[id(head)] = place
        return None

    def ended(self, head: Head) -> None:
        with self._lock:
            # As whom it came in: whose names are known may have changed since.
            place = self._admitted.pop(id(head))
            self._under_way -= Counter([place])
            self._of_name -= Counter([place[0]])


def named_sender(head: Head) -> str:
    """AS2-From, as far as it can be read; empty where it is missing."""
    value = next(head.values(b"as2-from"), b"")
    return read_name(value.decode("latin-1"))
