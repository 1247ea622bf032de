"""How a signer or a recipient is named in a message: by issuer and serial number, or by subject key identifier (RFC 5652, 5.3)."""

from ...printable import shortened
from ..asn1.reader import Element, Reader
from ..asn1.tags import BMP_STRING, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, context
from .keys import Certificate

SUBJECT_KEY_ID = context(0)


def names(identifier: Element, certificate: Certificate) -> bool:
    """Whether ``identifier`` means this certificate. Raises Malformed where it is neither of the two kinds."""
    if identifier.tag == SUBJECT_KEY_ID:
        return identifier.content == certificate.subject_key_id
    if identifier.encoded == certificate.issuer_and_serial:
        return True
    inside = identifier.inside()
    issuer = inside.take(SEQUENCE)
    serial_number = inside.take(INTEGER).encoded
    return serial_number == certificate.serial_number and _text(issuer) == _text(certificate.issuer)


def described(identifier: Element) -> str:
    """The name as an operator can compare it with a certificate."""
    if identifier.tag == SUBJECT_KEY_ID:
        return f"subject key identifier {shortened(identifier.content.hex())}"
    inside = identifier.inside()
    issuer = ", ".join(text for _, text in _text(inside.take(SEQUENCE)))
    serial_number = f"{inside.take(INTEGER).number():x}"
    return f"serial number {shortened(serial_number)} of issuer {shortened(issuer)}"


def _text(name: Element) -> list[tuple[bytes, str]]:
    """A name without what products change when they write it anew: kinds of string, case, blanks (RFC 5280, 7.1)."""
    found = []
    for relative in name.inside().all(SET):
        for attribute in relative.inside().all(SEQUENCE):
            inside = attribute.inside()
            oid = inside.take(OBJECT_IDENTIFIER).encoded
            found.append((oid, _value_text(inside)))
    return found


def _value_text(inside: Reader) -> str:
    value = inside.take()
    text = value.content.decode("utf-16-be" if value.tag == BMP_STRING else "utf-8", "replace")
    return " ".join(text.casefold().split())
