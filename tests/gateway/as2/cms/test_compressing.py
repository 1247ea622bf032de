"""CompressedData: small in DER, large in pieces; what is inside is zlib's."""

import random
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.asn1 import der
from gateway.as2.asn1.ber import to_der
from gateway.as2.asn1.reader import whole
from gateway.as2.asn1.tags import OCTET_STRING, SEQUENCE
from gateway.as2.cms.compressing import compress
from gateway.as2.cms.content import CONTENT, ContentType, content_type_of
from gateway.as2.cms.decompressing import decompress

LARGE = random.Random(5).randbytes(1_500_000) + b" " * 1_000_000


def compressed(content: bytes) -> bytes:
    sink = BytesIO()
    compress(BytesIO(content), sink)
    return sink.getvalue()


def read_back(encoded: bytes) -> bytes:
    sink = BytesIO()
    decompress(BytesIO(encoded), sink, max_size=10_000_000, max_ratio=100)
    return sink.getvalue()


@pytest.mark.parametrize("content", [b"", b"ISA*00*...~\r\n", LARGE], ids=["empty", "small", "large"])
def test_the_structure_of_rfc_3274(content: bytes) -> None:
    encoded, _ = to_der(compressed(content))
    content_type, explicit = whole(encoded, SEQUENCE).inside().all()
    version, algorithm, encapsulated = whole(explicit.content, SEQUENCE).inside().all()
    inner_type, inner = encapsulated.inside().all()
    assert content_type.encoded == der.object_identifier("1.2.840.113549.1.9.16.1.9")
    assert version.number() == 0
    assert algorithm.encoded == der.sequence(der.object_identifier("1.2.840.113549.1.9.16.3.8"))
    assert inner_type.encoded == der.object_identifier("1.2.840.113549.1.7.1")
    assert inner.tag == CONTENT
    assert zlib.decompress(whole(inner.content, OCTET_STRING).content) == content


def test_small_content_is_in_der_and_large_content_in_pieces() -> None:
    small, large = compressed(b"ISA*00*...~\r\n"), compressed(LARGE)
    assert to_der(small) == (small, len(small))
    assert large.startswith(bytes.fromhex("3080"))
    assert large.endswith(bytes(12))


@given(st.binary(max_size=300) | st.sampled_from([LARGE, LARGE[:1_048_576], LARGE[:1_048_577]]))
def test_what_is_compressed_comes_back(content: bytes) -> None:
    assert read_back(compressed(content)) == content


def test_from_where_the_source_stands() -> None:
    source, sink = BytesIO(b"before" + LARGE), BytesIO(b"before")
    source.seek(6)
    sink.seek(6)
    compress(source, sink)
    assert sink.getvalue()[:6] == b"before"
    assert content_type_of(BytesIO(sink.getvalue()[6:])) is ContentType.COMPRESSED_DATA
    assert read_back(sink.getvalue()[6:]) == LARGE
