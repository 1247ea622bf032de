from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.errors import Ambiguous, Fault, Misconfigured, Retryable
from spool.retry import LONGEST_DELAY, SPREAD, UNEXPECTED_ATTEMPTS, delay, fault, may_retry, rest

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

FIRST_TEN = [
    (1, 1.5, 2, 2.5),
    (2, 4.5, 6, 7.5),
    (3, 13.5, 18, 22.5),
    (4, 40.5, 54, 67.5),
    (5, 121.5, 162, 202.5),
    (6, 364.5, 486, 607.5),
    (7, 1093.5, 1458, 1822.5),
    (8, 2700, 3600, 4500),
    (9, 2700, 3600, 4500),
    (10, 2700, 3600, 4500),
]


@pytest.mark.parametrize(("attempt", "shortest", "middle", "longest"), FIRST_TEN)
def test_the_first_ten_delays_in_seconds(attempt: int, shortest: float, middle: float, longest: float) -> None:
    assert [delay(attempt, jitter).total_seconds() for jitter in (0.0, 0.5, 1.0)] == [shortest, middle, longest]


@given(st.integers(min_value=1, max_value=10**9), st.floats(min_value=0, max_value=1))
def test_no_delay_is_nothing_or_beyond_the_longest(attempt: int, jitter: float) -> None:
    assert timedelta(seconds=1) <= delay(attempt, jitter) <= LONGEST_DELAY * (1 + SPREAD)


def test_who_asks_to_be_left_alone_is_and_does_not_shorten_the_usual_delay() -> None:
    put_off = Retryable("later")
    put_off.wait = timedelta(minutes=5)
    assert rest(put_off, 1, 0.5) == timedelta(minutes=5) + delay(1, 0.5)
    assert rest(put_off, 8, 0.5) == delay(8, 0.5)
    assert rest(Retryable("later"), 1, 0.5) == rest(OSError(), 1, 0.5) == delay(1, 0.5)


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (Retryable("later"), 10),
        (Ambiguous("perhaps"), 10),
        (ConnectionError("cut"), 10),
        (Misconfigured("stays wrong"), 1),
        (KeyError("a fault of ours"), UNEXPECTED_ATTEMPTS),
    ],
)
def test_how_many_attempts_an_error_gets(error: Exception, attempts: int) -> None:
    assert [may_retry(error, attempt, 10, now=NOON) for attempt in range(1, 11)] == [
        attempt < attempts for attempt in range(1, 11)
    ]


@pytest.mark.parametrize(
    ("attempt", "seconds_left", "again"),
    [(1, 1.6, True), (1, 1.4, False), (5, 122, True), (5, 121, False), (1, -1, False)],
)
def test_no_retry_is_made_that_would_come_after_the_deadline(attempt: int, seconds_left: float, again: bool) -> None:
    deadline = NOON + timedelta(seconds=seconds_left)
    assert may_retry(Retryable("later"), attempt, 10, now=NOON, deadline=deadline) is again


@pytest.mark.parametrize(
    ("error", "whose"),
    [
        (Retryable("down"), Fault.ENVIRONMENT),
        (Misconfigured("wrong"), Fault.OPERATOR),
        (ConnectionError("cut"), Fault.ENVIRONMENT),
        (KeyError("ours"), Fault.OURS),
    ],
)
def test_whose_fault_an_error_is(error: Exception, whose: Fault) -> None:
    assert fault(error) is whose
