"""Open files of a session.

paramiko calls a handle's ``close`` when the connection breaks, so that alone must never make a file count. An explicit
CLOSE calls ``finish`` instead (see ``protocol``).
"""

import os
from collections.abc import Callable

import paramiko
from paramiko.sftp import SFTP_EOF, SFTP_OK

from ..extents import Extents
from .attributes import SENT_MODE, WAITING_MODE, attributes
from .limits import MAX_PACKET_BYTES
from .refusal import denied
from .uploads import Upload


class UploadHandle(paramiko.SFTPHandle):
    """Writes one upload. ``done`` takes it over at the explicit CLOSE and answers for it; ``dropped`` hears of the other end."""

    def __init__(
        self, upload: Upload, flags: int, *, done: Callable[[Upload], None], dropped: Callable[[Upload], None]
    ) -> None:
        super().__init__(flags)
        self._upload = upload
        self._append = bool(flags & os.O_APPEND)
        self._done = done
        self._dropped = dropped

    def read(self, offset: int, length: int) -> bytes | int:
        raise denied("Files in the inbox cannot be read back.")

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]
        self._upload.write(self._upload.size if self._append else offset, data)
        return SFTP_OK

    def stat(self) -> paramiko.SFTPAttributes:
        return attributes(self._upload.name, SENT_MODE, self._upload.size)

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        refuse_resize(attr, self._upload.size)
        return SFTP_OK

    def finish(self) -> None:
        self._upload.close()
        self._done(self._upload)

    def close(self) -> None:
        self._dropped(self._upload)


class DownloadHandle(paramiko.SFTPHandle):
    """Reads one file of the outbox; it owns ``descriptor``. ``whole`` is called once every byte was read and CLOSE came."""

    def __init__(self, name: str, descriptor: int, *, whole: Callable[[], None]) -> None:
        super().__init__()
        self._name = name
        self._descriptor = descriptor
        self._whole = whole
        self._seen = Extents()
        self._end_seen = False

    def read(self, offset: int, length: int) -> bytes | int:
        data = os.pread(self._descriptor, min(length, MAX_PACKET_BYTES // 2), offset)
        if not data:
            self._end_seen = True
            return SFTP_EOF
        self._seen.add(offset, offset + len(data))
        return data

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]
        raise denied("The outbox is for collecting only; files go into /inbox.")

    def stat(self) -> paramiko.SFTPAttributes:
        found = os.fstat(self._descriptor)
        return attributes(self._name, WAITING_MODE, found.st_size, found.st_mtime)

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        raise denied("Files in the outbox cannot be changed.")

    def finish(self) -> None:
        size = os.fstat(self._descriptor).st_size
        complete = self._seen.first_gap(size) is None and (size > 0 or self._end_seen)
        self.close()
        if complete:
            self._whole()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def refuse_resize(attr: paramiko.SFTPAttributes, size: int) -> None:
    """Clients set times and modes after an upload, which is harmless; a new size would change what was sent."""
    if attr.st_size is not None and attr.st_size != size:
        raise denied("The size of a file cannot be set; send the whole file.")
