"""What one address, one partner and everybody together may use up."""

import threading
from collections import Counter


class Quota:
    """Counts what is in use now, in total and a key, and says no at the limits. Thread-safe."""

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._used: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, key: str) -> bool:
        """Take one for ``key`` and answer True, or answer False and take nothing."""
        with self._lock:
            if self._used.total() >= self._total or self._used[key] >= self._per_key:
                return False
            self._used[key] += 1
            return True

    def give_back(self, key: str) -> None:
        with self._lock:
            self._used[key] -= 1
            if self._used[key] <= 0:
                del self._used[key]
