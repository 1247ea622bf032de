"""Signatures taken apart and put together otherwise, as an attacker would who has read some, or who holds a key of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.as2.asn1 import der
from gateway.as2.asn1.reader import whole
from gateway.as2.asn1.tags import INTEGER, OCTET_STRING, SEQUENCE, SET, context, context_constructed
from gateway.as2.cms.content import DATA_OID, ContentType, content_info
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
