"""Basic authentication (RFC 7617)."""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from ..passwords import Passwords
from .port import Answer, Fields, plain

MAX_CREDENTIALS = 1024
"""Longer Authorization values, in bytes, are not looked at."""

REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: bytes = field(repr=False)


def credentials_of(fields: Fields) -> Credentials | None:
    """Name and password of a request; None where there are none, several, or such that cannot be read."""
    values = [value for name, value in fields if name.lower() == b"authorization"]
    if len(values) != 1 or len(values[0]) > MAX_CREDENTIALS:
        return None
    scheme, _, encoded = values[0].partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return Credentials(username.decode(), password) if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def unauthorized() -> Answer:
    """401: come again with a name and a password."""
    challenge = (b"WWW-Authenticate", b'Basic realm="AS2", charset="UTF-8"')
    return plain(401, "Give the user name and password that were agreed (Basic authentication).", challenge)


class BasicPasswords:
    """Checks the passwords of requests. What was right once is recognised without the slow hash that every message would cost.

    Only a keyed digest of it is remembered, under a key of this process, and only for the stored hash that it was right for: a
    changed password ends it. Thread-safe.
    """

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, stored: str | None, password: bytes) -> bool:
        """Whether ``password`` belongs to the argon2 string ``stored``. Waits for a worker; False too when none is free in time."""
        seen = hmac.digest(self._key, password, hashlib.sha256)
        if stored is not None and hmac.compare_digest(self._recall(stored), seen):
            return True
        right = self._passwords.verify(stored, password)
        if right and stored is not None:
            self._remember(stored, seen)
        return right

    def close(self) -> None:
        """End the threads that check."""
        self._passwords.close()

    def _recall(self, stored: str) -> bytes:
        with self._lock:
            return self._right.get(stored, b"")

    def _remember(self, stored: str, seen: bytes) -> None:
        with self._lock:
            self._right[stored] = seen
            if len(self._right) > REMEMBERED:
                self._right.popitem(last=False)
