"""Signed attributes: written in order, read with every doubt resolved against the signer."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.malformed import Malformed
from gateway.as2.asn1.reader import Reader
from gateway.as2.asn1.tags import GENERALIZED_TIME, OCTET_STRING, SET, UTC_TIME
from gateway.as2.cms.algorithms import Digest
from gateway.as2.cms.attributes import ALGORITHM_PROTECTION, SIGNING_TIME, SignedAttributes, written
from gateway.as2.cms.content import DATA_OID
from gateway.as2.cms.failures import AuthenticationFailed
from gateway.as2.cms.identifiers import AlgorithmIdentifier, digest_identifier, pss_identifier, rsa_identifier


def attribute(oid: bytes, *values: bytes) -> bytes:
    return der.sequence(oid, der.value(SET, *values))


@given(
    st.binary(min_size=20, max_size=64),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.booleans(),
)
def test_what_is_written_is_read(digest: bytes, signing_time: datetime | None, protected: bool) -> None:
    algorithms = (digest_identifier(Digest.SHA256), rsa_identifier())
    content = written(DATA_OID, digest, signing_time, algorithms if protected else None)
    parts = [element.encoded for element in Reader(content).all()]
    assert parts == sorted(parts)
    found = SignedAttributes.read(content)
    assert (found.content_type, found.message_digest) == (DATA_OID, digest)
    assert found.signing_time == (signing_time and signing_time.replace(microsecond=0))
    assert found.protects(*algorithms)
    assert found.protects(digest_identifier(Digest.SHA1), rsa_identifier()) is not protected
    assert found.protects(algorithms[0], pss_identifier(Digest.SHA256)) is not protected


@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        (datetime(2026, 11, 26, 13, 5, 9, tzinfo=timezone(timedelta(hours=1))), b"\x17\x0d261126120509Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ],
)
def test_times(moment: datetime, encoded: bytes) -> None:
    assert encoded in written(DATA_OID, b"", moment, None)


@pytest.mark.parametrize(
    "value",
    [
        der.value(UTC_TIME, b""),
        der.value(UTC_TIME, b"261301000000Z"),
        der.value(UTC_TIME, b"2611261205Z"),
        der.value(UTC_TIME, b"261126120509+0100"),
        der.value(GENERALIZED_TIME, b"\xff"),
        der.value(OCTET_STRING, b"20261126120509Z\0"),
    ],
)
def test_a_time_that_cannot_be_read_is_none(value: bytes) -> None:
    assert SignedAttributes.read(attribute(SIGNING_TIME, value)).signing_time is None


def test_unknown_attributes_are_passed_over_but_not_twice() -> None:
    unknown = attribute(der.object_identifier("1.2.3"), der.NULL, der.integer(5))
    assert SignedAttributes.read(unknown + attribute(der.object_identifier("1.2.4"))).message_digest is None
    with pytest.raises(AuthenticationFailed, match="repeated"):
        SignedAttributes.read(unknown * 2)


def test_parameters_may_be_null_or_absent() -> None:
    """RFC 5754 has both mean the same, and products differ in what they write where."""
    digest = digest_identifier(Digest.SHA256)
    content = written(
        DATA_OID, b"", None, (AlgorithmIdentifier(digest.oid, der.NULL), AlgorithmIdentifier(rsa_identifier().oid))
    )
    assert SignedAttributes.read(content).protects(digest, rsa_identifier())


@pytest.mark.parametrize("value", [der.NULL, der.sequence(), der.sequence(digest_identifier(Digest.SHA256).encoded())])
def test_algorithm_protection_that_protects_nothing(value: bytes) -> None:
    found = SignedAttributes.read(attribute(ALGORITHM_PROTECTION, value))
    with pytest.raises(Malformed):
        found.protects(digest_identifier(Digest.SHA256), rsa_identifier())
