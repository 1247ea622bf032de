"""From the rows of keys and certificates to what the AS2 core signs, verifies, encrypts and decrypts with."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from canonical.identity import PartnerId
from partners import certificates
from partners.certificates import CertificateRow, Turn, Use
from spool.clock import Clock

from ..as2.cms.keys import Certificate, OwnKey
from ..as2.terms import Held, Pinned, Window
from ..certificates.vault import Vault


@dataclass(frozen=True, slots=True)
class Keyring:
    """Parses each certificate and opens each private key once."""

    clock: Clock
    vault: Vault
    _certificates: dict[str, Certificate] = field(default_factory=dict)
    _keys: dict[str, OwnKey] = field(default_factory=dict)

    def standing(self, session: Session, partner: PartnerId) -> certificates.Standing:
        """As long as this is the same, so are our keys and the partner's certificates."""
        return certificates.standing(session, partner, self.clock.now())

    def own(self, session: Session) -> tuple[Held, ...]:
        """Our keys: the one that signs now first, those that only decrypt last.

        Raises Misconfigured where the private keys cannot be opened.
        """
        rows = certificates.in_force(session, None)
        signing = self._ordered(certificates.line(rows, Use.SIGN))
        held = [Held(self._key(turn.row), Window(turn.since, turn.ends)) for turn in signing]
        never = [Held(self._key(row), Window(row.begins, row.begins)) for row in rows if row.use is Use.ENCRYPT]
        return (*held, *never)

    def of_partner(self, session: Session, partner: PartnerId) -> tuple[tuple[Pinned, ...], tuple[Pinned, ...]]:
        """The partner's certificates whose signatures count, and those we encrypt for, each with its window; the current one first."""
        rows = certificates.in_force(session, partner)
        signing = self._ordered(certificates.line(rows, Use.SIGN))
        encryption = self._ordered(certificates.line(rows, Use.ENCRYPT))
        return (
            tuple(Pinned(self._certificate(turn.row), Window(None, turn.accepted_until)) for turn in signing),
            tuple(Pinned(self._certificate(turn.row), Window(turn.since, turn.ends)) for turn in encryption),
        )

    def _ordered(self, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        return certificates.by_importance(turns, self.clock.now())

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
