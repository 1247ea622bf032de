"""KeyTransRecipientInfo (RFC 5652, 6.2.1): the content key, wrapped for the RSA key of each recipient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import padding

from ..asn1 import der
from ..asn1.reader import Element, whole
from ..asn1.tags import INTEGER, OCTET_STRING, SEQUENCE, SET
from .algorithms import RSA, RSA_OAEP, Digest, KeyTransport
from .failures import DecryptionFailed, UnsupportedFormat
from .identifiers import AlgorithmIdentifier, oaep_identifier, oaep_of, rsa_identifier
from .keys import Certificate, OwnKey
from .naming import SUBJECT_KEY_ID, names
from .policy import Policy

_BY_ISSUER_AND_SERIAL = der.integer(0)
_BY_SUBJECT_KEY_ID = der.integer(2)
_RSA = der.object_identifier(RSA)
_OAEP = der.object_identifier(RSA_OAEP)


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A content key that was unwrapped with ``owner``."""

    key: bytes
    owner: OwnKey
    transport: KeyTransport


@dataclass(frozen=True, slots=True)
class Recipient:
    """One for whom the content key was wrapped."""

    identifier: Element
    transport: AlgorithmIdentifier
    wrapped: bytes

    @classmethod
    def read(cls, element: Element) -> "Recipient":
        """Raises Malformed."""
        inside = element.inside()
        inside.take(INTEGER)
        identifier = inside.take(SEQUENCE, SUBJECT_KEY_ID)
        transport = AlgorithmIdentifier.read(inside.take(SEQUENCE))
        wrapped = inside.take(OCTET_STRING).content
        inside.finish()
        return cls(identifier, transport, wrapped)


def recipient_info(
    certificate: Certificate, content_key: bytes, transport: KeyTransport, oaep_digest: Digest, by_subject_key_id: bool
) -> bytes:
    """The content key, wrapped for one recipient."""
    if transport is KeyTransport.OAEP:
        identifier = oaep_identifier(oaep_digest)
        wrapped = certificate.public_key.encrypt(content_key, oaep_of(identifier))
    else:
        identifier = rsa_identifier()
        wrapped = certificate.public_key.encrypt(content_key, padding.PKCS1v15())
    return der.sequence(
        _BY_SUBJECT_KEY_ID if by_subject_key_id else _BY_ISSUER_AND_SERIAL,
        der.value(SUBJECT_KEY_ID, certificate.subject_key_id) if by_subject_key_id else certificate.issuer_and_serial,
        identifier.encoded(),
        der.octet_string(wrapped),
    )


def content_key(
    recipient_infos: bytes, keys: Sequence[OwnKey], key_size: int, policy: Policy, random_bytes: Callable[[int], bytes]
) -> ContentKey:
    """Unwrap the key for the first recipient that is one of ``keys``. Raises DecryptionFailed, InsufficientSecurity, UnsupportedFormat.

    When unwrapping fails it goes on with a random key, so that a manipulated key shows as nothing but damaged content (RFC 3218, 2.3.2).
    """
    recipient, owner = _ours(recipient_infos, keys)
    transport, unpadding = _transport_of(recipient.transport)
    policy.demand_key_transport(transport, owner.certificate)
    instead = random_bytes(key_size)
    try:
        key = owner.private_key.decrypt(_of_full_length(recipient.wrapped, owner), unpadding)
    except ValueError:
        key = b""
    return ContentKey(key if len(key) == key_size else instead, owner, transport)


def _of_full_length(wrapped: bytes, owner: OwnKey) -> bytes:
    """A wrapped key is as long as the modulus (RFC 8017, 7.2.1); some products write it as a number, without leading zeros."""
    return wrapped.rjust((owner.certificate.rsa_bits + 7) // 8, b"\0")


def _ours(recipient_infos: bytes, keys: Sequence[OwnKey]) -> tuple[Recipient, OwnKey]:
    for element in whole(recipient_infos, SET).inside().all():
        if element.tag != SEQUENCE:
            continue  # key agreement, passwords and the like (RFC 5652, 6.2.2 to 6.2.5)
        recipient = Recipient.read(element)
        for key in keys:
            if names(recipient.identifier, key.certificate):
                return recipient, key
    raise DecryptionFailed(
        "It is encrypted for none of our certificates; the partner may use an old one, or another party's."
    )


def _transport_of(identifier: AlgorithmIdentifier) -> tuple[KeyTransport, padding.AsymmetricPadding]:
    if identifier.oid == _RSA:
        return KeyTransport.PKCS1_V15, padding.PKCS1v15()
    if identifier.oid == _OAEP:
        return KeyTransport.OAEP, oaep_of(identifier)
    raise UnsupportedFormat(f"Key transport {identifier} is not known here.")
