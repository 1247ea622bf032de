"""Transfer encodings undone, and CMS told by its bytes."""

import base64
import binascii
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.mime import span as span_module
from gateway.as2.mime.entity import Entity, read_entity
from gateway.as2.mime.headers import headers
from gateway.as2.mime.malformed import Malformed
from gateway.as2.mime.span import CHUNK, Span, span_of
from gateway.as2.mime.transfer import GROWTH, decoded, decoded_cms, decoded_start
from gateway.exchange.workspace import TemporaryWorkspace
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


def _quoted_printable(data: bytes) -> bytes:
    """As binary: what is taken for text has its line breaks made alike."""
    return binascii.b2a_qp(data, istext=False)


@given(st.binary(max_size=300))
def test_quoted_printable(data: bytes) -> None:
    assert decoded(_entity("quoted-printable", _quoted_printable(data)), MemoryWorkspace()).read() == data


@given(st.binary(max_size=300), st.integers(1, 9))
def test_quoted_printable_whatever_the_chunks(data: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(span_module, "CHUNK", size)
        assert decoded(_entity("quoted-printable", _quoted_printable(data)), MemoryWorkspace()).read() == data


class Repeated(io.BytesIO):
    """One byte as often as is said, nowhere in memory; ``taken`` is how many of them were read."""

    def __init__(self, byte: bytes, size: int) -> None:
        super().__init__()
        self._byte, self._size, self._place, self.taken = byte, size, 0, 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        found = self._byte * min(size, self._size - self._place)
        self._place += len(found)
        self.taken += len(found)
        return found

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._place = offset
        return offset


def _repeated(encoding: str, byte: bytes, size: int) -> tuple[Entity, Repeated]:
    file = Repeated(byte, size)
    return Entity(headers([("Content-Transfer-Encoding", encoding)]), Span(file, 0, size)), file


@pytest.mark.parametrize(
    ("encoding", "byte"), [("quoted-printable", b"A"), ("quoted-printable", b"="), ("base64", b"A")]
)
def test_one_line_however_long_is_decoded_in_pieces(tmp_path: Path, encoding: str, byte: bytes) -> None:
    """The last bytes of a chunk may wait for the next; its line does not."""
    size = 40 * CHUNK
    entity, _ = _repeated(encoding, byte, size)
    tracemalloc.start()
    try:
        with TemporaryWorkspace(tmp_path) as workspace:
            decoded(entity, workspace)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * CHUNK


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("base64", b"aGVsbG8h" * 20), ("quoted-printable", b"hello=21" * 20), ("7bit", b"hello!" * 20)],
)
def test_the_beginning_of_a_body(encoding: str, body: bytes) -> None:
    assert decoded_start(_entity(encoding, body), 10) == b"hello!hell"
    assert decoded_start(_entity(encoding, body), 1000) == b"hello!" * 20


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "binary"])
def test_for_the_beginning_no_more_is_read_than_it_takes(encoding: str) -> None:
    entity, file = _repeated(encoding, b"A", 40 * CHUNK)
    assert len(decoded_start(entity, 1000)) == 1000
    assert file.taken <= 2 * CHUNK


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "binary"])
def test_what_must_be_small_is_judged_before_it_is_decoded(encoding: str) -> None:
    entity, file = _repeated(encoding, b"M", 1000 * GROWTH + 1)
    workspace = MemoryWorkspace()
    with pytest.raises(Malformed, match="may have 1000 bytes"):
        decoded_cms(entity, workspace, most=1000)
    assert (file.taken, workspace.files) == (0, [])
    with pytest.raises(Malformed, match="may have 1000 bytes"):
        decoded_cms(_repeated(encoding, b"M", 1000 * GROWTH)[0], workspace, most=1000)


DER = b"\x30\x82\x01\x00" + bytes(range(256))


@pytest.mark.parametrize("encoding", [None, "binary", "7bit", "base64"])
@pytest.mark.parametrize("armoured", [False, True])
def test_an_object_of_cms_is_told_by_its_bytes(encoding: str | None, armoured: bool) -> None:
    body = base64.encodebytes(DER) if armoured else DER
    assert decoded_cms(_entity(encoding, body), MemoryWorkspace()).read() == DER
