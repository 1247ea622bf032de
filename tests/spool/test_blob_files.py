"""Payloads as files; what holds for every kind of store is in tests/conformance."""

import errno
import os
from pathlib import Path

import pytest

from canonical.identity import BlobDigest
from spool.blob_files import BlobFiles
from spool.blobs import INLINE_LIMIT, BlobDamaged, StagedBlob
from spool.database.port import Database

from .scene import ManualClock

LARGE = os.urandom(3 * INLINE_LIMIT)


@pytest.fixture
def blobs(tmp_path: Path, clock: ManualClock) -> BlobFiles:
    return BlobFiles(tmp_path / "blobs", clock)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def keep(database: Database, blobs: BlobFiles, staged: StagedBlob) -> BlobDigest:
    return database.write(lambda session: blobs.put(session, staged))


def test_a_large_payload_is_a_file_named_by_its_digest_that_nobody_may_write(blobs: BlobFiles, tmp_path: Path) -> None:
    staged = blobs.stage_bytes(LARGE)
    assert staged == StagedBlob(staged.digest, len(LARGE), None)
    (path,) = files(tmp_path)
    assert path == tmp_path / "blobs" / staged.digest[:2] / staged.digest
    assert path.read_bytes() == LARGE
    assert path.stat().st_mode & 0o777 == 0o400


def test_a_file_of_another_file_system_is_copied(
    blobs: BlobFiles, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "upload").write_bytes(LARGE)
    digest = keep(database, blobs, blobs.stage_file(tmp_path / "upload"))
    with database.read() as session:
        assert blobs.read(session, digest) == LARGE


def test_a_damaged_payload_is_never_read_as_if_it_were_whole(
    database: Database, blobs: BlobFiles, tmp_path: Path
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
    database: Database, blobs: BlobFiles, tmp_path: Path
) -> None:
    digest = keep(database, blobs, blobs.stage_bytes(LARGE))
    (path,) = files(tmp_path)
    path.unlink()
    keep(database, blobs, blobs.stage_bytes(LARGE))
    with database.read() as session:
        assert blobs.read(session, digest) == LARGE


def test_payload_and_row_are_synced_in_that_order(
    database: Database, blobs: BlobFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
