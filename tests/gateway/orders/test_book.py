"""The orders there are, from the documents that name them."""

import pytest

from canonical.errors import NotFound
from gateway.orders import book
from gateway.orders.book import OrderFile, OrderSummary

from ..house import ACKNOWLEDGEMENT, BAD_INVOICE, SHIPMENT, House, invoice, order, wrapped


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


def test_only_documents_that_count_say_something(house: House) -> None:
    """Rejected, duplicate and held ones are shown among the documents and change no sum."""
    house.take("acme", "a.edi", wrapped("810", invoice("INV1"), 1))
    house.take("acme", "b.edi", wrapped("810", invoice("INV1"), 2))
    house.take("acme", "c.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="4500123"), 3))
    house.take("acme", "d.edi", wrapped("810", invoice("INV3"), 4, usage="P"))
    [found] = files(house, "4500123")
    assert [row.state.value for row in found.documents] == ["delivered", "duplicate", "rejected", "quarantined"]
    assert found.state.lines[0].invoiced == 8


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
