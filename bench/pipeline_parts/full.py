"""The pipeline again in a home that has been in use for years."""

import argparse
import shutil
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.app import Gateway

from .figures import Figures
from .flow import flow
from .house import house, receive, wait_until_done

GOAL_GROWTH = 1.2
COPIES_AT_ONCE = 20_000


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """First in a fresh home, then among the rows of ``--stored`` documents, all copies of one that really went through."""
    count = arguments.documents
    with house(root / "fresh") as gateway:
        fresh = flow(gateway, 1, count)
    with house(root / "full") as gateway:
        began = time.perf_counter()
        _fill(gateway, arguments.stored)
        size = sum(path.stat().st_size for path in (root / "full").glob("tally.db*")) / 1e9
        figures.say(f"{arguments.stored} documents stored in {time.perf_counter() - began:.0f} s, {size:.1f} GB")
        full = flow(gateway, arguments.stored + 10, count, done=arguments.stored)
        began = time.process_time()
        assert gateway.status().balance.holds
        status = time.process_time() - began
    shutil.rmtree(root / "full")
    growth = full.cpu / fresh.cpu
    figures.say(
        f"pipeline among them   {full.rate:8.1f} /s   {full.cpu * 1e3:7.3f} ms CPU each: {growth:.2f}x a fresh home"
    )
    figures.say(f"tally status of that  {status:8.1f} s CPU")
    figures.claim("full_home_growth", growth, goal=GOAL_GROWTH, better="lower", unit="x")


def _fill(gateway: Gateway, stored: int) -> None:
    """Make one document the hard way, and the rest as copies of its rows under other keys."""
    receive(gateway, 1)
    gateway.workers(threads=0).run_until_idle()
    wait_until_done(gateway, 1)
    for first in range(2, stored + 1, COPIES_AT_ONCE):
        last = min(first + COPIES_AT_ONCE - 1, stored)

        def copy(session: Session, first: int = first, last: int = last) -> None:
            numbers = (
                f"WITH RECURSIVE number(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}) "
            )
            for statement in _copies(session):
                session.execute(text(statement.replace("INSERT", numbers + "INSERT", 1)))

        gateway.database.write(copy)


_KEYS = {
    "receipt": ("id", "filename", "sha256"),
    "transmission": ("id", "filename", "sha256", "interchange_control", "group_control", "answers"),
    "document": ("id", "number", "business_key", "content_sha256", "receipt_id", "transmission_id", "canonical_sha256", "source_sha256",
                 "interchange_control", "group_control", "set_control"),
    "document_order": ("document_id", "order_number"),
    "blob": ("sha256",),
    "lane": ("key",),
    "work_item": ("id", "unique_key"),
    "received_interchange": ("control_number", "receipt_id", "sha256"),
    "journal_entry": ("receipt_id", "document_id", "transmission_id"),
}  # fmt: skip
"""The columns in which a copy differs. Lanes of a partner stay one, those of an order are copied."""


def _copies(session: Session) -> list[str]:
    """An INSERT ... SELECT for each table, the original's rows once for each number."""
    return [_copy(session, table, keys) for table, keys in _KEYS.items()]


def _copy(session: Session, table: str, keys: tuple[str, ...]) -> str:
    columns = [row.name for row in session.execute(text(f"PRAGMA table_info({table})"))]
    if table == "journal_entry":
        columns.remove("id")
    chosen = [_column(table, column, keys) for column in columns]
    where = {"lane": "WHERE o.key LIKE 'po:%'"}.get(table, "")
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} "
        f"FROM number, (SELECT * FROM {table} ORDER BY rowid LIMIT {_ROWS.get(table, 1)}) AS o {where}"
    )


_ROWS = {"document": 2, "blob": 4, "lane": 3, "work_item": 3, "journal_entry": 7}
"""How many rows of a table the first document left."""


def _column(table: str, column: str, keys: tuple[str, ...]) -> str:
    if (table, column) == ("blob", "data"):
        # The trees grow as they would; sixteen gigabytes of leaves nobody reads again would only fill the disk.
        return "substr(o.data, 1, 400)"
    if table == "work_item" and column == "lane":
        return "CASE WHEN o.lane LIKE 'po:%' THEN o.lane || '-' || n ELSE o.lane END"
    if table == "work_item" and column == "position":
        return "CASE WHEN o.lane LIKE 'po:%' THEN o.position ELSE -n END"
    return f"o.{column} || '-' || n" if column in keys else f"o.{column}"
