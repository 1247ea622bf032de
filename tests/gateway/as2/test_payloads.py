"""The files in the content of a message."""

import pytest

from gateway.as2.mime.entity import read_entity
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import span_of
from gateway.as2.payloads import read_payloads

from .workspace import MemoryWorkspace

PARTS = (
    b"--b\r\nContent-Type: application/edi-x12\r\nContent-ID: <1@x>\r\nContent-Disposition: attachment; filename=po.edi\r\n\r\nISA\r\n"
    b"--b\r\n\r\nloose\r\n"
    b'--b\r\nContent-Type: image/png; name="a/b.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--b--'
)


@pytest.mark.parametrize(
    "kind", ['multipart/related; type="application/edi-x12"', "multipart/mixed", "Multipart/Related"]
)
def test_several(kind: str) -> None:
    entity = read_entity(span_of(f"Content-Type: {kind}; boundary=b\r\n\r\n".encode() + PARTS))
    assert [
        (each.content.read(), each.filename, each.sender_filename, each.content_type)
        for each in read_payloads(entity, MemoryWorkspace())
    ] == [
        (b"ISA", "po.edi", "po.edi", "application/edi-x12"),
        (b"loose", None, None, "application/octet-stream"),
        (b"\x89PNG", "b.png", "a/b.png", 'image/png; name="a/b.png"'),
    ]


@pytest.mark.parametrize("kind", ["multipart/alternative; boundary=b", "message/rfc822", "text/plain"])
def test_what_is_no_set_of_files_is_one(kind: str) -> None:
    entity = read_entity(span_of(f"Content-Type: {kind}\r\n\r\n".encode() + PARTS))
    (payload,) = read_payloads(entity, MemoryWorkspace())
    assert (payload.content.read(), payload.content_type) == (PARTS, kind)


@pytest.mark.parametrize("body", [PARTS[:-2], b"", b"--b--"])
def test_a_set_that_is_not_whole(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_payloads(
            read_entity(span_of(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body)), MemoryWorkspace()
        )
