"""Files of certificates."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.as2.asn1 import der
from gateway.as2.cms.bundles import read_bundle, write_bundle
from tests.gateway.as2.keys import own

ONE, OTHER = own("ONE").certificate, own("OTHER").certificate


def indefinite(definite: bytes) -> bytes:
    """A SEQUENCE in the form without a length, which BouncyCastle writes."""
    first = 2 + (definite[1] & 0x7F if definite[1] & 0x80 else 0)
    return b"\x30\x80" + definite[first:] + b"\x00\x00"


def test_what_is_written_is_read() -> None:
    assert [each.serial_number for each in read_bundle(write_bundle([ONE, OTHER]))] == [
        ONE.x509.serial_number,
        OTHER.x509.serial_number,
    ]


def test_lengths_may_be_indefinite() -> None:
    data = indefinite(write_bundle([ONE]))
    assert read_bundle(data) == [ONE.x509]


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_certificate_alone_is_a_bundle_of_one(encoding: Encoding) -> None:
    assert read_bundle(ONE.x509.public_bytes(encoding)) == [ONE.x509]


@pytest.mark.parametrize(
    "data", [b"", b"text", write_bundle([ONE])[:-1], der.sequence(), b"-----BEGIN CERTIFICATE-----"]
)
def test_what_holds_none_gives_none(data: bytes) -> None:
    assert read_bundle(data) == []
