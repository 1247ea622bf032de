"""Payloads, kept once each under the SHA-256 of their bytes, never changed.

A payload is first staged: hashed and, when it is larger than :data:`INLINE_LIMIT`, made durable as a file. Then its row is
written in the caller's transaction; a small payload travels in the row itself, so that a receipt costs one durable write. A
crash in between leaves a file that nobody refers to, which harms nothing.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.errors import Fault, NotFound, TallyError
from canonical.identity import BlobDigest

from .clock import Clock, SystemClock
from .durability import sync_directory
from .tables import Base, insert_into

INLINE_LIMIT = 64 * 1024
"""Largest payload, in bytes, that is kept in its row."""

CHUNK = 64 * 1024


class BlobDamaged(TallyError):
    """A payload that was kept is missing from the disk or is no longer what it was."""

    fault = Fault.ENVIRONMENT


class Blob(Base):
    """One payload. ``data`` is None where the bytes are in a file. ``created_at`` is when it was last put in: what was put in lately
    may be about to be referred to, and is not removed."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class StagedBlob:
    """A payload whose bytes are safe, or small enough to be written with its row. ``size`` is in bytes.

    ``data`` is the payload itself up to :data:`INLINE_LIMIT` and None above, where the bytes are already a durable file.
    """

    digest: BlobDigest
    size: int
    data: bytes | None = field(repr=False)


class BlobStore:
    """The payloads of one home: rows in the database and files ``ab/abcdef...`` under ``root``, which is made when absent."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()
        self._durable_folders: set[str] = set()
        if not root.is_dir():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_directory(root.parent)

    def stage_bytes(self, data: bytes) -> StagedBlob:
        """Stage bytes at hand."""
        return self.stage_stream((data,))

    def stage_stream(self, chunks: Iterable[bytes]) -> StagedBlob:
        """Stage what ``chunks`` yield; memory does not grow with the payload. What ``chunks`` raise leaves nothing behind."""
        source = iter(chunks)
        head = bytearray()
        for chunk in source:
            head += chunk
            if len(head) > INLINE_LIMIT:
                break
        else:
            data = bytes(head)
            return StagedBlob(BlobDigest(hashlib.sha256(data).hexdigest()), len(data), data)
        return self._stage_large(bytes(head), source)

    def stage_file(self, path: Path) -> StagedBlob:
        """Stage a file that nobody writes to any more; a symbolic link is refused with an OSError.

        The file itself is left where it is: remove it (``path.unlink(missing_ok=True)``) once the row is committed, so that
        a crash before that leaves it to be found again. On the same file system a large one is linked, not copied, and
        becomes read-only.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_size <= INLINE_LIMIT:
                return self.stage_stream(_chunks_of(file, CHUNK))
            digest = hashlib.sha256()
            size = 0
            for chunk in _chunks_of(file, CHUNK):
                digest.update(chunk)
                size += len(chunk)
            os.fsync(descriptor)
            link = self._temporary()
            try:
                os.link(path, link, follow_symlinks=False)
            except OSError:
                # Another file system, or one without links: copy.
                file.seek(0)
                return self.stage_stream(_chunks_of(file, CHUNK))
            return self._publish(link, BlobDigest(digest.hexdigest()), size)

    def put(self, session: Session, staged: StagedBlob) -> BlobDigest:
        """Write the row of a staged payload, or renew the time of the one that is there; its digest."""
        insert = insert_into(session, Blob).values(
            sha256=staged.digest, size=staged.size, data=staged.data, created_at=self._clock.now()
        )
        session.execute(
            insert.on_conflict_do_update(index_elements=[Blob.sha256], set_={"created_at": insert.excluded.created_at})
        )
        return staged.digest

    def read(self, session: Session, digest: BlobDigest) -> bytes:
        """The whole payload. Raises NotFound, or BlobDamaged where its bytes do not give ``digest``."""
        return b"".join(self.chunks(session, digest))

    def chunks(self, session: Session, digest: BlobDigest, size: int = CHUNK) -> Iterator[bytes]:
        """The payload in pieces of ``size`` bytes; the session is used before the first, not after.

        Raises NotFound at once, and BlobDamaged after the last piece where the whole does not give ``digest``.
        """
        row = _row(session, digest)
        return self._verified(digest, row.data, size)

    def open(self, session: Session, digest: BlobDigest) -> BinaryIO:
        """The payload as a file to read and close; its bytes are not verified. Raises NotFound, BlobDamaged when it is gone."""
        return self._open(digest, _row(session, digest).data)

    def size(self, session: Session, digest: BlobDigest) -> int:
        """How many bytes the payload has. Raises NotFound."""
        return _row(session, digest).size

    def _open(self, digest: BlobDigest, data: bytes | None) -> BinaryIO:
        if data is not None:
            return BytesIO(data)
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise BlobDamaged(
                f"Payload {digest} is known but its file {self._path(digest)} is missing; restore it from a backup."
            ) from error

    def _verified(self, digest: BlobDigest, data: bytes | None, size: int) -> Iterator[bytes]:
        actual = hashlib.sha256()
        with self._open(digest, data) as file:
            for chunk in _chunks_of(file, size):
                actual.update(chunk)
                yield chunk
        if actual.hexdigest() != digest:
            raise BlobDamaged(
                f"Payload {digest} is damaged: its bytes now give {actual.hexdigest()}; restore it from a backup."
            )

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


def _row(session: Session, digest: BlobDigest) -> Blob:
    row = session.get(Blob, digest)
    if row is None:
        raise NotFound(f"There is no payload {digest}.")
    return row


def _chunks_of(file: BinaryIO, size: int) -> Iterator[bytes]:
    while chunk := file.read(size):
        yield chunk
