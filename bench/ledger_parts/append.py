"""From the outbox into a ledger, and into two that prove less."""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from statistics import median

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.orm import Session

from bench.ledger_parts.home import home
from bench.pipeline_parts.figures import Figures
from gateway.ledger import store
from gateway.ledger.batch import Batch, Clerk, Standing, Waiting
from gateway.ledger.ledger import Ledger
from gateway.ledger.sequencer import BATCH
from gateway.ledger.tables import LedgerDetail, LedgerEntry
from gateway.ledger.tree import Frontier
from spool.database.port import Database
from spool.database.prepared import Prepared
from spool.journal import LedgerOutbox

ROUNDS = 5

GOAL = 1.5
"""Times the hash chain."""


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Each in turn, as often as there are rounds; the median of each counts."""
    ways: dict[str, Callable[[Database, Ledger], object]] = {
        "plain insert": lambda database, ledger: _unproven(database, ledger, chained=False),
        "hash chain": lambda database, ledger: _unproven(database, ledger, chained=True),
        "ledger": lambda _database, ledger: ledger.drain(),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, way in ways.items():
            with home(root / f"{name}-{turn}", arguments.entries // ROUNDS) as (database, ledger):
                began = time.process_time()
                way(database, ledger)
                spent[name].append((time.process_time() - began) / (arguments.entries // ROUNDS))
    cpu = {name: median(each) for name, each in spent.items()}
    figures.say(f"{'append':14} {'us CPU an entry':>16} {'entries a CPU second':>22}")
    for name, each in cpu.items():
        figures.say(f"{name:14} {each * 1e6:16.1f} {1 / each:22,.0f}")
    ratio = cpu["ledger"] / cpu["hash chain"]
    figures.say(f"The ledger takes {ratio:.2f}x the CPU of the hash chain (goal: {GOAL}x at most).\n")
    figures.claim("append", 1 / cpu["ledger"], better="higher", unit="entries/CPU s")
    figures.claim("append_against_chain", ratio, goal=GOAL, better="lower", unit="x")
    figures.claim("append_against_insert", cpu["ledger"] / cpu["plain insert"], better="lower", unit="x")


def _unproven(database: Database, ledger: Ledger, *, chained: bool) -> None:
    """The same entries and details, in transactions of the same size, without a tree, and without chains or with one."""
    clerk = Clerk(ledger.node, ledger.random, lambda _level, _number: b"")
    head, idx = b"", 0
    while True:
        with database.read() as session:
            waiting = store.waiting(session, 0, BATCH)
        if not waiting:
            return
        rows, head = _rows(clerk, waiting, idx, head if chained else None)
        idx += len(rows)
        database.write(lambda session, rows=rows: _keep(session, rows))  # type: ignore[misc]


def _rows(clerk: Clerk, waiting: list[Waiting], idx: int, head: bytes | None) -> tuple[list[dict[str, object]], bytes]:
    """What is inserted, and the hash of the last entry: each is made by the ledger's own code, but for what proves it."""
    rows: list[dict[str, object]] = []
    for each in waiting:
        entry, salt, details = clerk.enveloped(_nothing_before(each), each, ())
        body = entry.written() if head is None else replace(entry, dprev=head).written()
        if head is not None:
            head = sha256(body).digest()
        rows.append(
            {"idx": idx + len(rows), "journal_id": each.journal_id, "salt": salt, "detail": details, "body": body}
        )
    return rows, head or b""


def _nothing_before(waiting: Waiting) -> Batch:
    standing = Standing("00" * 8, Frontier(), (), {}, {waiting.partner or "": (0, "00" * 8)})
    return Batch.on(standing)


def _keep(session: Session, rows: list[dict[str, object]]) -> None:
    _ADD_ENTRY.many(session, rows)
    _ADD_DETAIL.many(session, rows)
    _CLEAR.many(session, rows)


_ADD_ENTRY = Prepared(insert(LedgerEntry).values(idx=bindparam("idx"), body=bindparam("body")))
_ADD_DETAIL = Prepared(
    insert(LedgerDetail).values(
        idx=bindparam("idx"), journal_id=bindparam("journal_id"), salt=bindparam("salt"), body=bindparam("detail")
    )
)
_CLEAR = Prepared(delete(LedgerOutbox).where(LedgerOutbox.journal_id == bindparam("journal_id")))
