"""Each kind of refusal leads to one disposition of RFC 4130, 7.5."""

import pytest

from gateway.as2.asn1.malformed import Malformed, Truncated
from gateway.as2.cms.failures import (
    AuthenticationFailed,
    DecompressionFailed,
    DecryptionFailed,
    InsufficientSecurity,
    IntegrityCheckFailed,
    Refused,
    UnsupportedFormat,
    malformed_as,
)

DISPOSITIONS = {
    AuthenticationFailed: "error: authentication-failed",
    IntegrityCheckFailed: "error: integrity-check-failed",
    DecryptionFailed: "error: decryption-failed",
    DecompressionFailed: "error: decompression-failed",
    InsufficientSecurity: "error: insufficient-message-security",
    UnsupportedFormat: "failure: unsupported format",
}


def test_every_kind_has_its_disposition() -> None:
    assert {kind: kind.disposition for kind in Refused.__subclasses__()} == DISPOSITIONS


@pytest.mark.parametrize("malformed", [Malformed, Truncated])
def test_an_encoding_that_is_malformed_is_told_with_its_place(malformed: type[Malformed]) -> None:
    with (
        pytest.raises(DecryptionFailed, match=r"The envelope is malformed: no such tag \(at byte 7\)\."),
        malformed_as(DecryptionFailed, "envelope"),
    ):
        raise malformed("no such tag", 7)


def test_our_own_faults_are_not_the_partners() -> None:
    with pytest.raises(ZeroDivisionError), malformed_as(DecryptionFailed, "envelope"):
        raise ZeroDivisionError
