"""How much of what came is being received or worked on."""

import threading


class InHand:
    """Counts bytes up to ``limit``: those of bodies, and those of what is made of them on the way to an answer. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        return self._taken

    def take(self, size: int) -> bool:
        """Count ``size`` bytes more; False where that is beyond the limit. They are counted all the same, until given back."""
        with self._lock:
            self._taken += size
            return self._taken <= self._limit

    def give_back(self, size: int) -> None:
        """They are gone."""
        with self._lock:
            self._taken -= size
