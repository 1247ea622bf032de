"""Files of certificates: PEM, DER, or PKCS#7 as certificate authorities and mail programs write it (RFC 5652, 5: SignedData without
signers, which S/MIME calls certs-only)."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from gateway.as2.asn1.ber import to_der
from gateway.as2.asn1.malformed import Malformed

from .keys import Certificate

_PEM = b"-----BEGIN "
_PEM_PKCS7 = b"-----BEGIN PKCS7"


def read_bundle(data: bytes) -> Sequence[x509.Certificate]:
    """The certificates in a file, in its order; none where it holds none or is something else."""
    for load in (_from_pem, _from_der, _from_pkcs7):
        try:
            found = load(data)
        except (ValueError, Malformed):
            continue
        if found:
            return found
    return []


def write_bundle(certificates: Sequence[Certificate]) -> bytes:
    """PKCS#7 without signers, in DER."""
    return pkcs7.serialize_certificates([each.x509 for each in certificates], Encoding.DER)


def _from_pem(data: bytes) -> Sequence[x509.Certificate]:
    if _PEM_PKCS7 in data:
        return pkcs7.load_pem_pkcs7_certificates(data[data.index(_PEM_PKCS7) :])
    return x509.load_pem_x509_certificates(data) if _PEM in data else []


def _from_der(data: bytes) -> Sequence[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


def _from_pkcs7(data: bytes) -> Sequence[x509.Certificate]:
    return pkcs7.load_der_pkcs7_certificates(to_der(data)[0])
