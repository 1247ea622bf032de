"""A real server on a loopback port, with two partners: acme (password and key) and bolt (password)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from canonical.identity import PartnerId
from gateway.listeners.port import SftpAccount
from gateway.listeners.sftp import SftpLimits, SftpServer, load_host_key
from spool.blob_files import BlobFiles

from ..recording import RecordingGateway

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
LIMIT = 1 << 20


class FakeTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Site:
    """The server with everything around it, and ways to get in."""

    server: SftpServer
    gateway: RecordingGateway
    root: Path
    key_file: Path
    time: FakeTime
    refused: list[tuple[str, str]]
    clients: list[paramiko.Transport] = field(default_factory=list)

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    def outbox(self, partner: str = "acme") -> Path:
        folder = self.root / "sftp" / partner / "outbox"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def connect(self) -> paramiko.Transport:
        """A connection that is not logged in."""
        transport = paramiko.Transport(("127.0.0.1", self.server.port))
        self.clients.append(transport)
        transport.start_client(timeout=10)
        return transport

    def login(self, username: str = "acme", password: str = PASSWORD) -> paramiko.Transport:
        transport = self.connect()
        transport.auth_password(username, password)
        return transport

    def sftp(self, username: str = "acme") -> paramiko.SFTPClient:
        client = paramiko.SFTPClient.from_transport(self.login(username))
        assert client is not None
        return client

    def staged(self) -> list[Path]:
        return list(self.staging.iterdir())

    def wait_for_channels(self) -> None:
        """Until the server has ended every SFTP session."""
        self._join(paramiko.SFTPServer)

    def wait_for_connections(self) -> None:
        """Until the server has ended every connection and session."""
        self._join(paramiko.Transport)
        self._join(paramiko.SFTPServer)

    def _join(self, kind: type[threading.Thread]) -> None:
        for thread in threading.enumerate():
            if isinstance(thread, kind) and thread not in self.clients:
                thread.join(10)
                assert not thread.is_alive()

    def close(self) -> None:
        for client in self.clients:
            client.close()
            client.join(10)
        self.server.stop()


Serve = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("client") / "id_ed25519"
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
    )
    path.chmod(0o600)
    return path


@pytest.fixture
def serve(tmp_path: Path, key_file: Path) -> Serve:
    """Start a server with limits of one's own: ``with serve(login_seconds=1) as site``."""

    @contextmanager
    def start(**limits: float) -> Iterator[Site]:
        (tmp_path / "keys").mkdir()
        time = FakeTime()
        refused: list[tuple[str, str]] = []
        gateway = RecordingGateway(tmp_path / "blobs")
        key = paramiko.Ed25519Key.from_private_key_file(str(key_file))
        stored = CHEAP.hash(PASSWORD)
        gateway.accounts["acme"] = SftpAccount(
            "acme", PartnerId("acme"), (f"ssh-ed25519 {key.get_base64()} test",), stored, LIMIT
        )
        gateway.accounts["bolt"] = SftpAccount("bolt", PartnerId("bolt"), (), stored, LIMIT)
        server = SftpServer(
            accounts=gateway,
            intake=gateway,
            received=gateway,
            collected=gateway,
            refused=lambda remote, why: refused.append((remote, why)),
            blobs=BlobFiles(tmp_path / "blobs"),
            root=tmp_path / "sftp",
            staging=tmp_path / "staging",
            host_key=load_host_key(tmp_path / "keys"),
            port=0,
            limits=SftpLimits(**{"sweep_seconds": 0.02, **limits}),  # type: ignore[arg-type]
            hasher=CHEAP,
            monotonic=time,
        )
        server.start()
        site = Site(server, gateway, tmp_path, key_file, time, refused)
        try:
            yield site
        finally:
            site.close()

    return start


@pytest.fixture
def site(serve: Serve) -> Iterator[Site]:
    with serve() as running:
        yield running
