"""What a warehouse is told and tells: found by its orders, told in parts, taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from canonical.document import Purpose
from canonical.identity import PartnerId
from canonical.warehouse_order import WarehouseShippingOrder
from spool import documents
from tools import golden

from .house import X12, House, segments, wrapped


def body(set_id: str) -> str:
    """The set of a rich sample, a segment a line, without its ST and SE."""
    sample = golden.SAMPLES / set_id / "full.edi"
    return "\n".join(sample.read_text("utf-8").replace("~", "").splitlines()[3:-3])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A warehouse that is also paid."""
    sets = '["820", "824", "940", "943", "944", "945"]'
    profile = X12.format(partner="acme", them="ACME", way="sftp: {}")
    profile = profile.replace("[850]", sets).replace("[855, 856, 810]", sets)
    opened = House(tmp_path / "home", {"acme": profile})
    yield opened
    opened.close()


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
def test_it_is_found_by_the_orders_it_is_about(house: House, set_id: str, order: str) -> None:
    """An order to a warehouse and what the warehouse says of it are found by the same number."""
    house.take("acme", f"{set_id}.edi", wrapped(set_id, body(set_id)))
    with house.gateway.database.read() as session:
        assert [row.type for row in documents.of_order(session, order, "acme")] == [house.documents()[0].type]


def test_an_order_shipped_in_parts_is_several_documents_and_a_shipment_told_twice_is_one(house: House) -> None:
    first = body("945")
    second, again = first.replace("*BOL-55012*", "*BOL-55019*"), first.replace("W12*CP*6*4*2*", "W12*CP*6*3*3*")
    assert len({first, second, again}) == 3
    for control, each in enumerate((first, second, again), 1):
        house.take("acme", f"{control}.edi", wrapped("945", each, control))
    assert [row.state for row in house.documents()] == ["delivered", "delivered", "duplicate"]
    house.assert_settled()


def test_an_order_to_a_warehouse_can_be_cancelled(house: House) -> None:
    """Unlike a purchase order, which an 860 changes, it says itself what becomes of it (W0501)."""
    cancelled = WarehouseShippingOrder(number="SO-1", purpose=Purpose.CANCELLATION)
    house.gateway.send(PartnerId("acme"), [cancelled])
    house.work()
    [sent] = house.outbox("acme").values()
    assert ["W05", "F", "SO-1"] in segments(sent)
