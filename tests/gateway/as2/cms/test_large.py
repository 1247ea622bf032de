"""Large content passes in little memory, and in the same way however its file gives it."""

import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO

import pytest

from gateway.as2.asn1 import der
from gateway.as2.asn1.tags import CONSTRUCTED_OCTET_STRING, SEQUENCE, SET
from gateway.as2.cms.algorithms import Cipher, Digest
from gateway.as2.cms.compressing import compress
from gateway.as2.cms.content import CONTENT, CONTENT_TYPE_OIDS, DATA_OID, ContentType
from gateway.as2.cms.decompressing import decompress
from gateway.as2.cms.decrypting import decrypt
from gateway.as2.cms.encrypting import encrypt
from gateway.as2.cms.signing import digest_of, sign
from gateway.as2.cms.verifying import verify, verify_attached
from tests.gateway.as2.keys import own
from tests.gateway.as2.rewriting import END, INDEFINITE

from .taken_apart import Signer, signed_data, signer_of

SIZE = 12 * 1024 * 1024
IN_MEMORY = 1 * 1024 * 1024
"""Bytes; a fraction of the content, and more than all buffers together."""

LINE = bytes(range(256)) + b"PO1*1*48*EA*9.25*PE*VN*4711~\r\n"
US = own("we")


class Generated(BytesIO):
    """Content that is nowhere: made as it is read, as large as it is said to be."""

    def __init__(self, size: int = SIZE) -> None:
        super().__init__()
        self._size = size
        self._place = 0

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._size - self._place if size is None or size < 0 else min(size, self._size - self._place)
        begin = self._place % len(LINE)
        self._place += wanted
        return (LINE * (wanted // len(LINE) + 2))[begin : begin + wanted]

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._place = offset + (self._size if whence == 2 else 0)
        return self._place

    def tell(self) -> int:
        return self._place


def peak_of(work: Callable[[], object]) -> int:
    """Most bytes that were held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def files() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    with TemporaryFile() as first, TemporaryFile() as second:
        yield first, second


DIGEST = digest_of(Generated(), Digest.SHA256)


def digest_of_file(file: BinaryIO) -> bytes:
    file.seek(0)
    return digest_of(file, Digest.SHA256)


@pytest.mark.parametrize("gcm_in_enveloped_data", [True, False])
@pytest.mark.parametrize("cipher", [Cipher.AES_256_CBC, Cipher.AES_256_GCM])
def test_encrypting_and_decrypting(
    files: tuple[BinaryIO, BinaryIO], cipher: Cipher, gcm_in_enveloped_data: bool
) -> None:
    encrypted, content = files
    options = {"cipher": cipher, "gcm_in_enveloped_data": gcm_in_enveloped_data}
    assert peak_of(lambda: encrypt(Generated(), encrypted, [US.certificate], **options)) < IN_MEMORY  # type: ignore[arg-type]
    encrypted.seek(0)
    assert peak_of(lambda: decrypt(encrypted, content, [US])) < IN_MEMORY
    assert digest_of_file(content) == DIGEST


def test_signing_and_verifying() -> None:
    signature = sign({Digest.SHA256: DIGEST}, US)
    assert peak_of(lambda: sign(Generated(), US)) < IN_MEMORY
    assert peak_of(lambda: verify(signature, Generated(), [US.certificate])) < IN_MEMORY


@pytest.mark.parametrize("piece", [1000, 100_000])
def test_content_inside_a_signature(files: tuple[BinaryIO, BinaryIO], piece: int) -> None:
    attached, content = files
    write_attached(attached, signer_of(sign({Digest.SHA256: DIGEST}, US)), piece)
    attached.seek(0)
    assert peak_of(lambda: verify_attached(attached, content, [US.certificate])) < IN_MEMORY
    assert digest_of_file(content) == DIGEST


def test_compressing_and_decompressing(files: tuple[BinaryIO, BinaryIO]) -> None:
    compressed, content = files
    assert peak_of(lambda: compress(Generated(), compressed)) < IN_MEMORY
    compressed.seek(0)
    assert peak_of(lambda: decompress(compressed, content, max_size=SIZE, max_ratio=1000)) < IN_MEMORY
    assert digest_of_file(content) == DIGEST


def write_attached(file: BinaryIO, signer: Signer, piece: int) -> None:
    """SignedData with the content inside, in pieces, everything around it of indefinite length."""
    digest = der.value(SET, signer.digest)
    file.write(
        opened(SEQUENCE, CONTENT_TYPE_OIDS[ContentType.SIGNED_DATA])
        + opened(CONTENT)
        + opened(SEQUENCE, der.integer(1), digest)
    )
    file.write(opened(SEQUENCE, DATA_OID) + opened(CONTENT) + opened(CONSTRUCTED_OCTET_STRING))
    source = Generated()
    while read := source.read(piece):
        file.write(der.octet_string(read))
    file.write(END * 3 + der.value(SET, signer.encoded()) + END * 3)


def opened(tag: int, *parts: bytes) -> bytes:
    """The beginning of a value of indefinite length."""
    return bytes((tag,)) + INDEFINITE + b"".join(parts)


class Dripping(BytesIO):
    """A file that gives at most one byte a read."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1)


def test_byte_by_byte_or_whole_is_the_same() -> None:
    content = LINE * 10
    encrypted, compressed = BytesIO(), BytesIO()
    encrypt(BytesIO(content), encrypted, [US.certificate], cipher=Cipher.AES_256_GCM)
    compress(BytesIO(content), compressed)
    attached = signed_data([signer_of(sign(BytesIO(content), US))], content=content)
    for kind in (BytesIO, Dripping):
        sinks = [BytesIO(), BytesIO(), BytesIO()]
        decrypt(kind(encrypted.getvalue()), sinks[0], [US])
        decompress(kind(compressed.getvalue()), sinks[1], max_size=len(content), max_ratio=100)
        verified = verify_attached(kind(attached), sinks[2], [US.certificate])
        assert [sink.getvalue() for sink in sinks] == [content] * 3
        assert verify(sign(kind(content), US), kind(content), [US.certificate]) == verified
