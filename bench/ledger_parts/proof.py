"""Proofs read from the tiles of a large tree."""

import argparse
import random
import time
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.pipeline_parts.figures import Figures
from gateway import schema
from gateway.ledger import store
from gateway.ledger.tables import LedgerTile
from gateway.ledger.tiles import WIDTH, node_of
from gateway.ledger.tree import consistency_proof, extends, includes, inclusion_proof, root, subtree_root
from spool.database.port import Database
from spool.database.sqlite import SqliteDatabase, sqlite_url
from spool.migrate import upgrade

PROOFS = 200

GOAL_MS = 5.0
GOAL_BYTES = 40.0

assert schema.metadata.tables


def measure(folder: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    leaves = arguments.leaves // WIDTH * WIDTH
    path = folder / "proof.db"
    with SqliteDatabase(sqlite_url(path)) as database:
        upgrade(database)
        empty = path.stat().st_size
        _grow(database, leaves)
        included, extended = _prove(database, leaves)
    size = (path.stat().st_size - empty) / leaves
    figures.say(
        f"proof, {leaves:,} entries: {included * 1e3:.2f} ms CPU that one is among them, {extended * 1e3:.2f} ms that they begin with "
        f"fewer (goal: {GOAL_MS} ms); {size:.1f} bytes a leaf (goal: {GOAL_BYTES:.0f})\n"
    )
    figures.claim("inclusion_proof", included * 1e3, goal=GOAL_MS, better="lower", unit="ms CPU")
    figures.claim("consistency_proof", extended * 1e3, goal=GOAL_MS, better="lower", unit="ms CPU")
    figures.claim("bytes_a_leaf", size, goal=GOAL_BYTES, better="lower", unit="bytes")


def _grow(database: Database, leaves: int) -> None:
    """The tiles of a tree over so many leaves, whatever they are."""
    level, hashes = 0, (sha256(b"%d" % number).digest() for number in range(leaves))
    while True:
        roots: list[bytes] = []
        for number, width in enumerate(_by_tile(hashes)):
            database.write(partial(_put, level, number, width))
            if len(width) == WIDTH:
                roots.append(subtree_root(width))
        if not roots:
            return
        level, hashes = level + 1, iter(roots)  # type: ignore[assignment]


def _by_tile(hashes: Iterator[bytes]) -> Iterator[list[bytes]]:
    while tile := [each for _, each in zip(range(WIDTH), hashes, strict=False)]:
        yield tile


def _put(level: int, number: int, hashes: list[bytes], session: Session) -> None:
    session.execute(insert(LedgerTile).values(level=level, n=number, data=b"".join(hashes)))


def _prove(database: Database, leaves: int) -> tuple[float, float]:
    """CPU seconds of a proof of each kind, the median; each is verified, which is not measured."""
    chosen = random.Random(6962)
    included, extended = [], []
    with database.read() as session:
        whole = root(leaves, node_of(store.tiles(session, leaves)))
        for _ in range(PROOFS):
            index, old = chosen.randrange(leaves), chosen.randrange(1, leaves)
            began = time.process_time()
            proof = inclusion_proof(index, leaves, node_of(store.tiles(session, leaves)))
            included.append(time.process_time() - began)
            assert includes(leaves, whole, index, sha256(b"%d" % index).digest(), proof)
            began = time.process_time()
            proof = consistency_proof(old, leaves, node_of(store.tiles(session, leaves)))
            extended.append(time.process_time() - began)
            assert extends(old, root(old, node_of(store.tiles(session, leaves))), leaves, whole, proof)
    return median(included), median(extended)
