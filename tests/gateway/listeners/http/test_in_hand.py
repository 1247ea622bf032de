"""All that is in hand is counted, whoever counts it."""

from gateway.listeners.http import InHand


def test_bytes_are_counted_up_to_a_limit_and_given_back() -> None:
    in_hand = InHand(10)
    assert in_hand.take(10)
    assert not in_hand.take(1)
    assert in_hand.taken == 11
    in_hand.give_back(1)
    assert in_hand.taken == 10
    in_hand.give_back(10)
    assert in_hand.take(10)
