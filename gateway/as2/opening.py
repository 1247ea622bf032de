"""A message taken out of its wrappings: decrypted, decompressed, verified, as deep as it may be wrapped and no deeper.

The order is that of RFC 5402: encrypted outermost, compressed either before or after signing, each at most once. What is inside is
handed out only when all that is demanded was proven.
"""

from dataclasses import dataclass, field
from datetime import datetime

from .cms.algorithms import Digest
from .cms.content import ContentType, content_type_of
from .cms.decompressing import decompress
from .cms.decrypting import Decrypted, decrypt
from .cms.failures import DecryptionFailed, Refused, UnknownSigner, UnsupportedFormat
from .cms.verifying import Verified, verify_attached
from .decoy import pretend_to_verify
from .disposition import Reason
from .mic import Mic, mic_of
from .mime.entity import Entity, read_entity
from .mime.malformed import Malformed
from .mime.span import Span, whole
from .mime.transfer import decoded_cms
from .mime.workspace import Workspace
from .refusal import Stopped, reason_of
from .signed import Signed, demand_in_force, verified_parts
from .terms import Terms
from .unforeseen import NOT_OF_THE_MESSAGE, unforeseen

_CMS = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_ENVELOPED = {ContentType.ENVELOPED_DATA, ContentType.AUTH_ENVELOPED_DATA}
_BLANKS = b" \t\r\n\0"
_TOP_LEVEL = {"application", "audio", "image", "message", "model", "multipart", "text", "video"}
"""The kinds of content (RFC 6838). An attacker who flips bits of a ciphertext cannot turn ``multipart/signed`` into one of the others."""
_CHANGED_UNNOTICED = {
    Reason.UNEXPECTED_PROCESSING_ERROR,
    Reason.AUTHENTICATION_FAILED,
    Reason.INTEGRITY_CHECK_FAILED,
    Reason.DECOMPRESSION_FAILED,
    Reason.UNSUPPORTED_FORMAT,
}
"""What a change of a ciphertext leads to that its cipher does not notice."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message without its wrappings. ``mic_over`` is what the MIC is taken over (RFC 4130, section 7.3.1; RFC 5402, section 4).

    ``signed`` is the entity that was signed together with its signature, where it came encrypted; None where it came as it is, or unsigned.
    """

    content: Entity
    mic_over: Span
    verified: Verified | None
    decrypted: Decrypted | None
    compressed: bool
    signed: Span | None = None

    def mic(self, digest: Digest) -> Mic:
        """The MIC by this algorithm; not taken again where the signature's digest is the same."""
        if self.verified is not None and self.verified.digest is digest:
            return Mic(digest, self.verified.content_digest)
        return mic_of(self.mic_over, digest)


def open_message(entity: Entity, terms: Terms, now: datetime, workspace: Workspace) -> Opened:
    """Take a message out of its wrappings. Raises :class:`.refusal.Stopped` where it cannot be, or has not what is demanded."""
    opening = _Opening(entity, terms, now, workspace)
    try:
        return opening.opened()
    except Malformed as error:
        raise opening.stopped(Reason.UNEXPECTED_PROCESSING_ERROR, str(error), verified=False) from error
    except UnknownSigner as error:
        # Nobody comes here by changing a ciphertext: what names another signer is whole.
        raise Stopped(reason_of(error), str(error)) from error
    except Refused as error:
        raise opening.stopped(reason_of(error), str(error), verified=opening.verifying) from error
    except (Stopped, *NOT_OF_THE_MESSAGE):
        raise
    except Exception as error:
        why = unforeseen(error)
        raise opening.stopped(Reason.UNEXPECTED_PROCESSING_ERROR, why, verified=opening.verifying) from error


@dataclass(slots=True)
class _Opening:
    """One message on its way out of its wrappings.

    ``entity`` is what is seen now, ``kind`` the wrapping that it is, None where it is the content, and ``cms`` the object of CMS in it.
    """

    entity: Entity
    terms: Terms
    now: datetime
    workspace: Workspace
    kind: ContentType | None = field(default=None, init=False)
    cms: Span | None = field(default=None, init=False)
    decrypted: Decrypted | None = field(default=None, init=False)
    verified: Verified | None = field(default=None, init=False)
    compressed: bool = field(default=False, init=False)
    verifying: bool = field(default=False, init=False)

    def opened(self) -> Opened:
        self._see(self.entity)
        if self.kind in _ENVELOPED:
            self._decrypt()
        elif self.terms.inbound.encrypted:
            raise _less("encrypted")
        if self.kind is ContentType.COMPRESSED_DATA:
            self._decompress()
        signed = None
        if self.kind is ContentType.SIGNED_DATA:
            signed = self.entity.whole if self.decrypted else None
            self._verify()
        elif self.terms.inbound.signed:
            raise self._unsigned()
        signed_over = self.entity.whole
        if self.kind is ContentType.COMPRESSED_DATA:
            self._decompress()
        if self.kind is not None:
            raise UnsupportedFormat(f"There is {self.kind} where the content of the message belongs.")
        return Opened(self.entity, self._mic_over(signed_over), self.verified, self.decrypted, self.compressed, signed)

    def stopped(self, reason: Reason, why: str, *, verified: bool) -> Stopped:
        """Why it stops, as the partner may know it. ``verified`` says that the work of verifying a signature was done.

        What comes out of a cipher that does not notice changes must not answer in different ways, nor at different speeds, to what an
        attacker changed in it: whether the padding, the form or the digest is wrong would tell of the content (RFC 8551, section 6).
        """
        if not self._changes_go_unnoticed or reason not in _CHANGED_UNNOTICED:
            return Stopped(reason, why)
        if not verified:
            pretend_to_verify(self.entity.body, self.terms, self.workspace)
        return Stopped(Reason.DECRYPTION_FAILED, f"After decryption: {why}")

    @property
    def _changes_go_unnoticed(self) -> bool:
        return self.decrypted is not None and not self.decrypted.cipher.authenticated

    def _unsigned(self) -> Exception:
        kind = self.entity.media_type.value
        if self._changes_go_unnoticed and kind.partition("/")[0] not in _TOP_LEVEL:
            return Malformed(f"The content is of no known kind, {kind[:40]!r}, and not signed.")
        return _less("signed")

    def _mic_over(self, signed_over: Span | None) -> Span:
        if self.verified is not None:
            assert signed_over is not None
            return signed_over
        # Fields that came by HTTP may have been changed on the way and do not count; all others do.
        return self.entity.whole or self.entity.body

    def _see(self, entity: Entity) -> None:
        """Look at what came out. What the bytes are counts, not what the fields say."""
        self.entity, self.kind, self.cms = entity, None, None
        kind = entity.media_type.value
        if kind == "multipart/signed":
            self.kind = ContentType.SIGNED_DATA
        elif kind in _CMS:
            self.cms = decoded_cms(entity, self.workspace)
            self.kind = self._kind_of(self.cms)

    def _kind_of(self, cms: Span) -> ContentType:
        try:
            return content_type_of(cms.open())
        except UnsupportedFormat as error:
            if "enveloped" in (self.entity.media_type.parameter("smime-type") or "").lower():
                raise DecryptionFailed(f"It is said to be encrypted. {error}") from error
            raise

    def _decrypt(self) -> None:
        assert self.cms is not None
        sink = self.workspace.file(most=self.cms.size)
        try:
            self.decrypted = decrypt(self.cms.open(), sink, self.terms.decryption_keys, self.terms.policy)
        except DecryptionFailed:
            pretend_to_verify(self.cms, self.terms, self.workspace)
            raise
        self._see(read_entity(whole(sink)))

    def _decompress(self) -> None:
        assert self.cms is not None
        if self.compressed:
            raise Stopped(Reason.DECOMPRESSION_FAILED, "It is compressed twice, which RFC 5402 does not allow.")
        sink = self.workspace.file()
        limits = self.terms.limits
        ratio = limits.ratio if self.verified is not None else min(limits.ratio, limits.unproven_ratio)
        decompress(self.cms.open(), sink, max_size=limits.decompressed_bytes, max_ratio=ratio)
        self.compressed = True
        self._see(read_entity(whole(sink)))

    def _verify(self) -> None:
        if self.cms is None:
            if self._changes_go_unnoticed:
                _demand_unchanged(self.entity)
            self.verifying = True
            signed = verified_parts(self.entity, self.terms, self.workspace)
        else:
            self.verifying = True
            sink = self.workspace.file(most=self.cms.size)
            verified = verify_attached(
                self.cms.open(),
                sink,
                self.terms.signing_certificates,
                self.terms.policy,
                pss_without_parameters=self.terms.quirks.pss_without_parameters,
            )
            signed = Signed(read_entity(whole(sink)), verified)
        demand_in_force(signed.verified.signer, self.terms, self.now)
        self.verified = signed.verified
        self._see(signed.content)


def _less(what: str) -> Stopped:
    return Stopped(Reason.INSUFFICIENT_MESSAGE_SECURITY, f"The message is not {what}, and the profile demands it.")


def _demand_unchanged(signed: Entity) -> None:
    """Raises :class:`.mime.malformed.Malformed` where what the signature does not cover was changed by changing the ciphertext."""
    if any(chunk.strip(_BLANKS) for chunk in signed.epilogue.chunks()):
        raise Malformed("Something follows the last part of the signed message.")
    if not all(fields.is_ascii for fields in (signed.headers, *(part.headers for part in signed.parts[1:]))):
        raise Malformed("The header fields of the signed message, or of its signature, hold more than ASCII.")
