"""Control numbers: what is missing between others, and what was used twice, both ways."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.answer import Row
from gateway.audit.control_numbers import faults, gaps
from gateway.audit.period import Period
from gateway.operations.instruction import Instruction
from partners.control_numbers import HIGHEST, Kind
from tests.gateway.house import BAD_INVOICE, NOON, House, invoice, wrapped


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([], []),
        ([7], []),
        ([1, 2, 3], []),
        ([3, 1], [(2, 2)]),
        ([1, 5, 9], [(2, 4), (6, 8)]),
        ([HIGHEST, 1, 2], []),
        ([HIGHEST - 1, 2], [(HIGHEST, 1)]),
        ([HIGHEST - 3, HIGHEST, 3], [(HIGHEST - 2, HIGHEST - 1), (1, 2)]),
    ],
)
def test_gaps_lie_between_what_was_seen(numbers: list[int], missing: list[tuple[int, int]]) -> None:
    assert gaps(numbers) == missing


@given(st.sets(st.integers(1, 60), min_size=1), st.sets(st.integers(1, 60)))
def test_seen_missing_and_elsewhere_are_all_there_is(seen: set[int], elsewhere: set[int]) -> None:
    missing = {number for first, last in gaps(seen, elsewhere) for number in range(first, last + 1)}
    assert missing == set(range(min(seen), max(seen) + 1)) - seen - elsewhere


def asked(house: House, period: Period = Period(), partner: str | None = None) -> list[Row]:  # noqa: B008
    with house.gateway.database.read() as session:
        return faults(session, period, partner)


def told(found: list[Row]) -> list[tuple[str, str, str, int, int, int]]:
    return [
        (row["direction"], row["partner"], row["fault"], row["first"], row["last"], row["numbers"]) for row in found
    ]


def test_what_is_in_order_is_not_told(house: House) -> None:
    for number in (7, 8, 9):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    assert asked(house) == []


def test_a_number_that_a_partner_left_out_is_told(house: House) -> None:
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    assert told(asked(house)) == [("inbound", "acme", "gap", 8, 9, 2)]
    [gap] = asked(house)
    assert (gap["sender"], gap["receiver"]) == ("ACME", "OURCOMPANY")


def test_a_number_that_a_partner_used_twice_is_told_with_its_files(house: House) -> None:
    receipts = [house.take("acme", f"{name}.edi", wrapped("810", invoice(name), 7)).id for name in ("A", "B")]
    assert told(asked(house)) == [("inbound", "acme", "duplicate", 7, 7, 1)]
    assert asked(house)[0]["files"] == sorted(receipts)


def test_the_number_of_what_was_refused_is_no_gap_and_may_come_again(house: House) -> None:
    house.take("acme", "7.edi", wrapped("810", invoice("INV7"), 7))
    house.take("acme", "8.edi", wrapped("810", BAD_INVOICE.format(number="INV8", order="1"), 8))
    house.take("acme", "9.edi", wrapped("810", invoice("INV9"), 9))
    assert asked(house) == []


def test_numbers_of_ours_that_were_passed_over_or_given_twice_are_told(house: House) -> None:
    by = Instruction("anna", "moved here from another gateway")
    for number, next_one in (("1", None), ("2", 5), ("3", 1)):
        if next_one is not None:
            house.gateway.administration.set_control_number("acme", Kind.INTERCHANGE, next_one, by, back=True)
        house.send_order(number)
    assert told(asked(house)) == [("outbound", "acme", "gap", 2, 4, 3), ("outbound", "acme", "duplicate", 1, 1, 1)]


def test_only_the_period_and_the_partner_that_are_asked_for_count(house: House) -> None:
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
        house.later(days=1)
    assert asked(house, Period(until=NOON + timedelta(days=1))) == []
    assert asked(house, Period(since=NOON + timedelta(days=1))) == []
    assert asked(house, partner="cargo") == []
    assert len(asked(house, partner="acme")) == 1
