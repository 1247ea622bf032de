"""Who may post now: strangers and partners take places of their own, and give back those that they took."""

import pytest

from gateway.exchange.doorkeeper import OF_ONE_NAME, STRANGERS_AT_ONCE, STRANGERS_IN_ALL, Doorkeeper
from gateway.listeners.http import Head, Peer


def head(name: str, address: str = "192.0.2.1") -> Head:
    return Head("POST", "/as2", "", ((b"AS2-From", name.encode()),), 10, Peer(address))


def test_who_becomes_known_while_a_stranger_posts_shuts_nobody_out() -> None:
    """What came in as a stranger's ends as a stranger's."""
    doorkeeper = Doorkeeper()
    posts = [head("NEW") for _ in range(STRANGERS_AT_ONCE)]
    assert [doorkeeper.admit(post) for post in posts] == [None] * STRANGERS_AT_ONCE
    assert doorkeeper.admit(head("OTHER")) is not None
    doorkeeper.know({"NEW": 1})
    for each in posts:
        doorkeeper.ended(each)
    assert doorkeeper.admit(head("OTHER")) is None
    assert doorkeeper.admit(head("NEW")) is None


def test_whoever_uses_a_partners_name_elsewhere_takes_no_place_of_the_partners() -> None:
    doorkeeper = Doorkeeper()
    doorkeeper.know({"ACME": 1})
    assert doorkeeper.admit(head("ACME", "203.0.113.9")) is None
    assert doorkeeper.admit(head("ACME", "203.0.113.9")) is not None
    assert doorkeeper.admit(head("ACME", "192.0.2.1")) is None


@pytest.mark.parametrize(("name", "most"), [("ACME", OF_ONE_NAME), ("NOBODY", STRANGERS_IN_ALL)])
def test_one_name_takes_no_more_than_its_share_from_however_many_addresses(name: str, most: int) -> None:
    doorkeeper = Doorkeeper()
    doorkeeper.know({"ACME": 1, "OTHER": 1})
    posts = [head(name, f"203.0.113.{number}") for number in range(most)]
    assert [doorkeeper.admit(post) for post in posts] == [None] * most
    refusal = doorkeeper.admit(head(name))
    assert refusal is not None
    assert refusal.status == 503
    assert doorkeeper.admit(head("OTHER")) is None
    doorkeeper.ended(posts[0])
    assert doorkeeper.admit(head(name)) is None
