"""What makes files and their names survive a power cut."""

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: a new, renamed or removed file is there after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, data: bytes, *, replacing: bool) -> None:
    """Write a file that only its owner reads, durably, the whole of it or nothing. A file that is there already is replaced, or stays."""
    _write(path, data, 0o600, replacing=replacing)


def write_public(path: Path, data: bytes) -> None:
    """Write a file that others may read, as far as the umask lets them, durably, the whole of it or nothing.

    What is there under its name is replaced, a link too: where that leads to stays as it is.
    """
    _write(path, data, 0o644, replacing=True)


def _write(path: Path, data: bytes, mode: int, *, replacing: bool) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if replacing:
            temporary.replace(path)
        else:
            # A link never replaces what somebody else made meanwhile.
            with suppress(FileExistsError):
                os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def remove_leftover(path: Path, before: datetime | None) -> None:
    """Remove a half-written file, only if it was last written before that moment when one is given. It may be gone already."""
    with suppress(FileNotFoundError):
        if before is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            path.unlink()
