from datetime import timedelta
from typing import NoReturn

import pytest
from sqlalchemy import select

from gateway.upkeep import Upkeep, catch_up_with_the_clock
from spool.clock import DatabaseClock, WatchedClock
from spool.queue.tables import Lane
from spool.worker import Workers

from .house import House, invoice, wrapped


def test_nothing_rests_longer_because_the_clock_was_put_back(house: House) -> None:
    queue, database = house.gateway.queue, house.gateway.database
    upkeep = Upkeep(database, queue, WatchedClock(house.clock))
    at = house.clock.now() + timedelta(minutes=5)
    database.write(lambda session: queue.enqueue(session, kind="job", lane="lane", payload={}, not_before=at))
    house.clock.time -= timedelta(hours=1)
    upkeep()
    upkeep()
    with database.read() as session:
        next_at = session.scalars(select(Lane.next_at)).one()
    assert next_at is not None
    # What really passed meanwhile is not known to the test, but is little.
    assert abs(next_at - (at - timedelta(hours=1))) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hours", "rest"), [(-5, timedelta(minutes=5)), (1, timedelta(minutes=-55)), (0, timedelta(minutes=5))]
)
def test_nothing_rests_longer_because_the_clock_was_put_back_while_nobody_served(
    house: House, hours: int, rest: timedelta
) -> None:
    """The last entry of the journal says how late it was; what a clock put forward makes due is due."""
    queue, database = house.gateway.queue, house.gateway.database
    house.receive("acme", "810.edi", b"")
    at = house.clock.now() + timedelta(minutes=5)
    database.write(lambda session: queue.enqueue(session, kind="job", lane="lane", payload={}, not_before=at))
    house.clock.time += timedelta(hours=hours)
    database.write(lambda session: catch_up_with_the_clock(session, queue, house.clock))
    with database.read() as session:
        next_at = session.scalars(select(Lane.next_at).where(Lane.key == "lane")).one()
    assert next_at == house.clock.now() + rest


def test_what_was_received_before_the_clock_was_put_back_is_worked_when_it_is_served_again(house: House) -> None:
    house.receive("acme", "810.edi", wrapped("810", invoice()))
    house.clock.time -= timedelta(hours=5)
    with house.gateway.working():
        pass
    house.work()
    assert house.answers("acme") == ["997 A"]


def test_what_is_past_its_deadline_is_buried_though_its_endpoint_is_down(house: House) -> None:
    queue, database = house.gateway.queue, house.gateway.database
    deadline = house.clock.now() + timedelta(minutes=5)
    for number in range(6):
        kind = "down" if number < 5 else "late"
        database.write(
            lambda session, kind=kind, number=number: queue.enqueue(  # type: ignore[misc]
                session, kind=kind, lane=f"{number}", payload={}, endpoint="erp", deadline=deadline
            )
        )

    def down(_claim: object) -> NoReturn:
        raise ConnectionError("refused")

    buried: list[str] = []
    workers = Workers(
        database, queue, {"down": down}, on_dead=lambda _session, claim, _reason: buried.append(claim.kind)
    )
    assert workers.run_until_idle() == 5
    house.clock.advance(seconds=360)
    Upkeep(database, queue, house.clock)()
    workers.run_until_idle()
    assert sorted(buried) == ["down"] * 5 + ["late"]
    with database.read() as session:
        assert all(f"Its deadline, {deadline}, passed" in item.reason for item in queue.dead_items(session))


def test_a_databases_clock_is_set_by_it_again(house: House) -> None:
    clock = DatabaseClock(house.clock.now, monotonic=lambda: 0.0)
    house.clock.advance(seconds=60)
    Upkeep(house.gateway.database, house.gateway.queue, clock)()
    assert clock.now() == house.clock.now()
