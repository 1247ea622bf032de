"""The circuit of an endpoint: after failures in a row its lanes are held, and one probe at a time tries whether it is back. Pure.

closed --FAILURES in a row--> open --pause over, a probe begins--> half open --success--> closed
                               ^                                       |
                               +------------- failure, longer pause ---+

Where an attempt hangs at once, the circuit is half open with that item as its probe: whoever came next would hang as well.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES = 5
"""Failures in a row that open a circuit."""

FIRST_PAUSE = timedelta(seconds=30)
FACTOR = 2
LONGEST_PAUSE = timedelta(minutes=15)


class CircuitState(StrEnum):
    """Whether an endpoint is talked to."""

    CLOSED = "closed"
    """It is."""
    OPEN = "open"
    """It is left alone until the pause is over."""
    HALF_OPEN = "half_open"
    """One item tries whether it is back; the others wait for what comes of it."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """``failures`` came in a row; ``openings`` is how often the circuit opened since it was last closed; from ``retry_at`` on a probe may
    be made; ``probe`` is the item that makes it."""

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    openings: int = 0
    retry_at: datetime | None = None
    probe: str | None = None


CLOSED = Circuit()


def pause(openings: int) -> timedelta:
    """How long a circuit stays open that opened ``openings`` times (1 for the first) without closing in between."""
    # The exponent is bounded so that an endpoint that is down for a year overflows nothing.
    growth: int = FACTOR ** min(openings - 1, 20)
    return min(FIRST_PAUSE * growth, LONGEST_PAUSE)


def admits(circuit: Circuit, now: datetime, *, probing: bool) -> bool:
    """Whether an item may go to the endpoint now; ``probing`` tells whether the circuit's probe is still under way."""
    match circuit.state:
        case CircuitState.CLOSED:
            return True
        case CircuitState.OPEN:
            return circuit.retry_at is not None and circuit.retry_at <= now
        case CircuitState.HALF_OPEN:
            # Whoever made the probe may have died, or found a fault that says nothing about the endpoint.
            return not probing


def probed(circuit: Circuit, item: str) -> Circuit:
    """The circuit once ``item`` was let through; a closed one lets everything through and does not change."""
    if circuit.state is CircuitState.CLOSED:
        return circuit
    return replace(circuit, state=CircuitState.HALF_OPEN, probe=item)


def failed(circuit: Circuit, item: str, now: datetime) -> Circuit:
    """The circuit after ``item`` failed by a fault of the endpoint's. What had begun before it opened changes nothing any more."""
    match circuit.state:
        case CircuitState.CLOSED:
            counted = replace(circuit, failures=circuit.failures + 1)
            return _opened(counted, now) if counted.failures >= FAILURES else counted
        case CircuitState.OPEN:
            return circuit
        case CircuitState.HALF_OPEN:
            return _opened(circuit, now) if circuit.probe == item else circuit


def hung(circuit: Circuit, item: str) -> Circuit:
    """The circuit while ``item`` waits for an answer without end; what it waits for says whether the endpoint is back."""
    if circuit.state is CircuitState.HALF_OPEN:
        return circuit
    return replace(circuit, state=CircuitState.HALF_OPEN, probe=item)


def _opened(circuit: Circuit, now: datetime) -> Circuit:
    openings = circuit.openings + 1
    return Circuit(CircuitState.OPEN, circuit.failures, openings, now + pause(openings))
