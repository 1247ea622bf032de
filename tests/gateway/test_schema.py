"""The tables the rooms declare and the revisions that make them agree."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from gateway import schema
from spool.identifiers import TimeOrderedIdentifiers
from spool.migrate import VERSIONS, upgrade
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LaneQueue
from spool.revisions import differences
from spool.tables import UtcDateTime
from tests.spool.scene import KINDS, ManualClock, empty_database

from .house import House


def test_an_upgraded_database_has_exactly_the_declared_tables(house: House) -> None:
    assert differences(house.gateway.database, schema.metadata) == []


def test_every_table_is_listed_by_its_room() -> None:
    assert {table.__tablename__ for table in schema.TABLES} == set(schema.metadata.tables)
    assert len(schema.TABLES) == len(set(schema.TABLES))


@pytest.mark.parametrize("kind", KINDS)
def test_work_that_was_there_before_it_had_channels_is_done_in_its_order(kind: str, tmp_path: Path) -> None:
    first = tmp_path / "versions"
    first.mkdir()
    shutil.copy(VERSIONS / "0001_first_schema.py", first)
    clock = ManualClock()
    with empty_database(kind, tmp_path) as database:
        upgrade(database, versions=first)
        database.write(lambda session: _work_of_the_first_version(session, clock.now()))
        upgrade(database)
        queue = LaneQueue(clock, TimeOrderedIdentifiers(clock), InProcessWaker())
        done = []
        while (claim := database.write(lambda session: queue.claim(session, "worker"))) is not None:
            done.append(claim.item_id)
            database.write(lambda session, claim=claim: queue.complete(session, claim))  # type: ignore[misc]
        with database.read() as session:
            [lost] = queue.history(session, "held 2")
    assert done == ["held 2", "waiting 1", "waiting 2"]
    assert lost.owner == "gone"


def _work_of_the_first_version(session: Session, now: datetime) -> None:
    times = [
        bindparam("now", now, type_=UtcDateTime()),
        bindparam("early", now - timedelta(hours=1), type_=UtcDateTime()),
    ]
    for statement in (
        "INSERT INTO lane (key, state, next_at, owner, token, last_position, item_id) VALUES "
        "('held', 'held', :early, 'gone', 7, 2, 'held 2'), ('waiting', 'waiting', :now, NULL, 0, 2, NULL), "
        "('idle', 'idle', NULL, NULL, 0, 0, NULL)",
        "INSERT INTO work_item (id, lane, position, kind, payload, state, attempts, max_attempts, next_at, created_at) VALUES "
        "('held 1', 'held', 1, 'job', '{}', 'done', 1, 9, :early, :early), "
        "('held 2', 'held', 2, 'job', '{}', 'open', 1, 9, :early, :early), "
        "('waiting 1', 'waiting', 1, 'job', '{}', 'open', 0, 9, :now, :now), "
        "('waiting 2', 'waiting', 2, 'job', '{}', 'open', 0, 9, :now, :now)",
    ):
        used = [time for time in times if f":{time.key}" in statement]
        session.execute(text(statement).bindparams(*used))
