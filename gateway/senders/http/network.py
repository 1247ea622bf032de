"""Connections to exactly the addresses that were checked, and none that outlasts its time."""

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from ...endpoint import Endpoint
from .addresses import AddressPolicy, Resolve, resolved
from .failures import NotConnected, TlsFailed
from .tls import ClientTls, described


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. ``answer`` bounds each silence of the partner, and so also its work on the message before a synchronous MDN."""

    connect: float = 15.0
    send: float = 60.0
    """For the partner to take the next bytes."""
    answer: float = 300.0
    whole: float = 3600.0


class Line(httpcore.NetworkBackend):
    """The network of one connection: opens it once, and counts what is sent on it for the message under way."""

    def __init__(
        self,
        endpoint: Endpoint,
        policy: AddressPolicy | None,
        tls: ClientTls,
        resolve: Resolve,
        monotonic: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._policy = policy
        self._tls = tls
        self._resolve = resolve
        self._monotonic = monotonic
        self._network = httpcore.SyncBackend()
        self._deadline = 0.0
        self.sent = 0
        """Bytes of the message under way that were given to the connection, its head included."""
        self.received = 0
        """Bytes that came back for it."""
        self.address = ""
        """The address that we are connected to."""

    def begin(self, seconds: float) -> None:
        """Another message begins, which must be over in so many seconds."""
        self.sent = self.received = 0
        self._deadline = self._monotonic() + seconds

    def remaining(self, seconds: float | None) -> float:
        """The part of a time-out that the message still has. Never 0, which would mean not to wait at all."""
        left = self._deadline - self._monotonic()
        return max(min(left, left if seconds is None else seconds), 0.001)

    @property
    def overdue(self) -> bool:
        return self._monotonic() >= self._deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failures = []
        for address in resolved(self._endpoint, self._policy, self._resolve, self.remaining(timeout)):
            try:
                # A literal address: nobody is asked for it again, so that the name cannot lead elsewhere meanwhile.
                stream = self._network.connect_tcp(
                    address, port, self.remaining(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failures.append(f"{address}: {_reason(error)}")
                continue
            self.address = address
            return LineStream(self, stream)
        raise NotConnected(
            f"Nobody takes a connection at {host} port {port} ({'; '.join(failures) or 'no address'}). "
            "It is tried again; if it stays so, ask the partner, or check the URL in its profile and our firewall."
        )

    def secure(
        self, stream: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None, timeout: float | None
    ) -> httpcore.NetworkStream:
        """The stream with TLS on it. Raises TlsFailed or NotConnected."""
        where = self._endpoint.host
        try:
            secured = stream.start_tls(context, host, self.remaining(timeout))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            cause = error.__cause__
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise TlsFailed(
                    f"{where} shows {self._presented(timeout)}, which is not trusted: {cause.verify_message}. If the partner confirms "
                    "it, pin it or name its authority in the profile."
                ) from error
            if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
                raise TlsFailed(
                    f"No TLS connection to {where} port {self._endpoint.port}: {cause.reason or cause}. TLS 1.2 or newer is needed on "
                    "both sides, and perhaps a client certificate that the partner trusts."
                ) from error
            raise NotConnected(
                f"{where} ended the connection during the TLS handshake: {error or 'no answer'}."
            ) from error
        certificate = secured.get_extra_info("socket").getpeercert(binary_form=True)
        try:
            self._tls.check(where, certificate)
        except TlsFailed:
            secured.close()
            raise
        return LineStream(self, secured)

    def _presented(self, timeout: float | None) -> str:
        """The certificate that was just refused, asked for once more and trusted with nothing: only so can it be described."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        address = (self.address, self._endpoint.port)
        try:
            with (
                socket.create_connection(address, self.remaining(timeout)) as plain,
                context.wrap_socket(plain, server_hostname=self._endpoint.host) as secured,
            ):
                return described(secured.getpeercert(binary_form=True) or b"")
        except OSError:
            return "a certificate"


class LineStream(httpcore.NetworkStream):
    """The bytes of a connection: counted on the way out, and in time."""

    def __init__(self, line: Line, stream: httpcore.NetworkStream) -> None:
        self._line = line
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._line.overdue:
            raise httpcore.ReadTimeout
        data = self._stream.read(max_bytes, self._line.remaining(timeout))
        self._line.received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._line.overdue:
            raise httpcore.WriteTimeout
        self._line.sent += len(buffer)
        self._stream.write(buffer, self._line.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return self._line.secure(self._stream, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _reason(error: Exception) -> str:
    return getattr(error.__cause__, "strerror", None) or "no answer in time"
