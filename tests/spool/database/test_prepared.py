from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from canonical.errors import Retryable
from spool.database.port import Database
from spool.database.prepared import Prepared
from spool.database.sqlite import SqliteDatabase
from spool.queue.tables import Lane, LaneState, WorkItem
from spool.states import ItemState

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

LANE: dict[str, Any] = {"key": "lane", "state": LaneState.IDLE, "last_position": 1, "token": 0}

ITEM: dict[str, Any] = {
    "id": "item",
    "lane": "lane",
    "position": 1,
    "channel": "0500||",
    "kind": "job",
    "payload": {"a": ["ü", None]},
    "state": ItemState.OPEN,
    "attempts": 0,
    "max_attempts": 3,
    "next_at": NOON,
    "created_at": NOON,
}

PUT_LANE = Prepared(insert(Lane), columns=list(LANE))
PUT = Prepared(insert(WorkItem), columns=list(ITEM))
FIND = Prepared(
    select(WorkItem.payload, WorkItem.state, WorkItem.next_at, WorkItem.deadline).where(
        WorkItem.id == bindparam("item")
    )
)
COUNT = Prepared(
    update(WorkItem)
    .where(WorkItem.id == bindparam("item"))
    .values(attempts=WorkItem.attempts + 1, reason="counted")
    .returning(WorkItem.attempts, WorkItem.reason)
)


@pytest.fixture
def filled(database: Database) -> Database:
    database.write(lambda session: PUT_LANE.rows(session, LANE))
    database.write(lambda session: PUT.rows(session, ITEM))
    return database


def test_values_come_back_as_they_went_in_by_the_types_of_their_columns(filled: Database) -> None:
    with filled.read() as session:
        assert FIND.first(session, {"item": "item"}) == ({"a": ["ü", None]}, ItemState.OPEN, NOON, None)


def test_what_an_update_returns_is_what_it_made(filled: Database) -> None:
    for attempts in (1, 2):
        assert filled.write(lambda session: COUNT.rows(session, {"item": "item"})) == [(attempts, "counted")]
    assert filled.write(lambda session: COUNT.first(session, {"item": "nothing"})) is None


def test_it_is_part_of_the_sessions_transaction(filled: Database) -> None:
    def fail(session: Session) -> None:
        COUNT.rows(session, {"item": "item"})
        raise KeyError

    with pytest.raises(KeyError):
        filled.write(fail)
    assert filled.write(lambda session: COUNT.first(session, {"item": "item"})) == (1, "counted")


@pytest.mark.parametrize("prepared_first", [True, False])
def test_whoever_reads_first_prepared_or_not_the_other_sees_the_same_state(
    filled: Database, prepared_first: bool
) -> None:
    def looks(session: Session) -> list[str | None]:
        prepared = _REASON.rows(session, {"item": "item"})[0][0] if prepared_first else None
        asked = session.scalar(select(WorkItem.reason))
        filled.write(lambda session: COUNT.rows(session, {"item": "item"}))
        return [prepared, asked, _REASON.rows(session, {"item": "item"})[0][0], session.scalar(select(WorkItem.reason))]

    with filled.read() as session:
        assert looks(session) == [None] * 4
    with filled.read() as session:
        assert _REASON.first(session, {"item": "item"}) == ("counted",)


_REASON = Prepared(select(WorkItem.reason).where(WorkItem.id == bindparam("item")))


def test_what_is_changed_before_and_after_sqlalchemy_does_is_undone_with_it(filled: Database) -> None:
    def fail(session: Session) -> None:
        COUNT.rows(session, {"item": "item"})
        session.execute(update(WorkItem).values(deadline=NOON))
        with session.begin_nested():
            COUNT.rows(session, {"item": "item"})
        assert COUNT.first(session, {"item": "item"}) == (3, "counted")
        raise KeyError

    with pytest.raises(KeyError):
        filled.write(fail)
    with filled.read() as session:
        assert FIND.first(session, {"item": "item"}) == ({"a": ["ü", None]}, ItemState.OPEN, NOON, None)
    assert filled.write(lambda session: COUNT.first(session, {"item": "item"})) == (1, "counted")


def test_a_value_that_is_not_given_is_a_mistake(filled: Database) -> None:
    with filled.read() as session, pytest.raises(KeyError):
        FIND.rows(session, {})


def test_what_the_database_refuses_is_raised_as_sqlalchemy_would(filled: Database) -> None:
    with pytest.raises(IntegrityError):
        filled.write(lambda session: PUT.rows(session, ITEM))


def test_a_lost_connection_is_an_error_that_passes(filled: Database) -> None:
    if isinstance(filled, SqliteDatabase):
        pytest.skip("a file has no connection to lose")

    def cut(session: Session) -> None:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with filled.read() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        COUNT.rows(session, {"item": "item"})

    with pytest.raises(Retryable):
        filled.write(cut)
    assert filled.write(lambda session: COUNT.first(session, {"item": "item"})) == (1, "counted")


def test_who_listens_to_statements_hears_of_it(filled: Database) -> None:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    def count(session: Session) -> None:
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            COUNT.rows(session, {"item": "item"})
        finally:
            event.remove(engine, "before_cursor_execute", hear)

    filled.write(count)
    assert heard[-1].startswith("UPDATE work_item")
