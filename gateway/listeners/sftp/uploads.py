"""Files on their way in: open ones, and closed ones that still have a temporary name."""

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from canonical.identity import PartnerId

from ..extents import Extents
from .refusal import failed

MAX_RANGES = 1024
"""A file written in more separate pieces than this is given up; clients write from front to back."""


class Upload:
    """One file in the staging directory, written at any offset by one handle. Its name there tells nothing.

    Raises OSError when it cannot be made. ``limit`` is in bytes.
    """

    def __init__(self, directory: Path, name: str, limit: int) -> None:
        self.name = name
        self.path = directory / secrets.token_hex(16)
        self.sealed = False
        """Handed to the blob store once: its bytes must never change again."""
        self._limit = limit
        self._seen = Extents()
        self._fault: str | None = None
        self._descriptor: int | None = self._open(os.O_CREAT | os.O_EXCL)

    @property
    def size(self) -> int:
        return self._seen.end

    def reopen(self) -> None:
        """Go on writing a closed one."""
        self._descriptor = self._open(0)

    def write(self, offset: int, data: bytes) -> None:
        """Write all of ``data`` or raise a Refusal or OSError; after that the file cannot become complete."""
        if self._descriptor is None:
            raise failed("The file is closed.")
        end = offset + len(data)
        if end > self._limit:
            self._fault = f"{self.name!r} is larger than the {self._limit} bytes allowed here; it was not taken."
            raise failed(self._fault)
        try:
            _write_all(self._descriptor, data, offset)
        except OSError:
            self._fault = f"{self.name!r} could not be stored whole; keep it and send it again later."
            raise
        self._seen.add(offset, end)
        if len(self._seen) > MAX_RANGES:
            self._fault = f"{self.name!r} was written in too many separate pieces; send it from front to back."
            raise failed(self._fault)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def discard(self) -> None:
        """Close and remove it, if it is there still."""
        self.close()
        self.path.unlink(missing_ok=True)

    def problem(self) -> str | None:
        """Why it is no whole file, in words for the partner, or None when it is one."""
        if self._fault is not None:
            return self._fault
        gap = self._seen.first_gap(self.size)
        if gap is not None:
            return (
                f"{self.name!r} has {self.size} bytes, but those from {gap} on never came; send the whole file again."
            )
        return None

    def _open(self, extra: int) -> int:
        return os.open(self.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | extra, 0o600)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


@dataclass(frozen=True, slots=True)
class _Kept:
    upload: Upload
    since: float


class Temporaries:
    """Closed uploads under temporary names, a partner, until they are renamed, removed or too old.

    They outlive their session, because some clients rename in a second one, but not the process. Thread-safe.
    """

    def __init__(self, per_partner: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._per_partner = per_partner
        self._seconds = seconds
        self._monotonic = monotonic
        self._kept: dict[PartnerId, dict[str, _Kept]] = {}
        self._lock = threading.Lock()

    def put(self, partner: PartnerId, upload: Upload) -> None:
        """Keep a closed upload; one of the same name goes. Raises a Refusal when the partner keeps too many already."""
        with self._lock:
            mine = self._kept.setdefault(partner, {})
            before = mine.pop(upload.name, None)
            full = len(mine) >= self._per_partner
            if not full:
                mine[upload.name] = _Kept(upload, self._monotonic())
        if before is not None:
            before.upload.discard()
        if full:
            upload.discard()
            raise failed(
                f"{self._per_partner} files with temporary names wait here already; rename or remove some first."
            )

    def take(self, partner: PartnerId, name: str) -> Upload | None:
        """Hand over an upload; it is the caller's now."""
        with self._lock:
            kept = self._kept.get(partner, {}).pop(name, None)
        return kept.upload if kept else None

    def find(self, partner: PartnerId, name: str) -> Upload | None:
        with self._lock:
            kept = self._kept.get(partner, {}).get(name)
        return kept.upload if kept else None

    def all_of(self, partner: PartnerId) -> list[Upload]:
        with self._lock:
            return [kept.upload for kept in self._kept.get(partner, {}).values()]

    def expire(self) -> int:
        """Remove those that are too old; how many."""
        return self._drop(before=self._monotonic() - self._seconds)

    def clear(self) -> None:
        self._drop(before=float("inf"))

    def _drop(self, before: float) -> int:
        dropped = []
        with self._lock:
            for mine in self._kept.values():
                old = [name for name, kept in mine.items() if kept.since <= before]
                dropped += [mine.pop(name).upload for name in old]
        for upload in dropped:
            upload.discard()
        return len(dropped)
