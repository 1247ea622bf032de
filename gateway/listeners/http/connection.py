"""One connection: which request is on it, how far it is, and how long that may take."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum, auto
from functools import partial
from typing import cast

import h11
import structlog

from .body import Body
from .exchange import Exchange, answer_to, show
from .head import Refused
from .lane import Lane
from .outflow import Outflow
from .port import Answer, Handler, Head, Page, Peer, Stored, busy, plain
from .site import SHOWN, Site
from .wire import TURN, Wire

_log = structlog.get_logger(__name__)

BUSY = "Too many requests are being worked on; send it again later."


class Phase(StrEnum):
    """What a connection waits for."""

    IDLE = auto()
    """The first byte of a request."""
    HEAD = auto()
    BODY = auto()
    STORING = auto()
    """The disk, with what came of the body; nothing is read on meanwhile."""
    ANSWER = auto()
    """Whoever is behind us; nothing is read on meanwhile."""
    SENDING = auto()
    """The client, with what it takes of a large answer; nothing is read on meanwhile."""
    END = auto()
    """The client's end. What it still sends is dropped."""


class HttpConnection(asyncio.Protocol):
    """Runs in the server's loop. ``ended`` is told when the connection is over, and the work for it too."""

    def __init__(self, site: Site, remote: str, ended: Callable[["HttpConnection"], None]) -> None:
        self.remote = remote
        self._site = site
        self._limits = site.limits
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._wire = Wire(site.limits.head_bytes, site.limits.fields)
        self._phase = Phase.HEAD
        self._timer: asyncio.TimerHandle | None = None
        self._exchange: Exchange | None = None
        self._outflow: Outflow | None = None
        self._certificate: bytes | None = None
        self._half_closed = False
        self._writable = True

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object")
        self._encrypted = tls is not None
        self._certificate = tls.getpeercert(binary_form=True) if tls else None
        self._wait(self._limits.head_seconds, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.END:
            return
        self._wire.receive(data)
        if self._phase in (Phase.STORING, Phase.ANSWER, Phase.SENDING):
            self._transport.pause_reading()  # until it is this request's turn
        else:
            self._read()

    def eof_received(self) -> bool:
        """The client sends no more. True keeps our side open for the answer; TLS has no half-closed connections."""
        self._half_closed = True
        return self._phase in (Phase.ANSWER, Phase.SENDING) and not self._encrypted

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        if self._phase is Phase.IDLE:
            self._listen()
        elif self._outflow is not None:
            self._outflow.go_on()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_timer()
        if self._phase is Phase.BODY:
            _log.info("http.broken_off", remote=self.remote)
            self._release()
        if self._outflow is not None:
            self._outflow.stop()
        self._phase = Phase.END
        if self._exchange is None:
            self._ended(self)

    def stop(self) -> None:
        """The server ends: finish an answer under way, and nothing else."""
        if self._phase not in (Phase.ANSWER, Phase.SENDING, Phase.END):
            self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # Reading

    def _read(self) -> None:
        if self._phase in (Phase.IDLE, Phase.HEAD):
            self._read_head()
        elif self._phase is Phase.BODY:
            self._read_body()

    def _read_head(self) -> None:
        try:
            request = self._wire.head()
        except Refused as refused:
            self._refuse(refused.answer)
            return
        if request is not None:
            self._route(self._head_of(request))
        elif self._phase is Phase.IDLE and self._wire.begun:
            self._phase = Phase.HEAD
            self._wait(self._limits.head_seconds, self._head_is_late)

    def _head_of(self, request: h11.Request) -> Head:
        path, query = _split(request.target.decode("ascii"))
        fields = tuple(request.headers.raw_items())
        proxies = self._site.proxies
        encrypted = self._encrypted or proxies.encrypted(self.remote, fields)
        peer = Peer(proxies.client_of(self.remote, fields), self._certificate, encrypted)
        return Head(request.method.decode("ascii"), path, query, fields, _length(request), peer)

    def _route(self, head: Head) -> None:
        handler = self._site.posts.get(head.path)
        shown = self._site.shown_at(head.path) if head.method in SHOWN else None
        if handler is not None and head.method == "POST":
            self._admit(handler, head)
        elif shown is not None:
            self._show(*shown, head)
        else:
            self._reply(self._site.elsewhere(head))

    def _admit(self, handler: Handler, head: Head) -> None:
        refusal = self._objection(head) or self._crowded(handler, head)
        if refusal is not None:
            self._refuse(refusal)
            return
        now = self._loop.time()
        body = Body(self._site.staging, self._limits.memory_bytes)
        self._exchange = Exchange(handler, head, body, now, now + self._limits.body_seconds, self._site.in_hand)
        self._site.crowd.join(self)
        self._wait(self._limits.pace_seconds, self._check_pace)
        keeper = self._site.keepers.get(head.path)
        if keeper is not None and keeper.wants(head):
            self._phase = Phase.STORING
            self._transport.pause_reading()
            self._site.work.run(partial(self._exchange.place, keeper), self._placed)
        else:
            self._receive()

    def _placed(self, refusal: Answer | None) -> None:
        """What an earlier connection brought of the body counts as though it had come on this one."""
        exchange = self._under_way
        exchange.received = exchange.paced_at = exchange.body.size
        exchange.paced_since = self._loop.time()
        room = self._site.in_hand.take(exchange.received)
        if exchange.received + (exchange.head.length or 0) > self._limits.body_bytes:
            refusal = refusal or self._too_large()
        elif not room:
            refusal = refusal or busy(BUSY)
        if refusal is None and self._phase is not Phase.END:
            self._receive()
        else:
            self._stored(refusal)

    def _receive(self) -> None:
        self._transport.write(self._wire.proceed)
        self._phase = Phase.BODY
        self._read_body()

    def _objection(self, head: Head) -> Answer | None:
        """What is wrong with the head of a post, whoever it is for."""
        if head.length is None and not any(head.values(b"transfer-encoding")):
            return plain(411, "Say how long the body is: send Content-Length, or Transfer-Encoding: chunked.")
        if (head.length or 0) > self._limits.body_bytes:
            return self._too_large()
        if any(value.lower() != b"100-continue" for value in head.values(b"expect")):
            return plain(417, "The only expectation understood here is 100-continue.")
        return None

    def _crowded(self, handler: Handler, head: Head) -> Answer | None:
        """Take a slot and ask the handler; an answer when there is none, or it refuses. Somebody may have to leave first."""
        if self._site.work.is_half_taken:
            self._site.crowd.make_room()
        if self._site.stopping or not self._site.work.take():
            return busy(BUSY)
        try:
            refusal = handler.admit(head)
        except Exception as error:  # noqa: BLE001 - the edge
            refusal = answer_to(error, head.path)
        if refusal is not None:
            self._site.work.give_back()
        return refusal

    def _read_body(self) -> None:
        exchange = self._under_way
        try:
            pieces = self._wire.body()
            self._count(exchange, sum(map(len, pieces)))
            if not self._wire.complete and self._loop.time() > exchange.deadline:
                raise Refused(plain(408, f"The body was not whole after {self._limits.body_seconds:g} seconds."))
        except Refused as refused:
            self._release()
            self._refuse(refused.answer)
            return
        if not exchange.body.fits(exchange.received - exchange.body.size):
            self._store(pieces)
        else:
            exchange.body.write(pieces)
            self._go_on(more=len(pieces) == TURN)

    def _count(self, exchange: Exchange, more: int) -> None:
        exchange.received += more
        room = self._site.in_hand.take(more)
        if exchange.received > self._limits.body_bytes:
            raise Refused(self._too_large())
        if not room:
            raise Refused(busy(BUSY))

    def _store(self, pieces: list[bytes]) -> None:
        if pieces:
            self._phase = Phase.STORING
            self._transport.pause_reading()
            self._site.disk.run(partial(self._under_way.store, pieces), self._stored)
        else:
            self._go_on(more=False)

    def _stored(self, refusal: Answer | None) -> None:
        if self._phase is Phase.END:
            self._release()
            self._ended(self)
        elif refusal is not None:
            self._release()
            self._refuse(refusal)
        else:
            self._phase = Phase.BODY
            self._go_on(more=True)

    def _go_on(self, *, more: bool) -> None:
        """The body is whole, or ``more`` of it may have come already, or must come first."""
        if self._wire.complete:
            self._work()
        elif more:
            # Others get their turn before.
            self._transport.pause_reading()
            self._loop.call_soon(self._read)
        else:
            self._transport.resume_reading()

    def _too_large(self) -> Answer:
        return plain(
            413, f"At most {self._limits.body_bytes} bytes are taken here; agree on another way for larger ones."
        )

    # Answering

    def _work(self) -> None:
        exchange = self._under_way
        self._phase = Phase.ANSWER
        self._stop_timer()
        self._site.work.run(exchange.answer, self._answered)

    def _answered(self, answer: Answer) -> None:
        self._release()
        if self._phase is Phase.ANSWER:
            self._reply(answer)
        else:
            _log.warning("http.answer_not_delivered", remote=self.remote, status=answer.status)
            answer.discard()
            self._ended(self)

    def _show(self, page: Page, lane: Lane, head: Head) -> None:
        if not lane.take():
            self._refuse(busy(BUSY))
            return
        self._phase = Phase.ANSWER
        self._stop_timer()
        lane.run(partial(show, page, head), partial(self._shown, lane))

    def _shown(self, lane: Lane, answer: Answer) -> None:
        lane.give_back()
        if self._phase is Phase.ANSWER:
            self._reply(answer)
        else:
            answer.discard()

    def _refuse(self, answer: Answer) -> None:
        """Answer instead of reading on; the connection ends with it."""
        reason = answer.body[:200].decode("utf-8", "replace").strip()
        _log.info("http.refused", remote=self.remote, status=answer.status, reason=reason)
        self._reply(answer, last=True)

    def _reply(self, answer: Answer, *, last: bool = False) -> None:
        if not last and not self._wire.complete:
            with suppress(Refused):
                self._wire.body()  # the end of a request without a body, or a little one that nobody wants
        last = last or self._half_closed or self._site.stopping or not self._wire.reusable
        try:
            self._transport.write(self._wire.answer(answer, self._site.date(), last=last))
        except ValueError as error:
            _log.error("http.answer_not_writable", remote=self.remote, status=answer.status, error=str(error))
            answer.discard()
            self._transport.abort()
            return
        if answer.stored is not None and self._wire.bodied:
            self._send(answer.stored, last=last)
        else:
            answer.discard()
            self._go_further(last=last)

    def _send(self, stored: Stored, *, last: bool) -> None:
        self._phase = Phase.SENDING
        self._transport.pause_reading()
        done = partial(self._sent, last=last)
        self._outflow = Outflow(stored, self._site.disk, self._transport.write, self._send_on, done)
        self._send_on()

    def _send_on(self) -> None:
        """Send another piece now, or when the client has taken what it was sent."""
        self._wait(self._limits.answer_seconds, self._transport.abort)
        if self._outflow is not None and self._writable:
            self._outflow.go_on()

    def _sent(self, whole: bool, *, last: bool) -> None:
        self._outflow = None
        if whole:
            self._go_further(last=last or self._half_closed or self._site.stopping)
        else:
            _log.error("http.answer_cut_short", remote=self.remote)
            self._transport.abort()

    def _go_further(self, *, last: bool) -> None:
        if last:
            self._end()
        else:
            self._next()

    def _next(self) -> None:
        self._wire.renew()
        self._phase = Phase.IDLE
        if self._writable:
            self._listen()
        else:
            # The client asks and does not read: it gets nothing more until it does.
            self._transport.pause_reading()
            self._wait(self._limits.answer_seconds, self._transport.abort)

    def _listen(self) -> None:
        self._wait(self._limits.idle_seconds, self._close)
        self._transport.resume_reading()
        if self._wire.begun:
            self._loop.call_soon(self._read)

    def _end(self) -> None:
        self._phase = Phase.END
        if self._wire.complete:
            self._close()
            return
        # Closing now would reset a client that is still sending, and it would never read why.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._wait(self._limits.linger_seconds, self._transport.abort)

    def _close(self) -> None:
        self._phase = Phase.END
        self._transport.close()
        self._wait(self._limits.answer_seconds, self._transport.abort)

    # Time

    def _head_is_late(self) -> None:
        if self._wire.begun:
            self._refuse(plain(408, f"The head was not whole after {self._limits.head_seconds:g} seconds."))
        else:
            self._close()

    def _check_pace(self) -> None:
        exchange = self._under_way
        came = exchange.received - exchange.paced_at
        # While the disk is what is slow, the client is not to blame.
        if self._phase is Phase.BODY and came < self._limits.pace_bytes:
            self._release()
            self._refuse(
                plain(408, f"The body came too slowly: {came} bytes in {self._limits.pace_seconds:g} seconds.")
            )
            return
        exchange.paced_at, exchange.paced_since = exchange.received, self._loop.time()
        self._wait(self._limits.pace_seconds, self._check_pace)

    @property
    def pace(self) -> float | None:
        """Since the last look: what came fast before that counts no more."""
        if self._phase is not Phase.BODY:
            return None
        exchange = self._under_way
        seconds = self._loop.time() - exchange.paced_since
        return (
            (exchange.received - exchange.paced_at) / seconds if seconds > self._limits.crowded_grace_seconds else None
        )

    def give_way(self) -> None:
        self._release()
        self._refuse(
            plain(
                408,
                f"The body came more slowly than {self._limits.crowded_pace} bytes a second while others waited; send it again later.",
            )
        )

    def _wait(self, seconds: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    # The exchange

    @property
    def _under_way(self) -> Exchange:
        assert self._exchange is not None
        return self._exchange

    def _release(self) -> None:
        """The exchange is over: its body goes and its place is free."""
        exchange, self._exchange = self._under_way, None
        self._site.in_hand.give_back(exchange.received)
        self._site.work.give_back()
        self._site.crowd.leave(self)
        exchange.end()


def _split(target: str) -> tuple[str, str]:
    """Path and query of a request target. A client that takes us for a proxy names the whole URL (RFC 9112 §3.2.2)."""
    if not target.startswith("/"):
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    return path, query


def _length(request: h11.Request) -> int | None:
    return next((int(value) for name, value in request.headers if name == b"content-length"), None)
