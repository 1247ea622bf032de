"""Why a CMS object is refused. Each kind leads to exactly one disposition of AS2 (RFC 4130, 7.4.3 and 7.5).

``str()`` is for the operator. The partner is told the disposition and nothing else, so that an attacker learns nothing from it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ..asn1.malformed import Malformed


class Refused(Exception):
    """Base of all of them."""

    disposition: ClassVar[str]
    """The modifier of the disposition, as RFC 4130 spells it."""


class AuthenticationFailed(Refused):
    """Nobody we know has signed this: no signer or several, an unknown certificate, a wrong signature."""

    disposition = "error: authentication-failed"


class UnknownSigner(AuthenticationFailed):
    """The one signer names a certificate that is not among those that are accepted."""


class IntegrityCheckFailed(Refused):
    """The signature is the partner's, but for other content."""

    disposition = "error: integrity-check-failed"


class DecryptionFailed(Refused):
    """It cannot be decrypted: for another key, damaged, or manipulated. Which of these is not told apart where an attacker could use it."""

    disposition = "error: decryption-failed"


class DecompressionFailed(Refused):
    """It is not compressed as RFC 3274 says, or would grow beyond the agreed bounds."""

    disposition = "error: decompression-failed"


class InsufficientSecurity(Refused):
    """An algorithm or a key is weaker than agreed."""

    disposition = "error: insufficient-message-security"


class UnsupportedFormat(Refused):
    """An algorithm or a structure that is not known here."""

    disposition = "failure: unsupported format"


@contextmanager
def malformed_as(refusal: type[Refused], what: str) -> Iterator[None]:
    """Refuse ``what`` in this way where its encoding is not as it should be."""
    try:
        yield
    except Malformed as malformed:
        raise refusal(f"The {what} is malformed: {malformed}.") from malformed
