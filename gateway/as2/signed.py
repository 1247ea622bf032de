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
from .mime.span import whole
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
    content, data = parts[0], decoded_cms(parts[1], workspace, most=LARGEST_SIGNATURE).read()
    try:
        return _proven(content, data, terms)
    except IntegrityCheckFailed:
        mended = _with_crlf(content, workspace)
        if mended is None:
            raise
        return _proven(mended, data, terms)


def _proven(content: Entity, signature: bytes, terms: Terms) -> Signed:
    assert content.whole is not None
    verified = verify(
        signature,
        content.whole.open(),
        terms.signing_certificates,
        terms.policy,
        pss_without_parameters=terms.quirks.pss_without_parameters,
    )
    return Signed(content, verified)


def _with_crlf(content: Entity, workspace: Workspace) -> Entity | None:
    """The content with CR LF for each bare line feed; None where there are none, or it is binary, where they mean something."""
    if (content.headers.get("content-transfer-encoding") or "").lower() == "binary":
        return None
    assert content.whole is not None
    sink = workspace.file()
    changed, before = False, b""
    for chunk in content.whole.chunks():
        mended = _BARE.sub(b"\r\n", before + chunk)[len(before) :]
        changed = changed or len(mended) > len(chunk)
        before = b"\r" if chunk.endswith(b"\r") else b""
        sink.write(mended)
    return read_entity(whole(sink)) if changed else None
