"""A supplier's account on the gateway's SFTP server, used as any SFTP client would."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from .office import Unexpected


class SftpAccount:
    """A :class:`.office.Connection` over an open SFTP session: files go into ``/inbox`` and are fetched from ``/outbox``."""

    def __init__(self, sftp: paramiko.SFTPClient) -> None:
        self._sftp = sftp

    def send(self, name: str, data: bytes, *, temporary: bool) -> None:
        """Upload a file; ``temporary`` first writes ``name.tmp`` and renames it, as many clients do."""
        target = f"/inbox/{name}"
        self._sftp.putfo(io.BytesIO(data), f"{target}.tmp" if temporary else target)
        if temporary:
            self._sftp.rename(f"{target}.tmp", target)

    def collect(self) -> Iterator[tuple[str, bytes]]:
        """Fetch what waits, oldest name first; each file is deleted once it is here whole."""
        for name in sorted(self._sftp.listdir("/outbox")):
            with self._sftp.open(f"/outbox/{name}", "rb") as file:
                data = file.read()
            self._sftp.remove(f"/outbox/{name}")
            yield name, data


@contextmanager
def _told() -> Iterator[None]:
    """What the library finds wrong, as an office says it."""
    try:
        yield
    except paramiko.SSHException as error:
        raise Unexpected(str(error) or type(error).__name__) from error


@contextmanager
def log_in(
    host: str, port: int, host_key: str, user: str, *, key: Path | None = None, password: str | None = None
) -> Iterator[SftpAccount]:
    """Log in with a private key file or a password. A server with any other host key than the one given is refused."""
    kind, encoded = host_key.split()[:2]
    pinned = paramiko.hostkeys.HostKeyEntry.from_line(f"[{host}]:{port} {kind} {encoded}")
    if pinned is None or pinned.key is None:
        raise ValueError(f"{host_key!r} is not a public host key.")
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[{host}]:{port}", kind, pinned.key)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    with _told(), client:
        client.connect(
            host,
            port,
            user,
            password=password,
            key_filename=None if key is None else str(key),
            allow_agent=False,
            look_for_keys=False,
            timeout=10,
        )
        with client.open_sftp() as sftp:
            yield SftpAccount(sftp)
