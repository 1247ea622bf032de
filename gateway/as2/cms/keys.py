"""Certificates, and our own keys that belong to them. What CMS needs of a certificate again and again is worked out once."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from ..asn1 import der
from ..asn1.reader import Element, whole
from ..asn1.tags import INTEGER, SEQUENCE, context_constructed

_PEM = b"-----BEGIN"


class UnusableKey(ValueError):
    """A certificate or key that cannot be used for AS2; the message says why."""


class Certificate:
    """An X.509 certificate with an RSA key. Two are equal when all their bytes are."""

    def __init__(self, certificate: x509.Certificate) -> None:
        """Raises UnusableKey when its key is not RSA or cannot be read."""
        self.x509 = certificate
        self.der = certificate.public_bytes(Encoding.DER)
        try:
            self.subject = certificate.subject.rfc4514_string()
            """Whose it is, as RFC 4514 writes it."""
            public_key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as unreadable:
            raise UnusableKey(f"The subject or the key of the certificate cannot be read: {unreadable}") from unreadable
        if not isinstance(public_key, RSAPublicKey):
            raise UnusableKey(f"The certificate of {self.subject} holds no RSA key; ask for one that does.")
        self.public_key = public_key

    @classmethod
    def load(cls, data: bytes) -> Self:
        """From a PEM or DER file. Raises UnusableKey."""
        try:
            load = x509.load_pem_x509_certificate if _PEM in data else x509.load_der_x509_certificate
            return cls(load(data))
        except UnusableKey:
            raise
        except (ValueError, x509.InvalidVersion) as unreadable:
            raise UnusableKey(f"This is not an X.509 certificate: {unreadable}") from unreadable

    @cached_property
    def rsa_bits(self) -> int:
        """Size of the modulus."""
        return self.public_key.key_size

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all its bytes, in hexadecimal."""
        return self.x509.fingerprint(hashes.SHA256()).hex()

    @property
    def not_before(self) -> datetime:
        """Valid from then on, UTC."""
        return self.x509.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Valid until then, UTC."""
        return self.x509.not_valid_after_utc

    @cached_property
    def serial_number(self) -> bytes:
        """The serial number, an encoded INTEGER exactly as it is in the certificate."""
        return self._serial_and_issuer[0].encoded

    @cached_property
    def issuer(self) -> Element:
        """The issuer's name exactly as it is in the certificate."""
        return self._serial_and_issuer[1]

    @cached_property
    def issuer_and_serial(self) -> bytes:
        """IssuerAndSerialNumber (RFC 5652, 10.2.4), encoded; the name exactly as it is in the certificate."""
        return der.sequence(self.issuer.encoded, self.serial_number)

    @cached_property
    def subject_key_id(self) -> bytes:
        """The subject key identifier: the extension's, or the SHA-1 of the key where there is none (RFC 5280, 4.2.1.2)."""
        try:
            return self.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
            return x509.SubjectKeyIdentifier.from_public_key(self.public_key).digest

    @cached_property
    def _serial_and_issuer(self) -> tuple[Element, Element]:
        to_be_signed = whole(self.x509.tbs_certificate_bytes, SEQUENCE).inside()
        to_be_signed.take_if(context_constructed(0))
        serial_number = to_be_signed.take(INTEGER)
        to_be_signed.take(SEQUENCE)
        return serial_number, to_be_signed.take(SEQUENCE)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<Certificate {self.subject} {self.fingerprint[:16]}>"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A certificate of ours with its private key."""

    certificate: Certificate
    private_key: RSAPrivateKey

    def __post_init__(self) -> None:
        """Raises UnusableKey when they do not belong together."""
        if self.private_key.public_key() != self.certificate.public_key:
            raise UnusableKey(f"The private key does not belong to the certificate of {self.certificate.subject}.")
