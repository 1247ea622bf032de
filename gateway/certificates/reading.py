"""Certificates as partners mail them, and keys as other products export them."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from canonical.errors import Misconfigured

from ..as2.cms.bundles import read_bundle
from ..as2.cms.keys import Certificate, OwnKey, UnusableKey

LARGEST_FILE = 1 << 20
"""Bytes of the largest file that is looked into; a certificate has two thousand."""

_PRIVATE = b"PRIVATE KEY-----"


def read_certificate(data: bytes, name: str) -> Certificate:
    """The certificate in a file: PEM, DER, or a PKCS#7 bundle, of which the one that issued no other is meant.

    ``name`` is what the file is called. Raises Misconfigured, with what to ask the sender for, where there is no certificate, more
    than one that could be meant, a private key, or a key that is not RSA.
    """
    if _PRIVATE in data:
        raise Misconfigured(
            f"{name} holds a private key, which nobody but its owner may have. Delete the file, tell the partner that its key is to be "
            "replaced, and ask for the certificate alone."
        )
    found = read_bundle(data)
    if not found:
        raise Misconfigured(
            f"{name} holds no certificate in PEM, DER or PKCS#7. Ask for the public certificate as .pem, .cer, .crt or .p7b; a .p12 or "
            ".pfx holds a private key and is not to be sent to anybody."
        )
    return _usable(_end_entity(found, name), name)


def read_own_key(data: bytes, password: bytes | None, name: str) -> OwnKey:
    """A key of ours with its certificate from a PKCS#12 file (.p12, .pfx). Raises Misconfigured."""
    try:
        loaded = pkcs12.load_pkcs12(data, password)
    except ValueError as error:
        raise Misconfigured(
            f"{name} is no PKCS#12 file, or does not open with this password. Export the key with its certificate from the other product "
            "as PKCS#12 (.p12, .pfx) once more."
        ) from error
    if loaded.key is None or loaded.cert is None:
        raise Misconfigured(
            f"{name} does not hold a private key together with its certificate. Export both in one file."
        )
    if not isinstance(loaded.key, RSAPrivateKey):
        raise Misconfigured(
            f"The key in {name} is no RSA key, and AS2 needs one. `tally key generate` makes a new one."
        )
    try:
        return OwnKey(Certificate(loaded.cert.certificate), loaded.key)
    except UnusableKey as error:
        raise Misconfigured(f"{name} cannot be used: {error}") from error


def _end_entity(found: Sequence[x509.Certificate], name: str) -> x509.Certificate:
    issuers = {each.issuer for each in found if each.issuer != each.subject}
    meant = list(dict.fromkeys(each for each in found if len(found) == 1 or each.subject not in issuers))
    if len(meant) != 1:
        subjects = "; ".join(each.subject.rfc4514_string() for each in meant or found)
        raise Misconfigured(
            f"{name} holds several certificates, and it is not plain which is meant: {subjects}. Ask for a file with that one alone."
        )
    return meant[0]


def _usable(found: x509.Certificate, name: str) -> Certificate:
    try:
        return Certificate(found)
    except UnusableKey as error:
        raise Misconfigured(f"{name} cannot be used: {error}") from error
