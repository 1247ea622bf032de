"""How weak an algorithm or a key may be, as agreed with a partner for one direction."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from .algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from .failures import InsufficientSecurity
from .keys import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is allowed. Unless said otherwise: neither SHA-1 nor 3DES, and RSA keys of 2048 bits or more.

    The digest inside RSA-OAEP and PSS's mask is not judged: SHA-1 is not weak there.
    """

    digests: frozenset[Digest] = frozenset(Digest) - {Digest.SHA1}
    ciphers: frozenset[Cipher] = frozenset(Cipher) - {Cipher.TRIPLE_DES_CBC}
    schemes: frozenset[SignatureScheme] = frozenset(SignatureScheme)
    key_transports: frozenset[KeyTransport] = frozenset(KeyTransport)
    minimum_rsa_bits: int = 2048

    def demand_signature(self, digest: Digest, scheme: SignatureScheme, certificate: Certificate) -> None:
        """Raises InsufficientSecurity where a signature like this is not allowed."""
        _demand(digest, self.digests, "digest")
        _demand(scheme, self.schemes, "signature scheme")
        self._demand_key(certificate)

    def demand_cipher(self, cipher: Cipher) -> None:
        """Raises InsufficientSecurity where content may not be encrypted with this."""
        _demand(cipher, self.ciphers, "cipher")

    def demand_key_transport(self, transport: KeyTransport, certificate: Certificate) -> None:
        """Raises InsufficientSecurity where a content key may not be wrapped like this."""
        _demand(transport, self.key_transports, "key transport")
        self._demand_key(certificate)

    def _demand_key(self, certificate: Certificate) -> None:
        if certificate.rsa_bits < self.minimum_rsa_bits:
            raise InsufficientSecurity(
                f"The RSA key of {certificate.subject} has {certificate.rsa_bits} bits, and at least {self.minimum_rsa_bits} are agreed."
            )


DEFAULT = Policy()


def _demand(used: StrEnum, allowed: Collection[StrEnum], what: str) -> None:
    if used not in allowed:
        agreed = ", ".join(sorted(allowed)) or "none"
        raise InsufficientSecurity(f"The {what} {used} is not allowed; agreed: {agreed}.")
