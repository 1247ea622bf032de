"""Control numbers: what is missing between others, and what was used twice, both ways."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.control_numbers import gaps
from gateway.operations.instruction import Instruction
from partners.control_numbers import HIGHEST, Kind
from tests.gateway.house import BAD_INVOICE, NOON, House, invoice, wrapped

from .asking import told

SHOWN = ("direction", "partner", "fault", "first", "last", "numbers")


def found(house: House, **scope: Any) -> list[tuple[Any, ...]]:
    return told(house, "control-numbers", *SHOWN, **scope)


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
    assert [(gap.first, gap.last) for gap in gaps(numbers)] == missing


@given(st.sets(st.integers(1, 60), min_size=1), st.sets(st.integers(1, 60)))
def test_seen_missing_and_elsewhere_are_all_there_is(seen: set[int], elsewhere: set[int]) -> None:
    missing = {number for first, last, _ in gaps(seen, elsewhere) for number in range(first, last + 1)}
    assert missing == set(range(min(seen), max(seen) + 1)) - seen - elsewhere


def test_what_is_in_order_is_not_told(house: House) -> None:
    for number in (7, 8, 9):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    assert found(house) == []


def test_a_number_that_a_partner_left_out_is_told(house: House) -> None:
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
    assert found(house) == [("inbound", "acme", "gap", 8, 9, 2)]
    assert told(house, "control-numbers", "sender", "receiver") == [("ACME", "OURCOMPANY")]


def test_a_number_that_a_partner_used_twice_is_told_with_its_files(house: House) -> None:
    receipts = [house.take("acme", f"{name}.edi", wrapped("810", invoice(name), 7)).id for name in ("A", "B")]
    assert found(house) == [("inbound", "acme", "duplicate", 7, 7, 1)]
    assert told(house, "control-numbers", "files") == [(" ".join(sorted(receipts)),)]


def test_the_number_of_what_was_refused_is_no_gap_and_may_come_again(house: House) -> None:
    house.take("acme", "7.edi", wrapped("810", invoice("INV7"), 7))
    house.take("acme", "8.edi", wrapped("810", BAD_INVOICE.format(number="INV8", order="1"), 8))
    house.take("acme", "9.edi", wrapped("810", invoice("INV9"), 9))
    assert found(house) == []


def test_numbers_of_ours_that_were_passed_over_or_given_twice_are_told(house: House) -> None:
    by = Instruction("anna", "moved here from another gateway")
    for number, next_one in (("1", None), ("2", 5), ("3", 1)):
        if next_one is not None:
            house.gateway.administration.set_control_number("acme", Kind.INTERCHANGE, next_one, by, back=True)
        house.send_order(number)
    assert found(house) == [("outbound", "acme", "gap", 2, 4, 3), ("outbound", "acme", "duplicate", 1, 1, 1)]


def test_a_gap_belongs_to_the_period_in_which_the_number_after_it_came(house: House) -> None:
    for number in (7, 10):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
        house.later(days=1)
    border = NOON + timedelta(days=1)
    assert found(house, until=border) == []
    assert found(house, since=border) == [("inbound", "acme", "gap", 8, 9, 2)]
    assert found(house, since=NOON + timedelta(days=2)) == []
    assert found(house, partner="cargo") == []
    assert len(found(house, partner="acme")) == 1


def test_a_duplicate_belongs_to_the_period_in_which_the_number_came_again(house: House) -> None:
    for name in ("A", "B"):
        house.take("acme", f"{name}.edi", wrapped("810", invoice(name), 7))
        house.later(days=1)
    border = NOON + timedelta(days=1)
    assert found(house, until=border) == []
    assert found(house, since=border) == [("inbound", "acme", "duplicate", 7, 7, 1)]


def test_what_came_late_is_not_missing(house: House) -> None:
    for number in (7, 9, 8):
        house.take("acme", f"{number}.edi", wrapped("810", invoice(f"INV{number}"), number))
        house.later(days=1)
    assert found(house, until=NOON + timedelta(days=2)) == []


def test_what_retention_removed_on_record_is_no_gap(house: House) -> None:
    """Of two orders the answered one goes, and with it our answers to its files; what was passed over stays missing."""
    by = Instruction("anna", "moved here from another gateway")
    house.send_order("1")
    house.gateway.administration.set_control_number("acme", Kind.INTERCHANGE, 5, by, back=False)
    house.take("acme", "7.edi", wrapped("810", invoice("A", "9"), 7))
    house.send_order("2")
    [unsent] = [each for each in house.documents("outbound", type="PurchaseOrder") if each.number == "1"]
    house.later(days=100)
    house.send_order("3")
    gap = [("outbound", "acme", "gap", 2, 4, 3)]
    assert found(house) == gap
    house.collect("acme")
    done = replace(house.gateway.retention, keep=timedelta(days=30)).prune()
    assert (done.files, unsent.state) == (1, "delivered")
    assert found(house) == gap
