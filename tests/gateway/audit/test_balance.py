"""The balance of a period: the periods add up to the whole, and a lost row shows."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from gateway.operations.instruction import Instruction
from tests.gateway.house import BAD_INVOICE, NOON, House, invoice, wrapped
from tools.make_home import trade

from .asking import asked, told

PLACES = ("delivered", "rejected", "duplicate", "quarantined", "dead", "pending")


def test_what_came_in_the_period_is_in_one_place_each(house: House) -> None:
    house.take("acme", "1.edi", wrapped("810", invoice()))
    house.take("acme", "again.edi", wrapped("810", invoice()))
    house.take("acme", "2.edi", wrapped("810", BAD_INVOICE.format(number="INV2", order="1"), control=2))
    house.take("acme", "hello.txt", b"hello")
    house.receive("cargo", "810.edi", wrapped("810", invoice("INV2"), sender="CARGO"))
    assert told(house, "balance", "partner", "files", "received", *PLACES, "balances") == [
        ("acme", 4, 4, 1, 1, 1, 1, 0, 0, True),
        ("cargo", 1, 1, 0, 0, 0, 0, 0, 1, True),
    ]
    assert not asked(house, "balance").wrong


def test_a_period_ends_before_its_end(house: House) -> None:
    house.receive("acme", "1.edi", wrapped("810", invoice()))
    house.later(hours=1)
    house.receive("acme", "2.edi", wrapped("810", invoice("INV2"), control=2))
    later = NOON + timedelta(hours=1)
    assert told(house, "balance", "received", since=NOON, until=later) == [(1,)]
    assert told(house, "balance", "received", since=later) == [(1,)]
    assert told(house, "balance", "received") == [(2,)]
    assert told(house, "balance", "received", partner="beta") == []


def test_a_lost_row_shows(house: House) -> None:
    receipt = house.take("acme", "hello.txt", b"hello")
    house.gateway.database.write(lambda session: session.delete(session.merge(receipt)))
    assert len(asked(house, "balance").wrong) == 1


def total(house: House, **scope: Any) -> Counter[str]:
    """The columns over all partners."""
    columns = ("files", "received", *PLACES)
    return sum(
        (Counter(dict(zip(columns, row, strict=True))) for row in told(house, "balance", *columns, **scope)), Counter()
    )


def test_all_partners_and_all_time_are_the_balance_of_the_home(house: House) -> None:
    trade(house)
    whole = house.gateway.status().balance
    assert total(house) == Counter({"files": whole.files, "received": whole.received} | whole.places)


@pytest.mark.parametrize("hours", [0, 1, 30, 31])
def test_what_is_before_a_moment_and_what_is_after_it_are_the_whole(house: House, hours: int) -> None:
    trade(house)
    cut = NOON + timedelta(hours=hours)
    assert total(house, until=cut) + total(house, since=cut) == total(house)


def test_what_an_administrator_had_done_anew_keeps_it(house: House) -> None:
    house.take("acme", "test.edi", wrapped("810", invoice("INV3", "4500001"), 5, usage="P"))
    house.gateway.administration.replay(house.documents()[0].id, Instruction("anna", "mended"))
    house.work()
    assert told(house, "balance", "balances") == [(True,)]
