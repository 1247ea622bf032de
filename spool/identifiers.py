"""New identifiers: unique across processes, sortable by the time they were made."""

import secrets
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Protocol

from .clock import Clock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: sorts as its values do, and has no i, l, o or u to misread."""

LENGTH = 26
"""Characters an identifier: 128 bits, five a character."""

_RANDOM_BITS = 80
_STEP_BITS = 56


class Identifiers(Protocol):
    """Makes identifiers."""

    def new(self) -> str:
        """A new identifier: 26 lower-case letters and digits that sort after every earlier one of this process."""
        ...


class TimeOrderedIdentifiers:
    """Milliseconds since 1970 in the upper 48 bits and randomness in the lower 80, as in a UUID of version 7 (RFC 9562 5.7).

    Where the clock stands still or runs backwards, the next identifier is the last one plus a random step: order holds,
    and two processes forked from one parent still do not meet.
    """

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock
        self._random_bits = random_bits
        self._last = 0
        self._lock = Lock()

    def new(self) -> str:
        with self._lock:
            milliseconds = int(self._clock.now().timestamp() * 1000)
            value = milliseconds << _RANDOM_BITS | self._random_bits(_RANDOM_BITS)
            if value <= self._last:
                value = self._last + 1 + self._random_bits(_STEP_BITS)
            self._last = value
        return _encode(value)


def first_at(moment: datetime) -> str:
    """The identifier before which all lie that were made before ``moment``, by their own clocks."""
    return _encode(int(moment.timestamp() * 1000) << _RANDOM_BITS)


_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
"""What ten bits are written as."""

_SHIFTS = range(5 * (LENGTH - 2), -1, -10)


def _encode(value: int) -> str:
    return "".join([_PAIRS[value >> shift & 0x3FF] for shift in _SHIFTS])
