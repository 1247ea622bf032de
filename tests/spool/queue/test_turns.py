from datetime import UTC, datetime, timedelta

from spool.queue.channel import Channel
from spool.queue.turns import LOOK_AGAIN, Turns

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
A, B, URGENT = Channel(500, None, "a"), Channel(500, None, "b"), Channel(1, None, "z")


def test_who_waits_longest_goes_first_among_those_who_had_no_turn() -> None:
    assert Turns().begin([(A, NOON), (B, NOON - timedelta(seconds=1))]) == [B, A]


def test_who_had_a_turn_goes_behind_who_had_none_for_longer() -> None:
    turns = Turns()
    due = [(A, NOON - timedelta(days=1)), (B, NOON)]
    order = []
    for _ in range(4):
        order.append(turns.begin(due)[0])
        turns.served(order[-1])
    assert order == [A, B, A, B]


def test_what_is_urgent_goes_before_all_whoever_had_his_turn() -> None:
    turns = Turns()
    turns.served(URGENT)
    assert turns.begin([(A, NOON), (URGENT, NOON)]) == [URGENT, A]


def test_with_few_channels_each_turn_looks_anew() -> None:
    turns = Turns()
    turns.begin([(A, NOON), (B, NOON)])
    assert turns.left() == []


def test_with_many_channels_an_eighth_of_them_has_its_turn_before_it_is_looked_anew() -> None:
    many = [Channel(500, None, f"{number:02d}") for number in range(4 * LOOK_AGAIN)]
    turns = Turns()
    assert turns.begin([(channel, NOON) for channel in many]) == many
    turns.passed_over(many[0])
    for number in range(1, 5):
        assert turns.left() == many[number:]
        turns.served(many[number])
    assert turns.left() == []
    assert turns.begin([(channel, NOON) for channel in many])[-4:] == many[1:5]
