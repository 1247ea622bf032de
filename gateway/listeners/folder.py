"""Watched folders, one a partner: what lies there whole is received.

A scan at regular intervals is the truth; watchdog, which loses events under load, only wakes it early. A file is taken once
its size and time stood still between two looks: it is claimed by a rename, so that nobody else takes it or goes on writing
under its name, then received, then removed. What a crash leaves in the claimed place is received at the next start; bytes
that were committed already are recognised further on as a duplicate.
"""

import os
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from canonical.errors import TallyError
from canonical.identity import PartnerId
from spool.blobs import BlobStore
from spool.durability import sync_directory

from ..filenames import is_temporary, objection
from .port import Arrival, Intake

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """Why a file lies there and is not taken, in words for the operator."""

    partner: PartnerId
    filename: str
    message: str


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it was seen, and since when it has been so."""

    inode: int
    size: int
    modified_ns: int
    since: float

    def same_as(self, other: "_Look") -> bool:
        return (self.inode, self.size, self.modified_ns) == (other.inode, other.size, other.modified_ns)


class FolderListener:
    """Takes files from ``root/<partner>/`` for every partner that ``partners`` names at the time.

    ``claimed`` is this listener's alone, on the file system of ``root``. A file must stand still for ``settle_seconds``;
    ``scan_seconds`` is the interval of the scan. ``alone`` says whether this node may scan now, where several share the folders.
    ``monotonic`` gives seconds and is only compared with itself.
    """

    def __init__(
        self,
        *,
        root: Path,
        claimed: Path,
        partners: Callable[[], Iterable[PartnerId]],
        intake: Intake,
        blobs: BlobStore,
        max_file_bytes: int = 1 << 30,
        scan_seconds: float = 30.0,
        settle_seconds: float = 2.0,
        alone: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(True),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._claimed = claimed
        self._partners = partners
        self._intake = intake
        self._blobs = blobs
        self._max_file_bytes = max_file_bytes
        self._scan_seconds = scan_seconds
        self._settle_seconds = settle_seconds
        self._alone = alone
        self._monotonic = monotonic
        self._looks: dict[Path, _Look] = {}
        self._problems: dict[Path, FolderProblem] = {}
        self._scanning = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._observer: Any = None

    def start(self) -> None:
        """Watch and scan in a thread of its own until ``stop``."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._observe()
        self._thread = threading.Thread(target=self._run, name="folder-scan")
        self._thread.start()

    def stop(self) -> None:
        """Stop after the file at hand."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    @property
    def problems(self) -> tuple[FolderProblem, ...]:
        """What the last scan could not take."""
        with self._scanning:
            return tuple(self._problems.values())

    def scan(self) -> bool:
        """Look at every folder once and receive what is whole. Whether something there still has to stand still."""
        with self._scanning:
            seen: set[Path] = set()
            self._receive_claimed(seen)
            for partner in self._partners():
                folder = self._root / partner
                try:
                    self._scan_folder(partner, folder, seen)
                except OSError as error:
                    seen.add(folder)
                    self._report(
                        partner, folder, f"The folder cannot be used: {error.strerror}. Mend it or its owner and mode."
                    )
            self._looks = {path: look for path, look in self._looks.items() if path in seen}
            self._problems = {path: problem for path, problem in self._problems.items() if path in seen}
            return bool(self._looks)

    def _scan_folder(self, partner: PartnerId, folder: Path, seen: set[Path]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._files(partner, folder, seen):
            if self._stands_still(path):
                self._take(partner, path, seen)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                with self._alone() as mine:
                    unsettled = mine and self.scan()
            except TallyError as error:
                _log.warning("folder.scan_failed", root=str(self._root), error=error.message)
                unsettled = False
            except Exception:  # noqa: BLE001 - the edge: whatever went wrong, the next scan must come
                _log.exception("folder.scan_failed", root=str(self._root))
                unsettled = False
            # However many events come, two looks are never closer together than this.
            self._stopping.wait(self._settle_seconds)
            if not unsettled:
                self._wake.wait(max(self._scan_seconds - self._settle_seconds, 0.0))

    def _observe(self) -> None:
        observer = Observer()
        observer.schedule(_Waker(self._wake), str(self._root), recursive=True)
        try:
            observer.start()
        except OSError as error:
            _log.warning("folder.not_watched", error=str(error), hint="files are found by the scan alone")
        else:
            self._observer = observer

    def _files(self, partner: PartnerId, folder: Path, seen: set[Path]) -> Iterator[Path]:
        """The regular files of a partner that can be taken; what cannot is reported."""
        for path in sorted(folder.iterdir()):
            if is_temporary(path.name):
                continue
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(status.st_mode):
                continue
            seen.add(path)
            reason = self._objection(path, status)
            if reason is None:
                self._problems.pop(path, None)
                yield path
            else:
                self._looks.pop(path, None)
                self._report(partner, path, reason)

    def _objection(self, path: Path, status: os.stat_result) -> str | None:
        if not stat.S_ISREG(status.st_mode):
            return "It is no regular file; put the file itself there."
        if reason := objection(path.name):
            return f"Its name {reason}; rename it."
        if status.st_size > self._max_file_bytes:
            return f"It has {status.st_size} bytes, more than the {self._max_file_bytes} of max_file_bytes; split it or raise that."
        if not os.access(path, os.R_OK):
            return "It cannot be read by this user; change its owner or mode."
        return None

    def _report(self, partner: PartnerId, path: Path, message: str) -> None:
        """Keep the problem, and log it the first time."""
        name = path.name.encode("utf-8", "replace").decode()
        problem = FolderProblem(partner, name, message)
        if self._problems.get(path) != problem:
            _log.warning("folder.not_taken", partner=partner, filename=name, reason=message)
        self._problems[path] = problem

    def _look(self, path: Path) -> _Look:
        status = path.lstat()
        return _Look(status.st_ino, status.st_size, status.st_mtime_ns, self._monotonic())

    def _stands_still(self, path: Path) -> bool:
        """Whether this is the second look at the same, ``settle_seconds`` after the first."""
        try:
            now = self._look(path)
        except FileNotFoundError:
            return False
        before = self._looks.get(path)
        if before is None or not before.same_as(now):
            self._looks[path] = now
            return False
        return now.since - before.since >= self._settle_seconds

    def _take(self, partner: PartnerId, path: Path, seen: set[Path]) -> None:
        """Claim a file and receive it."""
        place = self._claimed / partner / secrets.token_hex(8)
        place.mkdir(mode=0o700, parents=True)
        target = place / path.name
        try:
            path.rename(target)
        except OSError as error:
            place.rmdir()
            if not isinstance(error, FileNotFoundError):
                self._report(partner, path, f"It cannot be moved to {self._claimed}: {error.strerror}.")
            return
        self._looks[target] = self._looks.pop(path)
        sync_directory(place)
        sync_directory(place.parent)
        self._receive(partner, target, seen)

    def _receive_claimed(self, seen: set[Path]) -> None:
        """Receive what was claimed before and is not through: a crash, or a failure that may be over."""
        for path in sorted(self._claimed.glob("*/*/*")):
            self._receive(PartnerId(path.parent.parent.name), path, seen)
        for place in self._claimed.glob("*/*"):
            with suppress(OSError):  # not empty
                place.rmdir()

    def _receive(self, partner: PartnerId, path: Path, seen: set[Path]) -> None:
        """Hand over one claimed file; it stays for the next scan when that fails."""
        try:
            if self._still_written(path):
                seen.add(path)
                return
            staged = self._blobs.stage_file(path)
            receipt = self._intake.receive(Arrival(partner, "folder", path.name, staged))
        except Exception as error:  # noqa: BLE001 - the edge: one file must not keep the others from coming in
            if not path.exists():
                return  # another node, which did not know that we live, has received it
            seen.add(path)
            self._looks.pop(path, None)
            message = error.message if isinstance(error, TallyError) else f"{type(error).__name__}: {error}"
            self._report(partner, path, f"It could not be received and is tried again: {message}")
            return
        _log.info("folder.received", partner=partner, filename=path.name, receipt=receipt, sha256=staged.digest)
        # Gone where two nodes received it: the database says that it is one file that came twice.
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()

    def _still_written(self, path: Path) -> bool:
        """Whether somebody who had it open when it was claimed went on writing. Unknown after a restart: then it is taken."""
        before = self._looks.get(path)
        now = self._look(path)
        if before is None or before.same_as(now):
            return False
        self._looks[path] = now
        return True


class _Waker(FileSystemEventHandler):
    """Wakes the scan when something was written; reading, which the scan itself does, is no reason."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in {"created", "modified", "moved", "closed"}:
            self._wake.set()
