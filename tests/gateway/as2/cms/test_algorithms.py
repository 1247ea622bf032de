"""Names, sizes, and the spellings that the field uses."""

import hashlib

import pytest

from gateway.as2.cms.algorithms import Cipher, Digest


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("sha1", Digest.SHA1),
        ("SHA-1", Digest.SHA1),
        (' "sha1" ', Digest.SHA1),
        ("sha256", Digest.SHA256),
        ("SHA256", Digest.SHA256),
        ("sha-256", Digest.SHA256),
        ("SHA_256", Digest.SHA256),
        ("sha2_256", Digest.SHA256),
        ("SHA2-256", Digest.SHA256),
        ("sha-2-512", Digest.SHA512),
        ("sha-224", Digest.SHA224),
        ("sha384", Digest.SHA384),
        ("md5", None),
        ("sha3-256", None),
        ("sha", None),
        ("sha2", None),
        ("sha-2561", None),
        ("", None),
    ],
)
def test_spellings(text: str, digest: Digest | None) -> None:
    assert Digest.spelled(text) is digest


@pytest.mark.parametrize("digest", Digest)
def test_a_digest_is_what_it_is_called(digest: Digest) -> None:
    running = digest.new()
    running.update(b"abc")
    assert running.digest() == hashlib.new(digest.value, b"abc").digest()
    assert len(running.digest()) == digest.size == digest.hash.digest_size


@pytest.mark.parametrize(
    ("cipher", "key_size", "block_size", "authenticated"),
    [
        (Cipher.TRIPLE_DES_CBC, 24, 8, False),
        (Cipher.AES_128_CBC, 16, 16, False),
        (Cipher.AES_192_CBC, 24, 16, False),
        (Cipher.AES_256_CBC, 32, 16, False),
        (Cipher.AES_128_GCM, 16, 16, True),
        (Cipher.AES_192_GCM, 24, 16, True),
        (Cipher.AES_256_GCM, 32, 16, True),
    ],
)
def test_ciphers(cipher: Cipher, key_size: int, block_size: int, authenticated: bool) -> None:
    assert (cipher.key_size, cipher.block_size, cipher.authenticated) == (key_size, block_size, authenticated)
