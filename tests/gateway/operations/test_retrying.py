"""What is tried again, what that means where something holds it, and when it makes no sense."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from canonical.identity import PartnerId
from canonical.order import PurchaseOrder
from gateway import inbound, outbound
from gateway.operations.instruction import Done
from spool.queue.circuit import FAILURES, FIRST_PAUSE
from spool.queue.port import HeldBy, Hold
from tests.gateway.house import House, invoice, order, wrapped

from .scene import BY, INBOUND, OUTBOUND, failing, failing_for_now, refused

AT_NOON = 'status: active\ndowntime: [{start: "11:00", end: "13:00"}]'
ONE_O_CLOCK = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


def retry(house: House, id_: str) -> Done:
    return house.gateway.administration.retry(id_, BY)


def open_the_circuit(house: House) -> None:
    """The ERP fails as often as it takes."""
    for number in range(FAILURES):
        house.receive("acme", f"{number}.edi", wrapped("810", invoice(f"X{number}", f"PO{number}"), 50 + number))
    house.work(failing_for_now(inbound.DELIVER))


class TestWhatIsHeldBack:
    """It is ready, but nobody begins it: whoever asked is told by what, until when, and what to do."""

    @pytest.mark.parametrize("state", ["pending", "dead"])
    def test_by_a_circuit(self, either_house: House, state: str) -> None:
        house = either_house
        document = INBOUND[state](house)
        open_the_circuit(house)
        done = retry(house, document)
        assert done.held == Hold(HeldBy.CIRCUIT, house.clock.now() + FIRST_PAUSE)
        assert done.did == (
            "Its work is tried again now. But it is held back: the ERP failed again and again. One item tries whether that is "
            "mended from 2026-11-21 12:00:30 UTC on; if it is, the others follow. `tally status` says what is wrong."
        )
        house.exhaust()
        house.assert_settled()

    @pytest.mark.parametrize("state", ["not sent for good", "sent"])
    def test_by_a_downtime(self, either_house: House, state: str) -> None:
        house = either_house
        document = OUTBOUND[state](house)
        house.amend("acme", ("status: active", AT_NOON))
        house.later(seconds=10)
        done = retry(house, document)
        assert done.held == Hold(HeldBy.DOWNTIME, ONE_O_CLOCK)
        assert "acme takes nothing until 2026-11-21 13:00:00 UTC, by its profile. To send it before," in done.did

    def test_by_a_rate(self, house: House) -> None:
        house.amend("acme", ("status: active", "status: active\nlimits: {sent_per_minute: 1}"))
        house.later(seconds=10)
        done = retry(house, OUTBOUND["sent"](house))
        assert done.held is not None
        assert done.held.by is HeldBy.RATE
        assert "begun of late. It begins from 2026-11-21 12:01:10 UTC on." in done.did

    def test_dead_work_too(self, house: House) -> None:
        INBOUND["dead"](house)
        [item] = house.gateway.administration.dead(limit=1)
        open_the_circuit(house)
        done = house.gateway.administration.replay_dead(item.item_id, BY)
        assert done.held is not None
        assert done.held.by is HeldBy.CIRCUIT

    def test_nothing_else(self, house: House) -> None:
        done = retry(house, INBOUND["dead"](house))
        assert (done.did, done.held) == ("Its work is tried again now.", None)


def test_what_rests_before_dead_work_in_its_lane_rests_no_longer(house: House) -> None:
    """The dead one is at its old place again; what is before it would keep it waiting."""
    house.receive("acme", "1.edi", wrapped("810", invoice("INV1")))
    house.work(failing(inbound.DELIVER))
    house.receive("acme", "2.edi", wrapped("810", invoice("INV2"), 2))
    house.work(failing(inbound.DELIVER))
    first, second = (row.id for row in house.documents())
    retry(house, first)
    house.work(failing_for_now(inbound.DELIVER))
    retry(house, second)
    house.work()
    assert [row.state.value for row in house.documents()] == ["delivered", "delivered"]


def test_what_could_not_be_sent_once_more_is_tried_again(house: House) -> None:
    """It was sent long ago, so that the document says delivered; only the second time failed."""
    document = OUTBOUND["overdue"](house)
    retry(house, document)
    house.collect("acme")
    house.work(failing(outbound.TRANSMIT))
    [sent] = house.transmissions("document")
    assert sent.state.value == "failed"
    retry(house, document)
    house.work()
    assert house.answers("acme") == ["850"]
    house.assert_settled()


def invoice_comes_again(house: House) -> str:
    dead = INBOUND["dead"](house)
    house.receive("acme", "again.edi", wrapped("810", invoice(), 2))
    return dead


def order_comes_again(house: House) -> str:
    dead = OUTBOUND["not built for good"](house)
    placed = PurchaseOrder.model_validate(order())
    house.gateway.database.write(lambda session: house.gateway.outbound.submit(session, placed, PartnerId("acme")))
    return dead


class TestWhatCameAgain:
    """Two of one number must not both go through: why not says where the other one is, not where it may be some day."""

    @pytest.mark.parametrize(
        ("comes_again", "waits", "arrived"),
        [
            (invoice_comes_again, "that is on its way to the ERP.", "the ERP has that."),
            (order_comes_again, "that is not sent yet.", "that was sent."),
        ],
    )
    @pytest.mark.parametrize("name", ["retry", "replay_dead"])
    def test_is_not_tried_again(
        self, house: House, comes_again: Callable[[House], str], waits: str, arrived: str, name: str
    ) -> None:
        dead = comes_again(house)
        house.work(failing_for_now(inbound.DELIVER, outbound.BUILD))
        assert waits in self.why_not(house, dead, name)
        house.exhaust()
        why = self.why_not(house, dead, name)
        assert arrived in why
        assert f"`tally doc cancel {dead} --reason TEXT`" in why

    def why_not(self, house: House, dead: str, name: str) -> str:
        administration = house.gateway.administration
        if name == "retry":
            why = refused(lambda: administration.retry(dead, BY))
        else:
            [item] = administration.dead(limit=10)
            why = refused(lambda: administration.replay_dead(item.item_id, BY))
        assert why is not None
        return why

    def test_an_order_that_is_not_sent_yet_is_not_built_anew(self, house: House) -> None:
        why = refused(lambda: house.gateway.administration.replay(order_comes_again(house), BY))
        assert why is not None
        assert "that is not sent yet" in why

    def test_an_order_that_was_replayed_was_not_sent(self, house: House) -> None:
        document = OUTBOUND["not built for good"](house)
        anew = house.gateway.administration.replay(document, BY).replay
        house.work()
        why = refused(lambda: house.gateway.administration.replay(document, BY))
        assert why == f"Document {document} is not sent any more: It was replayed as document {anew}. Replay that one."
