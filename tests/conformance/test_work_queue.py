"""What holds for every :class:`spool.queue.port.WorkQueue`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.orm import Session

from canonical.errors import NotFound, Retryable
from spool.database.port import Database
from spool.identifiers import TimeOrderedIdentifiers
from spool.queue.embedded import InProcessWaker
from spool.queue.lanes import LEASE, LaneQueue
from spool.queue.port import Claim, LeaseLost, QueueStats, WorkQueue
from spool.retry import delay
from spool.states import IllegalMove
from tests.spool.scene import KINDS, ManualClock, empty_database, new_database, with_tables

T = TypeVar("T")


def new_queue(clock: ManualClock, waker: InProcessWaker) -> WorkQueue:
    return LaneQueue(clock, TimeOrderedIdentifiers(clock), waker, jitter=lambda: 0.5)


@dataclass
class Shop:
    """A queue in use, each call in a transaction of its own."""

    database: Database
    clock: ManualClock
    waker: InProcessWaker = field(default_factory=InProcessWaker)
    queue: WorkQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = new_queue(self.clock, self.waker)

    def do(self, work: Callable[[Session], T]) -> T:
        return self.database.write(work)

    def put(self, lane: str, number: int = 0, *, key: str | None = None, after: float = 0, attempts: int = 10) -> str:
        return self.do(
            lambda session: self.queue.enqueue(
                session,
                kind="job",
                lane=lane,
                payload={"number": number},
                unique_key=key,
                not_before=self.clock.now() + timedelta(seconds=after) if after else None,
                max_attempts=attempts,
            )
        )

    def claim(self, owner: str = "worker") -> Claim | None:
        return self.do(lambda session: self.queue.claim(session, owner))

    def take(self, owner: str = "worker") -> Claim:
        claim = self.claim(owner)
        assert claim is not None
        return claim

    def complete(self, claim: Claim) -> None:
        self.do(lambda session: self.queue.complete(session, claim))

    def fail(self, claim: Claim) -> None:
        self.do(lambda session: self.queue.retry_later(session, claim, Retryable("not now")))

    def bury(self, claim: Claim) -> None:
        self.do(lambda session: self.queue.dead(session, claim, "no use"))

    def stats(self) -> QueueStats:
        with self.database.read() as session:
            return self.queue.stats(session)


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with empty_database(request.param, tmp_path) as database:
        yield Shop(with_tables(database), ManualClock())


def test_nothing_is_claimed_from_an_empty_queue(shop: Shop) -> None:
    assert shop.claim() is None
    assert shop.stats() == QueueStats(open=0, due=0, running=0, retrying=0, dead=0, oldest=None)


def test_a_claim_carries_what_was_put_in(shop: Shop) -> None:
    item = shop.put("lane", 7)
    put_in_at = shop.clock.now()
    shop.clock.advance(seconds=5)
    claim = shop.take()
    assert (claim.item_id, claim.lane, claim.kind, dict(claim.payload)) == (item, "lane", "job", {"number": 7})
    assert (claim.attempt, claim.max_attempts, claim.enqueued_at) == (1, 10, put_in_at)


def test_what_is_put_in_by_a_transaction_that_fails_was_never_there(shop: Shop) -> None:
    def fail(session: Session) -> None:
        shop.queue.enqueue(session, kind="job", lane="lane", payload={})
        raise KeyError

    with pytest.raises(KeyError):
        shop.do(fail)
    assert shop.claim() is None


def test_a_lane_is_worked_one_item_after_the_other_in_the_order_they_came(shop: Shop) -> None:
    for number in range(3):
        shop.put("lane", number)
    for number in range(3):
        claim = shop.take()
        assert claim.payload["number"] == number
        assert shop.claim() is None, "the lane is held"
        shop.complete(claim)
    assert shop.claim() is None


def test_order_is_that_of_the_commits_even_of_another_process_whose_clock_is_behind(shop: Shop) -> None:
    shop.put("lane", 1)
    behind = new_queue(ManualClock(shop.clock.now() - timedelta(hours=1)), shop.waker)
    shop.do(lambda session: behind.enqueue(session, kind="job", lane="lane", payload={"number": 2}))
    assert shop.take().payload["number"] == 1


def test_a_retried_item_holds_its_lane_and_no_other(shop: Shop) -> None:
    shop.put("lane", 1)
    shop.put("lane", 2)
    shop.put("other", 3)
    first = shop.take()
    shop.fail(first)
    assert shop.take().lane == "other"
    assert shop.claim() is None
    shop.clock.advance(seconds=delay(1, 0.5).total_seconds())
    again = shop.take()
    assert (again.item_id, again.attempt) == (first.item_id, 2)


def test_lanes_take_turns(shop: Shop) -> None:
    for number in range(3):
        shop.put("busy", number)
    shop.clock.advance(seconds=1)
    shop.put("quiet")
    shop.clock.advance(seconds=1)
    lanes = []
    while (claim := shop.claim()) is not None:
        lanes.append(claim.lane)
        shop.clock.advance(seconds=1)
        shop.complete(claim)
    assert lanes == ["busy", "quiet", "busy", "busy"]


def test_an_item_waits_for_its_time_and_those_behind_it_with_it(shop: Shop) -> None:
    shop.put("lane", 1, after=60)
    shop.put("lane", 2)
    assert shop.claim() is None
    shop.clock.advance(seconds=60)
    assert shop.take().payload["number"] == 1


def test_a_unique_key_is_used_once_for_ever(shop: Shop) -> None:
    item = shop.put("lane", 1, key="order 1")
    assert shop.put("lane", 2, key="order 1") == item
    shop.complete(shop.take())
    assert shop.put("elsewhere", 3, key="order 1") == item
    assert shop.claim() is None
    assert shop.stats().open == 0


def test_nobody_else_gets_a_held_lane_until_its_lease_ends(shop: Shop) -> None:
    shop.put("lane")
    shop.take("first")
    shop.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert shop.claim("second") is None
    shop.clock.advance(seconds=1)
    taken = shop.take("second")
    assert taken.attempt == 2, "the attempt of the one who vanished counts"


def test_a_renewed_lease_lasts_longer(shop: Shop) -> None:
    shop.put("lane")
    claim = shop.take("first")
    shop.clock.advance(seconds=LEASE.total_seconds() - 1)
    shop.do(lambda session: shop.queue.renew(session, claim))
    shop.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert shop.claim("second") is None
    shop.complete(claim)


def _renew(shop: Shop, claim: Claim) -> None:
    shop.do(lambda session: shop.queue.renew(session, claim))


@pytest.mark.parametrize("finish", [Shop.complete, Shop.fail, Shop.bury, _renew])
def test_who_lost_the_lane_changes_nothing_any_more(shop: Shop, finish: Callable[[Shop, Claim], None]) -> None:
    shop.put("lane")
    stale = shop.take("first")
    shop.clock.advance(seconds=LEASE.total_seconds())
    current = shop.take("second")
    with pytest.raises(LeaseLost):
        finish(shop, stale)
    shop.complete(current)
    for claim in (stale, current):
        with pytest.raises(LeaseLost):
            finish(shop, claim)


def test_effects_of_who_lost_the_lane_are_undone(shop: Shop) -> None:
    shop.put("lane")
    stale = shop.take("first")
    shop.clock.advance(seconds=LEASE.total_seconds())
    shop.complete(shop.take("second"))

    def late(session: Session) -> None:
        shop.queue.enqueue(session, kind="effect", lane="effects", payload={})
        shop.queue.complete(session, stale)

    with pytest.raises(LeaseLost):
        shop.do(late)
    assert shop.claim() is None


def test_a_dead_item_lets_its_lane_go_on(shop: Shop) -> None:
    shop.put("lane", 1)
    shop.put("lane", 2)
    dead = shop.take()
    shop.bury(dead)
    assert shop.take().payload["number"] == 2
    with shop.database.read() as session:
        (item,) = shop.queue.dead_items(session)
    assert (item.item_id, item.kind, item.attempts, item.reason) == (dead.item_id, "job", 1, "no use")


def test_an_item_whose_worker_always_dies_is_exhausted(shop: Shop) -> None:
    shop.put("lane", attempts=2)
    for attempt, exhausted in ((1, False), (2, False), (3, True)):
        claim = shop.take(f"victim {attempt}")
        assert (claim.attempt, claim.exhausted) == (attempt, exhausted)
        shop.clock.advance(seconds=LEASE.total_seconds())


def test_a_replayed_item_returns_to_its_place_with_all_its_attempts(shop: Shop) -> None:
    first = shop.put("lane", 1)
    shop.put("lane", 2)
    shop.bury(shop.take())
    shop.do(lambda session: shop.queue.replay(session, first, "mended"))
    claim = shop.take()
    assert (claim.item_id, claim.attempt) == (first, 1)
    assert shop.stats().dead == 0


def test_a_cancelled_item_is_passed_over(shop: Shop) -> None:
    first = shop.put("lane", 1)
    shop.put("lane", 2)
    shop.do(lambda session: shop.queue.cancel(session, first, "not wanted"))
    assert shop.take().payload["number"] == 2


def test_an_item_cancelled_while_it_is_worked_on_does_not_commit(shop: Shop) -> None:
    first = shop.put("lane", 1)
    shop.put("lane", 2)
    claim = shop.take()
    shop.do(lambda session: shop.queue.cancel(session, first, "not wanted"))
    with pytest.raises(LeaseLost):
        shop.complete(claim)
    assert shop.take().payload["number"] == 2


def test_cancelling_one_item_leaves_the_work_on_another_alone(shop: Shop) -> None:
    shop.put("lane", 1)
    second = shop.put("lane", 2)
    claim = shop.take()
    shop.do(lambda session: shop.queue.cancel(session, second, "not wanted"))
    shop.complete(claim)
    assert shop.claim() is None


def test_only_what_is_dead_is_replayed_and_only_what_is_not_done_is_cancelled(shop: Shop) -> None:
    item = shop.put("lane")
    assert not shop.do(lambda session: shop.queue.replay(session, item, "again")), "it is open as it is"
    shop.complete(shop.take())
    with pytest.raises(IllegalMove):
        shop.do(lambda session: shop.queue.replay(session, item, "again"))
    with pytest.raises(IllegalMove):
        shop.do(lambda session: shop.queue.cancel(session, item, "late"))
    with pytest.raises(NotFound):
        shop.do(lambda session: shop.queue.replay(session, "nothing", "again"))


def test_releasing_all_gives_every_lane_back_at_once(shop: Shop) -> None:
    for lane in ("a", "b", "c"):
        shop.put(lane)
    held = [shop.take("gone"), shop.take("gone")]
    assert shop.do(shop.queue.release_all) == 2
    with pytest.raises(LeaseLost):
        shop.complete(held[0])
    assert {shop.take().lane for _ in range(3)} == {"a", "b", "c"}


def test_the_figures_tell_what_waits_runs_and_died(shop: Shop) -> None:
    start = shop.clock.now()
    for number, lane in enumerate(("runs", "dies", "retries", "waits", "waits")):
        shop.put(lane, number)
        shop.clock.advance(seconds=1)
    claims = {claim.lane: claim for claim in (shop.take(), shop.take(), shop.take())}
    shop.bury(claims["dies"])
    shop.fail(claims["retries"])
    shop.put("later", after=60)
    assert shop.stats() == QueueStats(open=5, due=1, running=1, retrying=1, dead=1, oldest=start)


def test_subscribers_hear_of_new_work_after_its_commit(shop: Shop) -> None:
    heard: list[bool] = []

    def hear() -> None:
        with shop.database.read() as session:
            heard.append(shop.queue.due(session))

    shop.waker.subscribe(hear)
    shop.put("lane")
    shop.do(lambda _session: None)
    assert heard == [True]


LANES = st.sampled_from(["a", "b", "c"])


class LaneOrder(RuleBasedStateMachine):
    """Whatever happens, each lane is worked by one at a time and in order; compared with lists in memory."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = ManualClock()
        self.shop = Shop(new_database(Path(self.folder.name)), self.clock)
        self.lanes: dict[str, list[str]] = {"a": [], "b": [], "c": []}
        self.rest: dict[str, object] = {}
        self.held: dict[str, Claim] = {}
        self.attempts: dict[str, int] = {}

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.database.close()
            self.folder.cleanup()

    @rule(lane=LANES)
    def put(self, lane: str) -> None:
        item = self.shop.put(lane)
        self.lanes[lane].append(item)
        self.attempts[item] = 0

    @rule()
    def claim(self) -> None:
        claim = self.shop.claim()
        if claim is None:
            free = [
                lane for lane, items in self.lanes.items() if items and lane not in self.held and lane not in self.rest
            ]
            assert free == []
            return
        assert claim.lane not in self.held
        assert claim.lane not in self.rest
        assert claim.item_id == self.lanes[claim.lane][0]
        self.attempts[claim.item_id] += 1
        assert claim.attempt == self.attempts[claim.item_id]
        self.held[claim.lane] = claim

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(["complete", "fail", "bury"]))
    def finish(self, data: st.DataObject, how: str) -> None:
        lane = data.draw(st.sampled_from(sorted(self.held)))
        claim = self.held.pop(lane)
        if how == "fail":
            self.shop.fail(claim)
            self.rest[lane] = True
        else:
            {"complete": self.shop.complete, "bury": self.shop.bury}[how](claim)
            self.lanes[lane].pop(0)

    @rule()
    def let_a_long_time_pass(self) -> None:
        """Leases end and rests are over; those who held a lane have lost it once another takes it."""
        self.clock.advance(seconds=5000)
        self.rest.clear()
        self.held.clear()

    @rule()
    def restart(self) -> None:
        self.shop.do(self.shop.queue.release_all)
        self.held.clear()

    @invariant()
    def the_count_is_right(self) -> None:
        if hasattr(self, "shop"):
            assert self.shop.stats().open == sum(len(items) for items in self.lanes.values())


TestLaneOrder = LaneOrder.TestCase
TestLaneOrder.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
