"""A certificate that says it is for something else is taken, and the doubt is told."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID

from gateway.certificates.usage import doubts
from partners.certificates import Use
from tests.gateway.as2.keys import NOT_AFTER, NOT_BEFORE, own

NOTHING = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def saying(*extensions: x509.ExtensionType) -> x509.Certificate:
    key = own("ACME")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ACME")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    builder = builder.public_key(key.certificate.public_key).not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key.private_key, hashes.SHA256())


def usage(*named: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{**NOTHING, **dict.fromkeys(named, True)})


@pytest.mark.parametrize(
    ("named", "use", "missing"),
    [
        (("digital_signature", "key_encipherment"), Use.BOTH, []),
        (("content_commitment", "data_encipherment"), Use.BOTH, []),
        (("digital_signature",), Use.SIGN, []),
        (("key_encipherment",), Use.ENCRYPT, []),
        (("digital_signature",), Use.BOTH, ["keyEncipherment"]),
        (("digital_signature",), Use.ENCRYPT, ["keyEncipherment"]),
        (("key_encipherment",), Use.SIGN, ["digitalSignature"]),
        (("key_cert_sign", "crl_sign"), Use.BOTH, ["digitalSignature", "keyEncipherment"]),
    ],
)
def test_what_it_says_against_what_it_is_used_for(named: tuple[str, ...], use: Use, missing: list[str]) -> None:
    found = doubts(saying(usage(*named)), use)
    assert len(found) == len(missing)
    assert all(name in doubt for name, doubt in zip(missing, found, strict=True))


def test_it_may_say_nothing() -> None:
    assert doubts(saying(), Use.BOTH) == ()


def test_or_nothing_that_can_be_read() -> None:
    unreadable = x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\x05\x00")
    [doubt] = doubts(saying(unreadable), Use.BOTH)
    assert "cannot be read" in doubt
