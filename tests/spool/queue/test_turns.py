from datetime import UTC, datetime, timedelta

from spool.queue.channel import Channel
from spool.queue.turns import Turns

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A, B, URGENT = Channel(500, None, "a"), Channel(500, None, "b"), Channel(1, None, "z")


def test_who_waits_longest_goes_first_among_those_who_had_no_turn() -> None:
    assert Turns().order([(A, NOON), (B, NOON - timedelta(seconds=1))]) == [B, A]


def test_who_had_a_turn_goes_behind_who_had_none_for_longer() -> None:
    turns = Turns()
    due = [(A, NOON - timedelta(days=1)), (B, NOON)]
    order = []
    for _ in range(4):
        order.append(turns.order(due)[0])
        turns.served(order[-1])
    assert order == [A, B, A, B]


def test_what_is_urgent_goes_before_all_whoever_had_his_turn() -> None:
    turns = Turns()
    turns.served(URGENT)
    assert turns.order([(A, NOON), (URGENT, NOON)]) == [URGENT, A]
