"""What holds for every :class:`spool.blobs.BlobStore`."""

import hashlib
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from canonical.errors import NotFound
from canonical.identity import BlobDigest
from spool.blob_files import BlobFiles
from spool.blob_parts import PART, BlobParts
from spool.blobs import INLINE_LIMIT, Blob, BlobPart, BlobStore, BlobUpload, StagedBlob
from spool.database.port import Database
from tests import ready
from tests.spool.scene import KINDS, ManualClock

SIZES = [0, 1, INLINE_LIMIT - 1, INLINE_LIMIT, INLINE_LIMIT + 1, 5 * INLINE_LIMIT + 7, PART, 2 * PART + 1]
LARGE = os.urandom(3 * INLINE_LIMIT)
CHUNK = 64 * 1024


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with ready.database(request.param, tmp_path) as database:
        yield database


@pytest.fixture(params=["files", "parts"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> BlobStore:
    if request.param == "files":
        return BlobFiles(tmp_path / "blobs", ManualClock())
    return BlobParts(database, ManualClock())


def keep(database: Database, blobs: BlobStore, staged: StagedBlob) -> BlobDigest:
    return database.write(lambda session: blobs.put(session, staged))


def read(database: Database, blobs: BlobStore, digest: BlobDigest) -> bytes:
    with database.read() as session:
        return blobs.read(session, digest)


def kept(database: Database, folder: Path) -> int:
    """How many large payloads take up room, referred to or not."""
    files = sum(path.is_file() for path in (folder / "blobs").rglob("*"))
    with database.read() as session:
        uploads = session.scalar(select(func.count()).select_from(BlobUpload)) or 0
        parts = session.scalar(select(func.count(BlobPart.upload.distinct()))) or 0
    assert parts == uploads
    return files + uploads


def _bytes(blobs: BlobStore, _folder: Path, data: bytes) -> StagedBlob:
    return blobs.stage_bytes(data)


def _stream(blobs: BlobStore, _folder: Path, data: bytes) -> StagedBlob:
    return blobs.stage_stream(data[start : start + 1000] for start in range(0, len(data), 1000))


def _file(blobs: BlobStore, folder: Path, data: bytes) -> StagedBlob:
    path = folder / "upload"
    path.write_bytes(data)
    staged = blobs.stage_file(path)
    path.unlink()
    return staged


STAGES = [_bytes, _stream, _file]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("size", SIZES)
def test_what_is_kept_comes_back_under_its_digest(
    database: Database,
    blobs: BlobStore,
    tmp_path: Path,
    size: int,
    stage: Callable[[BlobStore, Path, bytes], StagedBlob],
) -> None:
    data = os.urandom(size)
    digest = keep(database, blobs, stage(blobs, tmp_path, data))
    assert digest == hashlib.sha256(data).hexdigest()
    with database.read() as session:
        assert blobs.read(session, digest) == data
        assert blobs.size(session, digest) == size
        with blobs.open(session, digest) as file:
            assert file.read() == data
        pieces = blobs.chunks(session, digest, 4096)
    # The session is not needed any more once there is an iterator.
    sizes = [len(piece) for piece in pieces]
    assert sum(sizes) == size
    assert all(piece == 4096 for piece in sizes[:-1])


@pytest.mark.parametrize("size", [INLINE_LIMIT, INLINE_LIMIT + 1])
@pytest.mark.parametrize("stage", STAGES)
def test_small_payloads_travel_in_their_row_and_large_ones_do_not(
    database: Database,
    blobs: BlobStore,
    tmp_path: Path,
    size: int,
    stage: Callable[[BlobStore, Path, bytes], StagedBlob],
) -> None:
    digest = keep(database, blobs, stage(blobs, tmp_path, os.urandom(size)))
    small = size <= INLINE_LIMIT
    with database.read() as session:
        assert (session.get_one(Blob, digest).data is not None) == small
    assert kept(database, tmp_path) == (0 if small else 1)


@pytest.mark.parametrize("first", STAGES)
@pytest.mark.parametrize("second", STAGES)
def test_the_same_bytes_are_kept_once(
    database: Database,
    blobs: BlobStore,
    tmp_path: Path,
    first: Callable[[BlobStore, Path, bytes], StagedBlob],
    second: Callable[[BlobStore, Path, bytes], StagedBlob],
) -> None:
    digest = keep(database, blobs, first(blobs, tmp_path, LARGE))
    again = second(blobs, tmp_path, LARGE)
    for _ in range(2):
        assert keep(database, blobs, again) == digest
    assert kept(database, tmp_path) == 1
    assert read(database, blobs, digest) == LARGE


@pytest.mark.parametrize("stage", STAGES)
def test_what_was_put_by_a_transaction_that_failed_can_be_put_again(
    database: Database, blobs: BlobStore, tmp_path: Path, stage: Callable[[BlobStore, Path, bytes], StagedBlob]
) -> None:
    staged = stage(blobs, tmp_path, LARGE)

    def fail(session: Session) -> None:
        blobs.put(session, staged)
        raise KeyError

    with pytest.raises(KeyError):
        database.write(fail)
    with database.read() as session, pytest.raises(NotFound):
        blobs.size(session, staged.digest)
    assert read(database, blobs, keep(database, blobs, staged)) == LARGE


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_a_staged_file_is_left_for_its_owner_until_the_commit(blobs: BlobStore, tmp_path: Path, size: int) -> None:
    path = tmp_path / "upload"
    path.write_bytes(LARGE[:size])
    staged = blobs.stage_file(path)
    # A crash before the commit: the file is found again and gives the same.
    assert blobs.stage_file(path).digest == staged.digest
    assert path.read_bytes() == LARGE[:size]


def test_a_symbolic_link_is_not_followed(blobs: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="link"):
        blobs.stage_file(tmp_path / "link")


def test_a_stream_that_breaks_leaves_nothing_behind(database: Database, blobs: BlobStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield os.urandom(2 * PART)
        raise ConnectionError("cut")

    with pytest.raises(ConnectionError):
        blobs.stage_stream(broken())
    assert kept(database, tmp_path) == 0


def test_an_unknown_payload_is_not_found(database: Database, blobs: BlobStore) -> None:
    nobody = BlobDigest("0" * 64)
    with database.read() as session:
        for ask in (blobs.read, blobs.open, blobs.chunks, blobs.size):
            with pytest.raises(NotFound):
                ask(session, nobody)


def test_memory_does_not_grow_with_the_payload(database: Database, blobs: BlobStore) -> None:
    """32 MiB each way within a few parts' worth of memory."""
    total = 32 * PART
    tracemalloc.start()
    try:
        digest = keep(database, blobs, blobs.stage_stream(bytes(CHUNK) for _ in range(total // CHUNK)))
        with database.read() as session:
            pieces = blobs.chunks(session, digest)
        assert sum(map(len, pieces)) == total
        assert tracemalloc.get_traced_memory()[1] < 12 * PART
    finally:
        tracemalloc.stop()


def test_several_are_put_at_one_go_and_again(database: Database, blobs: BlobStore, tmp_path: Path) -> None:
    payloads = [b"small", LARGE, b"", b"small"]
    for _ in range(2):
        staged = [blobs.stage_bytes(data) for data in payloads]
        database.write(lambda session, staged=staged: blobs.put_all(session, staged))  # type: ignore[misc]
        assert [read(database, blobs, each.digest) for each in staged] == payloads
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Blob)) == len(set(payloads))
    assert kept(database, tmp_path) == 1
