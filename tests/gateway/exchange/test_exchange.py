"""Both ways over AS2, from the ERP to the ERP: what was agreed, what travels, what is proven."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.exchange.arrivals import Arrival, ArrivalKind
from gateway.exchange.sendings import Sending
from gateway.exchange.terms import Ourselves
from spool.states import MessageState, TransmissionState
from tests.gateway.house import House, order

from .scene import Scene, scene

AGREED = [
    "",
    "  mdn_delivery: asynchronous",
    "  compress: before-signing",
    "  compress: after-signing\n  encrypt: aes256-gcm\n  sign: sha512\n  signature: pss\n  key_transport: oaep",
    "  mdn: unsigned",
    "  mdn: none",
    "  sign: none\n  encrypt: none\n  must_sign: no\n  must_encrypt: no\n  mdn: unsigned",
]


def sendings_of(house: House) -> list[Sending]:
    with house.gateway.database.read() as session:
        return list(session.scalars(select(Sending).order_by(Sending.id)))


def arrivals_of(house: House, kind: ArrivalKind = ArrivalKind.MESSAGE) -> list[Arrival]:
    with house.gateway.database.read() as session:
        return list(session.scalars(select(Arrival).where(Arrival.kind == kind).order_by(Arrival.id)))


def place(made: Scene, number: str = "4500123") -> None:
    house = made.distributor.house
    house.place_order(order(number))
    house.gateway.delivery.pull()
    made.work()


@pytest.mark.parametrize("as2", AGREED)
def test_an_order_goes_out_and_its_997_comes_back(tmp_path: Path, as2: str) -> None:
    with scene(tmp_path, as2 and as2 + "\n", None) as made:
        place(made)
        distributor, supplier = made.distributor.house, made.supplier.house
        assert [document.type for document in supplier.erp_out()] == ["PurchaseOrder"]
        [order_sent] = distributor.transmissions("document")
        assert order_sent.state is TransmissionState.ACCEPTED
        proven = MessageState.SENT if "mdn: none" in as2 else MessageState.CONFIRMED
        assert [row.state for row in (*sendings_of(distributor), *sendings_of(supplier))] == [proven, proven]
        distributor.assert_settled()
        supplier.assert_settled()


def test_a_suspended_partner_is_told_so_and_what_it_sent_is_kept(tmp_path: Path) -> None:
    with scene(tmp_path) as made:
        made.supplier.house.amend("ourcompany", ("status: active", "status: suspended"))
        place(made)
        supplier = made.supplier.house
        [arrival] = arrivals_of(supplier)
        assert (arrival.outcome, supplier.receipts()) == ("refused", [])
        assert "unknown-trading-relationship" in (arrival.disposition or "")
        [sent] = made.distributor.house.transmissions("document")
        assert sent.state is TransmissionState.FAILED


def test_what_is_missing_for_sending_keeps_nothing_from_coming(tmp_path: Path) -> None:
    """Nothing says where asynchronous receipts are to go: that is about what we send."""
    with scene(tmp_path, "", "  mdn_delivery: asynchronous\n") as made:
        exchange = made.supplier.house.gateway.exchange
        object.__setattr__(exchange.agreements, "ourselves", Ourselves("ACME", None))
        place(made)
        assert [row.outcome for row in arrivals_of(made.supplier.house)] == ["received"]
