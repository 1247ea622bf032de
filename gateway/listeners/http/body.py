"""The body of a request while it comes in."""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from .port import Begun


class Body:
    """In memory as long as it is small; beyond that in a file of ``staging`` whose name tells nothing. What :meth:`begin` is
    given is somebody else's.

    ``write`` may be called where nothing must wait as long as ``fits`` says so. Not thread-safe.
    """

    def __init__(self, staging: Path, memory_bytes: int) -> None:
        self._staging = staging
        self._memory_bytes = memory_bytes
        self._file: BinaryIO = BytesIO()
        self.path: Path | None = None
        self.size = 0
        self._lent = False

    def begin(self, begun: Begun) -> None:
        """Write behind what came before, and to that file, which stays. Nothing was written yet. Raises OSError."""
        self._file = begun.path.open("r+b")
        self._file.truncate(begun.size)
        self._file.seek(begun.size)
        self.path, self.size, self._lent = begun.path, begun.size, True

    def fits(self, more: int) -> bool:
        """Whether so many bytes more would still be in memory."""
        return self.path is None and self.size + more <= self._memory_bytes

    def write(self, pieces: Iterable[bytes]) -> None:
        """Add ``pieces``. Raises OSError when the disk refuses; the body is of no use then."""
        for piece in pieces:
            if self.path is None and not self.fits(len(piece)):
                self._move_to_disk()
            self._file.write(piece)
            self.size += len(piece)

    def reader(self) -> BinaryIO:
        """The whole of it, at its beginning. In a file it has all been given to the operating system."""
        self._file.flush()
        self._file.seek(0)
        return self._file

    def discard(self) -> None:
        """Let go of it, whatever its state; what was lent is closed and no more."""
        with suppress(OSError):  # the rest of what a full disk did not take
            self._file.close()
        if self.path is not None and not self._lent:
            self.path.unlink(missing_ok=True)

    def _move_to_disk(self) -> None:
        path = self._staging / secrets.token_hex(16)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self.path = path
        beginning = self._file
        self._file = os.fdopen(descriptor, "w+b")
        assert isinstance(beginning, BytesIO)
        self._file.write(beginning.getbuffer())
