"""Verifying all of a ledger, and of its entries alone."""

import argparse
import time
from pathlib import Path

from bench.ledger_parts.home import home
from bench.pipeline_parts.figures import Figures
from gateway.ledger import store
from gateway.ledger.chain import Chain
from gateway.ledger.tiles import HEIGHT, WIDTH
from gateway.ledger.tree import Frontier, subtree_root
from spool.database.port import Database

GOAL = 100_000
"""Entries a second."""


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    with home(root / "scan", arguments.entries) as (database, ledger):
        ledger.drain()
        began = time.process_time()
        found = ledger.verify()
        whole = time.process_time() - began
        assert found.holds, found.wrong
        began = time.process_time()
        assert _entries_alone(database) == found.root
        alone = time.process_time() - began
    for name, what, spent in (
        ("scan_whole", "with details and journal", whole),
        ("scan_entries", "the entries alone", alone),
    ):
        rate = arguments.entries / spent
        figures.say(f"scan, {what:26} {rate:10,.0f} entries a CPU second (goal: {GOAL:,})")
        figures.claim(name, rate, goal=GOAL, better="higher", unit="entries/CPU s")
    figures.say("")


def _entries_alone(database: Database) -> bytes:
    """Form, chains, numbers and tree of all entries, as the scan does it; the root."""
    chain, frontier = Chain(), Frontier()
    with database.read() as session:
        size = store.size(session)
        for start in range(0, size, WIDTH):
            leaves = [chain.take(body)[0] for _, body in store.numbered(session, start, min(start + WIDTH, size))]
            if len(leaves) == WIDTH:
                frontier.append_subtree(subtree_root(leaves), HEIGHT)
            else:
                for leaf in leaves:
                    frontier.append(leaf)
    return frontier.root
