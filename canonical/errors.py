"""Errors of ours. A partner's mistake is never one of these: it is a :class:`canonical.finding.Finding`.

Every error says whose fault it is and whether trying again can help, so that the worker decides by type.
"""

from datetime import timedelta
from enum import StrEnum


class Fault(StrEnum):
    """Whose mistake it is, and so who must act."""

    PARTNER = "partner"
    OPERATOR = "operator"
    OURS = "ours"
    ENVIRONMENT = "environment"


class TallyError(Exception):
    """Base of all our errors.

    ``message`` is for the operator: what, where, why, what to do. ``partner_message`` is what a trading partner may
    read; it never names a path, a host or an internal state.
    """

    fault: Fault = Fault.OURS
    retryable: bool = False
    told_to_partners: str = "The file could not be processed."
    """What a partner may read where nothing else is said."""

    def __init__(self, message: str, *, partner_message: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.partner_message = partner_message or self.told_to_partners


class Misconfigured(TallyError):
    """A setting, profile or file of the operator's is wrong; it stays wrong until somebody changes it."""

    fault = Fault.OPERATOR


class NotFound(TallyError):
    """What was asked for does not exist."""

    fault = Fault.OPERATOR


class Retryable(TallyError):
    """Something outside is unavailable now and may be back later: disk full, network, database locked.

    ``wait`` is how long it asked to be left alone; None where it said nothing.
    """

    fault = Fault.ENVIRONMENT
    retryable = True
    told_to_partners = "Nothing can be taken in just now."
    wait: timedelta | None = None


class Ambiguous(TallyError):
    """An external effect may or may not have happened; it must be looked up before it is tried again."""

    fault = Fault.ENVIRONMENT
    retryable = True
