"""What one address, one partner and everybody together may use up."""

import threading
from collections import Counter
from dataclasses import dataclass

from canonical.identity import PartnerId

MAX_PACKET_BYTES = 256 * 1024
"""Longest SSH or SFTP packet that is read into memory; clients send about 32 KiB, OpenSSH at most 256 KiB."""


@dataclass(frozen=True, slots=True)
class SftpLimits:
    """Times are in seconds. Temporary files are uploads under a temporary name, closed and not renamed yet."""

    connections: int = 256
    connections_per_address: int = 64
    connections_per_partner: int = 16
    channels_per_connection: int = 10
    handles_per_connection: int = 64
    password_attempts: int = 3
    password_workers: int = 2
    login_seconds: float = 20.0
    idle_seconds: float = 600.0
    temporaries_per_partner: int = 100
    temporary_seconds: float = 24 * 3600.0
    sweep_seconds: float = 1.0


class Quota:
    """Counts what is in use now, in total and a key, and says no at the limits."""

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._used: Counter[str | PartnerId] = Counter()
        self._lock = threading.Lock()

    def take(self, key: str | PartnerId) -> bool:
        """Take one for ``key`` and answer True, or answer False and take nothing."""
        with self._lock:
            if self._used.total() >= self._total or self._used[key] >= self._per_key:
                return False
            self._used[key] += 1
            return True

    def give_back(self, key: str | PartnerId) -> None:
        with self._lock:
            self._used[key] -= 1
            if self._used[key] <= 0:
                del self._used[key]
