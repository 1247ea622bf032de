"""What somebody shows to come in: 256 random bits, so that a plain SHA-256 keeps them as well as a slow hash would, at a thousandth
of the cost for each request."""

import secrets
from hashlib import sha256

TOKEN_MARK = "tally_"  # noqa: S105 - no secret
"""How tokens begin, so that scanners for leaked secrets recognise one."""

LONGEST = 128
"""Characters. More is no secret of ours, and not hashed."""


def new_token() -> str:
    return TOKEN_MARK + secrets.token_urlsafe(32)


def new_cookie() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """By what a secret is known. One that cannot be ours has a digest too, which is nobody's: it is looked up like any other."""
    return sha256(secret[:LONGEST].encode("utf-8", "replace")).hexdigest()


def commitment_to(token_sha256: str) -> str:
    """What the record says of a token, whose digest it does not say: that lets in nobody either, but is looked up by."""
    return sha256(token_sha256.encode("ascii")).hexdigest()
