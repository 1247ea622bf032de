"""The orders there are, from the documents that name them."""

from decimal import Decimal

import pytest

from canonical.errors import Misconfigured, NotFound
from canonical.finding import Severity
from canonical.quantity import Quantity
from gateway.operations.instruction import Instruction
from gateway.orders import book
from gateway.orders.book import OrderFile, OrderSummary
from gateway.outbound import TRANSMIT
from spool.queue.port import Claim
from spool.worker import Effects, Handler

from ..house import ACKNOWLEDGEMENT, BAD_INVOICE, SHIPMENT, House, interchange, invoice, order, wrapped


def summaries(house: House, partner: str | None = None, limit: int = 100) -> list[OrderSummary]:
    with house.gateway.database.read() as session:
        return list(book.orders(session, partner=partner, limit=limit))


def files(house: House, number: str, partner: str | None = None) -> list[OrderFile]:
    with house.gateway.database.read() as session:
        return list(book.order(session, house.gateway.blobs, number, partner))


def test_there_are_none(house: House) -> None:
    assert summaries(house) == []
    with pytest.raises(NotFound, match="No document names purchase order 4500123"):
        files(house, "4500123")


def test_an_order_gathers_its_documents(house: House) -> None:
    house.send_order("4500123")
    house.later(hours=1)
    house.take("acme", "855.edi", wrapped("855", ACKNOWLEDGEMENT.format(order="4500123"), 1))
    house.later(hours=1)
    house.take("acme", "856.edi", wrapped("856", SHIPMENT.format(number="SH1", order="4500123"), 2))
    house.take("acme", "810.edi", wrapped("810", invoice("INV1"), 3))
    [summary] = summaries(house)
    assert (summary.number, summary.partner, summary.documents) == ("4500123", "acme", 4)
    assert summary.types == ("Invoice", "PurchaseOrder", "PurchaseOrderAcknowledgement", "ShipNotice")
    assert summary.last_at == house.clock.now()
    [found] = files(house, "4500123")
    assert [row.type for row in found.documents] == [
        "PurchaseOrder",
        "PurchaseOrderAcknowledgement",
        "ShipNotice",
        "Invoice",
    ]
    assert found.state.stage == "invoiced"
    assert [exception.code for exception in found.state.exceptions] == ["quantity-short"]


def test_an_order_is_known_as_it_was_placed(house: House) -> None:
    house.send_order("4500123")
    assert house.gateway.placed_order("cargo", "4500123") is None
    assert house.gateway.placed_order("acme", "4500124") is None
    placed = house.gateway.placed_order("acme", "4500123")
    assert placed is not None
    assert (placed.number, placed.lines[0].quantity) == ("4500123", Quantity(value=Decimal(10), unit="EA"))


def test_an_order_that_could_not_be_sent_was_not_placed(house: House) -> None:
    house.place_order(order("4500125", lines=[{"quantity": {"value": "1", "unit": "QQ"}}]))
    house.gateway.delivery.pull()
    house.work()
    assert files(house, "4500125")
    assert house.gateway.placed_order("acme", "4500125") is None


def test_only_documents_that_count_say_something(house: House) -> None:
    """Rejected, duplicate and held ones are shown among the documents and change no sum."""
    house.take("acme", "a.edi", wrapped("810", invoice("INV1"), 1))
    house.take("acme", "b.edi", wrapped("810", invoice("INV1"), 2))
    house.take("acme", "c.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="4500123"), 3))
    house.take("acme", "d.edi", wrapped("810", invoice("INV3"), 4, usage="P"))
    [found] = files(house, "4500123")
    assert [row.state.value for row in found.documents] == ["delivered", "duplicate", "rejected", "quarantined"]
    assert found.state.lines[0].invoiced == 8


class TestAnOrderThatItsSupplierDoesNotHave:
    """What was ordered is shown all the same, with the reason why it was not received."""

    REJECTED = "AK1*PO*{number}\nAK2*850*0001\nAK3*PO1*3**8\nAK4*2*330*6*ten\nAK5*R*5\nAK9*R*1*1*0"

    def reject(self, house: House, group: int = 1) -> None:
        house.take("acme", f"997-{group}.edi", wrapped("997", self.REJECTED.format(number=group), group))

    def told(self, house: House) -> list[tuple[str, str]]:
        [found] = files(house, "4500123")
        assert found.state.stage == "ordered"
        assert [(line.number, str(line.ordered)) for line in found.state.lines] == [("1", "10")]
        return [(exception.code, exception.message) for exception in found.state.exceptions]

    def test_because_its_translator_rejected_it(self, house: House) -> None:
        house.send_order("4500123")
        assert self.told(house) == []
        self.reject(house)
        [(code, message)] = self.told(house)
        assert code == "order-not-readable-by-partner"
        assert message.startswith("acme rejected the transmission of the order.")
        assert "PO1 at 3: element 02 code 6 (ten)" in message
        assert "does not have it" in message

    def test_because_its_interchange_was_rejected(self, house: House) -> None:
        house.send_order("4500123")
        house.take("acme", "ta1.edi", interchange("TA1*000000001*261121*1200*R*006", control=9, groups=0))
        [(code, message)] = self.told(house)
        assert code == "order-not-readable-by-partner"
        assert "code 006" in message

    def test_because_it_could_not_be_sent(self, house: House) -> None:
        def failing(_kind: str, handler: Handler) -> Handler:
            def fail(_claim: Claim) -> Effects:
                raise Misconfigured("The outbox is gone.")

            return fail if _kind == TRANSMIT else handler

        house.place_order(order("4500123"))
        house.gateway.delivery.pull()
        house.exhaust(failing)
        [(code, message)] = self.told(house)
        assert code == "order-not-sent"
        assert message.startswith("The order could not be sent to acme. The outbox is gone.")

    def test_because_it_was_called_off(self, house: House) -> None:
        """Which is no failure: somebody wanted it so."""
        house.place_order(order("4500123"))
        house.gateway.delivery.pull()
        [placed] = house.documents("outbound")
        house.gateway.administration.cancel(placed.id, Instruction("anna", "Ordered elsewhere."))
        [found] = files(house, "4500123")
        [exception] = found.state.exceptions
        assert (exception.code, exception.severity) == ("order-cancelled", Severity.WARNING)
        assert exception.message == (
            "The order was called off before it left. Called off by anna: Ordered elsewhere. acme does not have it."
        )

    def test_until_it_is_sent_again(self, house: House) -> None:
        house.send_order("4500123")
        self.reject(house)
        house.place_order(order("4500123"), name="again.json")
        house.gateway.delivery.pull()
        house.work()
        assert self.told(house) == []
        self.reject(house, 2)
        assert [code for code, _ in self.told(house)] == ["order-not-readable-by-partner"]


def test_one_number_used_by_two_partners_is_two_orders(house: House) -> None:
    house.send_order("7")
    house.place_order(order("7", "cargo"), name="cargo.json")
    house.gateway.delivery.pull()
    house.work()
    assert [found.partner for found in files(house, "7")] == ["acme", "cargo"]
    assert [found.partner for found in files(house, "7", "cargo")] == ["cargo"]
    assert {(found.number, found.partner) for found in summaries(house)} == {("7", "acme"), ("7", "cargo")}
    assert [found.partner for found in summaries(house, "cargo")] == ["cargo"]
    with pytest.raises(NotFound):
        files(house, "7", "beta")


def test_the_order_with_the_newest_document_comes_first(house: House) -> None:
    for number in ("A", "B", "C"):
        house.send_order(number)
    house.take("acme", "810.edi", wrapped("810", invoice("INV1", "A"), 1))
    assert [found.number for found in summaries(house)] == ["A", "C", "B"]
    assert [found.number for found in summaries(house, limit=2)] == ["A", "C"]


def test_a_ship_notice_is_in_each_of_its_orders(house: House) -> None:
    body = (
        "BSN*00*SH1*20261121*0700*0001\nHL*1**S\nHL*2*1*O\nPRF*A\nHL*3*2*I\nLIN**VP*AB-1\nSN1**8*EA\n"
        "HL*4*1*O\nPRF*B\nHL*5*4*I\nLIN**VP*AB-1\nSN1**3*EA\nCTT*5"
    )
    house.take("acme", "856.edi", wrapped("856", body))
    assert [files(house, number)[0].state.lines[0].shipped for number in ("A", "B")] == [8, 3]
