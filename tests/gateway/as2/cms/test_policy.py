"""What is allowed unless it is said otherwise, and what is said when something is not."""

import pytest

from gateway.as2.cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from gateway.as2.cms.failures import InsufficientSecurity
from gateway.as2.cms.policy import DEFAULT, Policy
from tests.gateway.as2.keys import own

PARTNER = own("partner").certificate


@pytest.mark.parametrize("digest", Digest)
def test_every_digest_but_sha1(digest: Digest) -> None:
    if digest is Digest.SHA1:
        with pytest.raises(
            InsufficientSecurity, match="digest sha1 is not allowed; agreed: sha224, sha256, sha384, sha512"
        ):
            DEFAULT.demand_signature(digest, SignatureScheme.PSS, PARTNER)
    else:
        DEFAULT.demand_signature(digest, SignatureScheme.PSS, PARTNER)


@pytest.mark.parametrize("cipher", Cipher)
def test_every_cipher_but_3des(cipher: Cipher) -> None:
    if cipher is Cipher.TRIPLE_DES_CBC:
        with pytest.raises(InsufficientSecurity, match="cipher 3des-cbc is not allowed"):
            DEFAULT.demand_cipher(cipher)
    else:
        DEFAULT.demand_cipher(cipher)


@pytest.mark.parametrize("transport", KeyTransport)
def test_both_key_transports(transport: KeyTransport) -> None:
    DEFAULT.demand_key_transport(transport, PARTNER)


def test_keys_of_2048_bits() -> None:
    short = own("short", 1024).certificate
    with pytest.raises(InsufficientSecurity, match="RSA key of CN=short has 1024 bits, and at least 2048 are agreed"):
        DEFAULT.demand_signature(Digest.SHA256, SignatureScheme.PSS, short)
    with pytest.raises(InsufficientSecurity):
        DEFAULT.demand_key_transport(KeyTransport.OAEP, short)
    Policy(minimum_rsa_bits=1024).demand_key_transport(KeyTransport.OAEP, short)


def test_a_policy_that_allows_nothing_allows_nothing() -> None:
    nothing = Policy(digests=frozenset(), ciphers=frozenset(), schemes=frozenset(), key_transports=frozenset())
    with pytest.raises(InsufficientSecurity, match="agreed: none"):
        nothing.demand_cipher(Cipher.AES_256_GCM)
    with pytest.raises(InsufficientSecurity):
        nothing.demand_signature(Digest.SHA512, SignatureScheme.PSS, PARTNER)
    with pytest.raises(InsufficientSecurity):
        nothing.demand_key_transport(KeyTransport.OAEP, PARTNER)
