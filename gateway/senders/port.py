"""What the outbound path needs from whatever carries bytes to a partner."""

from typing import Protocol

from partners.registry import AppliedProfile


class Senders(Protocol):
    """Carries bytes to partners, each by the way its profile names."""

    def send(self, applied: AppliedProfile, filename: str, data: bytes) -> None:
        """Put the file where the partner of this profile gets it, whole and durable before this returns.

        The same name and bytes again change nothing. Raises :class:`canonical.errors.Retryable` when it may work later,
        :class:`canonical.errors.Misconfigured` when an operator must act.
        """
        ...
