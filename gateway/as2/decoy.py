"""Work for nothing: how long a refusal takes must not say why it is one."""

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from .cms.algorithms import Digest
from .cms.failures import Refused
from .cms.keys import OwnKey
from .cms.signing import sign
from .mdn import signature_part
from .mic import mic_of
from .mime import writing
from .mime.entity import read_entity
from .mime.span import Span, span_of
from .mime.workspace import Workspace
from .quirks import STANDARD
from .signed import verified_parts
from .terms import Pinned, Terms


def pretend_to_verify(content: Span, terms: Terms, workspace: Workspace) -> None:
    """Take apart and verify a signed message of our own, and digest ``content``, as would have been done had it been signed."""
    mic_of(content, Digest.SHA256)
    held = next(iter(terms.decryption_keys), None)
    if held is None:
        return
    ours = replace(terms, partner_signing=(Pinned(held.certificate),))
    with suppress(Refused):
        verified_parts(read_entity(span_of(_signed(held))), ours, workspace)


@lru_cache(maxsize=32)
def _signed(key: OwnKey) -> bytes:
    """A signed message about nothing; made once a key."""
    content = b"Content-Type: application/edi-x12\r\n\r\n"
    signature = signature_part(sign({Digest.SHA256: Digest.SHA256.new().digest()}, key), STANDARD)
    fields = writing.block([("Content-Type", 'multipart/signed; boundary="b"')])
    return b"".join((fields, b"--b\r\n", content, writing.opening("b"), signature, writing.closing("b")))
