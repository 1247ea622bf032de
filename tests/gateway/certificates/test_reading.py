"""What partners mail and other products export."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from canonical.errors import Misconfigured
from gateway.certificates.reading import read_certificate, read_own_key

from .files import AUTHORITY, PARTNER, bundle, der, elliptic, issued, key_file, pem, private_key

ISSUED = issued()
ROOT = AUTHORITY.certificate.x509
SELF_SIGNED = PARTNER.certificate.x509


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (pem(SELF_SIGNED), SELF_SIGNED),
        (b"Bag Attributes\n    friendlyName: acme\n" + pem(SELF_SIGNED), SELF_SIGNED),
        (pem(SELF_SIGNED).replace(b"\n", b"\r\n"), SELF_SIGNED),
        (der(SELF_SIGNED), SELF_SIGNED),
        (pem(ISSUED) + pem(ROOT), ISSUED),
        (pem(ROOT) + pem(ISSUED), ISSUED),
        (pem(SELF_SIGNED) + pem(SELF_SIGNED), SELF_SIGNED),
        (bundle(SELF_SIGNED), SELF_SIGNED),
        (bundle(ISSUED, ROOT), ISSUED),
        (bundle(ISSUED, ROOT, encoding=Encoding.PEM), ISSUED),
        (pem(ROOT), ROOT),
    ],
    ids=[
        "PEM",
        "PEM after text",
        "PEM of Windows",
        "DER",
        "PEM with its authority",
        "PEM after its authority",
        "PEM twice",
        "PKCS#7",
        "PKCS#7 with its authority",
        "PKCS#7 in PEM",
        "an authority alone",
    ],
)
def test_the_certificate_is_found(data: bytes, meant: object) -> None:
    assert read_certificate(data, "acme.cer").x509 == meant


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "acme.cer holds no certificate in PEM, DER or PKCS#7"),
        (b"Dear Sirs,\n", "acme.cer holds no certificate"),
        (pem(SELF_SIGNED)[:500], "acme.cer holds no certificate"),
        (key_file(PARTNER, b"secret"), "acme.cer holds no certificate.*a .p12"),
        (pem(SELF_SIGNED) + private_key(), "acme.cer holds a private key.*Delete the file"),
        (private_key(), "acme.cer holds a private key"),
        (pem(ISSUED) + pem(issued("OTHER")), "several certificates.*CN=PARTNER; CN=OTHER"),
        (pem(elliptic()), "CN=CURVE holds no RSA key"),
    ],
    ids=["nothing", "a letter", "cut off", "PKCS#12", "with its key", "a key alone", "two", "no RSA"],
)
def test_what_cannot_be_used_is_told_with_what_to_ask_for(data: bytes, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        read_certificate(data, "acme.cer")


def test_a_key_of_ours_is_taken_from_another_product() -> None:
    key = read_own_key(key_file(PARTNER, b"secret"), b"secret", "old.p12")
    assert key.certificate == PARTNER.certificate
    assert key.private_key.private_numbers() == PARTNER.private_key.private_numbers()


@pytest.mark.parametrize(
    ("data", "password", "told"),
    [
        (key_file(PARTNER, b"secret"), b"wrong", "old.p12 is no PKCS#12 file, or does not open with this password"),
        (key_file(PARTNER, b"secret"), None, "old.p12 is no PKCS#12 file"),
        (pem(SELF_SIGNED), None, "old.p12 is no PKCS#12 file"),
        (key_file(None, b"secret"), b"secret", "does not hold a private key together with its certificate"),
    ],
    ids=["wrong password", "no password", "PEM", "without a key"],
)
def test_a_file_that_holds_no_key_of_ours_is_told(data: bytes, password: bytes | None, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        read_own_key(data, password, "old.p12")
