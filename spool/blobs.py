"""Payloads: kept once each under the SHA-256 of their bytes, never changed.

A payload is first staged: hashed and, when it is larger than :data:`INLINE_LIMIT`, made durable: as a file where one node has the
home (:mod:`spool.blob_files`), as parts in the database where several share it (:mod:`spool.blob_parts`). Then its row is written in the
caller's transaction; a small payload travels in the row itself, so that a receipt costs one durable write. A crash in between leaves
bytes that nobody refers to, which harms nothing.
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlalchemy import ForeignKey, Insert, LargeBinary, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from canonical.errors import Fault, NotFound, TallyError
from canonical.identity import BlobDigest

from .clock import Clock, SystemClock
from .database.prepared import Prepared
from .tables import DIALECTS, Base, insert_of

INLINE_LIMIT = 64 * 1024
"""Largest payload, in bytes, that is kept in its row."""

CHUNK = 64 * 1024


class BlobDamaged(TallyError):
    """A payload that was kept is missing or is no longer what it was."""

    fault = Fault.ENVIRONMENT


class BlobUpload(Base):
    """Bytes that were put into the database in parts, before or after a payload's row refers to them."""

    __tablename__ = "blob_upload"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    started_at: Mapped[datetime]


class BlobPart(Base):
    """One part of an upload; ``position`` counts from 0."""

    __tablename__ = "blob_part"

    upload: Mapped[str] = mapped_column(ForeignKey("blob_upload.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Blob(Base):
    """One payload. Its bytes are in ``data``, or in the parts of ``upload``, or, where both are None, in a file.

    ``created_at`` is when it was last put in: what was put in lately may be about to be referred to, and is not removed.
    """

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    upload: Mapped[str | None] = mapped_column(ForeignKey("blob_upload.id"), unique=True)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class StagedBlob:
    """A payload whose bytes are safe, or small enough to be written with its row. ``size`` is in bytes.

    ``data`` is the payload itself up to :data:`INLINE_LIMIT` and None above, where the bytes are already durable: in the parts of
    ``upload``, or in a file.
    """

    digest: BlobDigest
    size: int
    data: bytes | None = field(repr=False)
    upload: str | None = None

    @property
    def inline(self) -> bool:
        """Whether it travels in its row. Bytes at hand may be more than that."""
        return self.data is not None and self.size <= INLINE_LIMIT


class KeptBlob(NamedTuple):
    """The row of a payload (:class:`Blob`), to look at only."""

    sha256: str
    size: int
    data: bytes | None
    upload: str | None


class BlobStore(ABC):
    """The payloads of one gateway. One conformance suite holds for every kind; they differ in where large ones are."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

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
        a crash before that leaves it to be found again.
        """
        with _opened(path) as file:
            return self.stage_stream(chunks_of(file, CHUNK))

    def put(self, session: Session, staged: StagedBlob) -> BlobDigest:
        """Write the row of a staged payload, or renew the time of the one that is there; its digest."""
        row = {"sha256": staged.digest, "size": staged.size, "data": staged.data, "upload": staged.upload}
        [(kept,)] = _PUT.rows(session, {**row, "created_at": self._clock.now()})
        if kept != staged.upload:
            self._not_needed(session, staged)
        return staged.digest

    def put_all(self, session: Session, staged: Sequence[StagedBlob]) -> None:
        """As :meth:`put`, those that travel in their rows at one go."""
        now = self._clock.now()
        inline = [
            {"sha256": each.digest, "size": each.size, "data": each.data, "created_at": now}
            for each in staged
            if each.inline
        ]
        _PUT_INLINE.many(session, inline)
        for each in staged:
            if not each.inline:
                self.put(session, each)

    def read(self, session: Session, digest: BlobDigest) -> bytes:
        """The whole payload. Raises NotFound, or BlobDamaged where its bytes do not give ``digest``."""
        return b"".join(self.chunks(session, digest))

    def chunks(self, session: Session, digest: BlobDigest, size: int = CHUNK) -> Iterator[bytes]:
        """The payload in pieces of ``size`` bytes; the session is used before the first, not after.

        Raises NotFound at once, and BlobDamaged after the last piece where the whole does not give ``digest``.
        """
        row = _row(session, digest)
        return self._verified(row, size)

    def open(self, session: Session, digest: BlobDigest) -> BinaryIO:
        """The payload as a file to read and close; its bytes are not verified. Raises NotFound, BlobDamaged when it is gone."""
        row = _row(session, digest)
        return self._open(row)

    def size(self, session: Session, digest: BlobDigest) -> int:
        """How many bytes the payload has. Raises NotFound."""
        return _row(session, digest).size

    @abstractmethod
    def _stage_large(self, head: bytes, rest: Iterator[bytes]) -> StagedBlob:
        """Make ``head`` and what ``rest`` yields durable; what that raises leaves nothing behind."""

    @abstractmethod
    def _open_large(self, row: KeptBlob) -> BinaryIO:
        """The bytes of a payload that is not in its row."""

    @abstractmethod
    def _not_needed(self, session: Session, staged: StagedBlob) -> None:
        """The payload was there already: let go of what was staged, unless that is what is there."""

    def _open(self, row: KeptBlob) -> BinaryIO:
        return self._open_large(row) if row.data is None else BytesIO(row.data)

    def _verified(self, row: KeptBlob, size: int) -> Iterator[bytes]:
        actual = hashlib.sha256()
        with self._open(row) as file:
            for chunk in chunks_of(file, size):
                actual.update(chunk)
                yield chunk
        if actual.hexdigest() != row.sha256:
            raise BlobDamaged(
                f"Payload {row.sha256} is damaged: its bytes now give {actual.hexdigest()}; restore it from a backup."
            )


def _put(dialect: str) -> Insert:
    insert = insert_of(Blob, dialect)
    return insert.on_conflict_do_update(index_elements=["sha256"], set_={"created_at": insert.excluded.created_at})


_PUT = Prepared(
    {dialect: _put(dialect).returning(Blob.upload) for dialect in DIALECTS},
    ["sha256", "size", "data", "upload", "created_at"],
)
_PUT_INLINE = Prepared({dialect: _put(dialect) for dialect in DIALECTS}, ["sha256", "size", "data", "created_at"])
"""What travels in its row was staged nowhere else, so that there is nothing to be let go of where it is there already."""


def chunks_of(file: BinaryIO, size: int) -> Iterator[bytes]:
    """What is left of ``file``, in pieces of ``size`` bytes."""
    while chunk := file.read(size):
        yield chunk


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _row(session: Session, digest: BlobDigest) -> KeptBlob:
    found = _BY_DIGEST.first(session, {"digest": digest})
    if found is None:
        raise NotFound(f"There is no payload {digest}.")
    return KeptBlob._make(found)


_BY_DIGEST = Prepared(select(Blob.sha256, Blob.size, Blob.data, Blob.upload).where(Blob.sha256 == bindparam("digest")))
