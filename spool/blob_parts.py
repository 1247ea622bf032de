"""Payloads that several nodes share: large ones are parts in the database, written before the row that refers to them."""

import hashlib
import io
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import BinaryIO

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from canonical.identity import BlobDigest

from .blobs import Blob, BlobDamaged, BlobPart, BlobStore, BlobUpload, KeptBlob, StagedBlob
from .clock import Clock
from .database.port import Database

PART = 1024 * 1024
"""Bytes written in one transaction; what a payload of any size takes of memory."""


class BlobParts(BlobStore):
    """The payloads of all nodes of one database."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._database = database

    def stage_bytes(self, data: bytes) -> StagedBlob:
        """Stage bytes at hand, also in the middle of a transaction: whatever their size, :meth:`put` writes them."""
        return StagedBlob(BlobDigest(hashlib.sha256(data).hexdigest()), len(data), data)

    def put(self, session: Session, staged: StagedBlob) -> BlobDigest:
        if staged.data is None or staged.inline:
            return super().put(session, staged)
        if session.get(Blob, staged.digest) is not None:
            return staged.digest
        upload = _new_upload()
        self._begin(upload, session)
        session.flush()
        for position, part in enumerate(_parts(staged.data, iter(()))):
            _keep(upload, position, part, session)
        session.flush()
        return super().put(session, replace(staged, data=None, upload=upload))

    def forget_abandoned(self, session: Session, before: datetime) -> int:
        """Remove uploads begun before a moment that no payload refers to, as their nodes died or changed their minds; how many."""
        abandoned = session.scalars(
            select(BlobUpload.id).where(BlobUpload.started_at < before, ~exists().where(Blob.upload == BlobUpload.id))
        ).all()
        for upload in abandoned:
            _remove(session, upload)
        return len(abandoned)

    def _stage_large(self, head: bytes, rest: Iterator[bytes]) -> StagedBlob:
        upload = _new_upload()
        digest = hashlib.sha256()
        size = 0
        self._database.write(partial(self._begin, upload))
        try:
            for position, part in enumerate(_parts(head, rest)):
                digest.update(part)
                size += len(part)
                self._database.write(partial(_keep, upload, position, part))
        except BaseException:
            self._database.write(partial(_remove, upload=upload))
            raise
        return StagedBlob(BlobDigest(digest.hexdigest()), size, None, upload)

    def _begin(self, upload: str, session: Session) -> None:
        session.add(BlobUpload(id=upload, started_at=self._clock.now()))

    def _not_needed(self, session: Session, staged: StagedBlob) -> None:
        if staged.upload is None:
            return
        if session.scalar(select(Blob.sha256).where(Blob.upload == staged.upload)) is None:
            _remove(session, staged.upload)

    def _open_large(self, row: KeptBlob) -> BinaryIO:
        if row.upload is None:
            raise BlobDamaged(
                f"Payload {row.sha256} is known but its bytes are not in the database {self._database.name}; was it moved here "
                "by something else than `tally migrate`? Restore it from a backup."
            )
        return io.BufferedReader(_Parts(self._database, row.upload), PART)


class _Parts(io.RawIOBase):
    """The parts of an upload as a file to read; each is fetched when it is its turn."""

    def __init__(self, database: Database, upload: str) -> None:
        self._database = database
        self._upload = upload
        self._position = 0
        self._part = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if not self._part:
            self._part = memoryview(self._next())
        count = min(len(buffer), len(self._part))
        buffer[:count] = self._part[:count]
        self._part = self._part[count:]
        return count

    def _next(self) -> bytes:
        with self._database.read() as session:
            part = session.get(BlobPart, (self._upload, self._position))
        self._position += 1
        return b"" if part is None else part.data


def _parts(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes in pieces of :data:`PART`; the last may be shorter."""
    held = bytearray()
    for chunk in chain((head,), rest):
        held += chunk
        while len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)


def _new_upload() -> str:
    return secrets.token_hex(16)


def _keep(upload: str, position: int, data: bytes, session: Session) -> None:
    session.add(BlobPart(upload=upload, position=position, data=data))


def _remove(session: Session, upload: str) -> None:
    session.execute(delete(BlobPart).where(BlobPart.upload == upload))
    session.execute(delete(BlobUpload).where(BlobUpload.id == upload))
