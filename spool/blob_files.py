"""Payloads of a home that one node serves: large ones are files."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from canonical.identity import BlobDigest

from .blobs import CHUNK, INLINE_LIMIT, BlobDamaged, BlobStore, KeptBlob, StagedBlob, chunks_of
from .clock import Clock
from .durability import sync_directory


class BlobFiles(BlobStore):
    """The payloads of one home: rows in the database and files ``ab/abcdef...`` under ``root``, which is made when absent."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._root = root
        self._durable_folders: set[str] = set()
        if not root.is_dir():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(root.parent)

    def stage_file(self, path: Path) -> StagedBlob:
        """As in :class:`BlobStore`. On the same file system a large one is linked, not copied, and becomes read-only."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_size <= INLINE_LIMIT:
                return self.stage_stream(chunks_of(file, CHUNK))
            digest = hashlib.sha256()
            size = 0
            for chunk in chunks_of(file, CHUNK):
                digest.update(chunk)
                size += len(chunk)
            os.fsync(descriptor)
            link = self._temporary()
            try:
                os.link(path, link, follow_symlinks=False)
            except OSError:
                # Another file system, or one without links: copy.
                file.seek(0)
                return self.stage_stream(chunks_of(file, CHUNK))
            return self._publish(link, BlobDigest(digest.hexdigest()), size)

    def _open_large(self, row: KeptBlob) -> BinaryIO:
        try:
            return self._path(row.sha256).open("rb")
        except FileNotFoundError as error:
            raise BlobDamaged(
                f"Payload {row.sha256} is known but its file {self._path(row.sha256)} is missing; restore it from a backup."
            ) from error

    def _not_needed(self, session: Session, staged: StagedBlob) -> None:
        """Nothing: the same bytes have the same file."""

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest

    def _temporary(self) -> Path:
        return self._root / f".incoming-{secrets.token_hex(8)}"

    def _stage_large(self, head: bytes, rest: Iterator[bytes]) -> StagedBlob:
        temporary = self._temporary()
        digest = hashlib.sha256(head)
        size = len(head)
        try:
            with temporary.open("xb") as file:
                file.write(head)
                for chunk in rest:
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return self._publish(temporary, BlobDigest(digest.hexdigest()), size)

    def _publish(self, temporary: Path, digest: BlobDigest, size: int) -> StagedBlob:
        """Give synced bytes their final name, durably."""
        target = self._path(digest)
        try:
            temporary.chmod(0o400)
            self._ensure_folder(target.parent)
            # Over an existing file of that name too: the bytes are the same, or the old ones are damaged.
            temporary.replace(target)
        finally:
            # A rename between two links to one file does nothing and leaves the first.
            temporary.unlink(missing_ok=True)
        sync_directory(target.parent)
        return StagedBlob(digest, size, None)

    def _ensure_folder(self, folder: Path) -> None:
        if folder.name in self._durable_folders:
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_directory(self._root)
        self._durable_folders.add(folder.name)
