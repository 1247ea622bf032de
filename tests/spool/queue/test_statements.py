"""What a claim costs must not depend on how many lanes there are: counted in steps of the database, not in time."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from spool.database.port import Database
from spool.database.prepared import Prepared
from spool.database.sqlite import SqliteDatabase
from spool.identifiers import TimeOrderedIdentifiers
from spool.queue import statements as sql
from spool.queue.channel import Channel
from spool.queue.circuit import CircuitState
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LaneQueue
from spool.queue.tables import CircuitRow
from spool.tables import UtcDateTime
from tests.spool.scene import ManualClock, empty_database, new_database, with_tables

MANY = 100_000
A_FEW = 700
"""Instructions or rows; that it is not in the tens of thousands is the point."""

FLOOD = Channel(500, "out:flood", "flood")
"""A partner with very many lanes that are due, and a closed door."""


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def flooded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("flooded")
    with empty_database(request.param, folder) as database:
        with_tables(database).write(flood)
        with database.migration() as connection:
            # As the servers do by themselves, sooner or later.
            connection.execute(text("ANALYZE"))
        yield database


def flood(session: Session) -> None:
    due_for_long = {"at": ManualClock().now() - timedelta(hours=1), "channel": FLOOD.key, "many": MANY}
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
    for statement in (
        "INSERT INTO lane (key, item_id, state, next_at, channel, token, last_position) "
        + numbers
        + "SELECT 'l' || i, 'i' || i, 'waiting', :at, :channel, 0, 1 FROM n",
        "INSERT INTO work_item (id, lane, position, channel, kind, payload, state, attempts, max_attempts, next_at, created_at) "
        + numbers
        + "SELECT 'i' || i, 'l' || i, 1, :channel, 'flood', '{}', 'open', 0, 10, :at, :at FROM n",
    ):
        session.execute(text(statement).bindparams(bindparam("at", type_=UtcDateTime())), due_for_long)


@pytest.fixture
def queue() -> LaneQueue:
    clock = ManualClock()
    return LaneQueue(clock, TimeOrderedIdentifiers(clock), InProcessWaker())


def shut(session: Session, endpoint: str) -> None:
    """Open the circuit of the endpoint for a long time."""
    session.add(
        CircuitRow(
            endpoint=endpoint,
            state=CircuitState.OPEN,
            failures=5,
            openings=1,
            retry_at=ManualClock().now() + timedelta(days=1),
        )
    )
    session.flush()


class _RolledBack(Exception):
    """Leaves the flooded database as it was. The argument is what was counted."""


@pytest.mark.parametrize("is_shut", [False, True], ids=["flooding", "behind an open circuit"])
def test_another_partners_lane_is_claimed_in_a_few_steps(flooded: Database, queue: LaneQueue, is_shut: bool) -> None:
    seen: list[tuple[str, int]] = []

    def claim(session: Session) -> None:
        if is_shut:
            shut(session, "out:flood")
        queue.enqueue(session, kind="job", lane="other", payload={}, partner="other")
        lanes = []
        for _ in range(1 if is_shut else 2):
            with _Steps(session.connection()) as steps:
                claimed = queue.claim(session, "worker")
            assert claimed is not None
            lanes.append(claimed.lane)
            seen.append((claimed.lane, steps.taken))
        assert "other" in lanes
        raise _RolledBack

    with pytest.raises(_RolledBack):
        flooded.write(claim)
    assert all(steps <= A_FEW for _, steps in seen), seen


def test_what_is_put_in_costs_as_much_as_ever(flooded: Database, queue: LaneQueue) -> None:
    def put(session: Session) -> None:
        with _Steps(session.connection()) as steps:
            queue.enqueue(session, kind="job", lane="l500", payload={}, unique_key="a", partner="flood")
        raise _RolledBack(steps.taken)

    with pytest.raises(_RolledBack) as left:
        flooded.write(put)
    assert left.value.args[0] <= A_FEW


def test_what_is_done_of_a_long_lane_does_not_slow_down_what_is_not(flooded: Database, queue: LaneQueue) -> None:
    done = Channel(500, None, "long")

    def work(session: Session) -> int:
        session.execute(
            text("UPDATE work_item SET state = 'done', lane = 'l1', position = cast(substr(id, 2) AS integer)")
        )
        session.execute(text("UPDATE lane SET next_at = NULL, state = 'idle', last_position = 1000000"))
        queue.enqueue(session, kind="job", lane="l1", payload={}, partner=done.partner)
        queue.enqueue(session, kind="job", lane="l1", payload={}, partner=done.partner)
        claim = queue.claim(session, "worker")
        assert claim is not None
        with _Steps(session.connection()) as steps:
            queue.complete(session, claim)
            assert queue.claim(session, "worker") is not None
        raise _RolledBack(steps.taken)

    with pytest.raises(_RolledBack) as left:
        flooded.write(work)
    assert left.value.args[0] <= A_FEW


@pytest.mark.parametrize("statement", [sql.LET_GO, sql.LET_GO_HELD], ids=["let go", "let go by its holder"])
def test_statistics_in_which_lanes_look_short_do_not_make_a_long_one_be_searched_through(
    tmp_path: Path, queue: LaneQueue, statement: Prepared
) -> None:
    def work(session: Session) -> None:
        for number in range(100):
            queue.enqueue(session, kind="job", lane=f"order {number}", payload={})
            claim = queue.claim(session, "worker")
            assert claim is not None
            queue.complete(session, claim)

    with new_database(tmp_path) as database:
        database.write(work)
        with database.migration() as connection:
            connection.execute(text("ANALYZE"))
    # Statistics are read when the file is opened.
    with SqliteDatabase(database.url) as database, database.read() as session:
        plan = _plan(session, statement)
    searches = [step for step in plan if "work_item" in step]
    assert searches
    assert all("USING INDEX ix_work_item_open (lane=?)" in step for step in searches), plan


def _plan(session: Session, statement: Prepared) -> list[str]:
    """How SQLite will execute it."""
    heard: list[str] = []
    connection = session.connection()

    def explain(_connection: object, _cursor: object, text: str, parameters: object, *_: object) -> None:
        driver: Any = connection.connection.driver_connection
        heard.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {text}", parameters))

    event.listen(connection, "before_cursor_execute", explain)
    with suppress(DBAPIError):
        statement.rows(session, {"of": "long", "now": ManualClock().now(), "held_as": 1})
    return heard


def test_an_item_takes_seven_statements_all_in_all(tmp_path: Path, queue: LaneQueue) -> None:
    def work(session: Session) -> list[int]:
        driver: Any = session.connection().connection.driver_connection
        counts = []
        statements: list[str] = []
        driver.set_trace_callback(statements.append)
        for number in range(2):
            queue.enqueue(session, kind="job", lane=f"{number}", payload={}, unique_key=f"{number}", endpoint="erp")
        counts.append(len(statements) // 2)
        claim = queue.claim(session, "worker")
        assert claim is not None
        statements.clear()
        queue.complete(session, claim)
        assert queue.claim(session, "worker") is not None
        counts.append(len(statements))
        driver.set_trace_callback(None)
        return counts

    with new_database(tmp_path) as database:
        assert database.write(work) == [2, 5]


class _Steps:
    """Counts what the statements of a block cost: SQLite's virtual machine's instructions, or rows that PostgreSQL looked at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before = 0
        self.taken = 0

    def __enter__(self) -> "_Steps":
        if self._connection.dialect.name == "sqlite":
            self._watch(self._count, 1)
        else:
            self._before = self._rows()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection.dialect.name == "sqlite":
            self._watch(None, 0)
        else:
            self.taken = self._rows() - self._before

    def _count(self) -> int:
        self.taken += 1
        return 0

    def _watch(self, handler: Callable[[], int] | None, every: int) -> None:
        driver: Any = self._connection.connection.driver_connection
        driver.set_progress_handler(handler, every)

    def _rows(self) -> int:
        """Read so far by this transaction, in all tables."""
        read = text("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
        return int(self._connection.execute(read).scalar_one())
