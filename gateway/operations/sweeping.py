"""Payload files that nothing refers to: what a crash left, and what retention let go of."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from canonical.errors import Retryable
from spool.blobs import Blob
from spool.database.port import Database

_LOCK = "sweep.lock"

_SOME = 500
"""Digests asked about at once."""


@contextmanager
def no_sweep(root: Path) -> Iterator[None]:
    """Payload files stay where they are until the block ends; several may ask for that at a time."""
    with _locked(root, fcntl.LOCK_SH):
        yield


def sweep(root: Path, blobs: Path, database: Database, before: datetime) -> int:
    """Remove the payload files without a row that were put there before ``before``; how many.

    What was staged later may be about to get its row. When it was is told by the time of the last change to the entry, since a file
    from a watched folder keeps the time of its content. Raises Retryable while a backup is being made.
    """
    removed = 0
    with _locked(root, fcntl.LOCK_EX | fcntl.LOCK_NB):
        for folder in sorted(path for path in blobs.iterdir() if path.is_dir()):
            old = {path: path.stat().st_ino for path in sorted(folder.iterdir()) if _changed(path) < before.timestamp()}
            paths = list(old)
            for start in range(0, len(paths), _SOME):
                some = _unknown(database, paths[start : start + _SOME])
                removed += sum(_remove(path, old[path]) for path in some)
    return removed


def remove_unknown(root: Path, database: Database, put_in: Mapping[Path, datetime]) -> dict[str, str]:
    """Remove the files of payloads whose rows were removed just now; why some stay, by their digests.

    ``put_in`` is when each was put in last. One that was staged later may be about to get a row again: it waits for :func:`sweep`.
    """
    here = {path: path.stat().st_ino for path in put_in if path.exists()}
    waiting = {path.name: "its file is swept a day after it was put there" for path in here}
    try:
        with _locked(root, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for path in _unknown(database, list(here)):
                if _changed(path) <= put_in[path].timestamp() and _remove(path, here[path]):
                    del waiting[path.name]
    except Retryable:
        return dict.fromkeys(waiting, "a backup is being made; its file is swept after that")
    return waiting


def _unknown(database: Database, paths: Sequence[Path]) -> list[Path]:
    with database.read() as session:
        known = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_([path.name for path in paths]))))
    return [path for path in paths if path.name not in known]


def _changed(path: Path) -> float:
    return path.stat().st_ctime


def _remove(path: Path, inode: int) -> bool:
    """Remove a file, unless the same bytes were staged once more since it was looked at."""
    aside = path.with_name(f".removing-{path.name}")
    path.rename(aside)
    if aside.stat().st_ino != inode:
        aside.rename(path)
        return False
    aside.unlink()
    return True


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    descriptor = os.open(root / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    except BlockingIOError as error:
        raise Retryable("Payload files are not removed while a backup is being made.") from error
    finally:
        os.close(descriptor)
