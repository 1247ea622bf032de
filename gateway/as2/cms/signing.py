"""Writing a detached signature: SignedData with one signer and without the content (RFC 5652, 5; RFC 8551, 3.5.3)."""

from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..asn1 import der
from ..asn1.stream import Source
from ..asn1.tags import SET, context_constructed
from . import attributes
from .algorithms import Digest, SignatureScheme
from .content import DATA_OID, ContentType, content_info
from .files import pieces
from .identifiers import AlgorithmIdentifier, digest_identifier, pss_identifier, rsa_identifier
from .keys import OwnKey
from .policy import DEFAULT, Policy

_VERSION = der.integer(1)
_CERTIFICATES = context_constructed(0)
_SIGNED_ATTRIBUTES = context_constructed(0)
_DETACHED_DATA = der.sequence(DATA_OID)


def digest_of(content: Source, digest: Digest) -> bytes:
    """The digest of what is left of ``content``."""
    running = digest.new()
    for piece in pieces(content):
        running.update(piece)
    return running.digest()


def sign(
    content: Source | Mapping[Digest, bytes],
    key: OwnKey,
    *,
    digest: Digest = Digest.SHA256,
    scheme: SignatureScheme = SignatureScheme.PKCS1_V15,
    signing_time: datetime | None = None,
    with_attributes: bool = True,
    algorithm_protection: bool = False,
    include_certificate: bool = True,
    policy: Policy = DEFAULT,
) -> bytes:
    """The signature of ``content``, in DER. Where its digest is known already, a mapping that holds it does instead.

    Without attributes the signature covers the content itself, and neither ``signing_time`` nor ``algorithm_protection`` (RFC 6211)
    is written. Raises InsufficientSecurity where ``policy`` does not allow it.
    """
    policy.demand_signature(digest, scheme, key.certificate)
    content_digest = content[digest] if isinstance(content, Mapping) else digest_of(content, digest)
    digest_algorithm = digest_identifier(digest)
    signature_algorithm = pss_identifier(digest) if scheme is SignatureScheme.PSS else rsa_identifier()
    signed = b""
    if with_attributes:
        protected = (digest_algorithm, signature_algorithm) if algorithm_protection else None
        signed = attributes.written(DATA_OID, content_digest, signing_time, protected)
        signature = _signature(_digest_of_set(signed, digest), key, digest, scheme)
    else:
        signature = _signature(content_digest, key, digest, scheme)
    signer = der.sequence(
        _VERSION,
        key.certificate.issuer_and_serial,
        digest_algorithm.encoded(),
        der.value(_SIGNED_ATTRIBUTES, signed) if signed else b"",
        signature_algorithm.encoded(),
        der.octet_string(signature),
    )
    certificates = der.value(_CERTIFICATES, key.certificate.der) if include_certificate else b""
    return _signed_data(digest_algorithm, certificates, signer)


def _signed_data(digest_algorithm: AlgorithmIdentifier, certificates: bytes, signer: bytes) -> bytes:
    signed_data = der.sequence(
        _VERSION,
        der.value(SET, digest_algorithm.encoded()),
        _DETACHED_DATA,
        certificates,
        der.value(SET, signer),
    )
    return content_info(ContentType.SIGNED_DATA, len(signed_data)) + signed_data


def _digest_of_set(content: bytes, digest: Digest) -> bytes:
    """What is signed is the SET OF, not the implicit tag that it has in the message (RFC 5652, 5.4)."""
    running = digest.new()
    running.update(der.value(SET, content))
    return running.digest()


def _signature(signed_digest: bytes, key: OwnKey, digest: Digest, scheme: SignatureScheme) -> bytes:
    prehashed = Prehashed(digest.hash)
    if scheme is SignatureScheme.PSS:
        pss = padding.PSS(padding.MGF1(digest.hash), digest.size)
        return key.private_key.sign(signed_digest, pss, prehashed)
    return key.private_key.sign(signed_digest, padding.PKCS1v15(), prehashed)
