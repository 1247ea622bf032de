"""One post that was let in: its head, its body as it comes, its answer."""

import structlog

from canonical.errors import TallyError

from .body import Body
from .in_hand import InHand
from .port import Answer, Handler, Head, Keeper, Page, Request, busy, plain

_log = structlog.get_logger(__name__)

NOT_STORED = "The request could not be stored here now; keep it and send it again later."


class Exchange:
    """``deadline``, ``received``, ``paced_at`` and ``paced_since`` are for the connection: when the body must be whole, how much of it has
    come, how much had come at the last look, and when that was.
    """

    def __init__(self, handler: Handler, head: Head, body: Body, now: float, deadline: float, in_hand: InHand) -> None:
        self.handler = handler
        self.head = head
        self.body = body
        self.deadline = deadline
        self.in_hand = in_hand
        self.received = 0
        self.paced_at = 0
        self.paced_since = now

    def place(self, keeper: Keeper) -> Answer | None:
        """Have the body written where ``keeper`` says; why it is not taken, or None. The edge, as below."""
        try:
            begun = keeper.place(self.head)
            if isinstance(begun, Answer):
                return begun
            if begun is not None:
                self.body.begin(begun)
        except OSError as error:
            _log.error("http.body_not_stored", remote=self.head.peer.address, error=str(error))
            return busy(NOT_STORED)
        except Exception as error:  # noqa: BLE001 - the edge
            return answer_to(error, self.head.path)
        return None

    def store(self, pieces: list[bytes]) -> Answer | None:
        """Write to disk; why it was not possible, in words for the client, or None."""
        try:
            self.body.write(pieces)
        except OSError as error:
            _log.error("http.body_not_stored", remote=self.head.peer.address, error=str(error))
            return busy(NOT_STORED)
        return None

    def answer(self) -> Answer:
        """Let the handler work. This is the listener's edge: whatever goes wrong inside is answered and does not get out."""
        try:
            body = self.body
            return self.handler.answer(Request(self.head, body.reader(), body.size, body.path, self.in_hand))
        except OSError as error:
            _log.error("http.request_failed", path=self.head.path, error=str(error))
            return busy(NOT_STORED)
        except Exception as error:  # noqa: BLE001 - the edge
            return answer_to(error, self.head.path)
        finally:
            self.body.discard()

    def end(self) -> None:
        """Let go of the body, and tell the handler that the request is over."""
        self.body.discard()
        try:
            self.handler.ended(self.head)
        except Exception:  # noqa: BLE001 - the edge
            _log.exception("http.end_crashed", path=self.head.path)


def show(page: Page, head: Head) -> Answer:
    """What a page answers; the edge, as above."""
    try:
        return page(head)
    except Exception as error:  # noqa: BLE001 - the edge
        return answer_to(error, head.path)


def answer_to(error: Exception, path: str) -> Answer:
    """What a client is told of an error of ours."""
    if isinstance(error, TallyError):
        _log.error("http.request_failed", path=path, error=error.message)
        if error.retryable:
            return busy(f"{error.partner_message} Keep what you have, and send it again later.")
        return plain(500, error.partner_message)
    _log.error("http.request_crashed", path=path, exc_info=error)
    return plain(500, "Something went wrong on our side; send it again later.")
