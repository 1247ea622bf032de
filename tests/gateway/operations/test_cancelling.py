"""What is called off, who is told, and when it is too late."""

from collections.abc import Callable

import pytest

from canonical.errors import Misconfigured
from gateway import inbound, outbound
from spool.queue.port import Claim
from spool.worker import Effects, Handler
from tests.gateway.house import House, csv, csv_invoice, group, interchange, invoice, transaction_set, wrapped

from .scene import BY, FILES, INBOUND, OUTBOUND, failing, refused

TWO = interchange(group(*(transaction_set("810", invoice(f"INV{n}"), f"000{n}") for n in (1, 2))))


def cancel(house: House, id_: str) -> str | None:
    return refused(lambda: house.gateway.administration.cancel(id_, BY))


def claimed(house: House) -> Claim:
    claim = house.gateway.database.write(lambda session: house.gateway.queue.claim(session, "worker"))
    assert claim is not None
    return claim


class TestWhoIsTold:
    def test_the_sender_of_what_was_acknowledged_but_not_why(self, house: House) -> None:
        document = INBOUND["dead"](house)
        assert house.answers("acme") == ["997 A"]
        assert cancel(house, document) is None
        house.work()
        [notice] = house.outbox("acme").values()
        assert b"Invoice INV1 was called off by us and is not used." in notice
        assert BY.reason.encode() not in notice
        assert house.documents()[0].reason == f"Called off by anna: {BY.reason}"

    def test_the_sender_of_a_file_that_nobody_read(self, house: House) -> None:
        assert cancel(house, FILES["pending"](house)) is None
        house.work()
        [notice] = house.outbox("acme").values()
        assert b"The file 810.edi was called off by us" in notice

    @pytest.mark.parametrize("make", [INBOUND["quarantined"], FILES["quarantined"]])
    def test_nobody_who_was_told_before(self, house: House, make: Callable[[House], str]) -> None:
        id_ = make(house)
        house.collect("acme")
        assert cancel(house, id_) is None
        house.work()
        assert house.answers("acme") == []

    def test_no_sender_of_an_acknowledgement(self, house: House) -> None:
        """An acknowledgement is never answered."""
        house.take("acme", "997.edi", wrapped("997", "AK1*PO*77\nAK9*A*1*1*1"))
        assert cancel(house, house.documents()[0].id) is None
        house.work()
        assert house.answers("acme") == []

    def test_nobody_with_whom_nothing_is_exchanged(self, house: House) -> None:
        file = FILES["of nobody"](house)
        assert cancel(house, file) is None
        house.work()
        house.assert_settled()

    def test_the_erp_about_its_order(self, house: House) -> None:
        assert cancel(house, OUTBOUND["not built"](house)) is None
        house.work()
        assert house.statuses() == {"4500123 cancelled": f"Called off by anna: {BY.reason}"}
        assert house.answers("acme") == []


class TestTooLate:
    def test_while_a_worker_is_at_it(self, either_house: House) -> None:
        """What it does outside cannot be called back; when it failed, it can."""
        house = either_house
        document = INBOUND["pending"](house)
        house.later(hours=1)
        claim = claimed(house)
        why = cancel(house, document)
        assert why is not None
        assert "worked on at this moment" in why
        assert house.documents()[0].state == "pending"
        house.gateway.database.write(lambda session: house.gateway.queue.retry_later(session, claim, OSError("away")))
        assert cancel(house, document) is None
        house.exhaust()
        assert house.erp_out() == []
        house.assert_settled()

    def test_when_the_erp_has_it_though_its_answer_was_lost(self, house: House) -> None:
        def lost(kind: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                handler(claim)
                raise OSError("The connection broke.")

            return run if kind == inbound.DELIVER else handler

        house.receive("acme", "810.edi", wrapped("810", invoice()))
        house.work(lost)
        document = house.documents()[0].id
        why = cancel(house, document)
        assert why is not None
        assert "The ERP has document" in why
        house.gateway.administration.retry(document, BY)
        house.work()
        assert house.documents()[0].state == "delivered"
        assert len(house.erp_out()) == 1


class TestAFileTakenInBySteps:
    """Its first documents are committed when a later step fails."""

    @pytest.fixture
    def halfway(self, house: House, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr(inbound, "BATCH", 1)

        def breaks_at_the_end(kind: str, handler: Handler) -> Handler:
            def run(claim: Claim) -> Effects:
                handler(claim)
                raise Misconfigured("The power went.")

            return run if kind == inbound.OPEN else handler

        receipt = house.receive("acme", "two.edi", TWO)
        house.work(breaks_at_the_end)
        assert [row.state.value for row in house.documents()] == ["delivered"]
        assert house.receipt(receipt).state == "dead"
        house.assert_balanced()
        return receipt

    def test_is_not_called_off(self, house: House, halfway: str) -> None:
        why = cancel(house, halfway)
        assert why is not None
        assert "taken in already" in why

    @pytest.mark.parametrize("verb", ["retry", "replay"])
    def test_comes_to_its_end_otherwise(self, house: House, halfway: str, verb: str) -> None:
        getattr(house.gateway.administration, verb)(halfway, BY)
        house.work()
        house.assert_settled()
        assert sorted(row.number or "" for row in house.documents(state="delivered")) == ["INV1", "INV2"]
        assert len(house.erp_out()) == 2
        assert house.answers("acme") == ["997 A"]


def test_a_report_that_was_called_off_is_at_its_end(house: House) -> None:
    house.receive("beta", "a.csv", csv(csv_invoice()))
    house.work(failing(outbound.TRANSMIT))
    [report] = house.transmissions("report")
    assert cancel(house, report.id) is None
    why = f"Called off by anna: {BY.reason}"
    assert cancel(house, report.id) == f"{report.filename} is at its end: cancelled. {why}"
    retried = refused(lambda: house.gateway.administration.retry(report.id, BY))
    assert retried == f"{report.filename} is cancelled: {why} It is not sent any more."
    house.exhaust()
    assert house.answers("beta") == []


def test_what_is_called_off_and_dead_is_no_longer_listed(either_house: House) -> None:
    house = either_house
    for id_ in (INBOUND["dead"](house), OUTBOUND["not built for good"](house)):
        assert cancel(house, id_) is None
    house.work()
    assert house.gateway.administration.dead(limit=10) == []


def test_a_cancelled_order_does_not_leave_later_and_does_not_count_as_failed(house: House) -> None:
    document = OUTBOUND["not sent for good"](house)
    assert cancel(house, document) is None
    assert house.gateway.status().transmissions == {"cancelled": 1}
    assert refused(lambda: house.gateway.administration.retry(document, BY)) is not None
    house.exhaust()
    assert house.answers("acme") == []
