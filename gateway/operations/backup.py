"""`tally backup`: a running home as one file, consistent, with the digest of everything in it.

What the ledger's signer signed last is copied first: it must not be ahead of the ledger that is restored with it. Then the database, as it
is at one moment; then the payload files that this copy names, which were durable before it named them and are never changed; then
profiles, keys, settings, and what lies there for partners and the ERP.
"""

import contextlib
import io
import os
import secrets
import shlex
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from canonical.errors import Misconfigured, Retryable
from spool.clock import Clock
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase
from spool.database.urls import for_programs, parsed
from spool.durability import sync_directory

from ..balance import balance
from ..home import Home
from ..ledger.signer_state import STATE_NAME
from .manifest import NAME, FileEntry, Hashing, Manifest
from .sweeping import no_sweep

_OWNER_ONLY = 0o600

_SIGNED = f"keys/{STATE_NAME}"

_LEFT_OUT = ("tally.db", "blobs", "staging/sftp", _SIGNED)
"""Of a home: the live database and its companions, payloads that the copy does not name, uploads nobody was told are here; and what was
signed since the copy."""

_LOCKS = ("serve.lock", "sweep.lock")


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that was made. ``made_at`` is the moment of its database; ``size`` is that of the file, in bytes."""

    path: Path
    made_at: datetime
    files: int
    size: int
    received: int


@dataclass(frozen=True, slots=True)
class Backup:
    """Backs up one home."""

    home: Home
    database: Database
    clock: Clock

    def make(self, target: Path) -> BackedUp:
        """Write the backup to ``target``, readable by its owner only, for the keys are in it; durable when this returns.

        Raises Misconfigured where ``target`` exists or cannot be written, Retryable where a file changed while it was copied.
        """
        database = self._file_database(target)
        if target.exists():
            raise Misconfigured(f"{target} exists and is left as it is. Name a file that does not exist.")
        if target.resolve().is_relative_to(self.home.root.resolve()):
            raise Misconfigured(
                f"{target} lies in the home, where it would be lost together with it. Name another place."
            )
        temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
        try:
            with no_sweep(self.home.root), tempfile.TemporaryDirectory(dir=self.home.root, prefix=".backup-") as folder:
                manifest = self._write(database, temporary, Path(folder) / "tally.db")
            temporary.replace(target)
            sync_directory(target.parent)
        except OSError as error:
            raise Misconfigured(f"The backup cannot be written to {target}: {error.strerror or error}.") from error
        finally:
            temporary.unlink(missing_ok=True)
        return BackedUp(target, manifest.made_at, len(manifest.files), target.stat().st_size, manifest.received)

    def _file_database(self, target: Path) -> SqliteDatabase:
        if isinstance(self.database, SqliteDatabase):
            return self.database
        dump = ["pg_dump", "--format=custom", f"--file={target}.dump", for_programs(parsed(self.database.url))]
        pack = ["tar", "-C", str(self.home.root), "-czf", str(target), *(f"--exclude={lock}" for lock in _LOCKS), "."]
        raise Misconfigured(
            "This home's database is a server's, and is backed up by the server's own program; after it, the home's directory. Run:\n"
            f"  {shlex.join(dump)}\n  {shlex.join(pack)}\n"
            "How to restore them: docs/howto/backup-and-restore.md. Nothing was written."
        )

    def _write(self, database: SqliteDatabase, temporary: Path, copy: Path) -> Manifest:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            made_at = self.clock.now()
            signed = self._signed()
            _copy(database.path, copy)
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as archive:
                manifest = self._fill(archive, copy, signed, made_at)
            file.flush()
            os.fsync(file.fileno())
        return manifest

    def _signed(self) -> bytes | None:
        """The state of the ledger's signer; None before it signed anything."""
        try:
            return (self.home.root / _SIGNED).read_bytes()
        except FileNotFoundError:
            return None

    def _fill(self, archive: tarfile.TarFile, copy: Path, signed: bytes | None, made_at: datetime) -> Manifest:
        files = {"tally.db": _add(archive, copy, "tally.db")}
        if signed is not None:
            files[_SIGNED] = _add_bytes(archive, signed, _SIGNED, made_at)
        with SqliteDatabase(f"sqlite:///{copy}") as database, database.read() as session:
            received = balance(session).received
        for path, name in (*self._payloads(copy), *self._others()):
            # Renamed or collected since it was listed: then the ERP or the partner has it.
            with contextlib.suppress(FileNotFoundError):
                files[name] = _add(archive, path, name)
        manifest = Manifest(made_at=made_at, received=received, files=files)
        data = manifest.model_dump_json(indent=1).encode()
        _add_bytes(archive, data, NAME, made_at)
        return manifest

    def _payloads(self, copy: Path) -> Iterator[tuple[Path, str]]:
        """The payload files that the copied database names."""
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            for (digest,) in connection.execute("SELECT sha256 FROM blob WHERE data IS NULL ORDER BY sha256"):
                name = f"blobs/{digest[:2]}/{digest}"
                path = self.home.root / name
                if not path.exists():
                    raise Misconfigured(
                        f"Payload {digest} is known but its file {path} is missing: restore it from an earlier backup first."
                    )
                yield path, name

    def _others(self) -> Iterator[tuple[Path, str]]:
        for folder, folders, names in os.walk(self.home.root):
            inside = Path(folder).relative_to(self.home.root)
            folders[:] = sorted(name for name in folders if not _is_left_out(inside / name))
            kept = sorted(name for name in names if not _is_left_out(inside / name))
            for name in (*folders, *kept):
                _refuse_link(Path(folder) / name)
            for name in kept:
                yield Path(folder) / name, (inside / name).as_posix()


def _refuse_link(path: Path) -> None:
    """What lies elsewhere would be missing when it is needed, and nobody would have been told."""
    if path.is_symlink():
        raise Misconfigured(
            f"{path} is a link, and what lies behind it would not be in the backup. Mount it there instead (mount --bind), or back "
            "it up by itself and take the link away meanwhile. No backup was made."
        )


def _is_left_out(path: Path) -> bool:
    name = path.as_posix()
    top = path.parts[0]
    return name in _LEFT_OUT or name in _LOCKS or name.startswith("tally.db-") or top.startswith(".backup-")


def _copy(source: Path, target: Path) -> None:
    """The database as it is at this moment; others may go on writing meanwhile."""
    with contextlib.closing(sqlite3.connect(source)) as live, contextlib.closing(sqlite3.connect(target)) as copy:
        # In one step, and so in one read transaction: page by page it would begin anew with every commit.
        live.backup(copy, pages=-1)
        # A copy of a database in WAL mode would need companions beside it.
        copy.execute("PRAGMA journal_mode=DELETE")


def _add(archive: tarfile.TarFile, path: Path, name: str) -> FileEntry:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        hashing = Hashing(file, status.st_size)
        info = _info(name, status.st_size, int(status.st_mtime))
        try:
            archive.addfile(info, cast("IO[bytes]", hashing))
        except OSError as error:
            if hashing.entry.size < status.st_size:
                raise Retryable(f"{path} became shorter while it was copied. Make the backup again.") from error
            raise
    return hashing.entry


def _add_bytes(archive: tarfile.TarFile, data: bytes, name: str, made_at: datetime) -> FileEntry:
    hashing = Hashing(io.BytesIO(data), len(data))
    archive.addfile(_info(name, len(data), int(made_at.timestamp())), cast("IO[bytes]", hashing))
    return hashing.entry


def _info(name: str, size: int, modified: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime = modified
    info.mode = _OWNER_ONLY
    return info
