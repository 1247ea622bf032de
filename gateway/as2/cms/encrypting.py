"""Writing EnvelopedData (RFC 5652, 6) and, for GCM, AuthEnvelopedData (RFC 5083, 5084), in DER, in one pass over the content."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as Encipherer
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from ..asn1 import der
from ..asn1.tags import SEQUENCE, context
from .algorithms import CIPHER_OIDS, Cipher, Digest, KeyTransport
from .content import DATA_OID, ContentType, content_info
from .files import SeekableSource, Sink, pieces, remaining
from .identifiers import GCM_TAG, AlgorithmIdentifier, cbc_identifier, gcm_identifier
from .keys import Certificate
from .policy import DEFAULT, Policy
from .recipients import recipient_info

ENCRYPTED_CONTENT = context(0)

_VERSION = der.integer(0)
_VERSION_WITH_SUBJECT_KEY_ID = der.integer(2)
_GCM_NONCE = 12
"""Bytes; the length that GCM is made for (RFC 5084, 3.2)."""


def encrypt(
    source: SeekableSource,
    sink: Sink,
    recipients: Sequence[Certificate],
    *,
    cipher: Cipher = Cipher.AES_256_CBC,
    key_transport: KeyTransport = KeyTransport.PKCS1_V15,
    oaep_digest: Digest = Digest.SHA256,
    by_subject_key_id: bool = False,
    gcm_in_enveloped_data: bool = False,
    policy: Policy = DEFAULT,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> None:
    """Encrypt what is left of ``source`` for all ``recipients``, each of whom can decrypt it alone.

    ``gcm_in_enveloped_data`` is for products that do not know AuthEnvelopedData: the authentication tag follows the ciphertext.
    Raises InsufficientSecurity where ``policy`` does not allow it, ValueError where there is no recipient.
    """
    if not recipients:
        raise ValueError("There is no recipient to encrypt for.")
    policy.demand_cipher(cipher)
    for recipient in recipients:
        policy.demand_key_transport(key_transport, recipient)
    content_key = random_bytes(cipher.key_size)
    infos = der.set_of(
        recipient_info(each, content_key, key_transport, oaep_digest, by_subject_key_id) for each in recipients
    )
    encryption = _encryption(cipher, content_key, gcm_in_enveloped_data, random_bytes)
    in_version_2 = by_subject_key_id and encryption.content_type is ContentType.ENVELOPED_DATA
    _write(source, sink, (_VERSION_WITH_SUBJECT_KEY_ID if in_version_2 else _VERSION) + infos, encryption)


class _Encryption(ABC):
    """A way to encrypt content and to lay it out."""

    content_type = ContentType.ENVELOPED_DATA
    identifier: AlgorithmIdentifier
    after = 0
    """Bytes that follow EncryptedContentInfo."""

    @abstractmethod
    def size(self, plain: int) -> int:
        """Bytes of encryptedContent for ``plain`` bytes."""

    @abstractmethod
    def encrypted(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """encryptedContent, and what follows EncryptedContentInfo."""


class _Cbc(_Encryption):
    """CBC, padded to whole blocks (RFC 5652, 6.3)."""

    def __init__(self, cipher: Cipher, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._block = cipher.block_size
        vector = random_bytes(self._block)
        self.identifier = cbc_identifier(_oid(cipher), vector)
        algorithm = TripleDES(key) if cipher is Cipher.TRIPLE_DES_CBC else algorithms.AES(key)
        self._encryptor = Encipherer(algorithm, modes.CBC(vector)).encryptor()

    def size(self, plain: int) -> int:
        return plain + self._padding(plain)

    def encrypted(self, content: Iterable[bytes]) -> Iterator[bytes]:
        plain = 0
        for piece in content:
            plain += len(piece)
            yield self._encryptor.update(piece)
        padding = self._padding(plain)
        yield self._encryptor.update(bytes((padding,)) * padding)

    def _padding(self, plain: int) -> int:
        return self._block - plain % self._block


class _Gcm(_Encryption):
    def __init__(self, cipher: Cipher, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        nonce = random_bytes(_GCM_NONCE)
        self.identifier = gcm_identifier(_oid(cipher), nonce)
        self._encryptor = Encipherer(algorithms.AES(key), modes.GCM(nonce)).encryptor()

    def encrypted(self, content: Iterable[bytes]) -> Iterator[bytes]:
        yield from map(self._encryptor.update, content)
        self._encryptor.finalize()
        yield self._tag(self._encryptor.tag)

    @abstractmethod
    def _tag(self, tag: bytes) -> bytes:
        """The authentication tag as it is laid out."""


class _GcmAuthenticated(_Gcm):
    """As AuthEnvelopedData has it: the tag is a value of its own."""

    content_type = ContentType.AUTH_ENVELOPED_DATA
    after = len(der.octet_string(bytes(GCM_TAG)))

    def size(self, plain: int) -> int:
        return plain

    def _tag(self, tag: bytes) -> bytes:
        return der.octet_string(tag)


class _GcmEnveloped(_Gcm):
    """Inside EnvelopedData: the tag is the end of the ciphertext."""

    def size(self, plain: int) -> int:
        return plain + GCM_TAG

    def _tag(self, tag: bytes) -> bytes:
        return tag


def _encryption(
    cipher: Cipher, key: bytes, gcm_in_enveloped_data: bool, random_bytes: Callable[[int], bytes]
) -> _Encryption:
    if not cipher.authenticated:
        return _Cbc(cipher, key, random_bytes)
    gcm = _GcmEnveloped if gcm_in_enveloped_data else _GcmAuthenticated
    return gcm(cipher, key, random_bytes)


def _write(source: SeekableSource, sink: Sink, beginning: bytes, encryption: _Encryption) -> None:
    """Everything before the content is known once its size is."""
    encrypted_size = encryption.size(remaining(source))
    content_header = DATA_OID + encryption.identifier.encoded() + der.header(ENCRYPTED_CONTENT, encrypted_size)
    before = beginning + der.header(SEQUENCE, len(content_header) + encrypted_size) + content_header
    enveloped_size = len(before) + encrypted_size + encryption.after
    enveloped_header = der.header(SEQUENCE, enveloped_size)
    sink.write(
        content_info(encryption.content_type, len(enveloped_header) + enveloped_size) + enveloped_header + before
    )
    for piece in encryption.encrypted(pieces(source)):
        sink.write(piece)


def _oid(cipher: Cipher) -> bytes:
    return der.object_identifier(CIPHER_OIDS[cipher])
