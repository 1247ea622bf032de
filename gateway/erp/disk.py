"""Files that are shared with the ERP: shown whole and durable, read within bounds, and what the system refuses in words."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from canonical.errors import Retryable

TEMPORARY = re.compile(r"\.([0-9a-f]{16}|\d+-\d+)\.tmp")
"""The names of files that are being written, those of earlier versions too."""

_OPERATOR_MUST_ACT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ELOOP})


def publish(path: Path, data: bytes) -> None:
    """Show a file under its name only when it is whole and durable; an older one is replaced."""
    # By chance, as several nodes may share the folder: in containers, every process has the same number.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    # 0o666 less the umask: an importer often runs as another user of the same group.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot; their renames are as durable as they get.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def read_bounded(path: Path, limit: int) -> tuple[bytes, datetime]:
    """A regular file's bytes, one more than ``limit`` at most, and when it was last written. Never waits, as a pipe would have it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "not a regular file", path)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit + 1), datetime.fromtimestamp(found.st_mtime, UTC)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn what the file system refuses into our errors, saying what was being done."""
    try:
        yield
    except OSError as error:
        if error.errno in _OPERATOR_MUST_ACT:
            advice = "the directory is there and that this user may write to it"
        elif error.errno == errno.ENOENT:
            advice = (
                "the disk is mounted; where the ERP's folder is a new one, `tally init` makes what is missing in it"
            )
        else:
            advice = "the disk is mounted and not full"
        # Tried again in either case: it says nothing about the document, and all those behind it would meet it too.
        raise Retryable(
            f"Could not {doing}: {error.strerror or error}. It is tried again; check that {advice}."
        ) from error
