"""A partner's server that does as it is told: it keeps what it is posted, and answers by a script."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gateway.as2.mdn import Mdn
from gateway.as2.mime.headers import Headers
from gateway.as2.receive import Received, Rejected, receive
from gateway.as2.terms import Terms
from gateway.exchange.workspace import TemporaryWorkspace

from .scene import Site
from .wire import Named, terms_of


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: Headers
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers.get("message-id") or ""


@dataclass(frozen=True)
class Spoken:
    """An answer over HTTP; none at all, and the connection ended, where ``status`` is 0."""

    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


Script = Callable[[Posted], Spoken]


def dumb(_asked: Posted) -> Spoken:
    """Knows no such question."""
    return Spoken(501)


@dataclass
class PartnerServer:
    """``script`` may be changed at any time."""

    url: str
    script: Script
    posted: list[Posted] = field(default_factory=list)
    told: Script = dumb
    """What it answers to HEAD."""
    asked: list[Posted] = field(default_factory=list)


def silent(_posted: Posted) -> Spoken:
    """Takes it, and says nothing more."""
    return Spoken()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever posts may end the connection, or be killed."""


@contextmanager
def partner_server(script: Script = silent, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[PartnerServer]:
    """A server that answers as ``script`` says until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted = Posted(self.path, Headers(tuple(self.headers.items())), body)
            made.posted.append(posted)
            self._speak(made.script(posted))

        def do_HEAD(self) -> None:
            asked = Posted(self.path, Headers(tuple(self.headers.items())), b"")
            made.asked.append(asked)
            self._speak(made.told(asked))

        def _speak(self, spoken: Spoken) -> None:
            if spoken.status == 0:
                self.close_connection = True
                return
            self.send_response(spoken.status)
            for name, value in (*spoken.fields, ("Content-Length", str(len(spoken.body)))):
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(spoken.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = _Server((host, port), Handler)
    made = PartnerServer(f"http://{host}:{server.server_port}/as2", script)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened(site: Site, posted: Posted, terms: Terms | None = None) -> Received | Rejected:
    """What the site makes of what was posted, without keeping it."""
    with TemporaryWorkspace(site.house.gateway.home.staging) as workspace:
        return receive(
            posted.headers,
            io.BytesIO(posted.body),
            terms or terms_of(site),
            now=site.house.clock.now(),
            fresh=Named(),
            workspace=workspace,
        )


def spoken(mdn: Mdn) -> Spoken:
    """An MDN on the same connection."""
    return Spoken(200, mdn.headers.pairs, mdn.body)
