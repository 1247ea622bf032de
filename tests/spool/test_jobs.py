"""Jobs that say "work lane L": one for each lane that has work, in the transaction that makes it due."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from canonical.errors import Retryable
from spool.clock import SystemClock
from spool.database.postgresql import PostgresqlDatabase
from spool.identifiers import TimeOrderedIdentifiers
from spool.queue import jobs
from spool.queue.jobs import JobRunner, JobWaker, sweep
from spool.queue.lanes import LaneQueue
from spool.queue.port import Claim
from spool.worker import Effects, Workers
from tests import postgresql, ready

from .scene import with_tables

CLOCK = SystemClock()
PATIENCE = 30.0


class Site:
    """A database with lanes and jobs."""

    def __init__(self, database: PostgresqlDatabase) -> None:
        self.database = database
        self.queue = LaneQueue(CLOCK, TimeOrderedIdentifiers(CLOCK), JobWaker())

    def put(self, lane: str, *, after: float = 0, number: int = 0) -> None:
        at = CLOCK.now() + timedelta(seconds=after) if after else None
        self.database.write(
            lambda session: self.queue.enqueue(
                session, kind="job", lane=lane, payload={"number": number}, not_before=at
            )
        )

    def claim(self) -> Claim:
        claim = self.database.write(lambda session: self.queue.claim(session, "node"))
        assert claim is not None
        return claim

    def ask(self, statement: str) -> list[Any]:
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(statement))]

    def run(self, statement: str) -> None:
        self.database.write(lambda session: session.execute(text(statement)) and None)

    def jobs(self) -> list[tuple[str, bool]]:
        """The lane of each job that waits, and whether it is for now."""
        return self.ask(
            "SELECT queueing_lock, scheduled_at IS NULL OR scheduled_at <= now() FROM procrastinate_jobs"
            " WHERE status = 'todo' ORDER BY 1"
        )

    def fetch(self) -> None:
        """Somebody begins a job."""
        self.run("SELECT procrastinate_fetch_job_v2(NULL, (SELECT worker_id FROM procrastinate_register_worker_v1()))")

    def sweep(self, now: datetime | None = None) -> int:
        return self.database.write(lambda session: sweep(session, now or CLOCK.now()))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ready.database("postgresql", tmp_path) as database:
        assert isinstance(database, PostgresqlDatabase)
        yield Site(database)


def test_preparing_again_changes_nothing(site: Site) -> None:
    site.put("lane")
    jobs.prepare(site.database)
    assert site.jobs() == [("lane", True)]


def test_later_versions_of_the_schema_are_applied_in_order(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, statement in {
        "03.00.00_01_pre_old.sql": "SELECT no_such_function();",
        "99.00.00_01_pre_new.sql": "CREATE TABLE procrastinate_new (id bigint);",
        "99.00.00_50_post_new.sql": "INSERT INTO procrastinate_new VALUES (1); INSERT INTO procrastinate_new VALUES (2);",
    }.items():
        (tmp_path / name).write_text(statement)
    monkeypatch.setattr(jobs, "migrations_path", tmp_path)
    monkeypatch.setattr(jobs, "version", lambda _name: "99.0.0")
    for _ in range(2):
        jobs.prepare(site.database)
        assert site.ask("SELECT id FROM procrastinate_new") == [(1,), (2,)]


def test_a_lane_has_one_job_however_many_items_it_has(site: Site) -> None:
    for lane in ("one", "two", "one"):
        site.put(lane)
    assert site.jobs() == [("one", True), ("two", True)]


def test_a_job_is_undone_with_its_transaction(site: Site) -> None:
    def fail(session: Session) -> None:
        site.queue.enqueue(session, kind="job", lane="lane", payload={})
        raise KeyError

    with pytest.raises(KeyError):
        site.database.write(fail)
    assert site.jobs() == []


def test_what_is_for_later_has_a_job_for_later(site: Site) -> None:
    site.put("lane", after=60)
    assert site.jobs() == [("lane", False)]


def test_an_item_behind_one_that_rests_does_not_wake_its_lane(site: Site) -> None:
    site.put("lane", after=60)
    site.put("lane")
    assert site.jobs() == [("lane", False)]


def test_a_job_for_later_is_moved_forward_by_what_is_due_sooner(site: Site) -> None:
    site.put("lane")
    site.fetch()
    claim = site.claim()
    site.database.write(lambda session: site.queue.retry_later(session, claim, Retryable("Down.")) and None)
    assert site.jobs() == [("lane", False)]
    assert site.database.write(lambda session: site.queue.retry_now(session, claim.item_id))
    assert site.jobs() == [("lane", True)]


def test_a_lane_that_is_due_and_has_a_job_only_for_later_is_swept_up(site: Site) -> None:
    site.put("lane")
    site.run("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    assert site.sweep() == 1
    assert site.jobs() == [("lane", True)]


def test_a_lane_that_is_held_needs_no_job_until_it_is_let_go(site: Site) -> None:
    site.put("lane")
    site.fetch()
    claim = site.claim()
    site.put("lane")
    assert site.jobs() == []
    site.database.write(lambda session: site.queue.complete(session, claim))
    assert site.jobs() == [("lane", True)]


def test_an_attempt_that_failed_has_a_job_for_the_next_one(site: Site) -> None:
    site.put("lane")
    site.fetch()
    claim = site.claim()
    site.database.write(lambda session: site.queue.retry_later(session, claim, Retryable("Down.")) and None)
    assert site.jobs() == [("lane", False)]


def test_a_job_is_not_begun_before_what_it_is_to_find_is_committed(site: Site) -> None:
    """Else it would find nothing and end, and the lane be left without one."""
    site.put("lane")
    site.run("UPDATE lane SET state = 'waiting', next_at = next_at + interval '1 hour'")

    def wake(session: Session) -> None:
        session.execute(text("UPDATE lane SET next_at = now() - interval '1 second'"))
        JobWaker().lane_due(session, "lane", CLOCK.now())
        begun = threading.Thread(target=site.fetch)
        begun.start()
        begun.join(PATIENCE)
        assert not begun.is_alive()

    site.database.write(wake)
    assert site.jobs() == [("lane", True)]


class TestTheSweeper:
    def test_gives_a_job_to_each_lane_that_is_due_and_has_none(self, site: Site) -> None:
        site.put("lost")
        site.put("lost too")
        site.run("DELETE FROM procrastinate_jobs")
        site.put("has one")
        site.put("later", after=60)
        assert site.sweep() == 2
        assert site.jobs() == [("has one", True), ("later", False), ("lost", True), ("lost too", True)]
        assert site.sweep() == 0

    def test_takes_up_a_lane_whose_holder_died(self, site: Site) -> None:
        site.put("lane")
        site.fetch()
        claim = site.claim()
        assert site.sweep() == 0
        site.run("UPDATE lane SET next_at = now() - interval '1 second'")
        assert site.sweep() == 1
        assert site.jobs() == [("lane", True)]
        assert site.claim().token == claim.token + 1


class Node:
    """One of several processes that work."""

    def __init__(self, site: Site, handler: Callable[[Claim], Effects]) -> None:
        self.database = PostgresqlDatabase(site.database.url)
        queue = LaneQueue(CLOCK, TimeOrderedIdentifiers(CLOCK), JobWaker())
        self._workers = Workers(self.database, queue, {"job": handler}, on_dead=lambda *_: None, threads=0)
        self._runner = JobRunner(self.database, queue, CLOCK, self._workers.run_until_idle, slots=2)

    @contextmanager
    def working(self) -> Iterator[None]:
        self._workers.start()
        self._runner.start()
        try:
            yield
        finally:
            self._workers.stop()
            assert self._runner.stop()
            self.database.close()


class Tally:
    """What was done, and a way to wait for it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self._changed = threading.Condition()

    def handle(self, claim: Claim) -> Effects:
        def effects(session: Session) -> None:
            session.info.setdefault("spool.after_commit", {})[partial(self._add, claim)] = None

        return effects

    def _add(self, claim: Claim) -> None:
        with self._changed:
            self.done.append((claim.lane, claim.payload["number"]))
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.done) >= count, PATIENCE), self.done


def test_two_nodes_do_everything_once_and_in_the_order_of_each_lane(site: Site) -> None:
    tally = Tally()
    with Node(site, tally.handle).working(), Node(site, tally.handle).working():
        for number in range(10):
            for lane in "abc":
                site.put(lane, number=number)
        tally.wait_for(30)
    assert len(tally.done) == 30
    for lane in "abc":
        assert [number for found, number in tally.done if found == lane] == list(range(10))
    assert site.ask("SELECT count(*) FROM procrastinate_workers") == [(0,)], "they said goodbye"


def test_what_was_put_in_while_nobody_worked_is_done(site: Site) -> None:
    site.put("lane")
    site.put("without a job")
    site.run("DELETE FROM procrastinate_jobs WHERE queueing_lock = 'without a job'")
    tally = Tally()
    with Node(site, tally.handle).working():
        tally.wait_for(2)


def test_a_job_of_a_node_that_died_is_cleared_and_its_lane_taken_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("lane")
    site.fetch()
    site.claim()
    site.run("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    site.run("UPDATE lane SET next_at = now() - interval '1 second'")
    tally = Tally()
    with Node(site, tally.handle).working():
        tally.wait_for(1)
    assert site.ask("SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'lane'") == [(0,)]


@pytest.mark.slow
def test_the_work_goes_on_after_the_server_was_restarted(tmp_path: Path) -> None:
    own = postgresql.start_server()
    with PostgresqlDatabase(own.new_database()) as database:
        jobs.prepare(with_tables(database))
        site, tally = Site(database), Tally()
        with Node(site, tally.handle).working():
            site.put("lane")
            tally.wait_for(1)
            own.restart()
            site.put("lane")
            tally.wait_for(2)
    own.stop()


def test_a_database_lost_while_work_is_looked_for_is_told_in_a_line_and_the_job_is_over(site: Site) -> None:
    """Not with a traceback for each of the jobs under way; whoever is due is swept up."""
    looked = threading.Event()

    def lost() -> None:
        looked.set()
        raise Retryable("The database cannot be reached.")

    runner = JobRunner(site.database, site.queue, CLOCK, lost, slots=1)
    with capture_logs() as events:
        runner.start()
        site.put("a")
        assert looked.wait(PATIENCE)
        assert runner.stop()
    told = [event for event in events if event["event"].startswith("work could not be taken")]
    assert {(event["log_level"], event["error"]) for event in told} == {("warning", "The database cannot be reached.")}
    assert site.ask("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND queueing_lock = 'a'") == [(0,)]
