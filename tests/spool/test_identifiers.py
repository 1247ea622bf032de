from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spool.identifiers import ALPHABET, LENGTH, TimeOrderedIdentifiers

from .scene import ManualClock


@given(st.lists(st.integers(min_value=-5_000, max_value=5_000), min_size=2, max_size=40))
def test_each_sorts_after_the_one_before_whatever_the_clock_does(steps: list[int]) -> None:
    clock = ManualClock()
    identifiers = TimeOrderedIdentifiers(clock)
    made = []
    for step in steps:
        clock.time += timedelta(milliseconds=step)
        made.append(identifiers.new())
    assert made == sorted(set(made))


def test_they_are_26_lower_case_letters_and_digits() -> None:
    made = TimeOrderedIdentifiers(ManualClock()).new()
    assert len(made) == LENGTH == 26
    assert set(made) <= set(ALPHABET)


def test_those_of_different_processes_sort_by_time() -> None:
    early = TimeOrderedIdentifiers(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), random_bits=lambda bits: 2**bits - 1)
    late = TimeOrderedIdentifiers(
        ManualClock(datetime(2026, 1, 1, microsecond=1000, tzinfo=UTC)), random_bits=lambda _bits: 0
    )
    assert early.new() < late.new()


def test_two_processes_forked_in_the_same_millisecond_do_not_meet() -> None:
    clock = ManualClock()
    parent, child = TimeOrderedIdentifiers(clock), TimeOrderedIdentifiers(clock)
    assert not {parent.new() for _ in range(50)} & {child.new() for _ in range(50)}
