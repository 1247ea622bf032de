"""Checking passwords at bounded cost, whatever the transport."""

import secrets
from base64 import b64encode
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

_log = structlog.get_logger(__name__)


class Passwords:
    """Checks passwords in a few threads of its own, so that logins cannot take all memory and processors.

    The work is the same whether or not there is a password to compare with: the time tells nobody which names exist.
    """

    def __init__(self, workers: int, seconds: float, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = _of_nobody(self._hasher)
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="password")

    def verify(self, stored: str | None, password: str | bytes) -> bool:
        """Whether ``password`` belongs to the argon2 string ``stored``. False too when no worker got to it in time."""
        try:
            future = self._pool.submit(self._matches, stored, password)
        except RuntimeError:  # the pool is closed: the server is stopping
            return False
        try:
            return future.result(self._seconds)
        except (FutureTimeoutError, CancelledError):
            future.cancel()
            _log.warning("password.check_overloaded", seconds=self._seconds)
            return False

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _matches(self, stored: str | None, password: str | bytes) -> bool:
        try:
            return self._hasher.verify(stored or self._decoy, password) and stored is not None
        except InvalidHashError:
            _log.error("password.hash_unreadable", hint="the profile's password hash is no argon2 string")
            return False
        except VerificationError:
            return False


def _of_nobody(hasher: PasswordHasher) -> str:
    """An argon2 string that costs as much to check as any of ``hasher``, and nothing to make: no password of it is known."""
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (_unpadded(secrets.token_bytes(size)) for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode("ascii").rstrip("=")
