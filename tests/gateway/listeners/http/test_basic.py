"""Basic authentication."""

import base64
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from gateway.listeners.http import basic
from gateway.listeners.http.basic import BasicPasswords, Credentials, credentials_of, unauthorized
from gateway.listeners.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def encoded(text: bytes) -> bytes:
    return b"Basic " + base64.b64encode(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (encoded(b"acme:secret"), Credentials("acme", b"secret")),
        (encoded(b"acme:with:colons"), Credentials("acme", b"with:colons")),
        (encoded(b"acme:"), Credentials("acme", b"")),
        (encoded("jörg:größe".encode()), Credentials("jörg", "größe".encode())),
        (encoded(b"acme:\xff\0"), Credentials("acme", b"\xff\0")),
        (encoded(b"acme:secret").replace(b"Basic", b"bASIC"), Credentials("acme", b"secret")),
        (encoded(b"acme:secret").replace(b" ", b"   "), Credentials("acme", b"secret")),
        (encoded(b"no colon"), None),
        (encoded(b"\xff:secret"), None),
        (encoded(b"a:" + b"x" * 1024), None),
        (b"Basic", None),
        (b"Basic !!!!", None),
        (b"Bearer abc", None),
        (b"", None),
    ],
)
def test_what_an_authorization_says(value: bytes, expected: Credentials | None) -> None:
    assert credentials_of(((b"Host", b"x"), (b"authorization", value))) == expected


def test_none_and_several_are_none() -> None:
    assert credentials_of(()) is None
    assert credentials_of(((b"Authorization", encoded(b"a:b")),) * 2) is None


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Credentials("acme", b"secret"))


def test_who_is_not_known_is_asked_for_basic() -> None:
    assert unauthorized().status == 401
    assert (b"WWW-Authenticate", b'Basic realm="AS2", charset="UTF-8"') in unauthorized().fields


class CountingPasswords(Passwords):
    """Counts the slow comparisons."""

    def __init__(self) -> None:
        super().__init__(1, 10.0, CHEAP)
        self.slow = 0

    def verify(self, stored: str | None, password: str | bytes) -> bool:
        self.slow += 1
        return super().verify(stored, password)


@pytest.fixture
def slow() -> Iterator[CountingPasswords]:
    passwords = CountingPasswords()
    yield passwords
    passwords.close()


def test_the_right_password_is_hashed_once_and_a_wrong_one_each_time(slow: CountingPasswords) -> None:
    passwords = BasicPasswords(slow)
    stored = CHEAP.hash("right")
    assert [passwords.verify(stored, b"right") for _ in range(3)] == [True] * 3
    assert slow.slow == 1
    assert [passwords.verify(stored, b"wrong") for _ in range(2)] == [False] * 2
    assert slow.slow == 3
    assert passwords.verify(stored, b"right")


def test_what_was_right_for_the_old_password_is_not_for_the_new_one(slow: CountingPasswords) -> None:
    passwords = BasicPasswords(slow)
    assert passwords.verify(CHEAP.hash("old"), b"old")
    assert not passwords.verify(CHEAP.hash("new"), b"old")
    assert not passwords.verify(None, b"old")
    assert slow.slow == 3, "an unknown user costs the same work"


def test_what_is_remembered_is_bounded(slow: CountingPasswords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic, "REMEMBERED", 2)
    passwords = BasicPasswords(slow)
    hashes = [CHEAP.hash("right") for _ in range(3)]
    for stored in hashes:
        assert passwords.verify(stored, b"right")
    assert passwords.verify(hashes[2], b"right")
    assert slow.slow == 3
    assert passwords.verify(hashes[0], b"right")
    assert slow.slow == 4
