"""Kill -9 in the middle of receiving and working: nothing acknowledged is lost, nothing is half there, nothing is done twice."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from canonical.identity import BlobDigest
from spool.blob_files import BlobFiles
from spool.database.port import Database
from spool.identifiers import TimeOrderedIdentifiers
from spool.journal import Step, latest
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LaneQueue
from spool.queue.tables import WorkItem
from tests.spool.scene import new_database

from .spool_victim import CLOCK, payload, workers

ROOT = Path(__file__).parents[2]


def kill_one(home: Path, first: int, after: int) -> list[int]:
    """Start a victim and kill it after it has acknowledged ``after`` receipts; all numbers it acknowledged."""
    command = [sys.executable, "-W", "error", "-m", "tests.crash.spool_victim", str(home), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        told = [int(victim.stdout.readline()) for _ in range(after)]
        victim.kill()
        # What was in the pipe when it died was acknowledged too.
        told += [int(line) for line in victim.stdout if line.endswith("\n")]
    return told


def check(database: Database, home: Path, acknowledged: list[int]) -> None:
    blobs = BlobFiles(home / "blobs")
    with database.read() as session:
        entries = latest(session, limit=1_000_000)
        received = {int(entry.outcome): entry for entry in entries if entry.step is Step.RECEIVED}
        delivered = Counter(int(entry.outcome) for entry in entries if entry.step is Step.DELIVERED)
        assert set(acknowledged) <= set(received), "what was acknowledged is there"
        assert session.scalar(select(func.count()).select_from(WorkItem)) == len(received), "each with its work"
        for number, entry in received.items():
            assert blobs.read(session, BlobDigest(entry.detail["sha256"])) == payload(number)
    assert delivered == Counter(dict.fromkeys(received, 1)), "and its work is done once"


@pytest.mark.crash
def test_kill_9_loses_nothing_and_does_nothing_twice(disk: Path) -> None:
    acknowledged: list[int] = []
    with new_database(disk) as database:
        for life in range(3):
            acknowledged += kill_one(disk, first=life * 100_000, after=random.randint(1, 60))
        waker = InProcessWaker()
        queue = LaneQueue(CLOCK, TimeOrderedIdentifiers(CLOCK), waker)
        database.write(queue.release_all)
        workers(database, queue, waker).run_until_idle()
        check(database, disk, acknowledged)
        assert (
            database.write(lambda session: session.connection().exec_driver_sql("PRAGMA integrity_check").scalar())
            == "ok"
        )
