"""What holds for every :class:`spool.queue.port.WorkQueue`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import TypeVar
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.orm import Session

from canonical.errors import Misconfigured, NotFound, Retryable
from spool.database.port import Database
from spool.identifiers import TimeOrderedIdentifiers
from spool.queue import circuit as circuits
from spool.queue.channel import NORMAL
from spool.queue.circuit import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, CircuitState
from spool.queue.embedded import InProcessWaker
from spool.queue.gates import FORGIVING
from spool.queue.lanes import LEASE, WORKER_DIED, LaneQueue
from spool.queue.limits import UNLIMITED, Downtime, Limit, Limits
from spool.queue.port import (
    Claim,
    EndpointCircuit,
    HeldBy,
    HeldWork,
    Hold,
    KindOfWork,
    LeaseLost,
    QueueStats,
    WorkQueue,
)
from spool.retry import delay
from spool.states import IllegalMove
from tests import ready
from tests.spool.scene import KINDS, ManualClock

T = TypeVar("T")


@dataclass
class Agreed:
    """Limits by name of partner or endpoint, changed at will."""

    limits: dict[str, Limit] = field(default_factory=dict)

    def of_partner(self, session: Session, partner: str) -> Limit:
        return self.limits.get(partner, UNLIMITED)

    def of_endpoint(self, session: Session, endpoint: str) -> Limit:
        return self.limits.get(endpoint, UNLIMITED)


def new_queue(clock: ManualClock, waker: InProcessWaker, limits: Limits | None = None) -> WorkQueue:
    return LaneQueue(clock, TimeOrderedIdentifiers(clock), waker, limits=limits, jitter=lambda: 0.5)


@dataclass
class Shop:
    """A queue in use, each call in a transaction of its own."""

    database: Database
    clock: ManualClock
    waker: InProcessWaker = field(default_factory=InProcessWaker)
    agreed: Agreed = field(default_factory=Agreed)
    queue: WorkQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = new_queue(self.clock, self.waker, self.agreed)

    def do(self, work: Callable[[Session], T]) -> T:
        return self.database.write(work)

    def put(
        self,
        lane: str,
        number: int = 0,
        *,
        key: str | None = None,
        after: float = 0,
        within: float | None = None,
        attempts: int = 10,
        partner: str | None = None,
        endpoint: str | None = None,
        priority: int = NORMAL,
    ) -> str:
        now = self.clock.now()
        return self.do(
            lambda session: self.queue.enqueue(
                session,
                kind="job",
                lane=lane,
                payload={"number": number},
                partner=partner,
                endpoint=endpoint,
                priority=priority,
                unique_key=key,
                not_before=now + timedelta(seconds=after) if after else None,
                deadline=None if within is None else now + timedelta(seconds=within),
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

    def fail(self, claim: Claim, error: Exception | None = None) -> None:
        self.do(lambda session: self.queue.retry_later(session, claim, error or Retryable("not now")))

    def bury(self, claim: Claim) -> None:
        self.do(lambda session: self.queue.dead(session, claim, "no use"))

    def bury_after(self, claim: Claim, error: Exception) -> None:
        self.do(lambda session: self.queue.dead(session, claim, "no use", error))

    def lanes(self) -> list[str]:
        """All that may be worked on now, one after the other, each finished before the next."""
        lanes = []
        while (claim := self.claim()) is not None:
            lanes.append(claim.lane)
            self.complete(claim)
        return lanes

    def is_due(self) -> bool:
        with self.database.read() as session:
            return self.queue.due(session)

    def waiting_in(self, lane: str) -> int:
        with self.database.read() as session:
            return self.queue.waiting_in(session, lane)

    def hold(self, item: str) -> Hold | None:
        with self.database.read() as session:
            return self.queue.hold(session, item)

    def history(self, item: str) -> list[tuple[int, str, str]]:
        with self.database.read() as session:
            return [(row.attempt, row.owner, row.reason) for row in self.queue.history(session, item)]

    def open_circuit(self, endpoint: str) -> None:
        """Have as much fail at the endpoint as it takes."""
        for number in range(FAILURES):
            self.put(f"failing {number}", endpoint=endpoint)
            self.bury_after(self.take(), Retryable("down"))

    def stats(self) -> QueueStats:
        with self.database.read() as session:
            return self.queue.stats(session)


@pytest.fixture(params=KINDS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with ready.database(request.param, tmp_path) as database:
        yield Shop(database, ManualClock())


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


def test_a_lane_says_how_many_items_wait_in_it(shop: Shop) -> None:
    assert shop.waiting_in("lane") == 0, "nobody knows it"
    for number in range(3):
        shop.put("lane", number)
    shop.put("other")
    claim = shop.take()
    assert shop.waiting_in("lane") == 3, "what is being worked on is not done"
    shop.complete(claim)
    assert shop.waiting_in("lane") == 2
    shop.lanes()
    assert shop.waiting_in("lane") == 0


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


def test_dead_items_of_one_kind_are_found_behind_newer_ones_of_others(shop: Shop) -> None:
    rare = shop.do(lambda session: shop.queue.enqueue(session, kind="rare", lane="first", payload={}))
    shop.bury(shop.take())
    for number in range(3):
        shop.put("lane", number)
        shop.bury(shop.take())
    with shop.database.read() as session:
        assert [item.item_id for item in shop.queue.dead_items(session, kind="rare", limit=2)] == [rare]
        assert [item.kind for item in shop.queue.dead_items(session, limit=2)] == ["job", "job"]


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


def test_the_survey_tells_what_there_is_how_it_goes_and_what_holds_it(shop: Shop) -> None:
    start = shop.clock.now()
    shop.agreed.limits |= {"acme": Limit(running=1), "slow": Limit(per_minute=1)}
    shop.put("runs", partner="acme")
    shop.put("waits", partner="acme")
    running = shop.take()
    for number in range(3):
        shop.put(f"slow {number}", endpoint="slow")
    shop.complete(shop.take())
    shop.open_circuit("erp")
    shop.put("held", partner="acme", endpoint="erp")
    shop.put("rests", after=60)
    with shop.database.read() as session:
        survey = shop.queue.survey(session)
    assert survey.kinds == {"job": KindOfWork(open=6, retrying=0, dead=FAILURES)}
    assert (survey.due, survey.running, survey.resting, survey.oldest) == (4, 1, 1, start)
    assert (survey.done_in_minute, survey.done_in_hour) == (1, 1)
    retry_at = start + FIRST_PAUSE
    assert survey.circuits == [EndpointCircuit("erp", CircuitState.OPEN, FAILURES, retry_at, "down")]
    assert survey.held == [
        HeldWork(None, "acme", 1, Hold(HeldBy.RUNNING)),
        HeldWork("erp", "acme", 1, Hold(HeldBy.CIRCUIT, retry_at)),
        HeldWork("slow", None, 2, Hold(HeldBy.RATE, start + timedelta(seconds=60))),
    ]
    shop.complete(running)
    shop.clock.advance(seconds=61)
    with shop.database.read() as session:
        survey = shop.queue.survey(session)
    assert (survey.done_in_minute, survey.done_in_hour) == (0, 2)


def test_subscribers_hear_of_new_work_after_its_commit(shop: Shop) -> None:
    heard: list[bool] = []

    def hear() -> None:
        with shop.database.read() as session:
            heard.append(shop.queue.due(session))

    shop.waker.subscribe(hear)
    shop.put("lane")
    shop.do(lambda _session: None)
    assert heard == [True]


# Fairness


def test_lanes_of_partners_take_turns_however_many_each_has(shop: Shop) -> None:
    for number in range(4):
        shop.put(f"flood {number}", partner="big")
    shop.clock.advance(seconds=1)
    shop.put("quiet", partner="small")
    assert shop.lanes() == ["flood 0", "quiet", "flood 1", "flood 2", "flood 3"]


def test_each_of_many_partners_has_its_turn_before_any_has_another_and_who_comes_late_waits_a_part_of_that(
    shop: Shop,
) -> None:
    for partner in range(32):
        for number in range(2):
            shop.put(f"{partner} {number}", partner=f"p{partner}")
    first = [shop.take() for _ in range(9)]
    shop.put("late", partner="late")
    others = [shop.take() for _ in range(24)]
    partners = [claim.partner for claim in (*first, *others)]
    assert len(set(partners)) == 33
    assert partners.index("late") <= 9 + 32 // 8
    assert {shop.take().partner for _ in range(32)} == {f"p{partner}" for partner in range(32)}
    assert shop.claim() is None


def test_those_claimed_together_are_those_that_would_be_claimed_one_by_one(shop: Shop) -> None:
    """What is left over after each turn: a channel with more, one that is used up, one that is as full as agreed, and an urgent one."""
    shop.agreed.limits["narrow"] = Limit(running=1)
    for number in range(3):
        shop.put(f"many {number}", partner="big")
        shop.put(f"narrow {number}", endpoint="narrow")
    shop.put("one", partner="small")
    for number in range(2):
        shop.put(f"urgent {number}", priority=1)
    shop.put("later", after=60)
    claims = shop.do(lambda session: list(shop.queue.claims(session, "worker")))
    assert [claim.lane for claim in claims] == [
        *("urgent 0", "urgent 1"),
        *("narrow 0", "many 0", "one", "many 1", "many 2"),
    ]
    assert [claim.attempt for claim in claims] == [1] * len(claims)
    assert shop.claim() is None
    shop.complete(next(claim for claim in claims if claim.endpoint == "narrow"))
    assert shop.lanes() == ["narrow 1", "narrow 2"]


def test_a_lower_number_goes_first_between_lanes_but_not_within_one(shop: Shop) -> None:
    shop.put("normal", 1)
    shop.put("normal", 2, priority=1)
    shop.put("urgent", 3, priority=1)
    shop.put("whenever", 4, priority=900)
    numbers = []
    while (claim := shop.claim()) is not None:
        numbers.append(claim.payload["number"])
        shop.complete(claim)
    assert numbers == [3, 1, 2, 4]


def test_a_lane_is_as_urgent_as_its_first_open_item(shop: Shop) -> None:
    shop.put("a", 1)
    shop.put("a", 2, priority=1)
    shop.put("b", 3)
    shop.put("c", 4, priority=100)
    assert shop.take().lane == "c"
    first = shop.take()
    shop.complete(first)
    assert (first.lane, shop.take().payload["number"]) == ("a", 2)


# Deadlines


def test_after_its_deadline_no_retry_is_made(shop: Shop) -> None:
    shop.put("lane", within=3)
    claim = shop.take()
    assert shop.queue.may_retry(claim, Retryable("not now"))
    shop.clock.advance(seconds=2)
    assert not shop.queue.may_retry(claim, Retryable("not now")), "the next attempt would come too late"


def test_the_last_retry_is_made_at_the_deadline_at_the_latest(shop: Shop) -> None:
    shop.put("lane", within=1.6)
    claim = shop.take()
    again = shop.do(lambda session: shop.queue.retry_later(session, claim, Retryable("not now")))
    assert again == claim.deadline
    shop.clock.advance(seconds=1.6)
    assert not shop.take().expired


def test_what_is_claimed_after_its_deadline_has_expired(shop: Shop) -> None:
    shop.put("lane", within=60)
    shop.clock.advance(seconds=61)
    assert shop.take().expired


def test_deadlines_hold_for_what_is_held(shop: Shop) -> None:
    shop.open_circuit("erp")
    shop.put("first", endpoint="erp", within=10)
    shop.put("patient", endpoint="erp")
    shop.clock.advance(seconds=11)
    assert shop.claim() is None
    assert shop.do(shop.queue.release_expired) == 1
    expired = shop.take()
    assert (expired.lane, expired.expired) == ("first", True)
    assert shop.claim() is None
    assert shop.do(shop.queue.release_expired) == 0


# Limits


def test_no_more_than_was_agreed_is_under_way_for_a_partner(shop: Shop) -> None:
    shop.agreed.limits["acme"] = Limit(running=2)
    for number in range(3):
        shop.put(f"acme {number}", partner="acme", endpoint="erp")
    shop.put("other", partner="other", endpoint="erp")
    first, second, third = shop.take(), shop.take(), shop.take()
    assert sorted(claim.lane for claim in (first, second, third)) == ["acme 0", "acme 1", "other"]
    assert not shop.is_due()
    assert shop.claim() is None
    shop.complete(first)
    assert shop.is_due()
    assert shop.take().lane == "acme 2"


def test_no_more_than_an_endpoint_can_stand_is_under_way_whoever_it_is_for(shop: Shop) -> None:
    shop.agreed.limits["erp"] = Limit(running=1)
    shop.put("a", partner="a", endpoint="erp")
    shop.put("b", partner="b", endpoint="erp")
    shop.put("inside", partner="b")
    assert [shop.take().lane, shop.take().lane] == ["a", "inside"]
    assert shop.claim() is None


def test_who_died_does_not_count_as_under_way_once_the_lease_ends(shop: Shop) -> None:
    shop.agreed.limits["erp"] = Limit(running=1)
    shop.put("a", endpoint="erp")
    shop.take("victim")
    shop.clock.advance(seconds=LEASE.total_seconds())
    assert shop.take().lane == "a"


def test_no_more_is_begun_in_a_minute_than_was_agreed(shop: Shop) -> None:
    shop.agreed.limits["erp"] = Limit(per_minute=2)
    for number in range(3):
        shop.put(f"lane {number}", endpoint="erp")
    assert shop.lanes() == ["lane 0"]
    assert not shop.is_due()
    shop.clock.advance(seconds=30)
    assert shop.lanes() == ["lane 1"]
    shop.clock.advance(seconds=29)
    assert shop.lanes() == []
    shop.clock.advance(seconds=1)
    assert shop.lanes() == ["lane 2"]


def test_the_limits_of_a_partner_and_of_an_endpoint_both_hold(shop: Shop) -> None:
    shop.agreed.limits |= {"acme": Limit(per_minute=1), "erp": Limit(running=1)}
    shop.put("a 1", partner="acme", endpoint="erp")
    shop.put("a 2", partner="acme", endpoint="erp")
    first = shop.take()
    shop.put("b", partner="other", endpoint="erp")
    assert shop.claim() is None, "the ERP is busy"
    shop.complete(first)
    assert shop.lanes() == ["b"], "and it was enough for that partner"
    shop.clock.advance(seconds=60)
    assert shop.lanes() == ["a 2"]


def test_a_downtime_holds_what_talks_to_the_endpoint_until_it_is_over(shop: Shop) -> None:
    noon_to_one = Downtime(frozenset(range(7)), time(12), time(13), ZoneInfo("UTC"))
    shop.agreed.limits["out:acme"] = Limit(downtime=(noon_to_one,))
    held = shop.put("transmit", partner="acme", endpoint="out:acme")
    free = shop.put("receive", partner="acme")
    one_o_clock = shop.clock.now() + timedelta(hours=1)
    assert [shop.hold(held), shop.hold(free)] == [Hold(HeldBy.DOWNTIME, one_o_clock), None]
    assert shop.lanes() == ["receive"]
    assert not shop.is_due()
    shop.clock.advance(seconds=3600)
    assert shop.hold(held) is None
    assert shop.lanes() == ["transmit"]


def test_nothing_holds_what_is_done(shop: Shop) -> None:
    item = shop.put("lane")
    shop.complete(shop.take())
    assert shop.hold(item) is None
    with pytest.raises(NotFound):
        shop.hold("x")


def all_at_once(shop: Shop, claimers: int) -> list[Claim]:
    """What as many claimers get who begin at the same moment, each asking once."""
    start = Barrier(claimers)

    def ask(number: int) -> Claim | None:
        start.wait(20)
        return shop.claim(f"worker {number}")

    with ThreadPoolExecutor(claimers) as pool:
        return [claim for claim in pool.map(ask, range(claimers)) if claim is not None]


def test_claimers_at_the_same_moment_get_different_lanes(shop: Shop) -> None:
    for number in range(4):
        shop.put(f"lane {number}")
    claims = all_at_once(shop, 4)
    while (claim := shop.claim()) is not None:
        claims.append(claim)
    assert sorted(claim.lane for claim in claims) == [f"lane {number}" for number in range(4)]


@pytest.mark.parametrize("limit", [Limit(running=1), Limit(per_minute=1)], ids=["running", "rate"])
def test_limits_hold_exactly_for_claimers_at_the_same_moment(shop: Shop, limit: Limit) -> None:
    shop.agreed.limits["erp"] = limit
    for number in range(4):
        shop.put(f"lane {number}", partner=f"p{number}", endpoint="erp")
    assert len(all_at_once(shop, 4)) == 1
    assert shop.claim() is None


def test_claimers_at_the_same_moment_send_one_probe(shop: Shop) -> None:
    shop.open_circuit("erp")
    for number in range(4):
        shop.put(f"lane {number}", partner=f"p{number}", endpoint="erp")
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    assert len(all_at_once(shop, 4)) == 1
    assert shop.claim() is None


def test_a_key_used_by_two_at_the_same_moment_is_used_once(shop: Shop) -> None:
    for number in range(5):
        start = Barrier(2)

        def put(lane: str, number: int = number, start: Barrier = start) -> str:
            start.wait(20)
            return shop.put(lane, key=f"order {number}")

        with ThreadPoolExecutor(2) as pool:
            ids = set(pool.map(put, ["one", "other"] if number % 2 else ["same", "same"]))
        assert len(ids) == 1
    numbers = shop.lanes()
    assert len(numbers) == 5


# Circuits


def test_after_failures_in_a_row_an_endpoint_is_left_alone_and_nothing_burns_an_attempt(shop: Shop) -> None:
    shop.open_circuit("erp")
    held = shop.put("held", partner="acme", endpoint="erp")
    shop.put("elsewhere", partner="acme", endpoint="out:acme")
    assert shop.lanes() == ["elsewhere"]
    assert not shop.is_due()
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    probe = shop.take()
    assert (probe.item_id, probe.attempt) == (held, 1)


def test_one_probe_at_a_time_tries_whether_an_endpoint_is_back(shop: Shop) -> None:
    shop.open_circuit("erp")
    for number in range(3):
        shop.put(f"held {number}", endpoint="erp")
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    probe = shop.take()
    assert shop.claim() is None
    shop.complete(probe)
    assert shop.lanes() == ["held 1", "held 2"]


def test_a_failed_probe_makes_the_pause_longer(shop: Shop) -> None:
    shop.open_circuit("erp")
    for number in range(2):
        shop.put(f"held {number}", endpoint="erp")
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    shop.fail(shop.take())
    shop.clock.advance(seconds=2 * FIRST_PAUSE.total_seconds() - 1)
    assert shop.claim() is None
    shop.clock.advance(seconds=1)
    assert shop.claim() is not None


def test_an_endpoint_that_is_away_uses_up_no_attempts_of_what_probes_it(shop: Shop) -> None:
    shop.open_circuit("erp")
    held = shop.put("held", endpoint="erp", attempts=2)
    away = Retryable("down")
    for _ in range(5):
        shop.clock.advance(seconds=LONGEST_PAUSE.total_seconds())
        probe = shop.take()
        assert (probe.item_id, probe.attempt) == (held, 1)
        assert shop.queue.may_retry(probe, away)
        shop.fail(probe, away)


def test_a_probe_that_fails_by_a_fault_of_its_own_has_used_up_an_attempt(shop: Shop) -> None:
    shop.open_circuit("erp")
    shop.put("held", endpoint="erp", attempts=2)
    ours = KeyError("ours")
    for attempt, may_retry in ((1, True), (2, False)):
        shop.clock.advance(seconds=LONGEST_PAUSE.total_seconds())
        probe = shop.take()
        assert (probe.attempt, shop.queue.may_retry(probe, ours)) == (attempt, may_retry)
        shop.fail(probe, ours)


def test_a_probe_that_fails_for_days_uses_up_its_attempts_after_all(shop: Shop) -> None:
    """It may be the item that nobody can take; behind it everything waits."""
    shop.open_circuit("erp")
    shop.put("held", endpoint="erp", attempts=2)
    shop.clock.advance(seconds=FORGIVING.total_seconds())
    away = Retryable("down")
    for attempt, may_retry in ((1, True), (2, False)):
        shop.clock.advance(seconds=LONGEST_PAUSE.total_seconds())
        probe = shop.take()
        assert (probe.attempt, shop.queue.may_retry(probe, away)) == (attempt, may_retry)
        shop.fail(probe, away)


def test_nothing_is_sent_where_an_attempt_hangs_until_it_is_back(shop: Shop) -> None:
    shop.put("hanging", endpoint="erp")
    hanging = shop.take()
    shop.put("held", endpoint="erp")
    shop.put("elsewhere", endpoint="out:acme")
    shop.database.write(lambda session: shop.queue.hangs(session, hanging))
    assert shop.lanes() == ["elsewhere"]
    shop.complete(hanging)
    assert shop.lanes() == ["held"]


def test_where_who_hung_died_another_tries(shop: Shop) -> None:
    shop.put("hanging", endpoint="erp")
    hanging = shop.take()
    shop.put("held", endpoint="erp")
    shop.database.write(lambda session: shop.queue.hangs(session, hanging))
    shop.clock.advance(seconds=LEASE.total_seconds())
    assert shop.take().probe
    assert shop.claim() is None


def test_where_what_hung_fails_the_endpoint_is_left_alone(shop: Shop) -> None:
    shop.put("hanging", endpoint="erp")
    hanging = shop.take()
    shop.put("held", endpoint="erp")
    shop.database.write(lambda session: shop.queue.hangs(session, hanging))
    shop.fail(hanging)
    assert shop.claim() is None
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    assert shop.claim() is not None


def test_a_probe_whose_worker_died_has_used_up_an_attempt(shop: Shop) -> None:
    shop.open_circuit("erp")
    shop.put("kills its worker", endpoint="erp", attempts=1)
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    assert not shop.take().exhausted
    shop.clock.advance(seconds=LEASE.total_seconds())
    assert shop.take().exhausted


def test_a_probe_whose_worker_died_makes_room_for_another(shop: Shop) -> None:
    shop.open_circuit("erp")
    shop.put("held", endpoint="erp")
    shop.clock.advance(seconds=FIRST_PAUSE.total_seconds())
    shop.take("victim")
    assert shop.claim() is None
    shop.clock.advance(seconds=LEASE.total_seconds())
    assert shop.take().lane == "held"


def test_a_success_in_between_starts_the_count_of_failures_anew(shop: Shop) -> None:
    for number in range(2 * FAILURES):
        shop.put(f"lane {number}", endpoint="erp")
        claim = shop.take()
        if number == FAILURES - 1:
            shop.complete(claim)
        else:
            shop.bury_after(claim, Retryable("down"))
    assert shop.put("next", endpoint="erp")
    assert shop.claim() is None, "as many failed in a row after it"


@pytest.mark.parametrize("error", [Misconfigured("wrong password"), KeyError("ours")])
def test_faults_of_ours_or_the_operators_do_not_open_a_circuit(shop: Shop, error: Exception) -> None:
    for number in range(FAILURES):
        shop.put(f"lane {number}", endpoint="erp")
        shop.bury_after(shop.take(), error)
    shop.put("next", endpoint="erp")
    assert shop.lanes() == ["next"]


# History


def test_each_failed_attempt_is_kept_also_of_a_worker_that_died(shop: Shop) -> None:
    item = shop.put("lane")
    shop.fail(shop.take("one"))
    shop.clock.advance(seconds=10)
    shop.take("two")
    shop.clock.advance(seconds=LEASE.total_seconds())
    shop.bury(shop.take("three"))
    assert shop.history(item) == [
        (1, "one", "Retryable: not now"),
        (2, "two", WORKER_DIED),
        (3, "three", "no use"),
    ]


def test_attempts_that_end_well_leave_no_history(shop: Shop) -> None:
    item = shop.put("lane")
    shop.complete(shop.take())
    assert shop.history(item) == []


def test_what_a_restart_cut_off_is_in_the_history(shop: Shop) -> None:
    item = shop.put("lane")
    shop.take("gone")
    shop.do(shop.queue.release_all)
    assert shop.history(item) == [(1, "gone", WORKER_DIED)]


# What people decide


def test_a_rest_can_be_ended_with_those_before_it_in_the_lane(shop: Shop) -> None:
    first = shop.put("lane", 1)
    second = shop.put("lane", 2, after=500)
    shop.fail(shop.take())
    assert shop.do(lambda session: shop.queue.retry_now(session, second))
    claim = shop.take()
    assert (claim.item_id, claim.attempt) == (first, 2)
    shop.complete(claim)
    assert shop.take().item_id == second


def test_ending_a_rest_again_or_of_what_does_not_rest_changes_nothing(shop: Shop) -> None:
    item = shop.put("lane", after=60)
    assert [shop.do(lambda session: shop.queue.retry_now(session, item)) for _ in range(2)] == [True, False]
    claim = shop.take()
    assert not shop.do(lambda session: shop.queue.retry_now(session, item)), "it is being worked on"
    shop.complete(claim)
    with pytest.raises(IllegalMove):
        shop.do(lambda session: shop.queue.retry_now(session, item))


def test_replaying_and_cancelling_twice_is_as_doing_it_once(shop: Shop) -> None:
    item = shop.put("lane")
    shop.bury(shop.take())
    assert [shop.do(lambda session: shop.queue.replay(session, item, "mended")) for _ in range(2)] == [True, False]
    assert [shop.do(lambda session: shop.queue.cancel(session, item, "no more")) for _ in range(2)] == [True, False]
    assert shop.claim() is None


def test_a_replayed_item_has_no_deadline(shop: Shop) -> None:
    item = shop.put("lane", within=10)
    shop.clock.advance(seconds=11)
    shop.bury(shop.take())
    shop.do(lambda session: shop.queue.replay(session, item, "late is better than never"))
    assert not shop.take().expired


# Clocks


def test_nothing_rests_longer_because_the_clock_was_put_back(shop: Shop) -> None:
    shop.put("retries", endpoint="erp")
    shop.fail(shop.take())
    shop.put("waits", after=100)
    back = timedelta(days=1, milliseconds=1)
    shop.clock.time -= back
    shop.do(lambda session: shop.queue.clock_moved(session, -back))
    shop.clock.advance(seconds=delay(1, 0.5).total_seconds() + 0.001)
    assert shop.lanes() == ["retries"]
    shop.clock.advance(seconds=100)
    assert shop.lanes() == ["waits"]


LANES = st.sampled_from(["a", "b", "c", "d"])
PARTNERS = {"a": "acme", "b": "acme", "c": "other", "d": None}


@dataclass
class Item:
    """What the model below knows of an item. ``position`` is its place in its lane, ``at`` when it may next be attempted."""

    id: str
    position: int
    endpoint: str | None
    priority: int
    at: datetime
    attempts: int = 0


@dataclass
class Held:
    """An item that somebody works on, or worked on until the lease ended."""

    item: Item
    claim: Claim
    until: datetime


class LaneOrder(RuleBasedStateMachine):
    """Whatever happens, each lane is worked by one at a time and in order, within all limits; compared with lists in memory.

    Not more than one item at a time for acme, not more than two with the ERP, whose circuit opens after two failures in a row.
    """

    kind = "sqlite"

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(patch.object(circuits, "FAILURES", 2))
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        database = self.stack.enter_context(ready.database(self.kind, folder))
        self.clock = ManualClock()
        agreed = Agreed({"acme": Limit(running=1), "erp": Limit(running=2)})
        self.shop = Shop(database, self.clock, agreed=agreed)
        self.lanes: dict[str, list[Item]] = {lane: [] for lane in PARTNERS}
        self.dead: dict[str, list[Item]] = {lane: [] for lane in PARTNERS}
        self.held: dict[str, Held] = {}
        self.circuit = circuits.CLOSED
        self.positions = count()

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    def head(self, lane: str) -> Item:
        """What was begun is finished first, even if an earlier item was opened again meanwhile."""
        return self.held[lane].item if lane in self.held else self.lanes[lane][0]

    def running(self) -> list[tuple[str, Item]]:
        return [(lane, held.item) for lane, held in self.held.items() if held.until > self.clock.now()]

    def may_begin(self, lane: str) -> bool:
        now, running = self.clock.now(), self.running()
        if not self.lanes[lane] or any(lane == other for other, _ in running):
            return False
        if PARTNERS[lane] == "acme" and any(PARTNERS[other] == "acme" for other, _ in running):
            return False
        item = self.head(lane)
        if item.endpoint == "erp":
            probing = any(self.circuit.probe == other.id for _, other in running)
            busy = sum(other.endpoint == "erp" for _, other in running) >= 2
            if busy or not circuits.admits(self.circuit, now, probing=probing):
                return False
        return item.at <= now or lane in self.held

    @rule(lane=LANES, endpoint=st.sampled_from([None, "erp", "erp"]), priority=st.sampled_from([100, NORMAL]))
    def put(self, lane: str, endpoint: str | None, priority: int) -> None:
        item = self.shop.put(lane, partner=PARTNERS[lane], endpoint=endpoint, priority=priority, attempts=99)
        self.lanes[lane].append(Item(item, next(self.positions), endpoint, priority, self.clock.now()))

    @rule()
    def claim(self) -> None:
        possible = {lane for lane in self.lanes if self.may_begin(lane)}
        assert self.shop.is_due() == bool(possible)
        claim = self.shop.claim()
        if claim is None:
            assert not possible
            return
        assert claim.lane in possible
        item = self.head(claim.lane)
        assert item.priority == min(self.head(lane).priority for lane in possible)
        item.attempts += 1
        assert (claim.item_id, claim.attempt) == (item.id, item.attempts), "only what is claimed costs an attempt"
        if item.endpoint == "erp":
            self.circuit = circuits.probed(self.circuit, item.id)
        assert claim.probe == (item.endpoint == "erp" and self.circuit.probe == item.id)
        self.held[claim.lane] = Held(item, claim, self.clock.now() + LEASE)

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(),
        how=st.sampled_from(["complete", "fail", "bury"]),
        error=st.sampled_from([Retryable("down"), Retryable("down"), Misconfigured("wrong")]),
    )
    def finish(self, data: st.DataObject, how: str, error: Exception) -> None:
        lane = data.draw(st.sampled_from(sorted(self.held)))
        held = self.held.pop(lane)
        item, now = held.item, self.clock.now()
        if how == "complete":
            self.shop.complete(held.claim)
        elif how == "fail":
            item.at = self.shop.do(lambda session: self.shop.queue.retry_later(session, held.claim, error))
            item.attempts -= held.claim.probe and isinstance(error, Retryable)
        else:
            self.shop.bury_after(held.claim, error)
            self.dead[lane].append(item)
        if how != "fail":
            self.lanes[lane].remove(item)
        if item.endpoint == "erp" and how == "complete":
            self.circuit = circuits.CLOSED
        elif item.endpoint == "erp" and isinstance(error, Retryable):
            self.circuit = circuits.failed(self.circuit, item.id, now)

    @precondition(lambda self: any(self.lanes.values()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(sorted(lane for lane, items in self.lanes.items() if items)))
        item = data.draw(st.sampled_from(self.lanes[lane]))
        assert self.shop.do(lambda session: self.shop.queue.cancel(session, item.id, "not wanted"))
        if lane in self.held and self.held[lane].item is item:
            lost = self.held.pop(lane)
            with pytest.raises(LeaseLost):
                self.shop.complete(lost.claim)
        self.lanes[lane].remove(item)

    @precondition(lambda self: any(self.dead.values()))
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(sorted(lane for lane, items in self.dead.items() if items)))
        item = self.dead[lane].pop()
        assert self.shop.do(lambda session: self.shop.queue.replay(session, item.id, "mended"))
        item.attempts, item.at = 0, self.clock.now()
        self.lanes[lane] = sorted([*self.lanes[lane], item], key=lambda item: item.position)

    @precondition(lambda self: any(self.lanes.values()))
    @rule(data=st.data())
    def retry_now(self, data: st.DataObject) -> None:
        lane = data.draw(st.sampled_from(sorted(lane for lane, items in self.lanes.items() if items)))
        item = data.draw(st.sampled_from(self.lanes[lane]))
        self.shop.do(lambda session: self.shop.queue.retry_now(session, item.id))
        for before in self.lanes[lane]:
            if before.position <= item.position:
                before.at = min(before.at, self.clock.now())

    @rule(seconds=st.sampled_from([1, 35, 5000]))
    def wait(self, seconds: float) -> None:
        """Rests, pauses and leases end; those who held a lane have lost it once another takes it."""
        self.clock.advance(seconds=seconds)

    @rule()
    def restart(self) -> None:
        assert self.shop.do(self.shop.queue.release_all) == len(self.held)
        self.held.clear()

    @invariant()
    def the_count_is_right(self) -> None:
        if hasattr(self, "shop"):
            stats = self.shop.stats()
            assert stats.open == sum(len(items) for items in self.lanes.values())
            assert stats.dead == sum(len(items) for items in self.dead.values())


class LaneOrderOnPostgresql(LaneOrder):
    """The same with a server."""

    kind = "postgresql"


TestLaneOrder = LaneOrder.TestCase
TestLaneOrder.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)

TestLaneOrderOnPostgresql = LaneOrderOnPostgresql.TestCase
TestLaneOrderOnPostgresql.settings = settings(max_examples=5, stateful_step_count=40, deadline=None)
