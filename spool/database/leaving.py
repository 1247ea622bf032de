"""When the content of a database file goes to live elsewhere: nothing is written to the file meanwhile, nor ever again.

Whoever moves it keeps SQLite's write lock, so that nothing can be committed of which the copy does not know, and writes the note
beside the file before letting go. Whoever waited for the lock finds the note (:func:`require_here`). A mover that dies lets go of
all: without its note the file is as it was, and is written to again.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from canonical.errors import Misconfigured

from ..durability import write_private


def note_of(file: Path) -> Path:
    """What lies beside a database file once its content was moved; it says where to."""
    return file.with_name(f"{file.name}.moved")


def note(file: Path, destination: str) -> None:
    """Have nothing written to the file any more, from the next transaction on."""
    write_private(note_of(file), f"{destination}\n".encode(), replacing=True)


def require_here(file: Path) -> None:
    """Refuse to write what nobody would ever find. To be asked by who has the write lock."""
    moved = note_of(file)
    if moved.exists():
        raise Misconfigured(
            f"The database {file} was moved to {moved.read_text('utf-8').strip()} meanwhile; nothing was changed. Do it again with "
            "TALLY_DATABASE_URL set to that."
        )


@contextmanager
def being_moved(file: Path) -> Iterator[None]:
    """Have those who cannot write meanwhile be told why. It goes with the process, however that ends."""
    descriptor = os.open(_moving(file), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        _moving(file).unlink(missing_ok=True)
        os.close(descriptor)


def is_being_moved(file: Path) -> bool:
    """Whether somebody is in :func:`being_moved`."""
    try:
        descriptor = os.open(_moving(file), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _moving(file: Path) -> Path:
    return file.with_name(f"{file.name}.moving")
