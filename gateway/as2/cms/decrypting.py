"""Decrypting EnvelopedData (RFC 5652, 6) and AuthEnvelopedData (RFC 5083, 5084), in one pass over the content.

Whatever is wrong with a wrapped key, the ciphertext or its authentication tag: the work is the same and so is the refusal, so that
nobody can learn anything by asking again with another message. A wrong padding is not even refused here: whoever decrypts goes on as though
nothing were wrong, since a refusal that comes earlier than others tells of the content too (RFC 8551, 6).
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as Decipherer
from cryptography.hazmat.primitives.ciphers import CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from ..asn1 import der
from ..asn1.malformed import Malformed
from ..asn1.reader import whole
from ..asn1.stream import BerStream, Source
from ..asn1.tags import (
    CONSTRUCTED_OCTET_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    context_constructed,
)
from .algorithms import CIPHER_OF_OID, Cipher, KeyTransport
from .content import ContentType, enter, leave
from .encrypting import ENCRYPTED_CONTENT
from .failures import DecryptionFailed, UnsupportedFormat, malformed_as
from .files import SeekableSource, Sink, all_or_nothing
from .identifiers import GCM_TAG, AlgorithmIdentifier, gcm_of, initialization_vector_of
from .keys import OwnKey
from .policy import DEFAULT, Policy
from .recipients import content_key

_ORIGINATOR = context_constructed(0)
_UNPROTECTED_ATTRIBUTES = context_constructed(1)
_AUTHENTICATED_ATTRIBUTES = context_constructed(1)
_UNAUTHENTICATED_ATTRIBUTES = context_constructed(2)
_TAG = (OCTET_STRING, CONSTRUCTED_OCTET_STRING)
_SHORTEST_TAG = 12
"""Bytes of an authentication tag (RFC 5084, 3.2)."""

DAMAGED = "It is encrypted for our certificate, but no content comes out: the key, the ciphertext or its end was damaged or made up."


@dataclass(frozen=True, slots=True)
class Decrypted:
    """With what content was decrypted.

    ``damaged``: its padding is none, which only CBC has. It must be refused, in the end, after the work that any other content costs.
    """

    cipher: Cipher
    key_transport: KeyTransport
    key: OwnKey
    damaged: bool = False


def decrypt(
    source: SeekableSource,
    sink: Sink,
    keys: Sequence[OwnKey],
    policy: Policy = DEFAULT,
    *,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Decrypted:
    """Decrypt what is left of ``source`` with one of ``keys``; where it is refused, nothing stays in ``sink``. What was decrypted may be
    damaged all the same, by :class:`Decrypted`.

    Raises DecryptionFailed, InsufficientSecurity, UnsupportedFormat.
    """
    begin = source.tell()
    with all_or_nothing(sink), malformed_as(DecryptionFailed, "encrypted object"):
        envelope = _Envelope(source)
        apart = None
        if envelope.content_type is ContentType.AUTH_ENVELOPED_DATA:
            apart = envelope.authentication()
            source.seek(begin)
            envelope = _Envelope(source)
        cipher = _cipher(envelope.algorithm)
        policy.demand_cipher(cipher)
        unwrapped = content_key(envelope.recipient_infos, keys, cipher.key_size, policy, random_bytes)
        decryption = _decryption(cipher, unwrapped.key, envelope.algorithm, apart)
        for piece in _decrypted(envelope.content(), decryption):
            sink.write(piece)
        envelope.finish()
    return Decrypted(cipher, unwrapped.transport, unwrapped.owner, decryption.damaged)


@dataclass(frozen=True, slots=True)
class _Authentication:
    """What AuthEnvelopedData says after the content: the attributes that are authenticated with it, and the tag."""

    associated_data: bytes
    tag: bytes


class _Envelope:
    """A cursor: what is needed to decrypt the content, the content, and what follows it. Raises Malformed, UnsupportedFormat."""

    def __init__(self, source: Source) -> None:
        stream = self._stream = BerStream(source)
        self.content_type = enter(stream, ContentType.ENVELOPED_DATA, ContentType.AUTH_ENVELOPED_DATA)
        stream.enter(SEQUENCE)
        stream.element(INTEGER)
        if stream.tag() == _ORIGINATOR:
            stream.skip()
        self.recipient_infos = stream.element(SET)
        stream.enter(SEQUENCE)
        stream.element(OBJECT_IDENTIFIER)
        self.algorithm = AlgorithmIdentifier.read(whole(stream.element(SEQUENCE), SEQUENCE))

    def content(self) -> Iterator[bytes]:
        """The encrypted content, in pieces, to be read to its end."""
        yield from self._stream.octets(ENCRYPTED_CONTENT)
        self._stream.leave()

    def finish(self) -> None:
        """Pass over what follows the content."""
        stream = self._stream
        while stream.tag() in _AFTER_CONTENT:
            stream.skip()
        stream.leave()
        leave(stream)

    def authentication(self) -> _Authentication:
        """Pass over the content for what must be known before it is decrypted, though it follows it (RFC 5083, 2.1)."""
        for _ in self.content():
            pass
        stream = self._stream
        attributes = b""
        if stream.tag() == _AUTHENTICATED_ATTRIBUTES:
            attributes = der.value(SET, whole(stream.element(), _AUTHENTICATED_ATTRIBUTES).content)
        return _Authentication(attributes, whole(stream.element(*_TAG), OCTET_STRING).content)


class _Decryption(ABC):
    """Content being decrypted. Both methods raise ValueError or InvalidTag where anybody may know that it is damaged; ``damaged`` says in
    the end where nobody may."""

    damaged = False

    @abstractmethod
    def update(self, piece: bytes) -> bytes:
        """As much of the content as is certain after a piece of ciphertext."""

    @abstractmethod
    def finish(self) -> bytes:
        """The rest of the content."""


class _Cbc(_Decryption):
    """The last block, which holds the padding, is always held back. Where that is none, all of the block is content."""

    def __init__(self, algorithm: CipherAlgorithm, vector: bytes, block_size: int) -> None:
        self._decryptor = Decipherer(algorithm, modes.CBC(vector)).decryptor()
        self._block_size = block_size
        self._held = b""

    def update(self, piece: bytes) -> bytes:
        content = self._held + self._decryptor.update(piece)
        self._held = content[-self._block_size :]
        return content[: -self._block_size]

    def finish(self) -> bytes:
        self._decryptor.finalize()
        unpadder = PKCS7(self._block_size * 8).unpadder()
        try:
            return unpadder.update(self._held) + unpadder.finalize()
        except ValueError:
            self.damaged = True
            return self._held


class _GcmTagApart(_Decryption):
    def __init__(self, key: bytes, nonce: bytes, authentication: _Authentication) -> None:
        mode = modes.GCM(nonce, authentication.tag, min_tag_length=_SHORTEST_TAG)
        self._decryptor = Decipherer(algorithms.AES(key), mode).decryptor()
        self._decryptor.authenticate_additional_data(authentication.associated_data)

    def update(self, piece: bytes) -> bytes:
        return self._decryptor.update(piece)

    def finish(self) -> bytes:
        return self._decryptor.finalize()


class _GcmTagAppended(_Decryption):
    """The tag is the end of the ciphertext, so that as many bytes are always held back."""

    def __init__(self, key: bytes, nonce: bytes, tag_length: int) -> None:
        if not _SHORTEST_TAG <= tag_length <= GCM_TAG:
            raise ValueError("an authentication tag too short to prove anything")
        self._decryptor = Decipherer(algorithms.AES(key), modes.GCM(nonce, min_tag_length=_SHORTEST_TAG)).decryptor()
        self._tag_length = tag_length
        self._held = b""

    def update(self, piece: bytes) -> bytes:
        data = self._held + piece
        self._held = data[-self._tag_length :]
        return self._decryptor.update(data[: -self._tag_length])

    def finish(self) -> bytes:
        return self._decryptor.finalize_with_tag(self._held)


def _decrypted(encrypted: Iterator[bytes], decryption: _Decryption) -> Iterator[bytes]:
    try:
        for piece in encrypted:
            yield decryption.update(piece)
        yield decryption.finish()
    except Malformed:
        raise
    except (ValueError, InvalidTag):
        raise DecryptionFailed(DAMAGED) from None


_AFTER_CONTENT = {_UNPROTECTED_ATTRIBUTES, *_TAG, _UNAUTHENTICATED_ATTRIBUTES}


def _cipher(algorithm: AlgorithmIdentifier) -> Cipher:
    cipher = CIPHER_OF_OID.get(algorithm.oid)
    if cipher is None:
        raise UnsupportedFormat(f"Content encryption algorithm {algorithm} is not known here.")
    return cipher


def _decryption(
    cipher: Cipher, key: bytes, algorithm: AlgorithmIdentifier, authentication: _Authentication | None
) -> _Decryption:
    try:
        if cipher.authenticated:
            gcm = gcm_of(algorithm)
            if authentication is None:
                return _GcmTagAppended(key, gcm.nonce, gcm.tag_length)
            return _GcmTagApart(key, gcm.nonce, authentication)
        if authentication is not None:
            raise UnsupportedFormat(f"AuthEnvelopedData with {cipher}, which authenticates nothing.")
        block_cipher = TripleDES(key) if cipher is Cipher.TRIPLE_DES_CBC else algorithms.AES(key)
        return _Cbc(block_cipher, initialization_vector_of(algorithm), cipher.block_size)
    except ValueError as unusable:
        raise DecryptionFailed(f"The parameters of {cipher} cannot be used: {unusable}.") from unusable
