"""How long to wait before trying again, and when to stop. Pure."""

from datetime import datetime, timedelta

from canonical.errors import Fault, Retryable, TallyError

FIRST_DELAY = timedelta(seconds=2)
FACTOR = 3
LONGEST_DELAY = timedelta(hours=1)
SPREAD = 0.25
"""How far jitter moves a delay, as a part of it, either way; so that what failed together does not come back together."""

MAX_ATTEMPTS = 10
"""Attempts an item gets unless it says otherwise: with the delays above, somewhat more than three hours."""

REASON_LENGTH = 2000
"""Characters of a reason that are kept."""

UNEXPECTED_ATTEMPTS = 3
"""Attempts after an error nobody foresaw: most likely a fault of ours that stays, and whoever sent the file waits."""


def delay(attempt: int, jitter: float) -> timedelta:
    """How long to wait after ``attempt`` (1 for the first) failed; ``jitter`` is from 0 to 1, 0.5 leaves the delay as it is."""
    # The exponent is bounded so that a very old item overflows nothing.
    growth: int = FACTOR ** min(attempt - 1, 20)
    full = min(FIRST_DELAY * growth, LONGEST_DELAY)
    return full * (1 - SPREAD + 2 * SPREAD * jitter)


def rest(error: BaseException, attempt: int, jitter: float) -> timedelta:
    """How long to wait after ``attempt`` failed with ``error``: the usual :func:`delay`, or somewhat longer than was asked for."""
    usual = delay(attempt, jitter)
    asked = error.wait if isinstance(error, Retryable) else None
    # What was put off together does not come back together either.
    return usual if asked is None else max(usual, asked + delay(1, jitter))


def may_retry(
    error: BaseException, attempt: int, max_attempts: int, *, now: datetime, deadline: datetime | None = None
) -> bool:
    """Whether to try again after ``attempt`` failed with ``error`` at ``now``: errors of ours say so themselves, by type.

    Not when the deadline will have passed by then, even with the shortest delay.
    """
    if attempt >= max_attempts or (deadline is not None and now + delay(attempt, 0.0) > deadline):
        return False
    if isinstance(error, TallyError):
        return error.retryable
    return fault(error) is Fault.ENVIRONMENT or attempt < UNEXPECTED_ATTEMPTS


def fault(error: BaseException) -> Fault:
    """Whose fault an error is: those of ours say so, and the system's are mostly the environment's: connections, time-outs, disks."""
    if isinstance(error, TallyError):
        return error.fault
    return Fault.ENVIRONMENT if isinstance(error, OSError) else Fault.OURS
