"""Payloads as parts in the database; what holds for every kind of store is in tests/conformance."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from spool.blob_files import BlobFiles
from spool.blob_parts import PART, BlobParts
from spool.blobs import BlobDamaged, BlobPart, BlobUpload
from spool.database.port import Database

from .scene import ManualClock

LARGE = os.urandom(2 * PART + 1)


@pytest.fixture
def blobs(database: Database, clock: ManualClock) -> BlobParts:
    return BlobParts(database, clock)


def uploads(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(BlobUpload)) or 0


def test_bytes_at_hand_are_kept_in_the_transaction_of_their_row(database: Database, blobs: BlobParts) -> None:
    """The outbound path stages what it has just written, in the middle of a transaction."""
    digest = database.write(lambda session: blobs.put(session, blobs.stage_bytes(LARGE)))
    with database.read() as session:
        assert blobs.read(session, digest) == LARGE


def test_an_upload_that_nobody_refers_to_is_forgotten_after_its_time(
    database: Database, blobs: BlobParts, clock: ManualClock
) -> None:
    kept = database.write(lambda session: blobs.put(session, blobs.stage_bytes(LARGE)))
    blobs.stage_stream([LARGE + b"a node that died before its commit"])
    clock.advance(seconds=60)
    blobs.stage_stream([LARGE + b"one that is about to commit"])
    before = clock.now() - timedelta(seconds=30)
    assert uploads(database) == 3
    assert database.write(lambda session: blobs.forget_abandoned(session, before)) == 1
    assert uploads(database) == 2
    with database.read() as session:
        assert blobs.read(session, kept) == LARGE


@pytest.mark.parametrize("lost", [0, 2])
def test_a_payload_that_lost_a_part_is_never_read_as_if_it_were_whole(
    database: Database, blobs: BlobParts, lost: int
) -> None:
    digest = database.write(lambda session: blobs.put(session, blobs.stage_bytes(LARGE)))
    database.write(lambda session: session.execute(delete(BlobPart).where(BlobPart.position == lost)) and None)
    with database.read() as session, pytest.raises(BlobDamaged, match="restore it from a backup"):
        blobs.read(session, digest)


def test_a_payload_that_stayed_behind_as_a_file_is_told(
    database: Database, blobs: BlobParts, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = BlobFiles(tmp_path_factory.mktemp("old") / "blobs")
    digest = database.write(lambda session: files.put(session, files.stage_bytes(LARGE)))
    with database.read() as session, pytest.raises(BlobDamaged, match="tally migrate"):
        blobs.read(session, digest)


def test_a_database_that_refuses_in_the_middle_is_told(
    database: Database, blobs: BlobParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_upload: str, position: int, _data: bytes, _session: Session) -> None:
        if position == 1:
            raise Retryable("The disk is full.")

    monkeypatch.setattr("spool.blob_parts._keep", refuse)
    with pytest.raises(Retryable, match="full"):
        blobs.stage_stream([LARGE])
    assert uploads(database) == 0
