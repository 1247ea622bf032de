"""Work for nothing: how long a refusal takes must not say why it is one."""

import secrets
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from .cms.algorithms import Digest
from .cms.failures import Refused
from .cms.keys import OwnKey
from .cms.signing import sign
from .mime.entity import Entity, delimiters
from .mime.headers import Headers
from .mime.malformed import Malformed
from .mime.span import Span
from .mime.workspace import Workspace
from .signed import verified_content
from .terms import Pinned, Terms


def pretend_to_verify(content: Span, terms: Terms, workspace: Workspace) -> None:
    """Do with ``content`` what is done with a signed message that was changed: it is searched for its parts and compared, as it came and
    with its line breaks mended, with a signature of our own that is about something else."""
    held = next(iter(terms.decryption_keys), None)
    if held is None:
        return
    ours = replace(terms, partner_signing=(Pinned(held.certificate),))
    with suppress(Refused, Malformed):
        for _ in delimiters(content, _NOWHERE):
            pass
    with suppress(Refused):
        verified_content(Entity(Headers(()), content, content), _of_something_else(held), ours, workspace)


_NOWHERE = b"--" + secrets.token_hex(16).encode()
"""A boundary that is in no message."""


@lru_cache(maxsize=32)
def _of_something_else(key: OwnKey) -> bytes:
    """A signature of ours that is about no content there is; made once a key."""
    return sign({Digest.SHA256: secrets.token_bytes(32)}, key)
