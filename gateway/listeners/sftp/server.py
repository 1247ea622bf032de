"""The SFTP server: takes connections, watches over them and ends them."""

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import paramiko
import structlog
from argon2 import PasswordHasher

from canonical.errors import Misconfigured
from spool.blobs import BlobStore

from ..passwords import Passwords
from ..port import Collected, Intake, Received, SftpAccounts
from ..quota import Quota
from .limits import SftpLimits
from .services import FileServices
from .session import Session
from .transport import SftpTransport
from .uploads import Temporaries

_log = structlog.get_logger(__name__)


class SftpServer:
    """Serves SFTP between ``start`` and ``stop``; each may be called once.

    ``root`` holds ``<partner>/outbox``. ``staging`` is this server's alone: what it finds there at the start is removed; it
    must be on the file system of ``blobs``. ``refused`` is told of whoever ends without having got in, from where and why, and never
    waits. ``monotonic`` gives seconds and is only compared with itself.
    """

    def __init__(
        self,
        *,
        accounts: SftpAccounts,
        intake: Intake,
        received: Received,
        collected: Collected,
        refused: Callable[[str, str], None],
        blobs: BlobStore,
        root: Path,
        staging: Path,
        host_key: paramiko.PKey,
        host: str = "127.0.0.1",
        port: int = 2222,
        limits: SftpLimits | None = None,
        hasher: PasswordHasher | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._refused = refused
        self._limits = limits or SftpLimits()
        self._host_key = host_key
        self._address = (host, port)
        self._monotonic = monotonic
        self._temporaries = Temporaries(self._limits.temporaries_per_partner, self._limits.temporary_seconds, monotonic)
        self._services = FileServices(intake, received, collected, blobs, self._temporaries, root, staging)
        self._hasher = hasher
        self._addresses = Quota(self._limits.connections, self._limits.connections_per_address)
        self._partners = Quota(self._limits.connections, self._limits.connections_per_partner)
        self._sessions: set[Session] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """The port that is really bound."""
        return int(self._listening.getsockname()[1])

    @property
    def fingerprint(self) -> str:
        """The host key's fingerprint, ``SHA256:...``, for partners to compare."""
        return self._host_key.fingerprint

    def start(self) -> None:
        """Bind and serve. Raises Misconfigured when the address cannot be had."""
        self._services.staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self._services.staging.iterdir():
            leftover.unlink()
        host, port = self._address
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listening = socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            raise Misconfigured(
                f"SFTP cannot listen on {host} port {port}: {error.strerror or error}. Stop what uses it, or set sftp_port."
            ) from error
        self._listening.setblocking(False)
        self._waker, self._woken = socket.socketpair()
        self._passwords = Passwords(self._limits.password_workers, self._limits.login_seconds, self._hasher)
        self._threads = [
            threading.Thread(target=self._accept_all, name="sftp-accept"),
            threading.Thread(target=self._sweep_all, name="sftp-sweep"),
        ]
        for thread in self._threads:
            thread.start()
        _log.info("sftp.listening", host=host, port=self.port, fingerprint=self.fingerprint)

    def stop(self, seconds: float = 10.0) -> None:
        """End all connections and wait for their threads, up to ``seconds`` for all. Open uploads do not count."""
        self._stopping.set()
        self._waker.close()
        for thread in self._threads:
            thread.join()
        self._listening.close()
        self._woken.close()
        sessions = self._live()
        for session in sessions:
            session.close()
        deadline = time.monotonic() + seconds
        for session in sessions:
            session.join(lambda: max(0.0, deadline - time.monotonic()))
        self._passwords.close()
        self._temporaries.clear()
        _log.info("sftp.stopped")

    def _live(self) -> list[Session]:
        with self._lock:
            return list(self._sessions)

    def _accept_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listening, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping.is_set():
                selector.select()
                if self._stopping.is_set():
                    return
                try:
                    connection, address = self._listening.accept()
                except (BlockingIOError, ConnectionError):
                    continue
                except OSError as error:
                    # Out of descriptors, mostly: it would be readable again at once.
                    _log.error("sftp.accept_failed", error=str(error))
                    self._stopping.wait(0.5)
                    continue
                self._begin(connection, str(address[0]))

    def _begin(self, connection: socket.socket, remote: str) -> None:
        """Give a connection its own thread. Nothing here waits for the client."""
        if not self._addresses.take(remote):
            _log.warning("sftp.connection_refused", remote=remote, reason="too many connections")
            connection.close()
            return
        session = Session(
            remote,
            accounts=self._accounts,
            passwords=self._passwords,
            services=self._services,
            limits=self._limits,
            partners=self._partners,
            monotonic=self._monotonic,
            refused=self._refused,
        )
        try:
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = SftpTransport(connection, self._host_key, partial(self._end, session))
            session.attach(transport)
            with self._lock:
                self._sessions.add(session)
            transport.start_server(event=threading.Event(), server=session)
        except (OSError, RuntimeError, paramiko.SSHException) as error:
            # RuntimeError: no more threads.
            _log.error("sftp.connection_failed", remote=remote, error=str(error))
            connection.close()
            self._end(session, None)

    def _end(self, session: Session, error: Exception | None) -> None:
        with self._lock:
            if session not in self._sessions:
                return
            self._sessions.remove(session)
        self._addresses.give_back(session.remote)
        session.ended()
        _log.info("sftp.connection_ended", remote=session.remote, error=str(error) if error else None)

    def _sweep_all(self) -> None:
        while not self._stopping.wait(self._limits.sweep_seconds):
            for session in self._live():
                reason = session.overdue()
                if reason is not None:
                    _log.info("sftp.connection_dropped", remote=session.remote, reason=reason)
                    session.close()
            expired = self._temporaries.expire()
            if expired:
                _log.info("sftp.temporaries_expired", count=expired)
