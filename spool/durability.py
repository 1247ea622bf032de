"""What makes files and their names survive a power cut."""

import os
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


def remove_leftover(path: Path, before: datetime | None) -> None:
    """Remove a half-written file, only if it was last written before that moment when one is given. It may be gone already."""
    with suppress(FileNotFoundError):
        if before is None or datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            path.unlink()
