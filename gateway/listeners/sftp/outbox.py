"""``/outbox``: a real directory from which the partner takes files, and into which only we put some."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import structlog

from canonical.errors import TallyError

from ...filenames import objection
from ..port import Collected, SftpAccount
from .attributes import WAITING_MODE, attributes
from .handles import DownloadHandle
from .refusal import absent, denied

_log = structlog.get_logger(__name__)


class Outbox:
    """The outbox of one partner. Everything happens by single names relative to the opened directory; links lead nowhere.

    Names that begin with a dot are ours while we write them: partners do not see them.
    """

    def __init__(self, account: SftpAccount, directory: Path, collected: Collected) -> None:
        self._partner = account.partner
        self._directory = directory
        self._collected = collected
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def open(self, name: str, flags: int) -> DownloadHandle:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            raise denied("The outbox is for collecting only; files go into /inbox.")
        with self._opened() as folder:
            self._find(folder, name)
            try:
                # O_NONBLOCK: what became a pipe since the look must not hold the session.
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            except OSError as error:
                raise absent(f"/outbox/{name}") from error
        return DownloadHandle(name, descriptor, whole=lambda: self._tell(name, "downloaded"))

    def list(self) -> list[paramiko.SFTPAttributes]:
        with self._opened() as folder:
            names = sorted(entry for entry in os.listdir(folder) if not _hidden(entry))  # noqa: PTH208 - by descriptor
            found = ((name, _look(folder, name)) for name in names)
            return [_attributes(name, status) for name, status in found if status is not None]

    def stat(self, name: str) -> paramiko.SFTPAttributes:
        with self._opened() as folder:
            return _attributes(name, self._find(folder, name))

    def remove(self, name: str) -> None:
        with self._opened() as folder:
            self._find(folder, name)
            try:
                os.unlink(name, dir_fd=folder)
            except FileNotFoundError as error:
                raise absent(f"/outbox/{name}") from error
            os.fsync(folder)
        self._tell(name, "deleted")

    @contextmanager
    def _opened(self) -> Iterator[int]:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _find(self, folder: int, name: str) -> os.stat_result:
        status = None if _hidden(name) else _look(folder, name)
        if status is None:
            raise absent(f"/outbox/{name}")
        return status

    def _tell(self, name: str, action: str) -> None:
        try:
            self._collected.collected(self._partner, name, action)
        except TallyError as error:
            # The partner has the file; that we could not note it is no reason to tell it otherwise.
            _log.error(
                "sftp.collection_not_noted", partner=self._partner, filename=name, action=action, error=error.message
            )
        else:
            _log.info("sftp.collected", partner=self._partner, filename=name, action=action)


def _hidden(name: str) -> bool:
    return name.startswith(".") or objection(name) is not None


def _look(folder: int, name: str) -> os.stat_result | None:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _attributes(name: str, status: os.stat_result) -> paramiko.SFTPAttributes:
    return attributes(name, WAITING_MODE, status.st_size, status.st_mtime)
