"""Partners' servers on loopback ports that do exactly what a test tells them."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from gateway.senders.http import HttpClient

SECONDS = 10.0


@dataclass
class Partner:
    """``connections`` counts those that came; ``requests`` are the bytes of each request that was read whole."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over: whoever holds a connection open waits for it."""

    def url(self, path: str = "/as2", host: str = "localhost", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request, by Content-Length or chunks; empty when the client has ended."""
        request = b""
        while b"\r\n\r\n" not in request:
            data = connection.recv(65536)
            if not data:
                return b""
            request += data
        head, _, body = request.partition(b"\r\n\r\n")
        chunked = b"transfer-encoding: chunked" in head.lower()
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while not (body.endswith(b"0\r\n\r\n") if chunked else len(body) >= int(lengths[0])):
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]

    def hold(self) -> None:
        """Say nothing, for as long as the test lasts."""
        self.released.wait(SECONDS)


Behaviour = Callable[[Partner, socket.socket], None]


def ok(body: bytes = b"MDN", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields, b"", body])


Serve = Callable[..., Partner]


@pytest.fixture
def partner() -> Iterator[Serve]:
    """Start a server: ``partner(lambda site, connection: ...)`` runs for each connection, in a thread of its own."""
    with ExitStack() as stack:

        def start(behaviour: Behaviour, context: ssl.SSLContext | None = None) -> Partner:
            return stack.enter_context(_serving(behaviour, context))

        yield start


@contextmanager
def _serving(behaviour: Behaviour, context: ssl.SSLContext | None) -> Iterator[Partner]:
    listening = socket.create_server(("127.0.0.1", 0))
    site = Partner(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        # What the client breaks off is no failure here.
        with suppress(OSError), connection:
            connection.settimeout(SECONDS)
            if context is None:
                behaviour(site, connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secured:
                    behaviour(site, secured)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                site.connections += 1
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield site
    finally:
        site.released.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        for thread in threads:
            thread.join()


def answering(answer: bytes) -> Behaviour:
    """Each request on a connection gets this answer."""

    def behaviour(site: Partner, connection: socket.socket) -> None:
        while site.read_request(connection):
            connection.sendall(answer)

    return behaviour


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()
