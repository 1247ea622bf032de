"""From the rows of keys and certificates to what the AS2 core signs, verifies, encrypts and decrypts with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import CertificateRow, Stamp, Turn, Use
from spool.clock import Clock

from ..as2.cms.keys import Certificate, OwnKey
from ..as2.terms import Held, Pinned, Window
from ..certificates.vault import Vault

T = TypeVar("T")
P = TypeVar("P", PartnerId, None)

Partners: TypeAlias = tuple[tuple[Pinned, ...], tuple[Pinned, ...]]
"""A partner's certificates whose signatures count, and those we encrypt for."""


@dataclass(frozen=True, slots=True)
class _Remembered(Generic[T]):
    """What was made of rows with this stamp, in the order that is right from ``since`` until before ``until``."""

    stamp: Stamp
    since: datetime
    until: datetime | None
    value: T

    def holds(self, stamp: Stamp, now: datetime) -> bool:
        return stamp == self.stamp and self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Asks at each message whether the rows changed, so that a change counts at once on every node. All else is done once: parsing a
    certificate and opening a private key, and putting them in order."""

    clock: Clock
    vault: Vault
    _certificates: dict[str, Certificate] = field(default_factory=dict)
    _keys: dict[str, OwnKey] = field(default_factory=dict)
    _own: dict[None, _Remembered[tuple[Held, ...]]] = field(default_factory=dict)
    _partners: dict[PartnerId, _Remembered[Partners]] = field(default_factory=dict)

    def own(self, session: Session) -> tuple[Held, ...]:
        """Our keys: the one that signs now first, those that only decrypt last.

        Raises Misconfigured where the private keys cannot be opened.
        """
        return self._remembered(session, None, self._own, self._read_own)

    def of_partner(self, session: Session, partner: PartnerId) -> Partners:
        """The partner's certificates whose signatures count, and those we encrypt for, each with its window; the current one first."""
        return self._remembered(session, partner, self._partners, self._read_partner)

    def _remembered(
        self,
        session: Session,
        party: P,
        memory: dict[P, _Remembered[T]],
        make: Callable[[list[CertificateRow], datetime], T],
    ) -> T:
        now, stamp = self.clock.now(), certificates.stamp(session, party)
        found = memory.get(party)
        if found is None or not found.holds(stamp, now):
            rows = certificates.in_force(session, party)
            to_begin = [row.begins for row in rows if row.begins > now]
            found = memory[party] = _Remembered(stamp, now, min(to_begin, default=None), make(rows, now))
        return found.value

    def _read_own(self, rows: list[CertificateRow], now: datetime) -> tuple[Held, ...]:
        signing = _ordered(rows, Use.SIGN, now)
        held = [Held(self._key(turn.row), Window(turn.begins, turn.ends)) for turn in signing]
        never = [Held(self._key(row), Window(row.begins, row.begins)) for row in rows if row.use is Use.ENCRYPT]
        return (*held, *never)

    def _read_partner(self, rows: list[CertificateRow], now: datetime) -> Partners:
        signing, encryption = _ordered(rows, Use.SIGN, now), _ordered(rows, Use.ENCRYPT, now)
        return (
            tuple(Pinned(self._certificate(turn.row), Window(None, turn.accepted_until)) for turn in signing),
            tuple(Pinned(self._certificate(turn.row), Window(turn.begins, turn.ends)) for turn in encryption),
        )

    def _certificate(self, row: CertificateRow) -> Certificate:
        found = self._certificates.get(row.fingerprint)
        if found is None:
            found = self._certificates[row.fingerprint] = Certificate.load(row.pem.encode("ascii"))
        return found

    def _key(self, row: CertificateRow) -> OwnKey:
        found = self._keys.get(row.fingerprint)
        if found is None:
            assert row.private_key is not None
            found = self._keys[row.fingerprint] = OwnKey(self._certificate(row), self.vault.open(row.private_key))
        return found


def _ordered(rows: list[CertificateRow], purpose: Use, now: datetime) -> tuple[Turn, ...]:
    return certificates.by_importance(certificates.line(rows, purpose), now)
