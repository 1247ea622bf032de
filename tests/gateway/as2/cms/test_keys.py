"""Certificates and keys: what is told of them, and which cannot be used."""

from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1.reader import whole
from gateway.as2.asn1.tags import SEQUENCE
from gateway.as2.cms.keys import Certificate, UnusableKey
from tests.gateway.as2.keys import NOT_AFTER, NOT_BEFORE, certificate, own

PARTNER = own("partner").certificate


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_certificate_is_loaded_from_pem_and_der(encoding: Encoding) -> None:
    loaded = Certificate.load(PARTNER.x509.public_bytes(encoding))
    assert loaded == PARTNER
    assert hash(loaded) == hash(PARTNER)
    assert loaded.subject == "CN=partner"
    assert loaded.rsa_bits == 2048
    assert (loaded.not_before, loaded.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert loaded.fingerprint == PARTNER.x509.fingerprint(hashes.SHA256()).hex()


def test_it_equals_no_other_certificate_for_the_same_key() -> None:
    assert certificate("partner", own("partner").private_key) != PARTNER
    assert PARTNER.der != PARTNER


def test_issuer_and_serial_number_are_as_in_the_certificate() -> None:
    issuer, serial_number = whole(PARTNER.issuer_and_serial, SEQUENCE).inside().all()
    assert issuer.encoded == PARTNER.x509.issuer.public_bytes()
    assert serial_number.number() == PARTNER.x509.serial_number


@pytest.mark.parametrize("extension", [True, False])
def test_the_key_identifier_is_worked_out_where_there_is_none(extension: bool) -> None:
    private_key = own("partner").private_key
    expected = x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()).digest
    assert certificate("partner", private_key, key_id=extension).subject_key_id == expected


def test_a_certificate_without_an_rsa_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elliptic")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, NOT_BEFORE, NOT_AFTER)
    with pytest.raises(UnusableKey, match="CN=elliptic holds no RSA key"):
        Certificate.load(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))


def test_a_key_and_a_certificate_that_do_not_belong_together() -> None:
    with pytest.raises(UnusableKey, match="does not belong to the certificate of CN=partner"):
        replace(own("we"), certificate=PARTNER)


@given(st.binary(max_size=100), st.integers(min_value=0, max_value=800))
def test_arbitrary_bytes_are_no_certificate_of_the_partners(data: bytes, kept: int) -> None:
    """Who signed it is not looked at, so that other bytes in the signature make another certificate, which nobody has pinned."""
    for file in (data, PARTNER.der[:kept] + data, b"-----BEGIN CERTIFICATE-----\n" + data):
        with suppress(UnusableKey):
            assert Certificate.load(file) != PARTNER or file == PARTNER.der


@pytest.mark.filterwarnings("ignore:Parsed a serial number:UserWarning")
@given(st.integers(min_value=0, max_value=len(PARTNER.der) - 257), st.integers(min_value=0, max_value=255))
def test_a_changed_certificate_is_unusable_or_tells_all_about_itself(at: int, byte: int) -> None:
    changed = bytearray(PARTNER.der)
    changed[at] = byte
    with suppress(UnusableKey):
        loaded = Certificate.load(bytes(changed))
        assert loaded.der == bytes(changed)
        assert loaded.subject is not None
        assert loaded.not_before is not None
        assert loaded.not_after is not None
        assert len(whole(loaded.issuer_and_serial, SEQUENCE).inside().all()) == 2
        assert isinstance(loaded.subject_key_id, bytes)
