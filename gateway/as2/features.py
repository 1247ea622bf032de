"""What the two sides say they can do: AS2-Version (RFC 4130, section 6.1; RFC 5402) and EDIINT-Features (RFC 6017)."""

import re
from enum import StrEnum

from .mime.headers import Headers

OUR_VERSION = "1.2"
"""1.2 says that EDIINT-Features is sent and understood; 1.1 that compression is."""

_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")


class Feature(StrEnum):
    """Names registered for EDIINT-Features, as they are sent."""

    MULTIPLE_ATTACHMENTS = "multiple-attachments"
    CERTIFICATE_EXCHANGE = "CEM"
    RELIABILITY = "AS2-Reliability"
    RESTART = "AS2-Restart"


_KNOWN = {feature.lower(): feature for feature in Feature}

OUR_FEATURES = (Feature.MULTIPLE_ATTACHMENTS, Feature.CERTIFICATE_EXCHANGE, Feature.RELIABILITY)
"""What everybody may rely on."""


def version_fields(*agreed: Feature) -> tuple[tuple[str, str], ...]:
    """The header fields by which we say what we can do: for everybody, and what was ``agreed`` beside."""
    return ("AS2-Version", OUR_VERSION), ("EDIINT-Features", ", ".join((*OUR_FEATURES, *agreed)))


def read_version(headers: Headers) -> tuple[int, int]:
    """The version the other side speaks; 1.0 where it does not say, or says what is none."""
    match = _VERSION.fullmatch(headers.get("as2-version") or "")
    return (int(match[1]), int(match[2])) if match else (1, 0)


def understands_compression(headers: Headers) -> bool:
    """Whether the other side says it can decompress."""
    return read_version(headers) >= (1, 1)


def read_features(headers: Headers) -> frozenset[Feature]:
    """The features the other side names that we know; others it may have are of no use to us."""
    named = {name.strip().lower() for value in headers.all("ediint-features") for name in value.split(",")}
    return frozenset(_KNOWN[name] for name in named if name in _KNOWN)
