"""New keys of ours, each with a certificate that it signs itself: partners pin certificates, they ask no authority."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from canonical.errors import Misconfigured

from ..as2.cms.keys import Certificate, OwnKey

BITS = 2048
"""RSA bits that every product in the field takes, and that are enough until 2030 (NIST SP 800-131A)."""

DAYS = 1095
"""How long a certificate is valid unless told otherwise: three years."""

_EARLIER = timedelta(days=1)
"""By how much the validity begins before now, for partners whose clocks or time zones are wrong."""

_EXPONENT = 65537

LONGEST_NAME = 64
"""Characters of a common name or an organisation (RFC 5280, appendix A: ub-common-name, ub-organization-name)."""

_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=True,
    data_encipherment=True,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def subject(name: str, organisation: str | None) -> x509.Name:
    """Who a certificate says that we are. Raises Misconfigured for names that no certificate can hold."""
    given = [(x509.NameOID.COMMON_NAME, name), (x509.NameOID.ORGANIZATION_NAME, organisation)]
    named = [(oid, text) for oid, text in given if text is not None]
    for _, text in named:
        if not (text.strip() and text.isprintable() and len(text) <= LONGEST_NAME):
            raise Misconfigured(
                f'The certificate cannot be made out to "{text}": a name has 1 to {LONGEST_NAME} printable characters.'
            )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in named])


def new_private_key(bits: int) -> rsa.RSAPrivateKey:
    """Takes a tenth of a second, or several seconds for many bits."""
    return rsa.generate_private_key(_EXPONENT, bits)


def make_key(subject: x509.Name, *, bits: int, days: int, now: datetime) -> OwnKey:
    """A key that signs and encrypts, with a certificate valid for ``days`` from now."""
    private_key = new_private_key(bits)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()), critical=False)
    )
    return OwnKey(Certificate(builder.sign(private_key, hashes.SHA256())), private_key)
