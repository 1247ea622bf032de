"""Transfer encodings undone, and CMS told by its bytes."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime.entity import Entity, read_entity
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import span_of
from gateway.as2.mime.transfer import decoded, decoded_cms
from tests.gateway.as2.workspace import MemoryWorkspace


def _entity(encoding: str | None, body: bytes) -> Entity:
    field = b"" if encoding is None else b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n"
    return read_entity(span_of(field + b"\r\n" + body))


@pytest.mark.parametrize(
    ("encoding", "body", "plain"),
    [
        (None, b"as is\r\n", b"as is\r\n"),
        ("binary", b"\x00\xff", b"\x00\xff"),
        ("8BIT", b"\xc3\xa9", b"\xc3\xa9"),
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("Base64", b"aGVs bG8", b"hello"),
        ("base64", b"", b""),
        ("quoted-printable", b"a=3D1=\r\nb\r\n", b"a=1b\r\n"),
    ],
)
def test_bodies(encoding: str | None, body: bytes, plain: bytes) -> None:
    assert decoded(_entity(encoding, body), MemoryWorkspace()).read() == plain


@pytest.mark.parametrize(
    ("encoding", "body"), [("base64", b"a!b"), ("base64", b"aGVs="), ("base64", b"aGVsb"), ("x-uuencode", b"begin")]
)
def test_bodies_that_are_not_what_they_say(encoding: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        decoded(_entity(encoding, body), MemoryWorkspace())


@given(st.binary(max_size=300), st.integers(1, 76))
def test_base64_in_lines_of_any_length(data: bytes, width: int) -> None:
    text = base64.b64encode(data)
    lines = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert decoded(_entity("base64", lines), MemoryWorkspace()).read() == data


@given(st.binary(max_size=300))
def test_quoted_printable(data: bytes) -> None:
    assert decoded(_entity("quoted-printable", quopri.encodestring(data)), MemoryWorkspace()).read() == data


DER = b"\x30\x82\x01\x00" + bytes(range(256))


@pytest.mark.parametrize("encoding", [None, "binary", "7bit", "base64"])
@pytest.mark.parametrize("armoured", [False, True])
def test_an_object_of_cms_is_told_by_its_bytes(encoding: str | None, armoured: bool) -> None:
    body = base64.encodebytes(DER) if armoured else DER
    assert decoded_cms(_entity(encoding, body), MemoryWorkspace()).read() == DER
