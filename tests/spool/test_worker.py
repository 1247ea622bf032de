import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from canonical.errors import Misconfigured, Retryable
from spool.clock import SystemClock
from spool.database.port import Database
from spool.identifiers import TimeOrderedIdentifiers
from spool.journal import Step, latest, record
from spool.queue.circuit import FAILURES
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LEASE, LaneQueue
from spool.queue.port import Claim, QueueStats
from spool.under_way import PATIENCE_SECONDS
from spool.worker import BATCH, SHARE, Brief, Effects, Handler, Workers

from .scene import ManualClock

TIMEOUT = 20


@dataclass
class Workshop:
    """A queue, workers on it, and what they were seen to do."""

    database: Database
    clock: ManualClock
    queue: LaneQueue
    waker: InProcessWaker
    attempts: list[object] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)

    def workers(
        self,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 1,
        brief: Brief | None = None,
        now: Callable[[], float] = monotonic,
    ) -> Workers:
        workers = Workers(
            self.database, self.queue, handlers, on_dead=self._on_dead, threads=threads, brief=brief, now=now
        )
        self.waker.subscribe(workers.wake)
        return workers

    def _on_dead(self, session: Session, claim: Claim, reason: str) -> None:
        record(session, self.clock, step=Step.DEAD, outcome=reason)
        self.buried.append(claim.item_id)

    def put(
        self,
        number: int = 0,
        *,
        kind: str = "job",
        lane: str = "lane",
        partner: str | None = None,
        attempts: int = 10,
        endpoint: str | None = None,
        within: float | None = None,
    ) -> str:
        deadline = None if within is None else self.clock.now() + timedelta(seconds=within)
        return self.database.write(
            lambda session: self.queue.enqueue(
                session,
                kind=kind,
                lane=lane,
                payload={"number": number},
                partner=partner,
                endpoint=endpoint,
                deadline=deadline,
                max_attempts=attempts,
            )
        )

    def note(self, claim: Claim) -> Effects:
        """A handler: notes the attempt, and its effect is an entry in the journal."""
        number = claim.payload["number"]
        self.attempts.append(number)
        return lambda session: record(session, self.clock, step=Step.DELIVERED, outcome=str(number))

    def done(self) -> list[str]:
        with self.database.read() as session:
            return [entry.outcome for entry in latest(session) if entry.step is Step.DELIVERED]

    def stats(self) -> QueueStats:
        with self.database.read() as session:
            return self.queue.stats(session)


@pytest.fixture
def shop(database: Database, clock: ManualClock) -> Workshop:
    waker = InProcessWaker()
    queue = LaneQueue(clock, TimeOrderedIdentifiers(clock), waker, jitter=lambda: 0.5)
    return Workshop(database, clock, queue, waker)


def raising(error: Exception) -> Handler:
    def handler(_claim: Claim) -> Effects:
        raise error

    return handler


def test_all_that_is_due_is_worked_in_order_in_this_thread(shop: Workshop) -> None:
    for number in range(3):
        shop.put(number)
    assert shop.workers({"job": shop.note}).run_until_idle() == 3
    assert shop.done() == ["0", "1", "2"]
    assert shop.stats().open == 0


def test_what_a_handler_puts_in_is_worked_too(shop: Workshop) -> None:
    def first(claim: Claim) -> Effects:
        def effects(session: Session) -> None:
            shop.queue.enqueue(session, kind="second", lane="other", payload={"number": 2})

        return effects

    shop.put(kind="first")
    assert shop.workers({"first": first, "second": shop.note}).run_until_idle() == 2
    assert shop.done() == ["2"]


def test_effects_and_completion_commit_together_or_not_at_all(shop: Workshop) -> None:
    def handler(claim: Claim) -> Effects:
        def effects(session: Session) -> None:
            shop.note(claim)(session)
            raise Retryable("the last effect failed")

        return effects

    shop.put()
    shop.workers({"job": handler}).run_until_idle()
    assert shop.done() == []
    assert shop.stats().retrying == 1


def test_a_retryable_error_is_tried_again_after_its_delay_until_the_last_attempt(shop: Workshop) -> None:
    shop.put(attempts=3)
    workers = shop.workers({"job": raising(Retryable("ERP is down"))})
    made = []
    for _ in range(5):
        made.append(workers.run_until_idle())
        shop.clock.advance(seconds=5000)
    assert made == [1, 1, 1, 0, 0]
    with shop.database.read() as session:
        (dead,) = shop.queue.dead_items(session)
        (entry,) = latest(session)
    assert (dead.reason, dead.attempts) == ("ERP is down", 3)
    assert shop.buried == [dead.item_id]
    assert (entry.step, entry.outcome) == (Step.DEAD, "ERP is down")


@pytest.mark.parametrize(
    ("error", "traced"),
    [(Retryable("Down."), False), (OSError(28, "No space left on device"), False), (ZeroDivisionError("oops"), True)],
)
def test_a_traceback_is_logged_for_what_nobody_foresaw(shop: Workshop, error: Exception, traced: bool) -> None:
    shop.put()
    with capture_logs() as events:
        shop.workers({"job": raising(error)}).run_until_idle()
    [failed] = [event for event in events if event["event"] == "attempt failed"]
    assert (failed["exc_info"] is error) == traced


def test_an_error_that_stays_buries_the_item_at_once_and_the_lane_goes_on(shop: Workshop) -> None:
    dead = shop.put(kind="bad")
    shop.put(1)
    shop.workers({"bad": raising(Misconfigured("no such folder")), "job": shop.note}).run_until_idle()
    assert shop.buried == [dead]
    assert shop.done() == ["1"]


def test_work_that_no_handler_knows_is_buried_with_a_reason(shop: Workshop) -> None:
    shop.put(kind="unheard-of")
    shop.workers({}).run_until_idle()
    with shop.database.read() as session:
        (dead,) = shop.queue.dead_items(session)
    assert "unheard-of" in dead.reason


def test_an_item_that_kills_every_worker_is_buried_without_another_attempt(shop: Workshop) -> None:
    item = shop.put(attempts=2)
    for _ in range(2):
        shop.database.write(lambda session: shop.queue.claim(session, "victim"))
        shop.clock.advance(seconds=LEASE.total_seconds())
    shop.workers({"job": shop.note}).run_until_idle()
    assert shop.attempts == []
    assert shop.buried == [item]


def test_an_item_past_its_deadline_is_buried_without_an_attempt(shop: Workshop) -> None:
    item = shop.put(within=60)
    shop.clock.advance(seconds=61)
    shop.workers({"job": shop.note}).run_until_idle()
    assert shop.attempts == []
    assert shop.buried == [item]
    with shop.database.read() as session:
        (dead,) = shop.queue.dead_items(session)
        assert shop.queue.history(session, item) == [], "no attempt was made"
    assert dead.reason.startswith("Its deadline, 2026-03-01 12:01:00+00:00, passed before it was done.")


def test_a_retry_that_would_come_after_the_deadline_is_not_made(shop: Workshop) -> None:
    item = shop.put(within=60)
    workers = shop.workers({"job": raising(Retryable("ERP is down"))})
    made = []
    for _ in range(5):
        made.append(workers.run_until_idle())
        shop.clock.advance(seconds=30)
    assert made == [1, 1, 1, 0, 0]
    assert shop.buried == [item]


def test_an_endpoint_where_all_fails_is_left_alone(shop: Workshop) -> None:
    for number in range(FAILURES + 3):
        shop.put(number, lane=f"{number}", endpoint="erp")
    assert shop.workers({"job": raising(Retryable("ERP is down"))}).run_until_idle() == FAILURES


def test_what_fails_on_our_side_is_not_held_against_the_endpoint(shop: Workshop) -> None:
    def handler(_claim: Claim) -> Effects:
        def effects(_session: Session) -> None:
            raise Retryable("the disk is full")

        return effects

    for number in range(FAILURES + 3):
        shop.put(number, lane=f"{number}", endpoint="erp")
    assert shop.workers({"job": handler}).run_until_idle() == FAILURES + 3


def test_a_fault_in_telling_of_a_death_does_not_keep_the_item_alive(shop: Workshop) -> None:
    def on_dead(_session: Session, _claim: Claim, _reason: str) -> None:
        raise KeyError("oh")

    shop.put()
    Workers(shop.database, shop.queue, {"job": raising(Misconfigured("bad"))}, on_dead=on_dead).run_until_idle()
    with shop.database.read() as session:
        (dead,) = shop.queue.dead_items(session)
    assert dead.reason == "bad (and telling so failed: KeyError: 'oh')"


def test_who_lost_the_lane_while_working_commits_nothing(shop: Workshop) -> None:
    def slow(claim: Claim) -> Effects:
        shop.clock.advance(seconds=LEASE.total_seconds())
        if claim.attempt == 1:
            shop.workers({"job": shop.note}).run_until_idle()
        return shop.note(claim)

    shop.put(7)
    shop.workers({"job": slow}).run_until_idle()
    assert shop.attempts == [7, 7]
    assert shop.done() == ["7"]


def test_the_lease_of_long_work_is_renewed(shop: Workshop) -> None:
    taken_over: list[Claim | None] = []

    def long(claim: Claim) -> Effects:
        for _ in range(3):
            shop.clock.advance(seconds=LEASE.total_seconds() - 1)
            workers.look_after()
            taken_over.append(shop.database.write(lambda session: shop.queue.claim(session, "other")))
        return shop.note(claim)

    shop.put(7)
    workers = shop.workers({"job": long})
    workers.run_until_idle()
    assert taken_over == [None, None, None]
    assert shop.done() == ["7"]


def test_an_attempt_that_failed_after_it_was_taken_over_changes_nothing(shop: Workshop) -> None:
    taken_over: list[Claim | None] = []

    def slow(_claim: Claim) -> Effects:
        shop.clock.advance(seconds=LEASE.total_seconds() + 1)
        taken_over.append(shop.database.write(lambda session: shop.queue.claim(session, "other")))
        raise Retryable("the partner did not answer")

    shop.put(7)
    with capture_logs() as logs:
        shop.workers({"job": slow}).run_until_idle()
    [claim] = taken_over
    assert claim is not None
    assert [(log["log_level"], log["event"]) for log in logs] == [("warning", "work taken over")]
    shop.database.write(lambda session: shop.queue.complete(session, claim))


def test_lanes_are_worked_side_by_side(shop: Workshop) -> None:
    """Each handler waits until the other is being worked on too."""
    meeting = threading.Barrier(2)
    left = threading.Semaphore(0)

    def handler(claim: Claim) -> Effects:
        meeting.wait(TIMEOUT)
        left.release()
        return shop.note(claim)

    shop.put(1, lane="a")
    shop.put(2, lane="b")
    workers = shop.workers({"job": handler}, threads=2)
    workers.start()
    assert left.acquire(timeout=TIMEOUT)
    assert left.acquire(timeout=TIMEOUT)
    assert workers.stop(TIMEOUT)
    assert sorted(shop.done()) == ["1", "2"]


def test_idle_workers_wake_when_work_is_put_in(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spool.worker.POLL_SECONDS", 1000)
    worked = threading.Semaphore(0)

    def handler(claim: Claim) -> Effects:
        worked.release()
        return shop.note(claim)

    workers = shop.workers({"job": handler})
    workers.start()
    for number in range(3):
        shop.put(number)
        assert worked.acquire(timeout=TIMEOUT)
    assert workers.stop(TIMEOUT)
    assert shop.done() == ["0", "1", "2"]


def test_idle_workers_find_what_another_process_put_in(shop: Workshop) -> None:
    worked = threading.Event()

    def handler(claim: Claim) -> Effects:
        worked.set()
        return shop.note(claim)

    workers = shop.workers({"job": handler})
    workers.start()
    elsewhere = LaneQueue(shop.clock, TimeOrderedIdentifiers(SystemClock()), InProcessWaker())
    shop.database.write(lambda session: elsewhere.enqueue(session, kind="job", lane="lane", payload={"number": 1}))
    assert worked.wait(TIMEOUT)
    assert workers.stop(TIMEOUT)


def test_a_failed_attempt_does_not_make_the_other_lanes_wait(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spool.worker.POLL_SECONDS", 1000)
    worked = threading.Event()

    def handler(claim: Claim) -> Effects:
        worked.set()
        return shop.note(claim)

    shop.put(kind="bad", lane="a")
    shop.clock.advance(seconds=1)
    shop.put(lane="b")
    workers = shop.workers({"bad": raising(Retryable("down")), "job": handler})
    workers.start()
    assert worked.wait(TIMEOUT)
    assert workers.stop(TIMEOUT)


def test_stopping_finishes_what_was_begun_and_begins_nothing(shop: Workshop) -> None:
    begun = threading.Event()
    go_on = threading.Event()

    def handler(claim: Claim) -> Effects:
        begun.set()
        assert go_on.wait(TIMEOUT)
        return shop.note(claim)

    shop.put(1)
    shop.put(2)
    workers = shop.workers({"job": handler})
    workers.start()
    assert begun.wait(TIMEOUT)
    assert not workers.stop(0), "it is still being worked on"
    go_on.set()
    assert workers.stop(TIMEOUT)
    assert shop.done() == ["1"]
    assert shop.stats().due == 1


def test_workers_outlive_a_database_that_is_locked_for_a_while(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = threading.Event()
    failures = iter([Retryable("locked"), Retryable("locked")])
    claim = shop.queue.claim

    def unreliable(session: Session, owner: str) -> Claim | None:
        for failure in failures:
            raise failure
        return claim(session, owner)

    def handler(claim: Claim) -> Effects:
        worked.set()
        return shop.note(claim)

    monkeypatch.setattr("spool.worker.POLL_SECONDS", 0.01)
    monkeypatch.setattr(shop.queue, "claim", unreliable)
    shop.put(1)
    workers = shop.workers({"job": handler})
    workers.start()
    assert worked.wait(TIMEOUT)
    assert workers.stop(TIMEOUT)
    assert shop.done() == ["1"]


@dataclass
class Mount:
    """An endpoint that does not answer until it is ``back``; ``seconds`` go by as the test says."""

    shop: Workshop
    back: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def handler(self, claim: Claim) -> Effects:
        self.begun.release()
        assert self.back.wait(TIMEOUT)
        return self.shop.note(claim)

    def time_goes_by(self) -> None:
        self.seconds += PATIENCE_SECONDS + 1
        self.shop.clock.advance(seconds=LEASE.total_seconds() - 1)


def telling(shop: Workshop, worked: threading.Event) -> Handler:
    def handler(claim: Claim) -> Effects:
        worked.set()
        return shop.note(claim)

    return handler


def worker_threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith("worker-") and thread.name != "worker-heartbeat"
    ]


def first_to_end(threads: list[threading.Thread]) -> threading.Thread:
    deadline = monotonic() + TIMEOUT
    while monotonic() < deadline:
        for thread in threads:
            thread.join(0.02)
            if not thread.is_alive():
                return thread
    raise AssertionError("none of them ended")


@pytest.fixture
def mount(shop: Workshop) -> Iterator[Mount]:
    hanging = Mount(shop)
    yield hanging
    hanging.back.set()


class TestAWorkerThatHangs:
    def test_does_not_keep_the_others_work_from_being_done(self, shop: Workshop, mount: Mount) -> None:
        shop.put(1, kind="hanging", lane="hanging")
        worked = threading.Event()
        handlers: dict[str, Handler] = {"hanging": mount.handler, "job": telling(shop, worked)}
        workers = shop.workers(handlers, now=mount.now)
        workers.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        shop.put(2, lane="other")
        mount.time_goes_by()
        with capture_logs() as logs:
            workers.look_after()
        assert worked.wait(TIMEOUT)
        assert [(log["kind"], log["lane"]) for log in logs] == [("hanging", "hanging")]
        mount.back.set()
        assert workers.stop(TIMEOUT)
        assert sorted(shop.done()) == ["1", "2"]

    def test_keeps_the_lease_of_what_it_hangs_in(self, shop: Workshop, mount: Mount) -> None:
        """Nobody knows what it may still do."""
        shop.put(1, kind="hanging")
        workers = shop.workers({"hanging": mount.handler}, now=mount.now)
        workers.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        for _ in range(3):
            mount.time_goes_by()
            workers.look_after()
            assert shop.database.write(lambda session: shop.queue.claim(session, "other")) is None
        mount.back.set()
        assert workers.stop(TIMEOUT)
        assert shop.done() == ["1"]

    @pytest.mark.parametrize(("brief", "held"), [(True, True), (False, False)])
    def test_has_its_endpoint_held_where_it_was_to_take_no_time(
        self, shop: Workshop, mount: Mount, brief: bool, held: bool
    ) -> None:
        """Else one after the other would hang there, and those who stand in as well. A large file takes its time."""
        shop.put(1, kind="hanging", lane="hanging", endpoint="erp")
        workers = shop.workers(
            {"hanging": mount.handler}, threads=0, brief=lambda _session, _claim: brief, now=mount.now
        )
        hung = threading.Thread(target=workers.run_until_idle, daemon=True)
        hung.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        shop.put(2, lane="next", endpoint="erp")
        mount.time_goes_by()
        workers.look_after()
        taken = shop.database.write(lambda session: shop.queue.claim(session, "other"))
        assert (taken is None) is held
        mount.back.set()
        hung.join(TIMEOUT)

    def test_gets_no_more_stand_ins_than_there_were_to_be_workers(self, shop: Workshop, mount: Mount) -> None:
        for number in range(4):
            shop.put(number, kind="hanging", lane=f"lane{number}")
        workers = shop.workers({"hanging": mount.handler}, now=mount.now)
        workers.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        mount.time_goes_by()
        workers.look_after()
        assert mount.begun.acquire(timeout=TIMEOUT)
        mount.time_goes_by()
        workers.look_after()
        assert shop.stats().running == 2
        mount.back.set()
        assert workers.stop(TIMEOUT)

    def test_takes_over_again_when_it_is_back(self, shop: Workshop, mount: Mount) -> None:
        shop.put(1, kind="hanging")
        workers = shop.workers({"hanging": mount.handler}, now=mount.now)
        workers.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        mount.time_goes_by()
        workers.look_after()
        pair = worker_threads()
        assert len(pair) == 2
        mount.back.set()
        gone = first_to_end(pair)
        assert [thread for thread in worker_threads() if thread is not gone], "one of them works on"
        assert workers.stop(TIMEOUT)
        assert shop.done() == ["1"]

    def test_lets_go_of_what_was_to_be_worked_with_it(self, shop: Workshop, mount: Mount) -> None:
        """Before and behind it in its batch; others do it as soon as the leases end, and they alone."""
        for number, kind in enumerate(("job", "hanging", "job", "long")):
            shop.put(number, kind=kind, lane=f"lane{number}", partner=f"partner{number}")
        handlers = {"job": shop.note, "hanging": mount.handler, "long": shop.note}
        workers = shop.workers(handlers, threads=0, brief=TestABatch.brief, now=mount.now)
        hung = threading.Thread(target=workers.run_until_idle, daemon=True)
        hung.start()
        assert mount.begun.acquire(timeout=TIMEOUT)
        mount.time_goes_by()
        workers.look_after()
        shop.clock.advance(seconds=LEASE.total_seconds() - 1)
        shop.workers(handlers).run_until_idle()
        assert sorted(shop.done()) == ["0", "2", "3"]
        mount.back.set()
        hung.join(TIMEOUT)
        assert sorted(shop.done()) == ["0", "1", "2", "3"]
        assert sorted(map(str, shop.attempts)) == ["0", "0", "1", "2", "3"]


class TestABatch:
    """Brief items, here all but those of kind ``long``, are worked and committed together."""

    @staticmethod
    def brief(_session: Session, claim: Claim) -> bool:
        return claim.kind != "long"

    @staticmethod
    def seen(shop: Workshop, log: list[list[str]]) -> Handler:
        """A handler that also notes what was committed when it began."""

        def handler(claim: Claim) -> Effects:
            log.append(shop.done())
            return shop.note(claim)

        return handler

    def test_is_of_brief_items_of_different_lanes(self, shop: Workshop) -> None:
        log: list[list[str]] = []
        for number in range(BATCH + 1):
            shop.put(number, lane=f"lane{number}", partner=f"partner{number}")
        assert shop.workers({"job": self.seen(shop, log)}, brief=self.brief).run_until_idle() == BATCH + 1
        numbers = [str(number) for number in range(BATCH + 1)]
        assert log == [[]] * BATCH + [numbers[:BATCH]]
        assert shop.done() == numbers

    def test_holds_no_more_than_its_share_of_a_channel(self, shop: Workshop) -> None:
        """So that what others bring meanwhile waits for no more than that."""
        log: list[list[str]] = []
        for number in range(SHARE + 2):
            shop.put(number, lane=f"lane{number}", partner="flooder")
        shop.put(SHARE + 2, lane="other", partner="other")
        shop.workers({"job": self.seen(shop, log)}, brief=self.brief).run_until_idle()
        assert shop.attempts.index(SHARE + 2) < SHARE + 1, "the other has its turn"
        assert [len(done) for done in log] == [0, 0, 0, 3, 3]

    def test_keeps_the_order_of_a_lane(self, shop: Workshop) -> None:
        log: list[list[str]] = []
        for number in range(3):
            shop.put(number)
        shop.workers({"job": self.seen(shop, log)}, brief=self.brief).run_until_idle()
        assert log == [[], ["0"], ["0", "1"]]

    def test_loses_only_what_failed(self, shop: Workshop) -> None:
        def failing_late(claim: Claim) -> Effects:
            def effects(session: Session) -> None:
                shop.note(claim)(session)
                raise Retryable("the last effect failed")

            return effects

        for kind, number in (("job", 1), ("bad", 2), ("late", 3), ("job", 4), ("late", 5)):
            shop.put(number, kind=kind, lane=f"lane{number}")
        handlers = {"job": shop.note, "bad": raising(Retryable("ERP is down")), "late": failing_late}
        shop.workers(handlers, brief=self.brief).run_until_idle()
        assert shop.done() == ["1", "4"]
        assert shop.stats().retrying == 3

    def test_is_committed_before_what_takes_long_begins(self, shop: Workshop) -> None:
        log: list[list[str]] = []
        shop.put(1, lane="a")
        shop.put(2, lane="b", kind="long")
        shop.put(3, lane="c")
        shop.workers({"job": shop.note, "long": self.seen(shop, log)}, brief=self.brief).run_until_idle()
        assert log == [["1"]]
        assert shop.done() == ["1", "2", "3"]

    def test_is_not_joined_by_what_may_have_killed_its_worker(self, shop: Workshop) -> None:
        """Else it would kill the next ones with it, as often as it is tried, and all were given up."""
        log: list[list[str]] = []
        shop.put(1, lane="a")
        shop.database.write(lambda session: shop.queue.claim(session, "victim"))
        shop.put(2, lane="b")
        shop.put(3, lane="c")
        shop.clock.advance(seconds=LEASE.total_seconds())
        shop.workers({"job": self.seen(shop, log)}, brief=self.brief).run_until_idle()
        alone = shop.attempts.index(1)
        assert len(log[alone]) == alone, "all that came before it is committed"
        assert all("1" in done for done in log[alone + 1 :]), "and it before what comes after"
