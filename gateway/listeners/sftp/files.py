"""The tree a partner sees: ``/``, ``/inbox`` and ``/outbox``, with files and nothing else in them.

Paths are resolved by their text alone, so ``..`` ends at ``/`` and there is nothing a link could lead out of.
"""

from typing import Any, NoReturn

import paramiko
from paramiko.sftp import SFTP_OK

from ..port import SftpAccount
from .attributes import FOLDER_MODE, attributes
from .handles import DownloadHandle, UploadHandle
from .inbox import Inbox
from .outbox import Outbox
from .refusal import absent, denied, failed, malformed, unsupported
from .services import FileServices

MAX_PATH_CHARACTERS = 1024


class PartnerFiles(paramiko.SFTPServerInterface):
    """Answers the requests of one session; what it cannot do it raises as a Refusal."""

    def __init__(
        self, server: paramiko.ServerInterface, account: SftpAccount, remote: str, services: FileServices, *_: Any
    ) -> None:
        super().__init__(server)
        self._folders: dict[str, Inbox | Outbox] = {
            "inbox": Inbox(account, remote, services),
            "outbox": Outbox(account, services.outbox(account.partner), services.collected),
        }

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> UploadHandle | DownloadHandle:
        folder, name = self._file(path)
        return folder.open(name, flags)

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
        match _parts(path):
            case []:
                return [attributes(name, FOLDER_MODE) for name in self._folders]
            case [folder] if folder in self._folders:
                return self._folders[folder].list()
        raise absent(path)

    def stat(self, path: str) -> paramiko.SFTPAttributes:
        parts = _parts(path)
        if not parts or (len(parts) == 1 and parts[0] in self._folders):
            return attributes(parts[0] if parts else "/", FOLDER_MODE)
        if len(parts) == 2 and parts[0] in self._folders:
            return self._folders[parts[0]].stat(parts[1])
        raise absent(path)

    def lstat(self, path: str) -> paramiko.SFTPAttributes:
        return self.stat(path)

    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        folder, name = self._file(path)
        if isinstance(folder, Outbox):
            raise denied("Files in the outbox cannot be changed.")
        folder.chattr(name, attr)
        return SFTP_OK

    def remove(self, path: str) -> int:
        folder, name = self._file(path)
        folder.remove(name)
        return SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        (source, old), (target, new) = self._file(oldpath), self._file(newpath)
        if not isinstance(source, Inbox) or source is not target:
            raise denied("Only uploads in /inbox can be renamed, and only within it.")
        source.rename(old, new)
        return SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """The same: a name that is there already gets a new version either way."""
        return self.rename(oldpath, newpath)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        parts = _parts(path)
        if not parts or (len(parts) == 1 and parts[0] in self._folders):
            raise failed(f"{path!r} is there already.")
        raise denied("Folders cannot be made here: there are /inbox and /outbox.")

    def rmdir(self, path: str) -> int:
        raise denied("Folders cannot be removed.")

    def canonicalize(self, path: str) -> str:
        return "/" + "/".join(_parts(path))

    def readlink(self, path: str) -> NoReturn:
        raise unsupported("There are no links here.")

    def symlink(self, target_path: str, path: str) -> NoReturn:
        raise unsupported("Links cannot be made here.")

    def _file(self, path: str) -> tuple[Inbox | Outbox, str]:
        match _parts(path):
            case [folder, name] if folder in self._folders:
                return self._folders[folder], name
            case [folder] if folder in self._folders:
                raise denied(f"/{folder} is a folder.")
            case [name]:
                raise denied(f"There are no files in / itself: send to /inbox/{name}, collect from /outbox (cd first).")
        raise absent(path)


def _parts(path: str) -> list[str]:
    """The names on the way to ``path``, seen from the root. Raises a Refusal for what is no path."""
    if len(path) > MAX_PATH_CHARACTERS:
        raise failed(f"The path is longer than {MAX_PATH_CHARACTERS} characters.")
    if "\0" in path:
        raise malformed("The path contains a NUL character.")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return parts
