"""Why a message is refused, on its way from where it is found to where it is answered."""

from .cms.failures import Refused
from .disposition import Reason

LONGEST_WHY = 2000
"""Characters that the operator is told of why; whatever a sentence quotes, it is kept and shown for ever."""


class Stopped(Exception):
    """A message is refused for ``reason``; ``why`` is for the operator. Within the core only: whoever calls it gets a rejection."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


def reason_of(refused: Refused) -> Reason:
    """The disposition that a refused object of CMS leads to."""
    return Reason(refused.disposition.partition(": ")[2])
