"""Passwords of every transport."""

from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import VerifyMismatchError

from gateway.listeners.passwords import Passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher(PasswordHasher):
    def __init__(self, kind: Type = Type.ID) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1, type=kind)
        self.verified: list[str] = []

    def verify(self, stored: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified.append(str(stored))
        return super().verify(stored, password)


def test_unknown_users_cost_the_same_work() -> None:
    hasher = CountingHasher()
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


@pytest.mark.parametrize("kind", Type)
def test_what_they_are_compared_with_is_computed_to_the_end(kind: Type) -> None:
    hasher = CountingHasher(kind)
    passwords = Passwords(1, 10.0, hasher)
    try:
        assert not passwords.verify(None, "right")
    finally:
        passwords.close()
    [decoy] = hasher.verified
    assert extract_parameters(decoy) == extract_parameters(hasher.hash("right"))
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(decoy, "right")
