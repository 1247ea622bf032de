"""ContentInfo (RFC 5652, 3): what kind of CMS object it is, and the way in and out."""

from enum import StrEnum

from ..asn1 import der
from ..asn1.stream import BerStream, Source
from ..asn1.tags import OBJECT_IDENTIFIER, SEQUENCE, context_constructed
from .failures import UnsupportedFormat, malformed_as


class ContentType(StrEnum):
    """The kinds that AS2 knows, named as ``smime-type`` names them (RFC 8551, 3.2.2)."""

    DATA = "data"
    SIGNED_DATA = "signed-data"
    ENVELOPED_DATA = "enveloped-data"
    AUTH_ENVELOPED_DATA = "authEnveloped-data"
    COMPRESSED_DATA = "compressed-data"


CONTENT_TYPE_OIDS = {
    ContentType.DATA: der.object_identifier("1.2.840.113549.1.7.1"),
    ContentType.SIGNED_DATA: der.object_identifier("1.2.840.113549.1.7.2"),
    ContentType.ENVELOPED_DATA: der.object_identifier("1.2.840.113549.1.7.3"),
    ContentType.AUTH_ENVELOPED_DATA: der.object_identifier("1.2.840.113549.1.9.16.1.23"),
    ContentType.COMPRESSED_DATA: der.object_identifier("1.2.840.113549.1.9.16.1.9"),
}
_OF_OID = {oid: content_type for content_type, oid in CONTENT_TYPE_OIDS.items()}
DATA_OID = CONTENT_TYPE_OIDS[ContentType.DATA]

CONTENT = context_constructed(0)
"""The explicit tag around what a ContentInfo, or an EncapsulatedContentInfo, holds."""


def content_type_of(source: Source) -> ContentType:
    """What kind of CMS object ``source`` begins with, for senders who do not say. Raises UnsupportedFormat where it is none."""
    with malformed_as(UnsupportedFormat, "object"):
        return _enter(BerStream(source))


def enter(stream: BerStream, *expected: ContentType) -> ContentType:
    """Go into a ContentInfo of one of these kinds. Raises UnsupportedFormat, Malformed."""
    found = _enter(stream)
    if found not in expected:
        raise UnsupportedFormat(f"This is {found}, where {' or '.join(expected)} belongs.")
    stream.enter(CONTENT)
    return found


def leave(stream: BerStream) -> None:
    """Go out of it; nothing may follow. Raises Malformed."""
    stream.leave()
    stream.leave()
    stream.finish()


def content_info(content_type: ContentType, content_size: int) -> bytes:
    """What stands before ``content_size`` bytes of content."""
    oid = CONTENT_TYPE_OIDS[content_type]
    explicit = der.header(CONTENT, content_size)
    return der.header(SEQUENCE, len(oid) + len(explicit) + content_size) + oid + explicit


def _enter(stream: BerStream) -> ContentType:
    stream.enter(SEQUENCE)
    oid = stream.element(OBJECT_IDENTIFIER)
    found = _OF_OID.get(oid)
    if found is None:
        raise UnsupportedFormat("This is no kind of CMS object that AS2 knows.")
    return found
