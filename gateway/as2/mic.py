"""The message integrity check: a digest of what was sent, returned by whoever got it (RFC 4130, section 7.3.1; RFC 5402, section 4)."""

import binascii
import hmac
from base64 import b64encode
from dataclasses import dataclass

from .cms.algorithms import Digest
from .mime.span import Span

_NEW_NAMES = {
    Digest.SHA224: "sha-224",
    Digest.SHA256: "sha-256",
    Digest.SHA384: "sha-384",
    Digest.SHA512: "sha-512",
}


@dataclass(frozen=True, slots=True)
class Mic:
    """A digest and the algorithm it is by."""

    digest: Digest
    value: bytes

    def written(self, spelling: str | None = None) -> str:
        """As the Received-Content-MIC field has it; ``spelling`` is how the other side spells the algorithm."""
        return f"{b64encode(self.value).decode()}, {spelling or digest_name(self.digest, old=False)}"

    def equals(self, other: "Mic") -> bool:
        """Whether both are the same digest by the same algorithm."""
        return self.digest is other.digest and hmac.compare_digest(self.value, other.value)


def mic_of(span: Span, digest: Digest) -> Mic:
    """The MIC over these bytes."""
    digesting = digest.new()
    for chunk in span.chunks():
        digesting.update(chunk)
    return Mic(digest, digesting.digest())


def read_mic(text: str, *, unnamed: Digest) -> Mic | None:
    """The MIC in a Received-Content-MIC field; ``unnamed`` is the algorithm where it names none. None where it holds no digest."""
    encoded, comma, name = text.partition(",")
    digest = Digest.spelled(name) if comma else unnamed
    if digest is None:
        return None
    try:
        value = binascii.a2b_base64("".join(encoded.split()).encode("ascii", "replace"), strict_mode=True)
    except binascii.Error:
        return None
    return Mic(digest, value) if len(value) == digest.size else None


def digest_name(digest: Digest, *, old: bool) -> str:
    """How we spell a digest: ``sha-256`` (RFC 5751), or ``sha256`` as RFC 3851 does; SHA-1 is ``sha1`` in both to AS2 products."""
    return digest.value if old else _NEW_NAMES.get(digest, digest.value)
