"""Counting what is in use."""

from gateway.listeners.quota import Quota


def test_a_key_has_its_limit_and_all_together_theirs() -> None:
    quota = Quota(total=3, per_key=2)
    assert [quota.take(key) for key in ("a", "a", "a", "b", "b")] == [True, True, False, True, False]


def test_what_is_given_back_can_be_taken_again_by_anybody() -> None:
    quota = Quota(total=1, per_key=1)
    assert quota.take("a")
    assert not quota.take("b")
    quota.give_back("a")
    assert quota.take("b")


def test_giving_back_once_too_often_makes_no_room() -> None:
    quota = Quota(total=1, per_key=1)
    quota.give_back("a")
    assert [quota.take("a"), quota.take("a")] == [True, False]
