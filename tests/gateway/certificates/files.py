"""Certificates as they come by mail."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from gateway.as2.cms.keys import Certificate, OwnKey
from tests.gateway.as2.keys import NOT_AFTER, NOT_BEFORE, own

PARTNER = own("PARTNER")
AUTHORITY = own("AUTHORITY")


def issued(name: str = "PARTNER") -> x509.Certificate:
    """A certificate that an authority signed."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(AUTHORITY.certificate.x509.subject)
        .public_key(PARTNER.certificate.public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .sign(AUTHORITY.private_key, hashes.SHA256())
    )


def elliptic() -> x509.Certificate:
    """A certificate with a key that AS2 cannot use."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CURVE")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .sign(key, hashes.SHA256())
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def bundle(*certificates: x509.Certificate, encoding: Encoding = Encoding.DER) -> bytes:
    return pkcs7.serialize_certificates(list(certificates), encoding)


def private_key(key: OwnKey = PARTNER) -> bytes:
    return key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_file(key: OwnKey | None, password: bytes, certificate: Certificate | None = None) -> bytes:
    """PKCS#12, as other products export their keys."""
    return pkcs12.serialize_key_and_certificates(
        None,
        None if key is None else key.private_key,
        (certificate or PARTNER.certificate).x509,
        None,
        BestAvailableEncryption(password),
    )
