"""Reading SignedData (RFC 5652, 5): its one signer as it came, and the content where it is inside."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..asn1.reader import Element, whole
from ..asn1.stream import BerStream, Source
from ..asn1.tags import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    context_constructed,
)
from .content import CONTENT, ContentType, enter, leave
from .failures import AuthenticationFailed
from .identifiers import AlgorithmIdentifier
from .naming import SUBJECT_KEY_ID

_CERTIFICATES = context_constructed(0)
_REVOCATION_LISTS = context_constructed(1)
_SIGNED_ATTRIBUTES = context_constructed(0)
_UNSIGNED_ATTRIBUTES = context_constructed(1)


@dataclass(frozen=True, slots=True)
class Signer:
    """SignerInfo. ``identifier`` is an encoded IssuerAndSerialNumber, or a subject key identifier under its tag.

    ``signed_attributes`` is the content of their SET exactly as it came; None where there are none.
    """

    identifier: Element
    digest: AlgorithmIdentifier
    signed_attributes: bytes | None
    signature_algorithm: AlgorithmIdentifier
    signature: bytes

    @classmethod
    def read(cls, encoded: bytes) -> "Signer":
        """Raises Malformed."""
        inside = whole(encoded, SEQUENCE).inside()
        inside.take(INTEGER)
        identifier = inside.take(SEQUENCE, SUBJECT_KEY_ID)
        digest = AlgorithmIdentifier.read(inside.take(SEQUENCE))
        attributes = inside.take_if(_SIGNED_ATTRIBUTES)
        signature_algorithm = AlgorithmIdentifier.read(inside.take(SEQUENCE))
        signature = inside.take(OCTET_STRING).content
        inside.take_if(_UNSIGNED_ATTRIBUTES)
        inside.finish()
        return cls(identifier, digest, attributes.content if attributes else None, signature_algorithm, signature)


class SignedData:
    """A cursor: first the content, then the signer, as they come. Raises Malformed, and UnsupportedFormat where it is something else."""

    def __init__(self, source: Source) -> None:
        stream = self._stream = BerStream(source)
        enter(stream, ContentType.SIGNED_DATA)
        stream.enter(SEQUENCE)
        stream.element(INTEGER)
        announced = whole(stream.element(SET), SET).inside().all(SEQUENCE)
        self.announced = [AlgorithmIdentifier.read(element) for element in announced]
        """The digests with which, so it says, the content was digested."""
        stream.enter(SEQUENCE)
        self.content_type = stream.element(OBJECT_IDENTIFIER)
        """The type of the content, an encoded object identifier."""

    def content(self) -> Iterator[bytes]:
        """The content that is inside, in pieces: none where it is detached. To be read to its end."""
        stream = self._stream
        if stream.tag() == CONTENT:
            stream.enter(CONTENT)
            yield from stream.octets(OCTET_STRING)
            stream.leave()
        stream.leave()

    def signer(self) -> Signer:
        """The one signer, after the content. Raises AuthenticationFailed where there is none or more than one.

        The certificates beside it are passed over: which certificates count has been agreed, and is not for the message to say.
        """
        stream = self._stream
        for tag in (_CERTIFICATES, _REVOCATION_LISTS):
            if stream.tag() == tag:
                stream.skip()
        signers = whole(stream.element(SET), SET).inside().all(SEQUENCE)
        stream.leave()
        leave(stream)
        if len(signers) != 1:
            raise AuthenticationFailed(f"There are {len(signers)} signers where there must be exactly one.")
        return Signer.read(signers[0].encoded)
