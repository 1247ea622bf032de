"""One post to us, as it is worked on, and what is read off it before anybody judges it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from canonical.identity import BlobDigest
from spool.blobs import StagedBlob

from ..as2.envelope import Envelope
from ..as2.mime.headers import Headers
from ..as2.mime.span import Span, whole
from ..listeners.http import Head, Request


@dataclass(frozen=True, slots=True)
class Post:
    """One request as it is worked on."""

    head: Head
    headers: Headers
    envelope: Envelope
    raw: StagedBlob
    now: datetime
    staged: bool = True
    """Whether ``raw`` can be kept; if not, its digest and size are known and no more."""


def headers_of(head: Head) -> Headers:
    """The header fields as text: UTF-8, or else each byte a character."""
    return Headers(tuple((name.decode("latin-1"), _text(value)) for name, value in head.fields))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def digest_of(content: Span) -> str:
    """The SHA-256 of content, in hexadecimal."""
    found = hashlib.sha256()
    for chunk in content.chunks():
        found.update(chunk)
    return found.hexdigest()


def digested(request: Request) -> StagedBlob:
    """The body by its digest and size alone: nothing of it is kept."""
    return StagedBlob(BlobDigest(digest_of(whole(request.body))), request.size, None)
