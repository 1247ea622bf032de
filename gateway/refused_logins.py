"""Whoever comes without a good token, password or key: looked at no more after a while, and told to the journal in so few entries that no
stranger fills it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from spool import journal
from spool.clock import Clock
from spool.database.port import Database
from spool.journal import Step

from .periodic import Periodic

TOLD_SECONDS = 5.0
"""How often it is looked whether the journal is to be told."""

ATTEMPTS = 10
"""Bad logins from one address, after which none is looked at for :data:`PAUSE`."""
PAUSE = timedelta(minutes=5)
REMEMBERED = 4096
"""Addresses. A stranger with more of them than that guesses 256 bits no better."""

AT_MOST_EVERY = timedelta(hours=1)
"""How often the journal is told, beyond the first time."""
NAMED = 10
"""Addresses, and reasons, that an entry names."""


@dataclass(slots=True)
class _Bad:
    count: int
    until: datetime


@dataclass(slots=True)
class _Untold:
    """What the journal does not know yet."""

    times: int = 0
    since: datetime | None = None
    addresses: dict[str, None] = field(default_factory=dict)
    why: set[str] = field(default_factory=set)


class RefusedLogins:
    """Counts in memory; ``write`` tells the journal. A crash takes with it what was not told, an hour's at most. Thread-safe."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._bad: OrderedDict[str, _Bad] = OrderedDict()
        self._untold = _Untold()
        self._told_at: datetime | None = None
        self._lock = threading.Lock()

    def paused(self, address: str) -> bool:
        """Whether no token from there is looked at now. Never waits."""
        with self._lock:
            bad = self._bad.get(_whose(address))
            return bad is not None and bad.count >= ATTEMPTS and self._clock.now() < bad.until

    def note(self, address: str, why: str) -> None:
        """Another one was refused; ``why`` is one of a few sentences. Never waits."""
        now = self._clock.now()
        with self._lock:
            self._count(_whose(address), now)
            untold = self._untold
            untold.times += 1
            untold.since = untold.since or now
            if len(untold.why) < NAMED:
                untold.why.add(why)
            if len(untold.addresses) < NAMED:
                untold.addresses[address] = None

    def write(self, *, at_once: bool = False) -> None:
        """Tell the journal, unless it was told within the hour and it is not to be ``at_once``."""
        now = self._clock.now()
        with self._lock:
            told = self._told_at
            if not self._untold.times or (told is not None and now < told + AT_MOST_EVERY and not at_once):
                return
            untold, self._untold, self._told_at = self._untold, _Untold(), now
        detail: dict[str, Any] = {
            "times": untold.times,
            "since": untold.since and untold.since.isoformat(),
            "addresses": list(untold.addresses),
        }
        outcome = f"{untold.times} refused: {'; '.join(sorted(untold.why))}"
        self._database.write(
            lambda session: journal.record(
                session, self._clock, step=Step.LOGIN_REFUSED, outcome=outcome, detail=detail
            )
        )

    def _count(self, whose: str, now: datetime) -> None:
        bad = self._bad.pop(whose, None)
        count = 1 if bad is None or bad.until <= now else bad.count + 1
        self._bad[whose] = _Bad(count, now + PAUSE)
        if len(self._bad) > REMEMBERED:
            self._bad.popitem(last=False)


@contextmanager
def counted(database: Database, clock: Clock) -> Iterator[RefusedLogins]:
    """A counter that tells the journal while the block lasts, and at its end what is not told yet."""
    refused = RefusedLogins(database, clock)
    telling = Periodic("refused-logins", TOLD_SECONDS, refused.write)
    telling.start()
    try:
        yield refused
    finally:
        telling.stop()
        refused.write(at_once=True)


def _whose(address: str) -> str:
    """An address, or the network that one customer of a provider has: of IPv6 addresses everybody has any number."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)
