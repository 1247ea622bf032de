"""Connections that wait for the next message to the same partner."""

import threading
from collections.abc import Hashable
from dataclasses import dataclass

import httpcore

from .network import Line


@dataclass(frozen=True, slots=True)
class Connection:
    """HTTP on a line. Used for one message at a time; ``key`` tells for whom it may be used."""

    key: Hashable
    http: httpcore.HTTPConnection
    line: Line


class IdleConnections:
    """At most ``total`` of them, and ``per_key`` for one key; the longest unused goes first. Thread-safe."""

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> Connection | None:
        """One for ``key`` that is still good, or None."""
        with self._lock:
            expired = self._remove_expired()
            found = next((each for each in reversed(self._idle) if each.key == key), None)
            if found is not None:
                self._idle.remove(found)
        _close(expired)
        return found

    def put(self, connection: Connection) -> None:
        """Keep one whose message is over; what cannot be used again, or is one too many, is closed."""
        with self._lock:
            surplus = self._remove_expired()
            if connection.http.is_available():
                self._idle.append(connection)
            else:
                surplus.append(connection)
            surplus += self._remove_surplus(connection.key)
        _close(surplus)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        _close(idle)

    def _remove_expired(self) -> list[Connection]:
        return self._remove([each for each in self._idle if each.http.has_expired() or each.http.is_closed()])

    def _remove_surplus(self, key: Hashable) -> list[Connection]:
        alike = [each for each in self._idle if each.key == key]
        removed = self._remove(alike[: -self._per_key])
        return removed + self._remove(self._idle[: -self._total])

    def _remove(self, connections: list[Connection]) -> list[Connection]:
        self._idle = [each for each in self._idle if each not in connections]
        return connections


def _close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.http.close()
