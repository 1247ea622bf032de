"""The signed attributes of a signer (RFC 5652, 5.3 and 11; RFC 6211): what the signature really covers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ..asn1 import der
from ..asn1.malformed import Malformed
from ..asn1.reader import Element, Reader
from ..asn1.tags import (
    GENERALIZED_TIME,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    context_constructed,
)
from .failures import AuthenticationFailed
from .identifiers import AlgorithmIdentifier

CONTENT_TYPE = der.object_identifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = der.object_identifier("1.2.840.113549.1.9.4")
SIGNING_TIME = der.object_identifier("1.2.840.113549.1.9.5")
ALGORITHM_PROTECTION = der.object_identifier("1.2.840.113549.1.9.52")

_TIME = re.compile(r"[0-9]{14}Z")
_SIGNATURE_ALGORITHM = context_constructed(1)
"""In CMSAlgorithmProtection."""


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What a signer says under the signature. ``values`` is the one value of each attribute, by its object identifier."""

    values: dict[bytes, Element]

    @classmethod
    def read(cls, content: bytes) -> "SignedAttributes":
        """From the content of the SET. Raises AuthenticationFailed where an attribute is repeated or has not one value; Malformed."""
        values: dict[bytes, Element] = {}
        for attribute in Reader(content).all(SEQUENCE):
            inside = attribute.inside()
            oid = inside.take(OBJECT_IDENTIFIER).encoded
            found = inside.take(SET).inside().all()
            inside.finish()
            if oid in values:
                raise AuthenticationFailed("A signed attribute is repeated, so that it is not certain what was signed.")
            if oid in _SINGLE and len(found) != 1:
                raise AuthenticationFailed(
                    "A signed attribute has not one value, so that it is not certain what was signed."
                )
            if found:
                values[oid] = found[0]
        return cls(values)

    @property
    def content_type(self) -> bytes | None:
        """The encoded object identifier of the content's type; None when the signer does not say."""
        found = self.values.get(CONTENT_TYPE)
        return found.encoded if found else None

    @property
    def message_digest(self) -> bytes | None:
        """The digest of the content; None when the signer does not say."""
        found = self.values.get(MESSAGE_DIGEST)
        return found.content if found and found.tag == OCTET_STRING else None

    @property
    def signing_time(self) -> datetime | None:
        """When the signer says it was signed, UTC; None when it does not, or not readably."""
        found = self.values.get(SIGNING_TIME)
        return _time(found) if found else None

    def protects(self, digest: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> bool:
        """Whether CMSAlgorithmProtection, where it is there, names these algorithms (RFC 6211, 3). Raises Malformed."""
        found = self.values.get(ALGORITHM_PROTECTION)
        if found is None:
            return True
        if found.tag != SEQUENCE:
            raise Malformed("a CMSAlgorithmProtection that is no SEQUENCE", 0)
        inside = found.inside()
        protected_digest = AlgorithmIdentifier.read(inside.take(SEQUENCE))
        protected_signature = AlgorithmIdentifier.read(inside.take(_SIGNATURE_ALGORITHM))
        inside.finish()
        return protected_digest.means(digest) and protected_signature.means(signature)


_SINGLE = {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, ALGORITHM_PROTECTION}


def written(
    content_type: bytes,
    content_digest: bytes,
    signing_time: datetime | None,
    protected: tuple[AlgorithmIdentifier, AlgorithmIdentifier] | None,
) -> bytes:
    """The content of the SET in DER. ``protected``: digest and signature algorithm for CMSAlgorithmProtection, if it is wanted."""
    attributes = [
        _attribute(CONTENT_TYPE, content_type),
        _attribute(MESSAGE_DIGEST, der.octet_string(content_digest)),
    ]
    if signing_time is not None:
        attributes.append(_attribute(SIGNING_TIME, _encoded_time(signing_time)))
    if protected is not None:
        digest, signature = protected
        body = der.value(_SIGNATURE_ALGORITHM, signature.oid, signature.parameters or b"")
        attributes.append(_attribute(ALGORITHM_PROTECTION, der.sequence(digest.encoded(), body)))
    return b"".join(sorted(attributes))


def _attribute(oid: bytes, value: bytes) -> bytes:
    return der.sequence(oid, der.value(SET, value))


def _encoded_time(moment: datetime) -> bytes:
    """UTCTime for the years 1950 to 2049, GeneralizedTime for others (RFC 5652, 11.3)."""
    utc = moment.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        return der.value(UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").encode())
    return der.value(GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").encode())


def _time(element: Element) -> datetime | None:
    text = element.content.decode("ascii", "replace")
    if element.tag == UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    if not _TIME.fullmatch(text):
        return None
    try:
        # By this, as strptime takes thirty times as long.
        return datetime.fromisoformat(f"{text[:8]}T{text[8:14]}+00:00")
    except ValueError:
        return None
