"""A line between two houses that is cut where a test says."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Cutting:
    """What goes through it to ``port``: of the first connection as many bytes as ``cuts`` says first, and so on; then all of all others."""

    port: int
    cuts: list[int]
    listening: socket.socket
    clients: list[socket.socket] = field(default_factory=list)
    lines: list[threading.Thread] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    """How many bytes of the client's each connection brought."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}/as2"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                self.clients.append(client)
                line = threading.Thread(target=self._carry, args=(client,))
                self.lines.append(line)
                line.start()

    def _carry(self, client: socket.socket) -> None:
        number = len(self.passed)
        self.passed.append(0)
        left = self.cuts.pop(0) if self.cuts else None
        with client, socket.create_connection(("127.0.0.1", self.port)) as server:
            back = threading.Thread(target=_copy, args=(server, client))
            back.start()
            with suppress(OSError):
                while left is None or left > 0:
                    data = client.recv(65536 if left is None else min(65536, left))
                    if not data:
                        break
                    server.sendall(data)
                    self.passed[number] += len(data)
                    left = None if left is None else left - len(data)
            _end(server)
            _end(client)
            back.join()


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)


@contextmanager
def cutting(port: int, cuts: Sequence[int]) -> Iterator[Cutting]:
    """The line, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    made = Cutting(port, list(cuts), listening)
    thread = threading.Thread(target=made.accept)
    thread.start()
    try:
        yield made
    finally:
        _end(listening)
        listening.close()
        thread.join()
        for client in made.clients:
            _end(client)
        for line in made.lines:
            line.join()
