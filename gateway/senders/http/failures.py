"""Why a post did not come to an answer: whose fault it is, whether the partner may have got it, whether to try again."""

from datetime import timedelta

from canonical.errors import Ambiguous, Fault, Misconfigured, Retryable, TallyError


class NotConnected(Retryable):
    """Nothing was sent: no such host, nobody there, or no answer to the connection in time."""


class TlsFailed(TallyError):
    """There is no trusted connection to be had: somebody must change a certificate or a profile. Nothing was processed."""

    fault = Fault.PARTNER


class Unanswered(Ambiguous):
    """It was sent, at least in part, and no answer came: the partner may have it or not."""


class AnswerTooLarge(Unanswered):
    """The partner answers more than we keep of an answer."""

    fault = Fault.PARTNER


class AnswerMalformed(Unanswered):
    """What came back is no HTTP."""

    fault = Fault.PARTNER


class Refused(Misconfigured):
    """The partner's server said no, and will go on saying no until somebody changes something."""


class RefusedForNow(Retryable):
    """The partner's server is there and did not take it now: too busy, or being maintained."""

    def __init__(self, message: str, wait: timedelta | None) -> None:
        super().__init__(message)
        self.wait = wait


class ServerFailed(Ambiguous):
    """The partner's server, or one before it, failed with the message in hand."""

    fault = Fault.PARTNER
