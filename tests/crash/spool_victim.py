"""A process that receives and works as fast as it can, until it is killed: ``python -m tests.crash.spool_victim HOME FIRST``.

For each receipt it prints its number, once the receipt is acknowledged.
"""

import sys
from itertools import count
from pathlib import Path

from sqlalchemy.orm import Session

from spool.blob_files import BlobFiles
from spool.clock import SystemClock
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.identifiers import TimeOrderedIdentifiers
from spool.journal import Step, record
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LaneQueue
from spool.queue.port import Claim
from spool.worker import Effects, Workers

CLOCK = SystemClock()


def payload(number: int) -> bytes:
    """Small and large ones in turn, so that both ways of keeping them are killed."""
    return f"{number}\n".encode() * (20 if number % 2 else 20_000)


def work(claim: Claim) -> Effects:
    number = claim.payload["number"]
    return lambda session: record(session, CLOCK, step=Step.DELIVERED, outcome=str(number))


def bury(_session: Session, claim: Claim, reason: str) -> None:
    raise AssertionError(f"{claim} died: {reason}")


def workers(database: Database, queue: LaneQueue, waker: InProcessWaker) -> Workers:
    made = Workers(database, queue, {"job": work}, on_dead=bury, threads=2)
    waker.subscribe(made.wake)
    return made


def main(home: Path, first: int) -> None:
    waker = InProcessWaker()
    queue = LaneQueue(CLOCK, TimeOrderedIdentifiers(CLOCK), waker)
    blobs = BlobFiles(home / "blobs")
    with SqliteDatabase(sqlite_url(home / "tally.db")) as database:
        database.write(queue.release_all)
        workers(database, queue, waker).start()
        for number in count(first):
            staged = blobs.stage_bytes(payload(number))

            def receive(session: Session, number: int = number) -> None:
                digest = blobs.put(session, staged)  # noqa: B023 - run before the loop goes on
                record(session, CLOCK, step=Step.RECEIVED, outcome=str(number), detail={"sha256": digest})
                queue.enqueue(session, kind="job", lane=f"lane {number % 3}", payload={"number": number})

            database.write(receive)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
