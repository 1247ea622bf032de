"""A message taken out of its wrappings: decrypted, decompressed, verified, as deep as it may be wrapped and no deeper.

The order is that of RFC 5402: encrypted outermost, compressed either before or after signing, each at most once. What is inside is
handed out only when all that is demanded was proven.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from .asn1.malformed import Malformed as MalformedCms
from .cms.algorithms import Digest
from .cms.content import ContentType, content_type_of
from .cms.decompressing import decompress
from .cms.decrypting import Decrypted, decrypt
from .cms.failures import AuthenticationFailed, DecryptionFailed, IntegrityCheckFailed, Refused, UnsupportedFormat
from .cms.keys import Certificate
from .cms.naming import names
from .cms.signed_data import SignedData
from .cms.verifying import Verified, verify, verify_attached
from .disposition import Reason
from .mic import Mic, mic_of
from .mime.entity import Entity, read_entity
from .mime.malformed import Malformed
from .mime.span import Span, whole
from .mime.transfer import decoded_cms
from .mime.workspace import Workspace
from .terms import Terms, objection_to

LARGEST_SIGNATURE = 1 << 20
"""Bytes of a detached signature, with the certificates beside it."""

_CMS = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_ENVELOPED = {ContentType.ENVELOPED_DATA, ContentType.AUTH_ENVELOPED_DATA}
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/octet-stream", ""}

_TOP_LEVEL = {"application", "audio", "image", "message", "model", "multipart", "text", "video"}
"""The kinds of content (RFC 6838). An attacker who flips bits of a ciphertext cannot turn ``multipart/signed`` into one of the others."""

_BLANKS = b" \t\r\n\0"
_BARE = re.compile(rb"(?<!\r)\n")
_CHANGED_UNNOTICED = {
    Reason.UNEXPECTED_PROCESSING_ERROR,
    Reason.AUTHENTICATION_FAILED,
    Reason.INTEGRITY_CHECK_FAILED,
    Reason.DECOMPRESSION_FAILED,
    Reason.UNSUPPORTED_FORMAT,
}
"""What a change of a ciphertext that is not noticed by its cipher leads to."""


class Stopped(Exception):
    """A message is refused for ``reason``; the text says why to the operator. Within the core only."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature was over, and what it proves."""

    content: Entity
    verified: Verified


@dataclass(frozen=True, slots=True)
class Opened:
    """A message without its wrappings. ``mic_over`` is what the MIC is taken over (RFC 4130, section 7.3.1; RFC 5402, section 4)."""

    content: Entity
    mic_over: Span
    verified: Verified | None
    decrypted: Decrypted | None
    compressed: bool

    def mic(self, digest: Digest) -> Mic:
        """The MIC by this algorithm; not taken again where the signature's digest is the same."""
        if self.verified is not None and self.verified.digest is digest:
            return Mic(digest, self.verified.content_digest)
        return mic_of(self.mic_over, digest)


def open_message(entity: Entity, terms: Terms, now: datetime, workspace: Workspace) -> Opened:
    """Take a message out of its wrappings. Raises :class:`Stopped` where it cannot be, or has not what is demanded."""
    opening = _Opening(entity, terms, now, workspace)
    try:
        return opening.opened()
    except Malformed as error:
        raise opening.stopped(Reason.UNEXPECTED_PROCESSING_ERROR, str(error)) from error
    except Refused as error:
        raise opening.stopped(reason_of(error), str(error)) from error


def reason_of(refused: Refused) -> Reason:
    """The disposition that a refused object of CMS leads to."""
    return Reason(refused.disposition.partition(": ")[2])


@dataclass(slots=True)
class _Opening:
    """One message on its way out of its wrappings; ``entity`` is what is seen now."""

    entity: Entity
    terms: Terms
    now: datetime
    workspace: Workspace
    decrypted: Decrypted | None = None
    verified: Verified | None = None
    compressed: bool = False
    cms: Span | None = field(default=None, init=False)

    def opened(self) -> Opened:
        if self._kind() in _ENVELOPED:
            self._decrypt()
        elif self.terms.inbound.encrypted:
            raise Stopped(
                Reason.INSUFFICIENT_MESSAGE_SECURITY, "The message is not encrypted, and the profile demands it."
            )
        if self._kind() is ContentType.COMPRESSED_DATA:
            self._decompress()
        if self._kind() is ContentType.SIGNED_DATA:
            self._verify()
        elif self.terms.inbound.signed:
            raise self._unsigned()
        signed_over = self.entity.whole
        if self._kind() is ContentType.COMPRESSED_DATA:
            self._decompress()
        if (left := self._kind()) is not None:
            raise UnsupportedFormat(f"There is {left} where the content of the message belongs.")
        return Opened(self.entity, self._mic_over(signed_over), self.verified, self.decrypted, self.compressed)

    def stopped(self, reason: Reason, why: str) -> Stopped:
        """Why it stops, as the partner may know it.

        What comes out of a cipher that does not notice changes must not answer in different ways to what an attacker changed in it:
        whether the padding, the form or the digest is wrong would tell of the content (RFC 8551, section 6).
        """
        if self._changes_go_unnoticed and reason in _CHANGED_UNNOTICED:
            return Stopped(Reason.DECRYPTION_FAILED, f"After decryption: {why}")
        return Stopped(reason, why)

    @property
    def _changes_go_unnoticed(self) -> bool:
        return self.decrypted is not None and not self.decrypted.cipher.authenticated

    def _unsigned(self) -> Stopped:
        kind = self.entity.media_type.value
        if self._changes_go_unnoticed and kind.partition("/")[0] not in _TOP_LEVEL:
            return Stopped(
                Reason.DECRYPTION_FAILED,
                f"After decryption: the content is of no known kind, {kind[:40]!r}, and not signed.",
            )
        return Stopped(Reason.INSUFFICIENT_MESSAGE_SECURITY, "The message is not signed, and the profile demands it.")

    def _mic_over(self, signed_over: Span | None) -> Span:
        if self.verified is not None:
            assert signed_over is not None
            return signed_over
        # Fields that came by HTTP may have been changed on the way and do not count; all others do.
        return self.entity.whole or self.entity.body

    def _kind(self) -> ContentType | None:
        """Which wrapping is outermost now; None where it is the content. What the bytes are counts, not what the fields say."""
        self.cms = None
        kind = self.entity.media_type.value
        if kind == "multipart/signed":
            return ContentType.SIGNED_DATA
        if kind not in _CMS:
            return None
        self.cms = decoded_cms(self.entity, self.workspace)
        try:
            return content_type_of(self.cms.open())
        except UnsupportedFormat as error:
            if "enveloped" in (self.entity.media_type.parameter("smime-type") or "").lower():
                raise DecryptionFailed(f"It is said to be encrypted. {error}") from error
            raise

    def _decrypt(self) -> None:
        assert self.cms is not None
        sink = self.workspace.file()
        try:
            self.decrypted = decrypt(self.cms.open(), sink, self.terms.decryption_keys, self.terms.policy)
        except DecryptionFailed:
            # As much work as if it had been decrypted to what is then found to be wrong.
            mic_of(self.cms, Digest.SHA256)
            raise
        self.entity = read_entity(whole(sink))

    def _decompress(self) -> None:
        assert self.cms is not None
        if self.compressed:
            raise Stopped(
                Reason.DECOMPRESSION_FAILED, "The message is compressed twice, which RFC 5402 does not allow."
            )
        sink = self.workspace.file()
        limits = self.terms.limits
        decompress(self.cms.open(), sink, max_size=limits.decompressed_bytes, max_ratio=limits.ratio)
        self.compressed = True
        self.entity = read_entity(whole(sink))

    def _verify(self) -> None:
        if self.cms is None:
            if self._changes_go_unnoticed:
                _demand_unchanged(self.entity)
            signed = verified_parts(self.entity, self.terms, self.workspace)
        else:
            sink = self.workspace.file()
            certificates = self.terms.signing_certificates
            verified = verify_attached(self.cms.open(), sink, certificates, self.terms.policy)
            signed = Signed(read_entity(whole(sink)), verified)
        demand_in_force(signed.verified.signer, self.terms, self.now)
        self.entity, self.verified = signed.content, signed.verified


def _demand_unchanged(signed: Entity) -> None:
    """Raises :class:`.mime.malformed.Malformed` where what the signature does not cover was changed by changing the ciphertext."""
    if signed.epilogue.read().strip(_BLANKS):
        raise Malformed("Something follows the last part of the signed message.")
    if not all(fields.is_ascii for fields in (signed.headers, *(part.headers for part in signed.parts[1:]))):
        raise Malformed("The header fields of the signed message, or of its signature, hold more than ASCII.")


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
    content, signature = parts[0], decoded_cms(parts[1], workspace)
    if signature.size > LARGEST_SIGNATURE:
        raise Malformed("The signature is too large.")
    assert content.whole is not None
    data = signature.read()
    certificates = terms.signing_certificates
    try:
        return Signed(content, verify(data, content.whole.open(), certificates, terms.policy))
    except AuthenticationFailed as error:
        if _is_stranger(data, certificates):
            raise Stopped(Reason.AUTHENTICATION_FAILED, str(error)) from error
        raise
    except IntegrityCheckFailed:
        mended = _with_crlf(content, workspace)
        if mended is None:
            raise
        assert mended.whole is not None
        return Signed(mended, verify(data, mended.whole.open(), certificates, terms.policy))


def _with_crlf(content: Entity, workspace: Workspace) -> Entity | None:
    """The content with CR LF for each bare line feed; None where there are none, or it is binary, where they mean something."""
    if (content.headers.get("content-transfer-encoding") or "").lower() == "binary":
        return None
    assert content.whole is not None
    sink = workspace.file()
    changed, last = False, b""
    for chunk in content.whole.chunks():
        mended = _BARE.sub(b"\r\n", last + chunk)[len(last) :]
        changed = changed or len(mended) > len(chunk)
        last = chunk[-1:]
        sink.write(mended)
    return read_entity(whole(sink)) if changed else None


def _is_stranger(signature: bytes, certificates: tuple[Certificate, ...]) -> bool:
    """Whether a signature names a certificate that is not pinned."""
    try:
        signed_data = SignedData(BytesIO(signature))
        if any(signed_data.content()):
            return False
        identifier = signed_data.signer().identifier
        return not any(names(identifier, certificate) for certificate in certificates)
    except (MalformedCms, Refused):
        return False
