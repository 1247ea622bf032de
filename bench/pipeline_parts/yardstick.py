"""What nothing that keeps its promises can do without: a durable insert; and the least that may be called a queue."""

import argparse
import sqlite3
import time
from pathlib import Path

from .figures import Figures
from .house import order


def yardsticks(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Measure both, on the disk of ``root``, as often as there are documents in each measurement."""
    count = arguments.documents
    connection = sqlite3.connect(root / "yardstick.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE payload (id INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, state TEXT, data BLOB)")
    connection.execute("CREATE INDEX item_open ON item (id) WHERE state = 'open'")
    figures.insert_cpu = _inserts(connection, count, figures)
    figures.queue_cpu = _queue(connection, count, figures)
    connection.close()


def _inserts(connection: sqlite3.Connection, count: int, figures: Figures) -> float:
    payload = order(1)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        connection.execute("INSERT INTO payload (data) VALUES (?)", (payload,))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures.say(f"bare durable insert   {count / wall:8.0f} /s   {cpu / count * 1e3:7.3f} ms CPU each")
    return cpu / count


def _queue(connection: sqlite3.Connection, count: int, figures: Figures) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        connection.execute("INSERT INTO item (state, data) VALUES ('open', ?)", (b"{}",))
        taken = connection.execute(
            "UPDATE item SET state = 'taken' WHERE id = (SELECT min(id) FROM item WHERE state = 'open') RETURNING id"
        ).fetchone()
        connection.execute("UPDATE item SET state = 'done' WHERE id = ?", taken)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures.say(f"bare queue            {count / wall:8.0f} /s   {cpu / count * 1e3:7.3f} ms CPU each")
    return cpu / count
