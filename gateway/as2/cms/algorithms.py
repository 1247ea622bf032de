"""The algorithms that AS2 products use, by their own names, their object identifiers and the spellings of the field."""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from functools import partial

from cryptography.hazmat.primitives import hashes

from ..asn1 import der


class Digest(StrEnum):
    """A message digest, named as ``micalg`` names it in AS2 (RFC 5751, 3.4.3.2 writes ``sha-256``)."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @classmethod
    def spelled(cls, text: str) -> "Digest | None":
        """The digest that ``text`` means: ``sha-256``, ``SHA256``, ``sha2_256``, ``"sha256"``; None when it means none of them."""
        return _SPELLINGS.get("".join(filter(str.isalnum, text.lower())))

    @property
    def size(self) -> int:
        """Bytes of a digest."""
        return _HASHES[self].digest_size

    @property
    def hash(self) -> hashes.HashAlgorithm:
        """For signatures with ``cryptography``."""
        return _HASHES[self]

    def new(self) -> "hashlib._Hash":
        """To digest content as it comes."""
        return _RUNNING[self]()


class Cipher(StrEnum):
    """A content encryption algorithm with its mode (RFC 3370, 3565, 5084)."""

    TRIPLE_DES_CBC = "3des-cbc"
    AES_128_CBC = "aes128-cbc"
    AES_192_CBC = "aes192-cbc"
    AES_256_CBC = "aes256-cbc"
    AES_128_GCM = "aes128-gcm"
    AES_192_GCM = "aes192-gcm"
    AES_256_GCM = "aes256-gcm"

    @property
    def key_size(self) -> int:
        """Bytes of a key."""
        return 24 if self is Cipher.TRIPLE_DES_CBC else int(self[3:6]) // 8

    @property
    def block_size(self) -> int:
        """Bytes of a block, and of the initialization vector of CBC."""
        return 8 if self is Cipher.TRIPLE_DES_CBC else 16

    @property
    def authenticated(self) -> bool:
        """Whether a change of the ciphertext is noticed (GCM)."""
        return self.endswith("-gcm")


class SignatureScheme(StrEnum):
    """How an RSA key signs (RFC 8017, 8)."""

    PKCS1_V15 = "rsa-pkcs1-v1.5"
    PSS = "rsa-pss"


class KeyTransport(StrEnum):
    """How an RSA key wraps the content key (RFC 8017, 7)."""

    PKCS1_V15 = "rsa-pkcs1-v1.5"
    OAEP = "rsa-oaep"


_HASHES: dict[Digest, hashes.HashAlgorithm] = {
    Digest.SHA1: hashes.SHA1(),  # noqa: S303 - received by policy only
    Digest.SHA224: hashes.SHA224(),
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
_RUNNING: dict[Digest, Callable[[], "hashlib._Hash"]] = {
    Digest.SHA1: partial(hashlib.sha1, usedforsecurity=False),
    Digest.SHA224: hashlib.sha224,
    Digest.SHA256: hashlib.sha256,
    Digest.SHA384: hashlib.sha384,
    Digest.SHA512: hashlib.sha512,
}
_SPELLINGS = {digest.value: digest for digest in Digest} | {
    f"sha2{digest.value[3:]}": digest for digest in Digest if digest is not Digest.SHA1
}

DIGEST_OIDS = {
    Digest.SHA1: "1.3.14.3.2.26",
    Digest.SHA224: "2.16.840.1.101.3.4.2.4",
    Digest.SHA256: "2.16.840.1.101.3.4.2.1",
    Digest.SHA384: "2.16.840.1.101.3.4.2.2",
    Digest.SHA512: "2.16.840.1.101.3.4.2.3",
}
CIPHER_OIDS = {
    Cipher.TRIPLE_DES_CBC: "1.2.840.113549.3.7",
    Cipher.AES_128_CBC: "2.16.840.1.101.3.4.1.2",
    Cipher.AES_192_CBC: "2.16.840.1.101.3.4.1.22",
    Cipher.AES_256_CBC: "2.16.840.1.101.3.4.1.42",
    Cipher.AES_128_GCM: "2.16.840.1.101.3.4.1.6",
    Cipher.AES_192_GCM: "2.16.840.1.101.3.4.1.26",
    Cipher.AES_256_GCM: "2.16.840.1.101.3.4.1.46",
}
RSA = "1.2.840.113549.1.1.1"
RSA_PSS = "1.2.840.113549.1.1.10"
RSA_OAEP = "1.2.840.113549.1.1.7"
RSA_WITH_DIGEST_OIDS = {
    Digest.SHA1: "1.2.840.113549.1.1.5",
    Digest.SHA224: "1.2.840.113549.1.1.14",
    Digest.SHA256: "1.2.840.113549.1.1.11",
    Digest.SHA384: "1.2.840.113549.1.1.12",
    Digest.SHA512: "1.2.840.113549.1.1.13",
}
MGF1 = "1.2.840.113549.1.1.8"
ZLIB = "1.2.840.113549.1.9.16.3.8"

DIGEST_OF_OID = {der.object_identifier(oid): digest for digest, oid in DIGEST_OIDS.items()}
CIPHER_OF_OID = {der.object_identifier(oid): cipher for cipher, oid in CIPHER_OIDS.items()}
DIGEST_OF_RSA_OID = {der.object_identifier(oid): digest for digest, oid in RSA_WITH_DIGEST_OIDS.items()}
