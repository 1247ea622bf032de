"""Signatures that others accept: every digest and scheme, with and without attributes, read by ``openssl cms`` and by ourselves."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from gateway.as2.asn1.ber import to_der
from gateway.as2.cms.algorithms import Digest, SignatureScheme
from gateway.as2.cms.attributes import ALGORITHM_PROTECTION, SignedAttributes
from gateway.as2.cms.failures import InsufficientSecurity
from gateway.as2.cms.policy import Policy
from gateway.as2.cms.signing import digest_of, sign
from gateway.as2.cms.verifying import verify
from tests.gateway.as2.keys import own
from tests.gateway.as2.openssl import OpenSsl, Refused

from .taken_apart import signer_of

CONTENT = b"Content-Type: application/edi-x12\r\n\r\nISA*00*...~\r\n"
EVERYTHING = Policy(digests=frozenset(Digest))
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize("with_attributes", [True, False])
@pytest.mark.parametrize("scheme", SignatureScheme)
@pytest.mark.parametrize("digest", Digest)
def test_every_way_to_sign(openssl: OpenSsl, digest: Digest, scheme: SignatureScheme, with_attributes: bool) -> None:
    key = own("we")
    signature = sign(
        BytesIO(CONTENT),
        key,
        digest=digest,
        scheme=scheme,
        signing_time=NOON,
        with_attributes=with_attributes,
        algorithm_protection=True,
        policy=EVERYTHING,
    )
    openssl.verify(signature, CONTENT, key.certificate)
    with pytest.raises(Refused):
        openssl.verify(signature, CONTENT + b" ", key.certificate)
    verified = verify(signature, BytesIO(CONTENT), [own("other").certificate, key.certificate], EVERYTHING)
    assert (verified.digest, verified.scheme, verified.signer) == (digest, scheme, key.certificate)
    assert verified.content_digest == digest_of(BytesIO(CONTENT), digest)
    assert verified.signing_time == (NOON if with_attributes else None)


def test_it_is_der() -> None:
    signature = sign(BytesIO(CONTENT), own("we"), signing_time=NOON)
    assert to_der(signature) == (signature, len(signature))


def test_the_same_is_signed_the_same() -> None:
    """So that a message can be built again and compared."""
    digest = {Digest.SHA256: digest_of(BytesIO(CONTENT), Digest.SHA256)}
    assert sign(digest, own("we"), signing_time=NOON) == sign(BytesIO(CONTENT), own("we"), signing_time=NOON)


@pytest.mark.parametrize("written", [True, False])
def test_algorithm_protection_is_written_on_demand(written: bool) -> None:
    signer = signer_of(sign(BytesIO(CONTENT), own("we"), algorithm_protection=written))
    assert (ALGORITHM_PROTECTION in SignedAttributes.read(b"".join(signer.attributes or ())).values) is written


@pytest.mark.parametrize("included", [True, False])
def test_the_certificate_is_included_on_demand(openssl: OpenSsl, included: bool) -> None:
    signature = sign(BytesIO(CONTENT), own("we"), include_certificate=included)
    assert (own("we").certificate.der in signature) is included
    openssl.verify(signature, CONTENT, own("we").certificate)


@pytest.mark.parametrize(
    ("options", "what"),
    [({"digest": Digest.SHA1}, "digest sha1"), ({"scheme": SignatureScheme.PSS}, "signature scheme rsa-pss")],
)
def test_what_is_not_allowed_is_not_signed(options: dict[str, Digest], what: str) -> None:
    policy = Policy(schemes=frozenset({SignatureScheme.PKCS1_V15}))
    with pytest.raises(InsufficientSecurity, match=what):
        sign(BytesIO(CONTENT), own("we"), policy=policy, **options)  # type: ignore[arg-type]
