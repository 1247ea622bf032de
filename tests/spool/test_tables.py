import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import MetaData, bindparam, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from spool.blobs import Blob
from spool.database.port import Database
from spool.journal import JournalEntry, Step, entry, record, write
from spool.tables import Base, Rows, insert_if_absent, json_text

from .scene import ManualClock

ROOT = Path(__file__).resolve().parents[2]


def _blob(at: datetime, name: str = "a") -> Blob:
    return Blob(sha256=name, size=0, data=b"", created_at=at)


def test_a_time_of_another_zone_is_kept_in_utc(database: Database) -> None:
    at = datetime(2026, 3, 1, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    database.write(lambda session: session.add(_blob(at)))
    with database.read() as session:
        kept = session.get_one(Blob, "a").created_at
        assert session.scalar(text("SELECT substr(CAST(created_at AS VARCHAR), 1, 26) FROM blob")) == (
            "2026-02-28 23:30:00.123456"
        )
    assert kept == at
    assert kept.tzinfo is UTC


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        database.write(lambda session: session.add(_blob(datetime(2026, 3, 1))))  # noqa: DTZ001


def test_a_column_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="Blob has no column colour"):
        Blob(sha256="a", colour="red")


def test_an_enumeration_is_kept_by_its_value_and_json_as_sorted_text(database: Database, clock: ManualClock) -> None:
    database.write(lambda session: record(session, clock, step=Step.RECEIVED, detail={"b": "é", "a": [1, None]}))
    with database.read() as session:
        assert session.execute(text("SELECT step, CAST(detail AS VARCHAR) FROM journal_entry")).one() == (
            "received",
            '{"a":[1,null],"b":"é"}',
        )
        entry = session.query(JournalEntry).one()
        assert entry.step is Step.RECEIVED
        assert entry.detail == {"b": "é", "a": [1, None]}


@pytest.mark.parametrize("value", [Decimal("1.5"), datetime(2026, 3, 1, tzinfo=UTC), float("nan"), b"bytes"])
def test_json_refuses_what_it_cannot_say(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_text({"value": value})


def test_inserting_if_absent_tells_whether_it_did(database: Database, clock: ManualClock) -> None:
    values = {"sha256": "a", "size": 1, "data": b"x", "created_at": clock.now()}
    assert database.write(lambda session: insert_if_absent(session, Blob, values))
    assert not database.write(lambda session: insert_if_absent(session, Blob, values | {"size": 2}))
    with database.read() as session:
        assert session.get_one(Blob, "a").size == 1


def test_every_constraint_has_a_name(tmp_path: Path) -> None:
    metadata: MetaData = Base.metadata
    unnamed = [
        constraint for table in metadata.tables.values() for constraint in table.constraints if not constraint.name
    ]
    assert unnamed == []


def test_a_nul_that_a_partner_sent_is_kept_or_shown_as_its_picture(database: Database, clock: ManualClock) -> None:
    database.write(lambda session: record(session, clock, step=Step.RECEIVED, outcome="a\0b", detail={"a": "\0"}))
    with database.read() as session:
        entry = session.query(JournalEntry).one()
    assert entry.outcome in ("a\0b", "a\u2400b")
    assert entry.detail == {"a": "\0"}


def test_rows_to_look_at_are_like_the_sessions_own_and_not_written(database: Database, clock: ManualClock) -> None:
    rows = Rows(JournalEntry, JournalEntry.step == bindparam("step"), order_by=[JournalEntry.id.desc()])
    detail = {"a": [1, None]}
    told = [entry(step=Step.RECEIVED, outcome=outcome, detail=detail) for outcome in ("first", "second")]
    database.write(lambda session: write(session, clock, told))

    def change(session: Session) -> list[JournalEntry]:
        found = rows.all(session, step=Step.RECEIVED)
        found[0].outcome = "changed"
        return found

    assert rows_of(database.write(change))[1:] == rows_of(database.write(change))[1:]
    with database.read() as session:
        kept = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).all()
        assert rows_of(rows.all(session, step=Step.RECEIVED)) == rows_of(kept)
        assert rows.one(session, step=Step.PARSED) is None
    assert [entry.outcome for entry in kept] == ["second", "first"]


FIRST = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from spool.blobs import Blob
from spool.tables import Base, Rows

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.connection().exec_driver_sql("INSERT INTO blob (sha256, size, created_at) VALUES ('a', 5, '2026-03-01 00:00:00')")
    assert [row.size for row in Rows(Blob).all(session)] == [5]
"""


def test_rows_can_be_read_before_anything_else_was_asked_of_the_database() -> None:
    """As commands do, which are a process each: SQLAlchemy had no reason yet to prepare the classes."""
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def rows_of(entries: Sequence[JournalEntry]) -> list[dict[str, object]]:
    """What each entry says, column by column."""
    names = JournalEntry.__table__.columns.keys()
    return [{name: getattr(entry, name) for name in names} for entry in entries]
