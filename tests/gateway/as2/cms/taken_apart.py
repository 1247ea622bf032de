"""Signatures and envelopes taken apart and put together otherwise: by an attacker who has read some, or who holds a key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.as2.asn1 import der
from gateway.as2.asn1.reader import whole
from gateway.as2.asn1.tags import INTEGER, OCTET_STRING, SEQUENCE, SET, context, context_constructed
from gateway.as2.cms.content import CONTENT_TYPE_OIDS, DATA_OID, ContentType, content_info
from gateway.as2.cms.keys import OwnKey


@dataclass(frozen=True)
class Signer:
    """SignerInfo in its encoded parts; ``attributes`` is None where there are none."""

    identifier: bytes
    digest: bytes
    attributes: tuple[bytes, ...] | None
    algorithm: bytes
    signature: bytes

    @classmethod
    def of(cls, encoded: bytes) -> "Signer":
        inside = whole(encoded, SEQUENCE).inside()
        inside.take(INTEGER)
        identifier = inside.take(SEQUENCE, context(0)).encoded
        digest = inside.take(SEQUENCE).encoded
        attributes = inside.take_if(context_constructed(0))
        algorithm = inside.take(SEQUENCE).encoded
        signature = inside.take(OCTET_STRING).content
        found = None if attributes is None else tuple(each.encoded for each in attributes.inside().all())
        return cls(identifier, digest, found, algorithm, signature)

    def with_attributes(self, *attributes: bytes) -> "Signer":
        return replace(self, attributes=attributes)

    def signed_by(self, key: OwnKey) -> "Signer":
        """The signature made anew with SHA-256, over the attributes in the order in which they stand."""
        signed = der.value(SET, *(self.attributes or ()))
        return replace(self, signature=key.private_key.sign(signed, PKCS1v15(), SHA256()))

    def encoded(self) -> bytes:
        return der.sequence(
            der.integer(1),
            self.identifier,
            self.digest,
            b"" if self.attributes is None else der.value(context_constructed(0), *self.attributes),
            self.algorithm,
            der.octet_string(self.signature),
        )


def signer_of(signature: bytes) -> Signer:
    """The one signer of SignedData in DER."""
    signed_data = whole(whole(signature, SEQUENCE).inside().all()[1].content, SEQUENCE).inside().all()
    [signer] = signed_data[-1].inside().all()
    return Signer.of(signer.encoded)


def signed_data(
    signers: Sequence[Signer],
    *,
    content: bytes | None = None,
    content_type: bytes = DATA_OID,
    digests: Sequence[bytes] | None = None,
) -> bytes:
    """SignedData with these signers; ``content`` inside where it is given, ``digests`` announced, or those of the signers."""
    inside = b"" if content is None else der.value(context_constructed(0), der.octet_string(content))
    announced = [signer.digest for signer in signers] if digests is None else digests
    body = der.sequence(
        der.integer(1),
        der.value(SET, *announced),
        der.sequence(content_type, inside),
        der.value(SET, *(signer.encoded() for signer in signers)),
    )
    return content_info(ContentType.SIGNED_DATA, len(body)) + body


@dataclass(frozen=True)
class Envelope:
    """EnvelopedData or AuthEnvelopedData in its parts; ``after`` is what follows the encrypted content, encoded."""

    content_type: ContentType
    recipients: tuple[bytes, ...]
    algorithm: bytes
    encrypted: bytes
    after: bytes = b""

    @classmethod
    def of(cls, encoded: bytes) -> "Envelope":
        content_info = whole(encoded, SEQUENCE).inside()
        oid = content_info.take().encoded
        content_type = next(each for each, known in CONTENT_TYPE_OIDS.items() if known == oid)
        inside = whole(content_info.take().content, SEQUENCE).inside()
        inside.take(INTEGER)
        recipients = tuple(each.encoded for each in inside.take(SET).inside().all())
        _, algorithm, encrypted = inside.take(SEQUENCE).inside().all()
        return cls(
            content_type,
            recipients,
            algorithm.encoded,
            encrypted.content,
            b"".join(each.encoded for each in inside.all()),
        )

    def encoded(self) -> bytes:
        body = der.sequence(
            der.integer(0),
            der.value(SET, *self.recipients),
            der.sequence(DATA_OID, self.algorithm, der.value(context(0), self.encrypted)),
            self.after,
        )
        return content_info(self.content_type, len(body)) + body

    def with_wrapped_key(self, wrapped: bytes) -> "Envelope":
        """The wrapped key of the first recipient replaced."""
        first, *others = self.recipients
        version, identifier, transport, _ = (each.encoded for each in whole(first, SEQUENCE).inside().all())
        return replace(
            self, recipients=(der.sequence(version, identifier, transport, der.octet_string(wrapped)), *others)
        )

    def wrapped_key(self) -> bytes:
        return whole(self.recipients[0], SEQUENCE).inside().all()[3].content
