"""The HTTP server: takes connections, and ends them."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from canonical.errors import Misconfigured
from spool.clock import Clock, SystemClock

from ..quota import Quota
from .connection import HttpConnection
from .crowd import Crowd
from .in_hand import InHand
from .lane import Lane
from .limits import HttpLimits
from .port import Handler, Keeper, Page
from .proxies import TrustedProxies
from .site import Site
from .tls import ServerTls

_log = structlog.get_logger(__name__)

PAGE_THREADS = 2
PAGES_AT_ONCE = 32
ANSWER_THREADS = 4
ANSWERS_AT_ONCE = 32
DISK_THREADS = 2
BACKLOG = 256
OUT_OF_DESCRIPTORS_SECONDS = 0.5
ABORTED_SECONDS = 0.2

SHOWN_AND_UNKNOWN = (
    "It showed a client certificate that no profile names, so that TLS ended the connection. "
    "Where a partner's product shows one, put it into as2.http.client_certificates, whether you ask for it or not."
)


class HttpServer:
    """Serves HTTP, or HTTPS with ``tls``, between ``start`` and ``stop``; each may be called once.

    ``posts`` says who takes what is posted to a path, ``gets`` what is shown there at once; ``asked`` is shown too, and may take its time
    or be much; a path of it that ends in ``/*`` stands for all below it. ``staging`` is this server's alone: what it finds
    there at the start is removed. ``keepers`` say by path whose bodies outlive their connections. ``proxies`` are the addresses and
    networks of reverse proxies; only from them is X-Forwarded-For believed. ``strange`` is told of
    clients whose certificates TLS does not let in: from where, and why.
    """

    def __init__(
        self,
        *,
        posts: Mapping[str, Handler],
        gets: Mapping[str, Page],
        asked: Mapping[str, Page] | None = None,
        staging: Path,
        host: str = "127.0.0.1",
        port: int = 8080,
        tls: ServerTls | None = None,
        proxies: Sequence[str] = (),
        keepers: Mapping[str, Keeper] | None = None,
        limits: HttpLimits | None = None,
        clock: Clock | None = None,
        strange: Callable[[str, str], None] = lambda _address, _why: None,
    ) -> None:
        self._posts = posts
        self._gets = gets
        self._asked = asked or {}
        self._keepers = keepers or {}
        self._staging = staging
        self._address = (host, port)
        self._tls = tls
        self._proxies = TrustedProxies(proxies)
        self._limits = limits or HttpLimits()
        self._clock = clock or SystemClock()
        self._strange = strange
        self._quota = Quota(self._limits.connections, self._limits.connections_per_address)
        self._connections: dict[HttpConnection, str] = {}
        self._arrivals: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is really bound."""
        return int(self._listening.getsockname()[1])

    def start(self) -> None:
        """Bind and serve. Raises Misconfigured when the address or the certificate cannot be used."""
        self._context = self._tls.context() if self._tls else None
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self._staging.iterdir():
            leftover.unlink()
        self._listening = self._bind()
        self._loop = asyncio.new_event_loop()
        self._empty = asyncio.Event()
        self._site = self._build_site()
        self._thread = threading.Thread(target=self._run, name="http-server")
        self._thread.start()
        _log.info("http.listening", host=self._address[0], port=self.port, tls=self._tls is not None)

    @property
    def tls(self) -> ServerTls | None:
        """What is shown, and who is let in."""
        return self._tls

    def renew_tls(self, tls: ServerTls) -> None:
        """Show another certificate, and let in others, from the next connection on. Raises Misconfigured and changes nothing."""
        self._context = tls.context()
        self._tls = tls
        _log.info("http.tls_renewed", clients=len(tls.trusted))

    def stop(self, seconds: float = 10.0) -> None:
        """Take nothing more, let answers under way finish for up to ``seconds``, then end whatever is left."""
        asyncio.run_coroutine_threadsafe(self._wind_up(seconds), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        _log.info("http.stopped")

    def _bind(self) -> socket.socket:
        host, port = self._address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise Misconfigured(
                f"HTTP cannot listen on {host} port {port}: {error.strerror or error}. Stop what uses it, or set http_port."
            ) from error
        listening.setblocking(False)
        return listening

    def _build_site(self) -> Site:
        limits = self._limits
        return Site(
            self._posts,
            self._gets,
            self._asked,
            limits,
            self._staging,
            self._proxies,
            self._clock,
            work=Lane("work", limits.workers, limits.requests, self._loop),
            pages=Lane("page", PAGE_THREADS, PAGES_AT_ONCE, self._loop),
            answers=Lane("answer", ANSWER_THREADS, ANSWERS_AT_ONCE, self._loop),
            disk=Lane("disk", DISK_THREADS, limits.requests, self._loop),
            in_hand=InHand(limits.in_hand_bytes),
            crowd=Crowd(limits.crowded_pace),
            keepers=self._keepers,
        )

    # What follows runs in the server's own thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._listen()
        try:
            self._loop.run_forever()
        finally:
            for lane in (self._site.work, self._site.pages, self._site.answers, self._site.disk):
                lane.close()
            self._loop.close()

    def _accept(self) -> None:
        try:
            connection, address = self._listening.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError as error:
            # Out of descriptors, mostly: it would be readable again at once.
            _log.error("http.accept_failed", error=str(error))
            self._loop.remove_reader(self._listening)
            self._loop.call_later(OUT_OF_DESCRIPTORS_SECONDS, self._listen)
            return
        self._begin(connection, str(address[0]), int(address[1]))

    def _listen(self) -> None:
        if not self._site.stopping:
            self._loop.add_reader(self._listening, self._accept)

    def _begin(self, connection: socket.socket, remote: str, port: int) -> None:
        # A proxy brings everybody from one address: for it only the total counts.
        key = f"{remote} {port}" if self._site.proxies.trusts(remote) else remote
        if not self._quota.take(key):
            _log.warning("http.connection_refused", remote=remote, reason="too many connections")
            connection.close()
            return
        connection.setblocking(False)
        protocol = HttpConnection(self._site, remote, self._over)
        self._connections[protocol] = key
        arrival = self._loop.create_task(self._welcome(protocol, connection))
        self._arrivals.add(arrival)
        arrival.add_done_callback(partial(self._arrived, protocol, connection))

    async def _welcome(self, protocol: HttpConnection, connection: socket.socket) -> None:
        """Hand the connection to its protocol, after the TLS handshake where there is one."""
        if self._context is None:
            await self._loop.connect_accepted_socket(lambda: protocol, connection)
        else:
            await self._loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._limits.head_seconds,
                ssl_shutdown_timeout=self._limits.linger_seconds,
            )

    def _arrived(self, protocol: HttpConnection, connection: socket.socket, arrival: asyncio.Task[None]) -> None:
        self._arrivals.discard(arrival)
        error = None if arrival.cancelled() else arrival.exception()
        if arrival.cancelled() or error is not None:
            _log.info("http.handshake_failed", remote=protocol.remote, error=str(error))
            if isinstance(error, ssl.SSLCertVerificationError):
                self._strange(protocol.remote, SHOWN_AND_UNKNOWN)
            connection.close()
            self._over(protocol)

    def _over(self, protocol: HttpConnection) -> None:
        key = self._connections.pop(protocol, None)
        if key is not None:
            self._quota.give_back(key)
        if not self._connections:
            self._empty.set()

    async def _wind_up(self, seconds: float) -> None:
        self._site.stopping = True
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for arrival in self._arrivals:
            arrival.cancel()
        await asyncio.gather(*self._arrivals, return_exceptions=True)
        for connection in list(self._connections):
            connection.stop()
        if not await self._emptied(seconds):
            _log.warning("http.stopped_early", connections=len(self._connections))
        for connection in list(self._connections):
            connection.abort()
        await self._emptied(ABORTED_SECONDS)

    async def _emptied(self, seconds: float) -> bool:
        """Whether all connections, and the work for them, are over within ``seconds``."""
        if self._connections:
            self._empty.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), seconds)
        return not self._connections
