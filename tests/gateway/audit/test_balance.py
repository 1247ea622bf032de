"""The balance of a period: the periods add up to the whole, and a lost row shows."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from gateway.audit.balance import PartnerBalance, balances
from gateway.audit.period import Period
from gateway.operations.instruction import Instruction
from spool.documents import DocumentOrder, DocumentRow
from tests.gateway.house import NOON, House, invoice, wrapped
from tools.make_home import trade


def asked(house: House, period: Period = Period(), partner: str | None = None) -> list[PartnerBalance]:  # noqa: B008
    with house.gateway.database.read() as session:
        return list(balances(session, period, partner))


def total(found: list[PartnerBalance]) -> tuple[int, int, Counter[str]]:
    places = sum((each.places for each in found), Counter[str]())
    return sum(each.files for each in found), sum(each.received for each in found), places


def test_all_partners_and_all_time_are_the_balance_of_the_home(house: House) -> None:
    trade(house)
    whole = house.gateway.status().balance
    files, received, places = total(asked(house))
    assert (files, received) == (whole.files, whole.received)
    assert places == Counter(whole.places)
    assert [each.difference for each in asked(house)] == [0, 0, 0, 0]


@pytest.mark.parametrize("hours", [0, 1, 30, 31])
def test_what_is_before_a_moment_and_what_is_after_it_are_the_whole(house: House, hours: int) -> None:
    trade(house)
    cut = NOON + timedelta(hours=hours)
    before, after = total(asked(house, Period(until=cut))), total(asked(house, Period(since=cut)))
    whole = total(asked(house))
    assert (before[0] + after[0], before[1] + after[1]) == whole[:2]
    assert before[2] + after[2] == whole[2]


def test_one_partner_may_be_asked_for(house: House) -> None:
    trade(house)
    assert asked(house, partner="beta") == [each for each in asked(house) if each.partner == "beta"]


def test_what_an_administrator_had_done_anew_keeps_it(house: House) -> None:
    house.take("acme", "test.edi", wrapped("810", invoice("INV3", "4500001"), 5, usage="P"))
    house.gateway.administration.replay(house.documents()[0].id, Instruction("anna", "mended"))
    house.work()
    assert [each.difference for each in asked(house)] == [0]


def test_a_lost_row_shows(house: House) -> None:
    house.take("acme", "inv.edi", wrapped("810", invoice(), 1))
    house.take("acme", "more.edi", wrapped("810", invoice("INV2"), 2))
    lost = house.documents()[0].id

    def lose(session: Session) -> None:
        session.execute(delete(DocumentOrder).where(DocumentOrder.document_id == lost))
        session.execute(delete(DocumentRow).where(DocumentRow.id == lost))

    house.gateway.database.write(lose)
    assert [(each.partner, each.difference) for each in asked(house)] == [("acme", 1)]
