"""A large answer on its way: piece by piece, as fast as the client takes it and no faster."""

from collections.abc import Callable

from .lane import Lane
from .port import Stored

PIECE = 64 * 1024


class Outflow:
    """Runs in the server's loop; the file is read in a thread of ``disk``. ``write`` is given each piece.

    After each ``more`` is called, to decide when to ``go_on``, and at the end ``done``: with False when the file held less than was
    promised.
    """

    def __init__(
        self,
        stored: Stored,
        disk: Lane,
        write: Callable[[bytes], None],
        more: Callable[[], None],
        done: Callable[[bool], None],
    ) -> None:
        self._file = stored.file
        self._left = stored.size
        self._disk = disk
        self._write = write
        self._more = more
        self._done = done
        self._reading = False
        self._stopped = False

    def go_on(self) -> None:
        """Send another piece, unless one is on its way from the disk already."""
        if not self._reading:
            self._reading = True
            self._disk.run(self._read, self._came)

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True
        if not self._reading:
            self._file.close()

    def _read(self) -> bytes:
        try:
            return self._file.read(min(PIECE, self._left))
        except OSError:
            return b""

    def _came(self, piece: bytes) -> None:
        self._reading = False
        if self._stopped:
            self._file.close()
            return
        self._left -= len(piece)
        self._write(piece)
        if self._left and piece:
            self._more()
        else:
            self._file.close()
            self._done(self._left == 0)
