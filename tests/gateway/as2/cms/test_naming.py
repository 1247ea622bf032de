"""Signers and recipients are found under the names that products give them."""

import pytest

from gateway.as2.asn1 import der
from gateway.as2.asn1.malformed import Malformed
from gateway.as2.asn1.reader import Element, Reader
from gateway.as2.asn1.tags import BMP_STRING, SET, context
from gateway.as2.cms.naming import described, names
from tests.gateway.as2.keys import certificate, own

COMMON_NAME = der.object_identifier("2.5.4.3")
COUNTRY = der.object_identifier("2.5.4.6")
UTF8, PRINTABLE = 0x0C, 0x13
PARTNER = certificate("Partner Ltd", own("partner").private_key)


def element(encoded: bytes) -> Element:
    return Reader(encoded).take()


def issuer(tag: int, text: bytes, oid: bytes = COMMON_NAME) -> bytes:
    return der.sequence(der.value(SET, der.sequence(oid, der.value(tag, text))))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (PARTNER.issuer.encoded, True),
        (issuer(UTF8, b"Partner Ltd"), True),
        (issuer(PRINTABLE, b"Partner Ltd"), True),
        (issuer(PRINTABLE, b"  PARTNER   ltd "), True),
        (issuer(BMP_STRING, "Partner Ltd".encode("utf-16-be")), True),
        (issuer(UTF8, b"Partner Inc"), False),
        (issuer(UTF8, b"Partner Ltd", COUNTRY), False),
        (der.sequence(), False),
        (issuer(UTF8, b"\xff\xfe"), False),
    ],
)
def test_the_name_may_be_written_anew_with_another_kind_of_string(name: bytes, meant: bool) -> None:
    assert names(element(der.sequence(name, PARTNER.serial_number)), PARTNER) is meant
    assert not names(element(der.sequence(name, der.integer(5))), PARTNER)


def test_by_subject_key_identifier() -> None:
    assert names(element(der.value(context(0), PARTNER.subject_key_id)), PARTNER)
    assert not names(element(der.value(context(0), bytes(20))), PARTNER)
    assert not names(element(der.value(context(0), b"")), PARTNER)


@pytest.mark.parametrize("encoded", ["3000", "3003020105", "30020500", "30043000 0500"])
def test_what_is_no_name(encoded: str) -> None:
    with pytest.raises(Malformed):
        names(element(bytes.fromhex(encoded)), PARTNER)


def test_in_words() -> None:
    assert (
        described(element(der.sequence(issuer(UTF8, b"Attacker"), der.integer(0xABC))))
        == "serial number abc of issuer attacker"
    )
    assert described(element(der.value(context(0), b"\x01\xff"))) == "subject key identifier 01ff"


@pytest.mark.parametrize(
    "identifier",
    [
        der.sequence(issuer(UTF8, b"A" * 100_000), der.integer(1 << 800_000)),
        der.value(context(0), b"\xff" * 100_000),
    ],
)
def test_words_are_few_whatever_the_name(identifier: bytes) -> None:
    assert len(described(element(identifier))) < 600
