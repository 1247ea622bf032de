"""What kind of CMS object it is, for senders who do not say."""

from io import BytesIO

import pytest

from gateway.as2.asn1 import der
from gateway.as2.asn1.stream import BerStream
from gateway.as2.cms.content import ContentType, content_info, content_type_of, enter, leave
from gateway.as2.cms.failures import UnsupportedFormat
from tests.gateway.as2.rewriting import BOUNCY_CASTLE, rewritten


@pytest.mark.parametrize("content_type", ContentType)
def test_the_kind_is_told_from_the_first_bytes(content_type: ContentType) -> None:
    encoded = content_info(content_type, 2) + der.NULL
    assert content_type_of(BytesIO(encoded)) is content_type
    assert content_type_of(BytesIO(rewritten(encoded, BOUNCY_CASTLE))) is content_type
    assert content_type_of(BytesIO(encoded[:20])) is content_type


@pytest.mark.parametrize("data", [b"", b"ISA*00*", der.sequence(), der.sequence(der.object_identifier("1.2.3"))])
def test_what_is_no_cms(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        content_type_of(BytesIO(data))


def test_in_and_out() -> None:
    stream = BerStream(BytesIO(content_info(ContentType.SIGNED_DATA, 2) + der.NULL))
    assert enter(stream, ContentType.ENVELOPED_DATA, ContentType.SIGNED_DATA) is ContentType.SIGNED_DATA
    assert stream.element() == der.NULL
    leave(stream)


def test_another_kind_than_belongs_there() -> None:
    stream = BerStream(BytesIO(content_info(ContentType.SIGNED_DATA, 2) + der.NULL))
    with pytest.raises(UnsupportedFormat, match="signed-data, where compressed-data belongs"):
        enter(stream, ContentType.COMPRESSED_DATA)
