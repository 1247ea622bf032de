"""Verifying SignedData (RFC 5652, 5.4 and 5.6), detached or with the content inside.

A signature counts when exactly one signer, with a certificate that is accepted for this partner, has signed exactly this content with
algorithms that are allowed. Certificates in the message prove nothing and are not looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from ..asn1 import der
from ..asn1.reader import Reader
from ..asn1.stream import Source
from ..asn1.tags import SET
from .algorithms import DIGEST_OF_OID, DIGEST_OF_RSA_OID, RSA_PSS, Digest, SignatureScheme
from .attributes import MESSAGE_DIGEST, SignedAttributes
from .content import DATA_OID
from .failures import AuthenticationFailed, IntegrityCheckFailed, UnknownSigner, UnsupportedFormat, malformed_as
from .files import Sink, all_or_nothing, pieces
from .identifiers import AlgorithmIdentifier, pss_of, rsa_identifier
from .keys import Certificate
from .naming import described, names
from .policy import DEFAULT, Policy
from .signed_data import SignedData, Signer

_PSS = der.object_identifier(RSA_PSS)
_HEAD = 4096
"""Bytes of the content that are looked at to see whether it is a message at all."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature proves: ``signer`` signed content with this digest. ``signing_time`` is the signer's word, UTC, if any."""

    digest: Digest
    scheme: SignatureScheme
    signer: Certificate
    content_digest: bytes
    signing_time: datetime | None


def verify(
    signature: bytes,
    content: Source,
    accepted: Sequence[Certificate],
    policy: Policy = DEFAULT,
    *,
    pss_without_parameters: bool = False,
) -> Verified:
    """Verify a detached signature of what is left of ``content``. ``accepted``: the partner's certificates that count now.

    ``pss_without_parameters`` takes RSA-PSS that does not say how it was applied (:func:`.identifiers.pss_of`).

    Raises UnknownSigner, AuthenticationFailed, IntegrityCheckFailed, InsufficientSecurity, UnsupportedFormat.
    """
    with malformed_as(AuthenticationFailed, "signature"):
        signed_data = SignedData(BytesIO(signature))
        if any(signed_data.content()):
            raise AuthenticationFailed(
                "The detached signature brings content of its own, so that it is not certain what was signed."
            )
        claim = _claim(signed_data, pss_without_parameters)
        return _proven(claim, lambda: _digested(pieces(content), {claim.digest}), accepted, policy)


def verify_attached(
    source: Source,
    sink: Sink,
    accepted: Sequence[Certificate],
    policy: Policy = DEFAULT,
    *,
    pss_without_parameters: bool = False,
) -> Verified:
    """Verify SignedData with the content inside, and write the content to ``sink``; where it is refused, nothing stays there.

    ``pss_without_parameters`` as in :func:`verify`.

    Raises UnknownSigner, AuthenticationFailed, IntegrityCheckFailed, InsufficientSecurity, UnsupportedFormat.
    """
    with all_or_nothing(sink), malformed_as(AuthenticationFailed, "signed object"):
        signed_data = SignedData(source)
        announced = {
            DIGEST_OF_OID[algorithm.oid] for algorithm in signed_data.announced if algorithm.oid in DIGEST_OF_OID
        }
        content = _digested(_copied(signed_data.content(), sink), announced)
        claim = _claim(signed_data, pss_without_parameters)
        if claim.digest not in announced:
            raise AuthenticationFailed(f"The signer used {claim.digest}, which was not announced before the content.")
        return _proven(claim, lambda: content, accepted, policy)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a signer claims to have done, before any of it is believed."""

    signer: Signer
    content_type: bytes
    digest: Digest
    scheme: SignatureScheme
    padding: AsymmetricPadding
    attributes: SignedAttributes | None


@dataclass(frozen=True, slots=True)
class _Content:
    """Digests of content, and how it begins."""

    digests: dict[Digest, bytes]
    head: bytes


def _claim(signed_data: SignedData, pss_without_parameters: bool) -> _Claim:
    signer = signed_data.signer()
    digest = DIGEST_OF_OID.get(signer.digest.oid)
    if digest is None:
        raise UnsupportedFormat(f"Digest {signer.digest} is not known here.")
    scheme, padding = _scheme(signer.signature_algorithm, digest, pss_without_parameters)
    attributes = None if signer.signed_attributes is None else SignedAttributes.read(signer.signed_attributes)
    return _Claim(signer, signed_data.content_type, digest, scheme, padding, attributes)


def _scheme(
    identifier: AlgorithmIdentifier, digest: Digest, pss_without_parameters: bool
) -> tuple[SignatureScheme, AsymmetricPadding]:
    """How it was signed. The digest may be named in two places (RFC 3370, 3.2), which must agree."""
    if identifier.oid == rsa_identifier().oid:
        return SignatureScheme.PKCS1_V15, PKCS1v15()
    scheme: SignatureScheme
    padding: AsymmetricPadding
    if identifier.oid == _PSS:
        pss = pss_of(identifier, unsaid=digest if pss_without_parameters else None)
        scheme, padding, used = SignatureScheme.PSS, pss.padding, pss.digest
    elif identifier.oid in DIGEST_OF_RSA_OID:
        scheme, padding, used = SignatureScheme.PKCS1_V15, PKCS1v15(), DIGEST_OF_RSA_OID[identifier.oid]
    else:
        raise UnsupportedFormat(f"Signature algorithm {identifier} is not known here.")
    if used is not digest:
        raise AuthenticationFailed(f"The signer names {digest} in one place and {used} in another.")
    return scheme, padding


def _proven(
    claim: _Claim, content: Callable[[], _Content], accepted: Sequence[Certificate], policy: Policy
) -> Verified:
    certificates = [certificate for certificate in accepted if names(claim.signer.identifier, certificate)]
    if not certificates:
        raise UnknownSigner(
            f"It is signed with a certificate that is not accepted for this partner: {described(claim.signer.identifier)}."
        )
    if claim.attributes is None:
        signer, found = _proven_without_attributes(claim, content(), certificates, policy)
    else:
        signer, found = _proven_by_attributes(claim, claim.attributes, content, certificates, policy)
    signing_time = claim.attributes.signing_time if claim.attributes else None
    return Verified(claim.digest, claim.scheme, signer, found.digests[claim.digest], signing_time)


def _proven_by_attributes(
    claim: _Claim,
    attributes: SignedAttributes,
    content: Callable[[], _Content],
    certificates: list[Certificate],
    policy: Policy,
) -> tuple[Certificate, _Content]:
    """1. The attributes are signed. 2. They name the algorithms used. 3. They name this content."""
    signer = _signer_of_attributes(claim, certificates, policy)
    if signer is None:
        raise AuthenticationFailed(f"The signature is not one of {certificates[0].subject}.")
    if not attributes.protects(claim.signer.digest, claim.signer.signature_algorithm):
        raise AuthenticationFailed("The signer protected other algorithms (CMSAlgorithmProtection) than the ones used.")
    if attributes.content_type != claim.content_type:
        raise AuthenticationFailed("The signed attributes name no content type, or another than the content has.")
    if attributes.message_digest is None:
        raise AuthenticationFailed("The signed attributes hold no digest of the content.")
    found = content()
    if attributes.message_digest != found.digests[claim.digest]:
        raise IntegrityCheckFailed(
            f"The content is not the one that {signer.subject} signed: it was changed on its way."
        )
    return signer, found


def _proven_without_attributes(
    claim: _Claim, found: _Content, certificates: list[Certificate], policy: Policy
) -> tuple[Certificate, _Content]:
    if claim.content_type != DATA_OID:
        raise AuthenticationFailed("Content of this type must be signed with attributes (RFC 5652, 5.3).")
    if found.head.startswith(bytes((SET,))) and MESSAGE_DIGEST in found.head:
        raise AuthenticationFailed("The content is the signed attributes of another message, passed off as a message.")
    signer = _signed_by(claim, found.digests[claim.digest], certificates, policy)
    if signer is None:
        raise IntegrityCheckFailed(
            f"The content is not what {certificates[0].subject} signed, or the signature is not theirs."
        )
    return signer, found


def _signer_of_attributes(claim: _Claim, certificates: list[Certificate], policy: Policy) -> Certificate | None:
    """The signature is of the attributes as they came; or in the order of DER, where they were sent in another (RFC 5652, 5.4)."""
    content = claim.signer.signed_attributes or b""
    signer = _signed_by(claim, _digest(der.value(SET, content), claim.digest), certificates, policy)
    if signer is not None:
        return signer
    in_order = der.set_of(attribute.encoded for attribute in Reader(content).all())
    return _signed_by(claim, _digest(in_order, claim.digest), certificates, policy)


def _signed_by(claim: _Claim, digest: bytes, certificates: list[Certificate], policy: Policy) -> Certificate | None:
    """Whose signature of this digest it is."""
    for certificate in certificates:
        policy.demand_signature(claim.digest, claim.scheme, certificate)
        try:
            certificate.public_key.verify(claim.signer.signature, digest, claim.padding, Prehashed(claim.digest.hash))
        except (InvalidSignature, ValueError):
            continue
        return certificate
    return None


def _digest(data: bytes, digest: Digest) -> bytes:
    running = digest.new()
    running.update(data)
    return running.digest()


def _digested(content: Iterable[bytes], digests: set[Digest]) -> _Content:
    running = {digest: digest.new() for digest in digests}
    head = bytearray()
    for piece in content:
        if len(head) < _HEAD:
            head += piece[:_HEAD]
        for digest in running.values():
            digest.update(piece)
    return _Content({digest: found.digest() for digest, found in running.items()}, bytes(head))


def _copied(content: Iterable[bytes], sink: Sink) -> Iterator[bytes]:
    for piece in content:
        sink.write(piece)
        yield piece
