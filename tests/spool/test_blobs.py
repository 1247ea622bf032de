import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from canonical.errors import NotFound
from canonical.identity import BlobDigest
from spool.blobs import INLINE_LIMIT, BlobDamaged, BlobStore, StagedBlob
from spool.database.port import Database

from .scene import ManualClock

SIZES = [0, 1, INLINE_LIMIT - 1, INLINE_LIMIT, INLINE_LIMIT + 1, 5 * INLINE_LIMIT + 7]
LARGE = os.urandom(3 * INLINE_LIMIT)


@pytest.fixture
def blobs(tmp_path: Path, clock: ManualClock) -> BlobStore:
    return BlobStore(tmp_path / "blobs", clock)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def keep(database: Database, blobs: BlobStore, staged: StagedBlob) -> BlobDigest:
    return database.write(lambda session: blobs.put(session, staged))


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


@pytest.mark.parametrize("stage", [_bytes, _stream, _file])
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


@pytest.mark.parametrize(("size", "in_file"), [(INLINE_LIMIT, False), (INLINE_LIMIT + 1, True)])
def test_small_payloads_travel_in_their_row_and_large_ones_are_files(
    blobs: BlobStore, tmp_path: Path, size: int, in_file: bool
) -> None:
    data = os.urandom(size)
    staged = blobs.stage_bytes(data)
    if in_file:
        assert staged == StagedBlob(staged.digest, size, None)
        (path,) = files(tmp_path)
        assert path == tmp_path / "blobs" / staged.digest[:2] / staged.digest
        assert path.read_bytes() == data
        assert path.stat().st_mode & 0o777 == 0o400
    else:
        assert staged.data == data
        assert files(tmp_path) == []


def test_the_same_bytes_are_kept_once(database: Database, blobs: BlobStore, tmp_path: Path) -> None:
    first = keep(database, blobs, blobs.stage_bytes(LARGE))
    second = keep(database, blobs, _file(blobs, tmp_path, LARGE))
    assert first == second
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_a_staged_file_is_left_for_its_owner_until_the_commit(blobs: BlobStore, tmp_path: Path, size: int) -> None:
    path = tmp_path / "upload"
    path.write_bytes(LARGE[:size])
    staged = blobs.stage_file(path)
    # A crash before the commit: the file is found again and gives the same.
    assert blobs.stage_file(path) == staged
    assert path.read_bytes() == LARGE[:size]


def test_a_file_of_another_file_system_is_copied(
    blobs: BlobStore, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    digest = keep(database, blobs, _file(blobs, tmp_path, LARGE))
    with database.read() as session:
        assert blobs.read(session, digest) == LARGE


def test_a_symbolic_link_is_not_followed(blobs: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="link"):
        blobs.stage_file(tmp_path / "link")


def test_a_stream_that_breaks_leaves_nothing_behind(blobs: BlobStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield LARGE
        raise ConnectionError("cut")

    with pytest.raises(ConnectionError):
        blobs.stage_stream(broken())
    assert files(tmp_path) == []


def test_a_damaged_payload_is_never_read_as_if_it_were_whole(
    database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    digest = keep(database, blobs, blobs.stage_bytes(LARGE))
    (path,) = files(tmp_path)
    path.chmod(0o600)
    path.write_bytes(LARGE[:-1])
    with database.read() as session, pytest.raises(BlobDamaged, match="restore it from a backup"):
        blobs.read(session, digest)
    path.unlink()
    with database.read() as session, pytest.raises(BlobDamaged, match="is missing"):
        blobs.read(session, digest)


def test_the_same_bytes_coming_again_heal_a_damaged_payload(
    database: Database, blobs: BlobStore, tmp_path: Path
) -> None:
    digest = keep(database, blobs, blobs.stage_bytes(LARGE))
    (path,) = files(tmp_path)
    path.unlink()
    keep(database, blobs, blobs.stage_bytes(LARGE))
    with database.read() as session:
        assert blobs.read(session, digest) == LARGE


def test_an_unknown_payload_is_not_found(database: Database, blobs: BlobStore) -> None:
    nobody = BlobDigest("0" * 64)
    with database.read() as session:
        for ask in (blobs.read, blobs.open, blobs.chunks, blobs.size):
            with pytest.raises(NotFound):
                ask(session, nobody)


def test_payload_and_row_are_synced_in_that_order(
    database: Database, blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes before name, name before row: at no moment does a name or a row stand for bytes that a power cut can take."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(descriptor: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "bytes")  # noqa: PTH112
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        steps.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    staged = blobs.stage_bytes(LARGE)
    steps.append("row")
    keep(database, blobs, staged)
    assert [step for step in steps if step != "folder"] == ["bytes", "name", "row"]
    assert steps[steps.index("name") : steps.index("row")] == ["name", "folder"]
