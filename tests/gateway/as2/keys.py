"""Keys and certificates of the tests: made once for a run, because RSA keys take their time."""

from datetime import UTC, datetime
from functools import lru_cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.as2.cms.keys import Certificate, OwnKey
from gateway.certificates import making

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2036, 1, 1, tzinfo=UTC)


@lru_cache
def own(name: str, bits: int = 2048) -> OwnKey:
    """The key of ``name`` with a certificate that is valid from NOT_BEFORE to NOT_AFTER."""
    private_key = rsa.generate_private_key(65537, bits)
    return OwnKey(certificate(name, private_key), private_key)


def make_keys_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have new keys of ours be made of one, where a test is about other things: only their certificates differ."""
    monkeypatch.setattr(making, "new_private_key", lambda bits: own("MADE", bits).private_key)


def certificate(
    name: str,
    private_key: rsa.RSAPrivateKey,
    *,
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    key_id: bool = True,
) -> Certificate:
    """A certificate of ``name`` for a key, signed by itself."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if key_id:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()), critical=False
        )
    return Certificate(builder.sign(private_key, hashes.SHA256()))
