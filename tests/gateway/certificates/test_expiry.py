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
from tests.gateway.house import NOON, PROFILES, House

from .scene import Office

DAY = timedelta(days=1)


def ending(days: int, name: str = "ACME") -> Certificate:
    return certificate(name, own("ACME").private_key, not_before=NOON - DAY, not_after=NOON + days * DAY)


def take(office: Office, taken: Certificate, *, partner: str = "acme", use: Use = Use.BOTH, days: int = 0) -> int:
    custody = office.custody
    row = custody.take(partner, taken, use=use, begins=NOON + days * DAY, keep_previous=DAY, by="anna")
    return row.id


def found(office: Office, days: int = 30) -> list[tuple[int, tuple[Use, ...]]]:
    return [(each.row.id, each.purposes) for each in office.custody.expiring(days * DAY)]


@pytest.mark.parametrize(("days", "is_found"), [(29, True), (30, True), (31, False)])
def test_what_expires_within_the_time_is_found(office: Office, days: int, is_found: bool) -> None:
    number = take(office, ending(days))
    assert found(office) == ([(number, (Use.SIGN, Use.ENCRYPT))] if is_found else [])


def test_also_what_expired_and_ours(office: Office) -> None:
    ours = office.custody.generate(subject("OURS", None), bits=2048, days=10, begins=None, by="anna")
    theirs = take(office, ending(5))
    office.later(6 * DAY)
    assert [number for number, _ in found(office, 0)] == [theirs]
    assert [number for number, _ in found(office)] == [theirs, ours.id]
    [expired, expires] = office.custody.expiring(30 * DAY)
    assert "expired on 2026-11-26 12:00" in expired.told(office.clock.now())
    assert "`tally cert import`" in expired.told(office.clock.now())
    assert "expires on 2026-12-01 12:00" in expires.told(office.clock.now())
    assert "`tally cert rotate`" in expires.told(office.clock.now())


def test_where_another_takes_over_in_time_nobody_need_act(office: Office) -> None:
    take(office, ending(20))
    take(office, ending(900, "NEXT"), days=20)
    assert found(office) == []


def test_the_purpose_for_which_none_takes_over_is_named(office: Office) -> None:
    number = take(office, ending(20))
    take(office, ending(900, "NEXT"), use=Use.SIGN)
    assert found(office) == [(number, (Use.ENCRYPT,))]


def test_those_of_partners_with_whom_we_do_not_trade_are_left_out(office: Office) -> None:
    take(office, ending(20), partner="cargo")
    office.agree("cargo", PROFILES["cargo"].replace("status: active", "status: suspended"))
    assert found(office) == []


class TestTheWatch:
    @pytest.fixture
    def watch(self, office: Office) -> ExpiryWatch:
        return ExpiryWatch(office.database, office.clock)

    def told(self, office: Office) -> list[str]:
        entries = office.told(Step.EXPIRING)
        return [f"{entry.partner} {entry.detail['expires'][:10]}: {entry.outcome}" for entry in entries]

    def test_tells_a_few_times_and_what_to_do(self, office: Office, watch: ExpiryWatch) -> None:
        take(office, ending(40))
        days = []
        for day in range(45):
            before = len(self.told(office))
            watch()
            watch()
            days += [40 - day] * (len(self.told(office)) - before)
            office.later(DAY)
        assert days == [30, 14, 7, 3, 1, 0]
        assert self.told(office)[0] == (
            "acme 2026-12-31: expires on 2026-12-31 12:00 UTC, and nothing takes over to sign and encrypt. "
            "Ask for the next, and take it in with `tally cert import`."
        )

    def test_tells_of_one_that_was_first_seen_late(self, office: Office, watch: ExpiryWatch) -> None:
        take(office, ending(5))
        watch()
        watch()
        assert len(self.told(office)) == 1

    def test_is_silent_where_all_is_well(self, office: Office, watch: ExpiryWatch) -> None:
        take(office, ending(400))
        watch()
        assert self.told(office) == []


def test_the_watch_is_part_of_the_gateway(house: House) -> None:
    custody = house.gateway.custody
    custody.take("acme", ending(5), use=Use.BOTH, begins=None, keep_previous=DAY, by="anna")
    with house.gateway.working():
        pass
    with house.gateway.database.read() as session:
        assert session.scalars(select(JournalEntry).where(JournalEntry.step == Step.EXPIRING)).one()
