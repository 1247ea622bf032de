"""Every kind of document, both ways: what a partner sends reaches the ERP and is answered, what we send is what we said."""

import json
from pathlib import Path

import pytest

from canonical.document import Purpose
from canonical.documents import DOCUMENTS
from canonical.identity import PartnerId
from canonical.warehouse_order import WarehouseShippingOrder
from gateway.conversion import convert
from partners import profile
from spool import documents
from tools import golden
from translators.x12.maps.normal import comparable

from .house import House, segments, wrapped

SAMPLES = {sample.parent.name: sample for sample in golden.samples() if sample.stem == "full"}
SETS = tuple(set_id for set_id in profile.SETS if set_id in SAMPLES)


def body(set_id: str) -> str:
    """The first set of a rich sample, a segment a line, without its ST and SE."""
    sample: Path = SAMPLES[set_id]
    lines = ["*".join(segment) for segment in segments(sample.read_bytes().replace(b"\n", b""))]
    begin, end = (next(at for at, line in enumerate(lines) if line.startswith(tag)) for tag in ("ST*", "SE*"))
    return "\n".join(lines[begin + 1 : end])


@pytest.fixture
def trading(house: House) -> House:
    sets = ", ".join(SETS)
    house.amend("acme", ("send: [850]", f"send: [{sets}]"), ("receive: [855, 856, 810]", f"receive: [{sets}]"))
    return house


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_comes_reaches_the_erp_and_is_answered(trading: House, set_id: str) -> None:
    trading.take("acme", f"{set_id}.edi", wrapped(set_id, body(set_id)))
    [row] = trading.documents()
    assert (row.state, row.reason) == ("delivered", None)
    [document] = trading.erp_out()
    assert (document.type, document.partner) == (row.type, "acme")
    assert trading.answers("acme") == ["997 A"]
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_comes_again_is_a_duplicate(trading: House, set_id: str) -> None:
    trading.take("acme", "a.edi", wrapped(set_id, body(set_id), 1))
    trading.take("acme", "b.edi", wrapped(set_id, body(set_id), 2))
    assert [row.state for row in trading.documents()] == ["delivered", "duplicate"]
    assert len(trading.erp_out()) == 1
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_a_broken_one_is_rejected_and_known_by_its_number(trading: House, set_id: str) -> None:
    trading.take("acme", f"{set_id}.edi", wrapped(set_id, f"{body(set_id)}\nZZZ*1"))
    [row] = trading.documents()
    assert row.state == "rejected"
    assert row.number
    assert trading.answers("acme") == ["997 R"]
    trading.assert_settled()


@pytest.mark.parametrize("set_id", SETS)
def test_one_that_is_sent_says_what_was_given(trading: House, set_id: str) -> None:
    given = convert(wrapped(set_id, body(set_id)), "f.edi", "json", None).data
    said = DOCUMENTS.validate_json(given)
    trading.gateway.send(PartnerId("acme"), said)
    trading.work()
    [sent] = trading.outbox("acme").values()
    again = DOCUMENTS.validate_json(convert(sent, "f.edi", "json", None).data)
    assert [comparable(document) for document in again] == [comparable(document) for document in said]
    assert json.loads(given)[0]["type"] == again[0].type


@pytest.mark.parametrize(
    ("set_id", "order"),
    [
        ("820", "4500131"),
        ("824", "4500140"),
        ("940", "SO-730114"),
        ("940", "4500981"),
        ("943", "TO-40017"),
        ("944", "TO-40017"),
        ("945", "SO-730114"),
    ],
)
def test_it_is_found_by_the_orders_it_is_about(trading: House, set_id: str, order: str) -> None:
    """An order to a warehouse and what the warehouse says of it are found by the same number."""
    trading.take("acme", f"{set_id}.edi", wrapped(set_id, body(set_id)))
    with trading.gateway.database.read() as session:
        assert [row.type for row in documents.of_order(session, order, "acme")] == [trading.documents()[0].type]


def test_an_order_shipped_in_parts_is_several_documents_and_a_shipment_told_twice_is_one(trading: House) -> None:
    first = body("945")
    second, again = first.replace("*BOL-55012*", "*BOL-55019*"), first.replace("W12*CP*6*4*2*", "W12*CP*6*3*3*")
    assert len({first, second, again}) == 3
    for control, each in enumerate((first, second, again), 1):
        trading.take("acme", f"{control}.edi", wrapped("945", each, control))
    assert [row.state for row in trading.documents()] == ["delivered", "delivered", "duplicate"]
    trading.assert_settled()


def test_an_order_to_a_warehouse_can_be_cancelled(trading: House) -> None:
    """Unlike a purchase order, which an 860 changes, it says itself what becomes of it (W0501)."""
    cancelled = WarehouseShippingOrder(number="SO-1", purpose=Purpose.CANCELLATION)
    trading.gateway.send(PartnerId("acme"), [cancelled])
    trading.work()
    [sent] = trading.outbox("acme").values()
    assert ["W05", "F", "SO-1"] in segments(sent)
