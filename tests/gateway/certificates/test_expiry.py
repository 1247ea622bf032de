"""Certificates that run out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.as2.cms.keys import Certificate
from gateway.certificates.expiry import ExpiryWatch
from gateway.certificates.making import subject
from partners.certificates import Use
from spool.journal import JournalEntry, Step
from tests.gateway.as2.keys import certificate, own
from tests.gateway.house import NOON, House

DAY = timedelta(days=1)


def ending(days: int, name: str = "ACME") -> Certificate:
    return certificate(name, own("ACME").private_key, not_before=NOON - DAY, not_after=NOON + days * DAY)


def take(house: House, taken: Certificate, *, partner: str = "acme", use: Use = Use.BOTH, days: int = 0) -> int:
    custody = house.gateway.custody
    row = custody.take(partner, taken, use=use, begins=NOON + days * DAY, keep_previous=DAY, by="anna")
    return row.id


def found(house: House, days: int = 30) -> list[tuple[int, tuple[Use, ...]]]:
    return [(each.row.id, each.purposes) for each in house.gateway.custody.expiring(days * DAY)]


@pytest.mark.parametrize(("days", "is_found"), [(29, True), (30, True), (31, False)])
def test_what_expires_within_the_time_is_found(house: House, days: int, is_found: bool) -> None:
    number = take(house, ending(days))
    assert found(house) == ([(number, (Use.SIGN, Use.ENCRYPT))] if is_found else [])


def test_also_what_expired_and_ours(house: House) -> None:
    ours = house.gateway.custody.generate(subject("OURS", None), bits=2048, days=10, begins=None, by="anna")
    theirs = take(house, ending(5))
    house.clock.advance(seconds=(6 * DAY).total_seconds())
    assert [number for number, _ in found(house, 0)] == [theirs]
    assert [number for number, _ in found(house)] == [theirs, ours.id]
    [expired, expires] = house.gateway.custody.expiring(30 * DAY)
    assert "expired on 2026-11-26 12:00" in expired.told(house.clock.now())
    assert "`tally cert import`" in expired.told(house.clock.now())
    assert "expires on 2026-12-01 12:00" in expires.told(house.clock.now())
    assert "`tally cert rotate`" in expires.told(house.clock.now())


def test_where_another_takes_over_in_time_nobody_need_act(house: House) -> None:
    take(house, ending(20))
    take(house, ending(900, "NEXT"), days=20)
    assert found(house) == []


def test_the_purpose_for_which_none_takes_over_is_named(house: House) -> None:
    number = take(house, ending(20))
    take(house, ending(900, "NEXT"), use=Use.SIGN)
    assert found(house) == [(number, (Use.ENCRYPT,))]


def test_those_of_partners_with_whom_we_do_not_trade_are_left_out(house: House) -> None:
    take(house, ending(20), partner="cargo")
    house.amend("cargo", ("status: active", "status: suspended"))
    assert found(house) == []


class TestTheWatch:
    @pytest.fixture
    def watch(self, house: House) -> ExpiryWatch:
        return ExpiryWatch(house.gateway.database, house.clock)

    def told(self, house: House) -> list[str]:
        with house.gateway.database.read() as session:
            entries = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.EXPIRING)).all()
        return [f"{entry.partner} {entry.detail['expires'][:10]}: {entry.outcome}" for entry in entries]

    def test_tells_a_few_times_and_what_to_do(self, house: House, watch: ExpiryWatch) -> None:
        take(house, ending(40))
        days = []
        for day in range(45):
            before = len(self.told(house))
            watch()
            watch()
            days += [40 - day] * (len(self.told(house)) - before)
            house.clock.advance(seconds=DAY.total_seconds())
        assert days == [30, 14, 7, 3, 1, 0]
        assert self.told(house)[0] == (
            "acme 2026-12-31: expires on 2026-12-31 12:00 UTC, and nothing takes over to sign and encrypt. "
            "Ask for the next, and take it in with `tally cert import`."
        )

    def test_tells_of_one_that_was_first_seen_late(self, house: House, watch: ExpiryWatch) -> None:
        take(house, ending(5))
        watch()
        watch()
        assert len(self.told(house)) == 1

    def test_is_silent_where_all_is_well(self, house: House, watch: ExpiryWatch) -> None:
        take(house, ending(400))
        watch()
        assert self.told(house) == []

    def test_is_part_of_the_gateway(self, house: House) -> None:
        take(house, ending(5))
        with house.gateway.working():
            pass
        assert len(self.told(house)) == 1
