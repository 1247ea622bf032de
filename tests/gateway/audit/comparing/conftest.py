"""Houses in which something happened; what a test changes in them is undone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.operations.erasing import Wanted
from gateway.operations.instruction import Instruction
from tests.gateway.house import House, group, house, interchange, invoice, transaction_set, wrapped
from tools.make_home import trade

from .tampering import found_after


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Files of all kinds came and were answered, orders left."""
    with house(tmp_path_factory.mktemp("traded")) as opened:
        trade(opened)
        opened.send_order("4500777")
        opened.gateway.ledger.drain()
        assert found_after(opened) == []
        yield opened


@pytest.fixture(scope="module")
def removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A file was removed by retention, and an order erased whose acknowledgement came with that of another and stays."""
    with house(tmp_path_factory.mktemp("removed")) as opened:
        opened.take("acme", "1.edi", wrapped("810", invoice("OLD", "9"), 7))
        opened.collect("acme")
        opened.later(days=100)
        assert replace(opened.gateway.retention, keep=timedelta(days=30)).prune().files
        opened.send_order("1")
        opened.send_order("2")
        answers = [
            transaction_set("997", f"AK1*PO*{number}\nAK2*850*000{number}\nAK5*A\nAK9*A*1*1*1", f"000{number}")
            for number in (2, 3)
        ]
        opened.take("acme", "997.edi", interchange(group(*answers, functional_id="FA"), control=8))
        assert [row.state.value for row in opened.documents()] == ["delivered", "delivered"]
        opened.gateway.erasing.erase(Wanted(po="1", despite_retention=True), Instruction("eva", "asked for"))
        opened.take("acme", "2.edi", wrapped("810", invoice("NEW", "10"), 9))
        assert found_after(opened) == []
        yield opened
