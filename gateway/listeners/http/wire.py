"""HTTP/1.x of one connection without its socket: what came in becomes head and body, an answer becomes bytes."""

from http import HTTPStatus

import h11

from .head import END_OF_HEAD, Refused, check_head, malformed
from .port import Answer, plain

TURN = 256
"""Pieces of a body that are taken apart at a time: tiny chunks cost us much more than their sender."""

FEW_CHUNKS = 1024
TINY_CHUNK = 16
"""When there are more than a few chunks they must have this many bytes on average."""

_OURS = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


class Wire:
    """One request after the other: ``head`` until there is one, ``body`` until ``complete``, ``answer``, ``renew``.

    h11 reads. Answers are few and plain, and written here: that costs a third of what h11 would take.
    """

    def __init__(self, max_head_bytes: int, max_fields: int) -> None:
        self._max_head_bytes = max_head_bytes
        self._max_fields = max_fields
        self._begin(b"")

    def _begin(self, ahead: bytes) -> None:
        self._ahead = bytearray(ahead)
        self._searched = 0
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=self._max_head_bytes)
        self._reading_body = False
        self._head_only = False
        self._lasting = False
        self._chunks = 0
        self._size = 0
        self.complete = False
        """The whole request is here."""

    @property
    def begun(self) -> bool:
        """Whether some of a request is here."""
        return self._reading_body or bool(self._ahead)

    @property
    def reusable(self) -> bool:
        """Whether another request can follow on this connection: this one is whole, and its client speaks and wants it."""
        return self.complete and self._lasting

    @property
    def proceed(self) -> bytes:
        """What a client that asks first (Expect: 100-continue) must be told before it sends its body; empty for others."""
        return b"HTTP/1.1 100 Continue\r\n\r\n" if self._http.they_are_waiting_for_100_continue else b""

    @property
    def bodied(self) -> bool:
        """Whether the client gets the body of its answer."""
        return not self._head_only

    def receive(self, data: bytes) -> None:
        if self._reading_body:
            self._http.receive_data(data)
        else:
            self._ahead += data

    def head(self) -> h11.Request | None:
        """The next request as far as its head goes; None while it is not whole. Raises Refused."""
        self._skip_empty_lines()
        if self._ahead and self._ahead[0] < 0x21 and self._ahead != b"\r":
            raise malformed("This is no HTTP. Is the client set to HTTPS on a port that speaks plain HTTP?")
        end = END_OF_HEAD.search(self._ahead, max(0, self._searched - 2))
        self._searched = len(self._ahead)
        if (end.end() if end else len(self._ahead)) > self._max_head_bytes:
            raise Refused(plain(431, f"The head has more than the {self._max_head_bytes} bytes that are read of one."))
        if end is None:
            return None
        check_head(bytes(self._ahead[: end.end()]), self._max_fields)
        self._http.receive_data(bytes(self._ahead))
        self._ahead.clear()
        self._reading_body = True
        request = self._next_event()
        assert isinstance(request, h11.Request)
        self._head_only = request.method == b"HEAD"
        wishes = b",".join(value for name, value in request.headers if name == b"connection").lower()
        self._lasting = request.http_version == b"1.1" and b"close" not in wishes
        return request

    def body(self) -> list[bytes]:
        """What has come of the body since, up to a turn of pieces; nothing when more must come first. Raises Refused."""
        pieces: list[bytes] = []
        while len(pieces) < TURN and not self.complete:
            event = self._next_event()
            if isinstance(event, h11.Data):
                self._count(event)
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self.complete = True
            else:
                break
        return pieces

    def answer(self, answer: Answer, date: str, *, last: bool) -> bytes:
        """The answer as bytes; where it is the ``last`` the client is told that the connection ends with it.

        Raises ValueError where a field would break the head.
        """
        lines = [b"HTTP/1.1 %d %s" % (answer.status, _REASONS.get(answer.status, b""))]
        names = {name.lower() for name, _ in answer.fields}
        lines += [b"%s: %s" % field for field in answer.fields if field[0].lower() not in _OURS]
        if b"date" not in names:
            lines.append(b"Date: " + date.encode())
        lines.append(b"Content-Length: %d" % answer.size)
        if last:
            lines.append(b"Connection: close")
        head = b"\r\n".join((*lines, b"", b""))
        if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
            raise ValueError("a field of the answer holds a line break")
        return head if self._head_only else head + answer.body

    def renew(self) -> None:
        """Begin the next request, with what came of it already."""
        assert self.reusable
        self._begin(self._http.trailing_data[0])

    def _skip_empty_lines(self) -> None:
        # Some clients end a body with a line break that is not part of it (RFC 9112 §2.2).
        while self._ahead[:2] == b"\r\n":
            del self._ahead[:2]
            self._searched = 0

    def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError as error:
            # What h11 says of it quotes the client, perhaps a password; it is told to nobody.
            if error.error_status_hint == 431:
                raise Refused(plain(431, "A line between the chunks of the body is too long.")) from None
            part = "body's chunks are" if self._reading_body and self._size else "request is"
            raise malformed(f"The {part} not as HTTP/1.1 wants it.") from None

    def _count(self, event: h11.Data) -> None:
        self._size += len(event.data)
        self._chunks += event.chunk_end
        if self._chunks > FEW_CHUNKS and self._size < self._chunks * TINY_CHUNK:
            raise malformed("The body comes in too tiny chunks; send larger ones, or Content-Length.")
