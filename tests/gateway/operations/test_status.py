"""What `tally status` says is what is there."""

import json
from datetime import timedelta

import pytest

from gateway import inbound
from gateway.operations.status import WINDOW
from spool import journal
from spool.queue.circuit import FAILURES, CircuitState
from spool.queue.port import HeldBy
from spool.worker import Handler
from tests.gateway.house import House, invoice, order, wrapped

from .scene import OUTBOUND, failing


def away(kind: str, handler: Handler) -> Handler:
    """The ERP does not answer."""

    def run(_claim: object) -> None:
        raise OSError("The ERP is away.")

    return run if kind == inbound.DELIVER else handler  # type: ignore[return-value]


def test_of_an_empty_gateway(either_house: House) -> None:
    report = either_house.gateway.status()
    assert (report.kinds, report.lanes, report.overdue) == ([], [], 0)
    assert report.rates == {"received": 0, "delivered": 0, "sent": 0}
    json.dumps(report.as_json())


def test_work_by_kind(either_house: House) -> None:
    house = either_house
    house.receive("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.work(failing(inbound.DELIVER))
    house.receive("acme", "2.edi", wrapped("810", invoice("INV2", "4500124"), 2))
    house.work(away)
    arrived = house.clock.now()
    house.receive("acme", "3.edi", wrapped("810", invoice("INV3"), 3))
    [deliver, opening] = house.gateway.status().kinds
    assert (deliver.kind, deliver.open, deliver.retrying, deliver.dead) == ("deliver", 1, 1, 1)
    assert (opening.kind, opening.open, opening.retrying, opening.dead) == ("open", 1, 0, 0)
    assert opening.oldest == arrived
    assert house.gateway.status().as_json()["kinds"]["deliver"]["dead"] == 1


def test_lanes_whose_first_item_failed(either_house: House) -> None:
    house = either_house
    for control, number in enumerate(("INV1", "INV2", "INV3"), 1):
        house.receive("acme", "810.edi", wrapped("810", invoice(number), control))
    house.work(away)
    [lane] = house.gateway.status().lanes
    assert (lane.lane, lane.kind, lane.attempts, lane.waiting) == ("po:acme:4500123", "deliver", 1, 3)
    assert "The ERP is away." in lane.reason
    assert lane.next_at is not None
    assert lane.next_at > house.clock.now()
    assert not lane.running


def test_what_holds_work_back(either_house: House) -> None:
    house = either_house
    assert (house.gateway.status().circuits, house.gateway.status().held) == ([], [])
    for control in range(1, FAILURES + 1):
        house.receive("acme", "810.edi", wrapped("810", invoice(f"INV{control}", f"PO{control}"), control))
    house.work(away)
    house.receive("acme", "810.edi", wrapped("810", invoice("INV6", "PO6"), FAILURES + 1))
    house.work(away)
    report = house.gateway.status()
    [circuit], [held] = report.circuits, report.held
    assert (circuit.endpoint, circuit.state, circuit.failures) == ("erp", CircuitState.OPEN, FAILURES)
    assert "The ERP is away." in (circuit.reason or "")
    assert (held.endpoint, held.partner, held.lanes, held.hold.by) == ("erp", "acme", 1, HeldBy.CIRCUIT)
    assert circuit.retry_at is not None
    assert report.as_json()["held"] == [
        {"endpoint": "erp", "partner": "acme", "lanes": 1, "by": "circuit", "until": circuit.retry_at.isoformat()}
    ]
    assert report.as_json()["circuits"][0]["state"] == "open"


def test_rates_are_those_of_the_last_minutes(either_house: House) -> None:
    house = either_house
    house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.later(seconds=WINDOW.total_seconds() + 1)
    house.take("acme", "2.edi", wrapped("810", invoice("INV2"), 2))
    house.receive("acme", "3.edi", wrapped("810", invoice("INV3"), 3))
    assert house.gateway.status().rates == {"received": 2, "delivered": 1, "sent": 1}


def test_the_first_entry_since_a_moment(either_house: House) -> None:
    house = either_house
    for hour in range(5):
        house.later(hours=1)
        house.receive("acme", f"{hour}.edi", wrapped("810", invoice(), hour + 1))
    with house.gateway.database.read() as session:
        entries = journal.latest(session)
        for entry in entries[-5:]:
            assert journal.first_since(session, entry.at) == entry.id
            assert journal.first_since(session, entry.at + timedelta(minutes=1)) == entry.id + 1
        assert journal.first_since(session, entries[0].at - timedelta(days=1)) == entries[0].id


def received_lately(house: House) -> int:
    rates = house.gateway.status().rates
    assert rates is not None
    return rates["received"]


@pytest.mark.parametrize(("since", "received"), [(timedelta(0), 3), (timedelta(minutes=1), 3), (timedelta(hours=3), 1)])
def test_rates_hold_when_the_clock_was_put_back(either_house: House, since: timedelta, received: int) -> None:
    """What happened while it was ahead is no part of the last minutes, however long that was and however much happened since."""
    house = either_house
    house.take("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.later(days=1)
    for number in range(2, 30):
        house.receive("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    house.later(days=-1)
    assert received_lately(house) == 1
    house.receive("acme", "30.edi", wrapped("810", invoice("INV30"), 30))
    house.later(seconds=since.total_seconds())
    house.receive("acme", "31.edi", wrapped("810", invoice("INV31"), 31))
    assert received_lately(house) == received


def test_the_first_entry_since_a_moment_is_behind_all_before_it(either_house: House) -> None:
    house = either_house
    for hours in (1, 1, 24, -25, 1, 1):
        house.later(hours=hours)
        house.receive("acme", "1.edi", wrapped("810", invoice()))
    with house.gateway.database.read() as session:
        entries = journal.latest(session)
        for moment in {entry.at for entry in entries}:
            since = journal.first_since(session, moment)
            assert all(entry.at >= moment for entry in entries if entry.id >= since)
            assert [entry.at < moment for entry in entries if entry.id < since][-1:] in ([], [True])


def test_what_is_overdue(house: House) -> None:
    OUTBOUND["overdue"](house)
    house.place_order(order("4500124"))
    assert house.gateway.status().overdue == 1
    assert house.gateway.status().as_json()["overdue"] == 1
