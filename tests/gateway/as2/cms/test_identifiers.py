"""AlgorithmIdentifiers and their parameters, as written here and as others write them."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PSS
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.malformed import Malformed
from gateway.as2.asn1.reader import Reader
from gateway.as2.asn1.tags import context_constructed
from gateway.as2.cms.algorithms import DIGEST_OIDS, RSA_PSS, Digest
from gateway.as2.cms.failures import UnsupportedFormat
from gateway.as2.cms.identifiers import (
    AlgorithmIdentifier,
    digest_identifier,
    gcm_of,
    oaep_identifier,
    oaep_of,
    pss_identifier,
    pss_of,
)

OID = der.object_identifier(RSA_PSS)
SHA512 = der.sequence(der.object_identifier(DIGEST_OIDS[Digest.SHA512]), der.NULL)
MGF1_SHA512 = der.sequence(der.object_identifier("1.2.840.113549.1.1.8"), SHA512)


def explicit(number: int, encoded: bytes) -> bytes:
    return der.value(context_constructed(number), encoded)


def parameters(*parts: bytes) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(OID, der.sequence(*parts))


@pytest.mark.parametrize("digest", Digest)
def test_what_is_written_is_read(digest: Digest) -> None:
    for identifier in (digest_identifier(digest), pss_identifier(digest), oaep_identifier(digest)):
        assert AlgorithmIdentifier.read(Reader(identifier.encoded()).take()) == identifier
    assert pss_of(pss_identifier(digest)).digest is digest
    assert oaep_of(oaep_identifier(digest)).algorithm.name == digest.hash.name


def test_absent_parameters_of_pss_and_oaep_have_defaults() -> None:
    """RFC 4055, 3.1 and 4.1: SHA-1, a mask of SHA-1, a salt of 20 bytes, no label."""
    pss = pss_of(parameters())
    oaep = oaep_of(parameters())
    assert pss.digest is Digest.SHA1
    assert isinstance(pss.padding, PSS)
    assert isinstance(oaep, OAEP)
    assert isinstance(oaep.mgf, MGF1)
    assert oaep.algorithm.name == "sha1"


def test_defaults_may_be_written_out() -> None:
    sha1 = der.sequence(der.object_identifier(DIGEST_OIDS[Digest.SHA1]))
    mask = der.sequence(der.object_identifier("1.2.840.113549.1.1.8"), sha1)
    written_out = parameters(
        explicit(0, sha1), explicit(1, mask), explicit(2, der.integer(20)), explicit(3, der.integer(1))
    )
    assert pss_of(written_out).digest is Digest.SHA1


@pytest.mark.parametrize(
    "identifier",
    [
        AlgorithmIdentifier(OID),
        AlgorithmIdentifier(OID, der.NULL),
        parameters(der.NULL),
        parameters(explicit(0, der.sequence(der.object_identifier("1.2.3")))),
        parameters(explicit(1, der.sequence(der.object_identifier("1.2.3"), SHA512))),
        parameters(explicit(2, der.integer(513))),
        parameters(explicit(2, bytes.fromhex("0201ff"))),
        parameters(explicit(3, der.integer(2))),
    ],
)
def test_parameters_of_pss_that_are_not_known(identifier: AlgorithmIdentifier) -> None:
    with pytest.raises(UnsupportedFormat):
        pss_of(identifier)


def test_digest_and_mask_may_differ() -> None:
    oaep = oaep_of(parameters(explicit(1, MGF1_SHA512)))
    assert oaep.algorithm.name == "sha1"


def test_an_identifier_in_words() -> None:
    assert str(digest_identifier(Digest.SHA256)) == "2.16.840.1.101.3.4.2.1"
    assert str(AlgorithmIdentifier(bytes.fromhex("060180"))) == "060180"


@given(st.binary(max_size=40), st.sampled_from([pss_of, oaep_of, gcm_of]))
def test_arbitrary_parameters_are_not_supported_at_worst(
    data: bytes, of: Callable[[AlgorithmIdentifier], object]
) -> None:
    with suppress(UnsupportedFormat, Malformed):
        assert of(AlgorithmIdentifier(OID, data))
