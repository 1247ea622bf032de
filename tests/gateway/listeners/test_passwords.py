"""Passwords of every transport."""

from typing import Any

from argon2 import PasswordHasher

from gateway.listeners.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher:
    def __init__(self) -> None:
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return CHEAP.hash(password)

    def verify(self, stored: str, password: str | bytes) -> bool:
        self.verified.append(stored)
        return CHEAP.verify(stored, password)


def test_unknown_users_cost_the_same_work() -> None:
    hasher: Any = CountingHasher()
    passwords = Passwords(1, 10.0, hasher)
    try:
        assert passwords.verify(CHEAP.hash("right"), "right")
        assert not passwords.verify(CHEAP.hash("right"), "wrong")
        assert not passwords.verify(None, "right")
        assert not passwords.verify(CHEAP.hash("right"), b"\xff\xfe")
        assert not passwords.verify("no argon2 string", "right")
    finally:
        passwords.close()
    assert len(hasher.verified) == 5
    parameters = {stored.rsplit("$", 2)[0] for stored in hasher.verified if stored.startswith("$argon2")}
    assert len(parameters) == 1
    assert not passwords.verify(CHEAP.hash("right"), "right"), "nobody comes in once the server stops"
