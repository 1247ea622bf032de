"""New keys of ours."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from canonical.errors import Misconfigured
from gateway.certificates.making import make_key, subject

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def test_a_key_has_a_certificate_that_it_signed_itself_for_signing_and_encrypting() -> None:
    key = make_key(subject("OURS", "Example Wholesale"), bits=2048, days=100, now=NOW)
    certificate = key.certificate
    assert certificate.subject == "O=Example Wholesale,CN=OURS"
    assert certificate.rsa_bits == 2048
    assert (certificate.not_before, certificate.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=100))
    certificate.x509.verify_directly_issued_by(certificate.x509)
    usage = certificate.x509.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_cert_sign) == (True, True, False)
    constraints = certificate.x509.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca


def test_the_organisation_may_be_left_out() -> None:
    assert subject("OURS", None).rfc4514_string() == "CN=OURS"


@pytest.mark.parametrize(
    ("name", "organisation"), [("", None), ("x" * 65, None), ("A\nB", None), ("OURS", " "), ("OURS", "x" * 65)]
)
def test_a_name_that_no_certificate_can_hold_is_told(name: str, organisation: str | None) -> None:
    with pytest.raises(Misconfigured, match="1 to 64 printable"):
        subject(name, organisation)
