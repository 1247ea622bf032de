"""A real server on a loopback port, and a handler that remembers what it was given."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.listeners.http import Answer, Head, HttpLimits, HttpServer, Request, ServerTls, plain
from gateway.listeners.http.port import Keeper, Page

from .raw import RawClient, head

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECONDS = 10.0
"""For what must happen at once; never waited for in vain."""


_What = TypeVar("_What")


class FixedClock:
    def now(self) -> datetime:
        return WHEN


@dataclass(frozen=True)
class Taken:
    """A request as the handler saw it."""

    head: Head
    body: bytes
    on_disk: bool


class RecordingHandler:
    """Answers with the body's size. What it does instead can be set; ``wait_for`` waits, never sleeps."""

    def __init__(self) -> None:
        self.admitted: list[Head] = []
        self.taken: list[Taken] = []
        self.ended_heads: list[Head] = []
        self.objection: Callable[[Head], Answer | None] = lambda head: None
        self.work: Callable[[Request], Answer] = lambda request: plain(200, f"{request.size} bytes")
        self._changed = threading.Condition()

    def admit(self, head: Head) -> Answer | None:
        refusal = self.objection(head)
        if refusal is None:
            self._note(self.admitted, head)
        return refusal

    def answer(self, request: Request) -> Answer:
        self._note(self.taken, Taken(request.head, request.body.read(), request.path is not None))
        return self.work(request)

    def ended(self, head: Head) -> None:
        self._note(self.ended_heads, head)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, SECONDS)

    def wait_until_all_ended(self) -> None:
        self.wait_for(lambda: len(self.ended_heads) == len(self.admitted))

    def _note(self, where: list[_What], what: _What) -> None:
        with self._changed:
            where.append(what)
            self._changed.notify_all()


@dataclass
class Site:
    """The server and its handler."""

    server: HttpServer
    handler: RecordingHandler
    staging: Path
    clients: list[RawClient] = field(default_factory=list)
    stopped: bool = False
    strange: list[tuple[str, str]] = field(default_factory=list)

    def stop(self, seconds: float = SECONDS) -> None:
        if not self.stopped:
            self.stopped = True
            self.server.stop(seconds)

    def connect(self, source: str = "127.0.0.1") -> RawClient:
        client = RawClient(self.server.port, source=source)
        self.clients.append(client)
        return client

    def wait_for_room(self) -> None:
        """Until another connection is taken, and answered."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with self.connect() as client:
                client.send(head(request_line=b"GET /healthz HTTP/1.1"))
                if not client.hung_up():
                    return
        raise AssertionError("the server takes no other connection")

    @property
    def bodies(self) -> list[bytes]:
        return [taken.body for taken in self.handler.taken]

    def staged(self) -> list[Path]:
        return list(self.staging.iterdir())


Serve = Callable[..., AbstractContextManager[Site]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Start a server with limits of one's own: ``with serve(head_seconds=0.05) as site``."""

    @contextmanager
    def start(
        *,
        tls: ServerTls | None = None,
        proxies: Sequence[str] = (),
        asked: Mapping[str, Page] | None = None,
        keepers: Mapping[str, Keeper] | None = None,
        **limits: float,
    ) -> Iterator[Site]:
        handler = RecordingHandler()
        strange: list[tuple[str, str]] = []
        server = HttpServer(
            posts={"/as2": handler},
            gets={"/healthz": lambda head: plain(200, "alive")},
            asked=asked,
            keepers=keepers,
            staging=tmp_path / "staging",
            port=0,
            tls=tls,
            proxies=proxies,
            limits=HttpLimits(**limits),  # type: ignore[arg-type]
            clock=FixedClock(),
            strange=lambda address, why: strange.append((address, why)),
        )
        server.start()
        site = Site(server, handler, tmp_path / "staging", strange=strange)
        try:
            yield site
        finally:
            for client in site.clients:
                client.socket.close()
            site.stop()

    return start


@pytest.fixture
def site(serve: Serve) -> Iterator[Site]:
    with serve() as site:
        yield site
