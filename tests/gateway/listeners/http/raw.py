"""A client that sends exactly what it is told, byte for byte."""

import select
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from types import TracebackType


@dataclass(frozen=True)
class Received:
    """One answer. ``fields`` by lower-case name."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class RawClient:
    """One connection, with ten seconds for whatever the server must do."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None, source: str = "127.0.0.1") -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._buffer = bytearray()

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_until_answered(self, pieces: Iterable[bytes]) -> None:
        """Send until the server says something or hangs up."""
        for piece in pieces:
            if select.select([self.socket], [], [], 0)[0]:
                return
            try:
                self.socket.sendall(piece)
            except ConnectionError:
                return

    def answer(self, *, bodiless: bool = False) -> Received:
        """The next answer; ``bodiless`` for one to HEAD, or 100."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = head[0].split(" ", 2)
        assert version == "HTTP/1.1"
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        return Received(int(status), fields, b"" if bodiless else self._exactly(int(fields["content-length"])))

    def ends(self) -> bool:
        """Whether the server ends the connection, with nothing more to say."""
        try:
            return not self._buffer and self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def send_for_ever(self, data: bytes) -> None:
        """Until the server resets the connection: a ConnectionError."""
        for piece in repeat(data):
            self.socket.sendall(piece)

    def hung_up(self) -> bool:
        """Whether the server ends the connection before it answers."""
        try:
            self._receive()
        except (AssertionError, ConnectionError, ssl.SSLError):
            return True
        return False

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        return self._exactly(self._buffer.index(mark) + len(mark))

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        assert data, "the server hung up without an answer"
        self._buffer += data


def post(body: bytes = b"hello", *fields: bytes, path: bytes = b"/as2", version: bytes = b"1.1") -> bytes:
    """A post with Content-Length."""
    lines = [b"POST %s HTTP/%s" % (path, version), b"Host: gateway", b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join([*lines, b"", body])


def head(*fields: bytes, request_line: bytes = b"POST /as2 HTTP/1.1") -> bytes:
    """A head with these fields, and a Host."""
    return b"\r\n".join([request_line, b"Host: gateway", *fields, b"", b""])


CHUNKED = b"Transfer-Encoding: chunked"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
