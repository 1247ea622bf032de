"""A multipart/signed, verified (RFC 1847; RFC 8551, section 3.5): messages and MDNs alike."""

import re
from dataclasses import dataclass
from datetime import datetime

from .cms.failures import IntegrityCheckFailed
from .cms.keys import Certificate
from .cms.verifying import Verified, verify
from .disposition import Reason
from .mime.entity import Entity, read_entity
from .mime.malformed import Malformed
from .mime.span import Span, whole
from .mime.transfer import decoded_cms
from .mime.workspace import Workspace
from .refusal import Stopped
from .terms import Terms, objection_to

LARGEST_SIGNATURE = 1 << 20
"""Bytes of a detached signature, with the certificates beside it."""

_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/octet-stream", ""}
_BARE = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature was over, and what it proves."""

    content: Entity
    verified: Verified


def demand_in_force(signer: Certificate, terms: Terms, now: datetime) -> None:
    """Raises :class:`Stopped` where the certificate that signed is not in force."""
    objection = objection_to(signer, terms.partner_signing, now)
    if objection is not None:
        raise Stopped(Reason.AUTHENTICATION_FAILED, objection)


def verified_parts(entity: Entity, terms: Terms, workspace: Workspace) -> Signed:
    """The content of a multipart/signed, verified over exactly its bytes.

    Where these have bare line feeds that the sender had as CR LF when it signed, over those; then they are the content. Raises
    :class:`.mime.malformed.Malformed` and :class:`.cms.failures.Refused`.
    """
    parts = entity.parts
    if len(parts) != 2 or parts[1].media_type.value not in _SIGNATURES:
        raise Malformed("A signed message must have two parts: what was signed, and the signature.")
    data = decoded_cms(parts[1], workspace, most=LARGEST_SIGNATURE).read()
    content, verified = verified_content(parts[0], data, terms, workspace)
    return Signed(parts[0] if content is parts[0].whole else read_entity(content), verified)


def verified_content(part: Entity, signature: bytes, terms: Terms, workspace: Workspace) -> tuple[Span, Verified]:
    """What the detached signature proves to be signed: the part, or the part with its line breaks mended. Raises as above.

    It is looked for twice also where there is nothing to mend: how long a refusal takes must not tell of the content.
    """
    content = part.whole
    assert content is not None
    try:
        return content, _proven(content, signature, terms)
    except IntegrityCheckFailed:
        mended = _with_crlf(content, workspace, binary=_is_binary(part))
        return mended, _proven(mended, signature, terms)


def _proven(content: Span, signature: bytes, terms: Terms) -> Verified:
    return verify(
        signature,
        content.open(),
        terms.signing_certificates,
        terms.policy,
        pss_without_parameters=terms.quirks.pss_without_parameters,
    )


def _is_binary(part: Entity) -> bool:
    """Whether bare line feeds mean something in it."""
    return (part.headers.get("content-transfer-encoding") or "").lower() == "binary"


def _with_crlf(content: Span, workspace: Workspace, *, binary: bool) -> Span:
    """The content with CR LF for each bare line feed; as it is where it is ``binary``, after as much work."""
    sink = workspace.file()
    before = b""
    for chunk in content.chunks():
        mended = _BARE.sub(b"\r\n", before + chunk)[len(before) :]
        before = b"\r" if chunk.endswith(b"\r") else b""
        sink.write(chunk if binary else mended)
    return whole(sink)
