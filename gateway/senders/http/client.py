"""Posting to a partner: one request, one answer, no redirects, no proxies."""

import base64
import os
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

import httpcore

from ...endpoint import Endpoint, endpoint_of
from .addresses import AddressPolicy, Resolve, system_addresses
from .answer import HttpAnswer
from .failures import AnswerMalformed, AnswerTooLarge, NotConnected, TlsFailed, Unanswered
from .network import Line, Timeouts
from .pool import Connection, IdleConnections
from .tls import ClientTls

CHUNK = 64 * 1024

_OURS = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection", b"expect"})


@dataclass(frozen=True, slots=True)
class BasicAuthentication:
    """Name and password for the partner's server (RFC 7617)."""

    username: str
    password: str = field(repr=False)

    @property
    def value(self) -> bytes:
        return b"Basic " + base64.b64encode(f"{self.username}:{self.password}".encode())


@dataclass(frozen=True, slots=True)
class Terms:
    """How one partner's server is posted to.

    ``policy`` is for URLs that somebody else chose; without one an operator's URL may lead anywhere. ``chunked`` sends the body without
    Content-Length, which servers from before HTTP/1.1 do not understand.
    """

    timeouts: Timeouts = field(default_factory=Timeouts)
    policy: AddressPolicy | None = None
    tls: ClientTls = field(default_factory=ClientTls)
    basic: BasicAuthentication | None = None
    chunked: bool = False
    max_answer_bytes: int = 1 << 20


class HttpClient:
    """Keeps connections for the next message; otherwise without a state. Thread-safe."""

    def __init__(
        self,
        *,
        resolve: Resolve = system_addresses,
        monotonic: Callable[[], float] = time.monotonic,
        idle: int = 64,
        idle_per_endpoint: int = 4,
        idle_seconds: float = 30.0,
    ) -> None:
        self._resolve = resolve
        self._monotonic = monotonic
        self._idle_seconds = idle_seconds
        self._idle = IdleConnections(idle, idle_per_endpoint)

    def close(self) -> None:
        """Close the connections that wait."""
        self._idle.close()

    def post(self, url: str, fields: Sequence[tuple[bytes, bytes]], body: BinaryIO, terms: Terms) -> HttpAnswer:
        """Post the whole of ``body`` and wait for the answer, whatever its status (:func:`.answer.failure_of` judges it).

        Raises what :mod:`.failures` names, and Misconfigured where our own certificate cannot be used. ``fields`` are sent in their
        order and spelling, without those that frame the body or name the host, which are set here.
        """
        return self.post_from(0, url, fields, body, terms)

    def post_from(
        self, begin: int, url: str, fields: Sequence[tuple[bytes, bytes]], body: BinaryIO, terms: Terms
    ) -> HttpAnswer:
        """As :meth:`post`, without the first ``begin`` bytes of ``body``."""
        size = body.seek(0, os.SEEK_END) - begin
        body.seek(begin)
        framing = (b"Transfer-Encoding", b"chunked") if terms.chunked else (b"Content-Length", b"%d" % size)
        return self._request(b"POST", url, fields, terms, framing=[framing], content=_chunks(body))

    def head(self, url: str, fields: Sequence[tuple[bytes, bytes]], terms: Terms) -> HttpAnswer:
        """Ask by HEAD, which has an answer without a body. Otherwise as :meth:`post`."""
        return self._request(b"HEAD", url, fields, terms)

    def _request(
        self,
        method: bytes,
        url: str,
        fields: Sequence[tuple[bytes, bytes]],
        terms: Terms,
        *,
        framing: Sequence[tuple[bytes, bytes]] = (),
        content: Iterator[bytes] | None = None,
    ) -> HttpAnswer:
        endpoint = endpoint_of(url)
        connection = self._connection(endpoint, terms)
        connection.line.begin(terms.timeouts.whole)
        try:
            head = _head(endpoint, fields, framing, terms)
            return self._exchange(connection, endpoint, method, head, content, terms)
        finally:
            self._idle.put(connection)

    def _connection(self, endpoint: Endpoint, terms: Terms) -> Connection:
        key = (endpoint.scheme, endpoint.host, endpoint.port, terms.policy, terms.tls)
        waiting = self._idle.take(key)
        if waiting is not None:
            return waiting
        line = Line(endpoint, terms.policy, terms.tls, self._resolve, self._monotonic)
        http = httpcore.HTTPConnection(
            _url(endpoint).origin,
            ssl_context=_context(terms.tls) if endpoint.scheme == "https" else None,
            keepalive_expiry=self._idle_seconds,
            network_backend=line,
        )
        return Connection(key, http, line)

    def _exchange(
        self,
        connection: Connection,
        endpoint: Endpoint,
        method: bytes,
        head: list[tuple[bytes, bytes]],
        content: Iterator[bytes] | None,
        terms: Terms,
    ) -> HttpAnswer:
        timeouts = terms.timeouts
        started = self._monotonic()
        limits = {"connect": timeouts.connect, "write": timeouts.send, "read": timeouts.answer}
        try:
            with connection.http.stream(
                method, _url(endpoint), headers=head, content=content, extensions={"timeout": limits}
            ) as response:
                received = self._received(response, endpoint, terms.max_answer_bytes)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError) as error:
            raise _failure(error, endpoint, connection.line) from error
        seconds = self._monotonic() - started
        return HttpAnswer(response.status, tuple(response.headers), received, seconds, connection.line.address)

    def _received(self, response: httpcore.Response, endpoint: Endpoint, most: int) -> bytes:
        received = bytearray()
        for piece in response.iter_stream():
            received += piece
            if len(received) > most:
                raise AnswerTooLarge(
                    f"{endpoint.host} answered {response.status} with more than the {most} bytes that are read of an answer. "
                    "The message was sent. Ask the partner what this is: an MDN is small."
                )
        return bytes(received)


def _head(
    endpoint: Endpoint, fields: Sequence[tuple[bytes, bytes]], framing: Sequence[tuple[bytes, bytes]], terms: Terms
) -> list[tuple[bytes, bytes]]:
    head = [(b"Host", endpoint.authority.encode())]
    head += [(name, value) for name, value in fields if name.lower() not in _OURS]
    if terms.basic is not None:
        head.append((b"Authorization", terms.basic.value))
    return [*head, *framing]


def _chunks(body: BinaryIO) -> Iterator[bytes]:
    while chunk := body.read(CHUNK):
        yield chunk


def _url(endpoint: Endpoint) -> httpcore.URL:
    return httpcore.URL(scheme=endpoint.scheme, host=endpoint.host, port=endpoint.port, target=endpoint.target)


def _context(tls: ClientTls) -> ssl.SSLContext:
    # What is read from files may have been renewed since.
    return tls.context() if tls.own is not None else _context_without_files(tls)


@lru_cache(maxsize=64)
def _context_without_files(tls: ClientTls) -> ssl.SSLContext:
    return tls.context()


def _failure(error: Exception, endpoint: Endpoint, line: Line) -> Exception:
    """What an exchange that broke off means."""
    where = f"{endpoint.host} ({line.address})"
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
        # With TLS 1.3 a client learns only now that its certificate was refused.
        return TlsFailed(
            f"{where} refused our TLS connection: {cause.reason}. Probably it does not trust our client certificate, or wants one: "
            "send the partner the current one."
        )
    what = "kept silent for too long" if isinstance(error, httpcore.TimeoutException) else "ended the connection"
    if line.sent == 0:
        return NotConnected(f"{where} {what} before anything was sent. It is tried again.")
    if line.received and isinstance(error, httpcore.RemoteProtocolError):
        return AnswerMalformed(
            f"{where} answered what is no HTTP, or broke off. The message was sent, {line.sent} bytes of it."
        )
    return Unanswered(
        f"{where} {what} after {line.sent} bytes were sent. It may have the message or not; the same message is sent again, "
        "which the partner recognises by its Message-ID."
    )
