"""What partners owe us an answer for is listed until it is there, and what came and proves nothing stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.acks.awaited import Awaited, Standing, awaited
from gateway.operations.instruction import Instruction
from tests.gateway.as2.keys import own
from tests.gateway.exchange.scene import Scene, scene
from tests.gateway.house import NOON, House, order

AWAITED, OVERDUE, UNPROVEN = Standing.AWAITED, Standing.OVERDUE, Standing.UNPROVEN


def listed(house: House, partner: str | None = None) -> list[Awaited]:
    with house.gateway.database.read() as session:
        return list(awaited(session, partner))


def standings(house: House) -> list[tuple[str, Standing]]:
    return [(each.answer, each.standing) for each in listed(house)]


def order_sent(made: Scene) -> House:
    """The supplier's server has the order, and nobody there has looked at it."""
    house = made.distributor.house
    house.place_order(order())
    house.gateway.delivery.pull()
    house.work()
    return house


def overdue(house: House, **time: float) -> None:
    house.later(**time)
    house.gateway.database.write(house.gateway.answers.overdue)
    house.gateway.database.write(house.gateway.exchange.proofs.overdue)


@pytest.fixture
def asynchronous(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, "  mdn_delivery: asynchronous\n", "") as made:
        yield made


class TestOf997s:
    def test_none_is_owed_for_nothing(self, house: House) -> None:
        assert listed(house) == []

    def test_one_is_owed_for_what_was_sent(self, house: House) -> None:
        house.send_order()
        [sent] = house.transmissions("document")
        due = NOON + timedelta(hours=24)
        assert listed(house) == [Awaited("997", AWAITED, "acme", sent.id, sent.filename, NOON, due, None)]
        assert listed(house, "beta") == []

    def test_one_that_is_late_is_overdue(self, house: House) -> None:
        house.send_order()
        overdue(house, hours=25)
        assert standings(house) == [("997", OVERDUE)]


def test_both_are_owed_for_what_went_over_as2_what_is_due_first_coming_first(asynchronous: Scene) -> None:
    house = order_sent(asynchronous)
    assert standings(house) == [("MDN", AWAITED), ("997", AWAITED)]
    [mdn, _] = listed(house)
    assert (mdn.partner, mdn.what, mdn.due_at) == ("acme", "850_4500123_000000001.edi", NOON + timedelta(hours=4))


def test_each_is_gone_when_it_is_there(asynchronous: Scene) -> None:
    house = order_sent(asynchronous)
    overdue(house, hours=5)
    assert standings(house) == [("MDN", OVERDUE), ("997", AWAITED)]
    asynchronous.work()
    assert standings(house) == []


def test_an_mdn_that_proves_nothing_stays(tmp_path: Path) -> None:
    with scene(tmp_path, "  encrypt: none\n", "  must_encrypt: no\n") as made:
        custody = made.distributor.house.gateway.custody
        [theirs] = [each.row for each in custody.all("acme")]
        other = own("SOMEBODY").certificate
        custody.take("acme", other, use=theirs.use, begins=None, keep_previous=timedelta(0), by="tests")
        custody.withdraw(theirs.id, Instruction("tests", "never mind"))
        made.distributor.house.gateway.try_out("acme")
        [mdn] = listed(made.distributor.house, "acme")
        assert (mdn.answer, mdn.standing, mdn.what) == ("MDN", UNPROVEN, "test message")
        assert "not accepted for this partner" in (mdn.why or "")
