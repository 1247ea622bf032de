"""Whoever has no good token: a pause for the address, and few entries in the journal whatever strangers do."""

from typing import Any

import pytest
from sqlalchemy import select

from gateway.refused_logins import ATTEMPTS, NAMED, PAUSE, REMEMBERED, RefusedLogins
from spool.journal import JournalEntry, Step
from tests.gateway.house import House

WHY = "an unknown token"


@pytest.fixture
def refused(house: House) -> RefusedLogins:
    return RefusedLogins(house.gateway.database, house.clock)


def told(house: House) -> list[tuple[str, Any]]:
    with house.gateway.database.read() as session:
        rows = session.scalars(select(JournalEntry).where(JournalEntry.step == Step.LOGIN_REFUSED))
        return [(row.outcome, row.detail) for row in rows]


def fail(refused: RefusedLogins, address: str, times: int = ATTEMPTS) -> None:
    for _ in range(times):
        refused.note(address, WHY)


def test_an_address_is_paused_after_its_attempts_and_no_other(house: House, refused: RefusedLogins) -> None:
    fail(refused, "192.0.2.1", ATTEMPTS - 1)
    assert not refused.paused("192.0.2.1")
    fail(refused, "192.0.2.1", 1)
    assert refused.paused("192.0.2.1")
    assert not refused.paused("192.0.2.2")
    house.clock.advance(seconds=PAUSE.total_seconds())
    assert not refused.paused("192.0.2.1")


def test_attempts_long_ago_do_not_count(house: House, refused: RefusedLogins) -> None:
    fail(refused, "192.0.2.1", ATTEMPTS - 1)
    house.clock.advance(seconds=PAUSE.total_seconds())
    fail(refused, "192.0.2.1", 1)
    assert not refused.paused("192.0.2.1")


@pytest.mark.parametrize(
    ("other", "paused"), [("2001:db8::2", True), ("2001:db8:0:1::1", False), ("no address", False)]
)
def test_an_ipv6_network_counts_as_one(refused: RefusedLogins, other: str, paused: bool) -> None:
    fail(refused, "2001:db8::1")
    assert refused.paused(other) is paused


def test_any_number_of_addresses_takes_bounded_memory(refused: RefusedLogins) -> None:
    for number in range(REMEMBERED + 10):
        refused.note(f"10.0.{number >> 8}.{number & 255}", WHY)
    assert len(refused._bad) == REMEMBERED


def test_the_first_is_told_and_the_others_within_the_hour_at_its_end(house: House, refused: RefusedLogins) -> None:
    fail(refused, "192.0.2.1", 1)
    refused.write()
    assert told(house) == [
        (
            f"1 refused: {WHY}",
            {"times": 1, "since": house.clock.now().isoformat(), "addresses": ["192.0.2.1"]},
        )
    ]
    for _ in range(1000):
        refused.note("192.0.2.1", WHY)
        refused.write()
    assert len(told(house)) == 1
    house.later(hours=1)
    refused.write()
    assert [outcome for outcome, _ in told(house)] == [f"1 refused: {WHY}", f"1000 refused: {WHY}"]


def test_at_the_end_all_is_told(house: House, refused: RefusedLogins) -> None:
    for _ in range(2):
        fail(refused, "192.0.2.1", 1)
        refused.write(at_once=True)
    refused.write(at_once=True)
    assert len(told(house)) == 2


def test_an_entry_names_a_few_addresses_only(house: House, refused: RefusedLogins) -> None:
    for number in range(NAMED + 5):
        refused.note(f"192.0.2.{number}", WHY)
    refused.write()
    [(_, detail)] = told(house)
    assert (detail["times"], len(detail["addresses"])) == (NAMED + 5, NAMED)
