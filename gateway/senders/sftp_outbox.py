"""Placing a file where a partner collects it over SFTP."""

import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path

from canonical.errors import Misconfigured, Retryable
from spool.durability import remove_leftover, sync_directory

from ..filenames import is_temporary, objection

_PLACING = ".placing-"


class NameTaken(Misconfigured):
    """Another file of that name lies there: the name's template gives the same name twice."""


def place(directory: Path, filename: str, data: bytes) -> None:
    """Put ``data`` into ``directory``, which is made when absent, under ``filename``: whole, durable, never over another file.

    The same name and bytes again change nothing. Raises NameTaken when other bytes lie there, Misconfigured for a name a
    partner would not see or could not ask for, Retryable when the disk refuses.
    """
    if is_temporary(filename) or (reason := objection(filename)):
        raise Misconfigured(
            f"{filename!r} cannot be placed into {directory}: the name "
            f"{'looks unfinished' if is_temporary(filename) else reason}. Correct the file name in the partner's profile."
        )
    try:
        _make(directory)
        if not _link_new(directory, filename, data) and not _holds(directory / filename, data):
            raise NameTaken(
                f"{directory / filename} is there already with other content and is left as it is. Make the file name in the "
                "partner's profile unique (a control number in it), or let the partner collect the old file first."
            )
        # Also when it was there: the attempt that placed it may have died before this.
        sync_directory(directory)
    except OSError as error:
        raise Retryable(f"{filename} could not be placed into {directory}: {error.strerror or error}.") from error


def clear_leftovers(directory: Path, *, before: datetime | None = None) -> None:
    """Remove what a crash left half placed, only what was written ``before`` a moment if one is given. Without one nobody may be placing
    there, as at the start; with one, who was so slow places it in another attempt."""
    for path in directory.glob(f"{_PLACING}*"):
        remove_leftover(path, before)


def _make(directory: Path) -> None:
    """Make the directory, and its name durable in each directory above it that is new too."""
    if directory.is_dir():
        return
    new = [path for path in (directory, *directory.parents) if not path.exists()]
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in reversed(new):
        sync_directory(path.parent)


def _link_new(directory: Path, filename: str, data: bytes) -> bool:
    """Write it under a hidden name, then link the final one, which never replaces anything; False when that is taken."""
    temporary = directory / f"{_PLACING}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, directory / filename)
        except FileExistsError:
            return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file there has exactly these bytes."""
    # Collected since the link was refused: an OSError, and the next attempt finds the name free.
    return _digest(path, len(data)) == hashlib.sha256(data).hexdigest()


def lies(path: Path, size: int, sha256: str) -> bool:
    """Whether a file of that size, in bytes, and that digest, in lower-case hexadecimal, lies there."""
    try:
        return _digest(path, size) == sha256
    except OSError:
        return False


def _digest(path: Path, size: int) -> str | None:
    """The digest of the file if it has that size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if os.fstat(descriptor).st_size == size else None
