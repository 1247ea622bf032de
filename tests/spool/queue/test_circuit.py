from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.queue.circuit import (
    CLOSED,
    FAILURES,
    LONGEST_PAUSE,
    Circuit,
    CircuitState,
    admits,
    failed,
    hung,
    pause,
    probed,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=30)

ALMOST = Circuit(CircuitState.CLOSED, failures=FAILURES - 1)
OPEN = Circuit(CircuitState.OPEN, failures=FAILURES, openings=1, retry_at=LATER)
PROBING = Circuit(CircuitState.HALF_OPEN, failures=FAILURES, openings=1, retry_at=LATER, probe="probe")


@pytest.mark.parametrize(
    ("before", "item", "after"),
    [
        (CLOSED, "any", Circuit(CircuitState.CLOSED, failures=1)),
        (ALMOST, "any", OPEN),
        (OPEN, "begun before it opened", OPEN),
        (PROBING, "begun before it opened", PROBING),
        (PROBING, "probe", Circuit(CircuitState.OPEN, FAILURES, openings=2, retry_at=NOON + timedelta(seconds=60))),
    ],
)
def test_what_a_failure_does(before: Circuit, item: str, after: Circuit) -> None:
    assert failed(before, item, NOON) == after


@pytest.mark.parametrize(
    ("circuit", "now", "probing", "lets_through"),
    [
        (CLOSED, NOON, False, True),
        (ALMOST, NOON, False, True),
        (OPEN, NOON, False, False),
        (OPEN, LATER, False, True),
        (PROBING, LATER, True, False),
        (PROBING, NOON, False, True),
    ],
    ids=["closed", "failing", "open", "pause over", "probe under way", "probe ended without a verdict"],
)
def test_what_is_let_through(circuit: Circuit, now: datetime, probing: bool, lets_through: bool) -> None:
    assert admits(circuit, now, probing=probing) is lets_through


def test_who_is_let_through_after_the_pause_is_the_probe_and_where_it_is_closed_nobody_is() -> None:
    assert probed(OPEN, "probe") == PROBING
    assert probed(ALMOST, "any") == ALMOST


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CLOSED, Circuit(CircuitState.HALF_OPEN, probe="hangs")),
        (ALMOST, Circuit(CircuitState.HALF_OPEN, failures=FAILURES - 1, probe="hangs")),
        (OPEN, Circuit(CircuitState.HALF_OPEN, failures=FAILURES, openings=1, retry_at=LATER, probe="hangs")),
        (PROBING, PROBING),
    ],
)
def test_what_hangs_is_the_probe_unless_there_is_one(before: Circuit, after: Circuit) -> None:
    assert hung(before, "hangs") == after


def test_each_pause_is_longer_than_the_last_up_to_a_bound() -> None:
    assert [pause(openings).total_seconds() for openings in range(1, 8)] == [30, 60, 120, 240, 480, 900, 900]


@given(st.integers(min_value=1, max_value=10**9))
def test_no_pause_is_beyond_the_longest(openings: int) -> None:
    assert timedelta(0) < pause(openings) <= LONGEST_PAUSE


@given(st.lists(st.sampled_from(["a", "b"]), max_size=30))
def test_failures_alone_never_close_a_circuit(items: list[str]) -> None:
    circuit = OPEN
    for item in items:
        circuit = failed(probed(circuit, "a"), item, NOON)
        assert circuit.state is not CircuitState.CLOSED
        assert circuit.retry_at is not None
