"""MICs as they are written, read and compared."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.as2.cms.algorithms import Digest
from gateway.as2.mic import Mic, digest_name, mic_of, read_mic
from gateway.as2.mime.span import span_of

TEXT = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
"""SHA-256 of ``hello``, made with openssl."""
HELLO = mic_of(span_of(b"hello"), Digest.SHA256)


@pytest.mark.parametrize("digest", Digest)
def test_taking(digest: Digest) -> None:
    assert mic_of(span_of(b"hello"), digest).value == hashlib.new(digest.value, b"hello").digest()


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}, sha-256",
        f"{TEXT},sha256",
        f"{TEXT} , SHA-256",
        f"{TEXT}, sha2_256",
        TEXT,
        f"{TEXT[:20]} {TEXT[20:]}, sha-256",
    ],
)
def test_spellings_that_are_equal(text: str) -> None:
    read = read_mic(text, unnamed=Digest.SHA256)
    assert read is not None
    assert read.equals(HELLO)


@pytest.mark.parametrize(
    "text",
    ["", ", sha-256", f"{TEXT}, md5", f"{TEXT}, sha-512", f"{TEXT[:-4]}, sha-256", "é, sha-256", f"{TEXT}!, sha-256"],
)
def test_what_is_no_mic(text: str) -> None:
    assert read_mic(text, unnamed=Digest.SHA256) is None


def test_another_algorithm_is_another_mic() -> None:
    assert not HELLO.equals(Mic(Digest.SHA512, HELLO.value))
    assert not HELLO.equals(mic_of(span_of(b"hallo"), Digest.SHA256))


@given(st.sampled_from(Digest), st.binary(), st.booleans())
def test_a_mic_is_read_as_it_was_written(digest: Digest, data: bytes, old: bool) -> None:
    mic = mic_of(span_of(data), digest)
    assert read_mic(mic.written(digest_name(digest, old=old)), unnamed=Digest.SHA1) == mic


@pytest.mark.parametrize(
    ("digest", "new", "old"),
    [(Digest.SHA1, "sha1", "sha1"), (Digest.SHA256, "sha-256", "sha256"), (Digest.SHA512, "sha-512", "sha512")],
)
def test_names(digest: Digest, new: str, old: str) -> None:
    assert (digest_name(digest, old=False), digest_name(digest, old=True)) == (new, old)
