"""A message taken out of its wrappings: decrypted, decompressed, verified, as deep as it may be wrapped and no deeper.

The order is that of RFC 5402: encrypted outermost, compressed either before or after signing, each at most once. What is inside is
handed out only when all that is demanded was proven.

What comes out of a cipher that does not notice changes (CBC) is nobody's word until a signature proves whose it is. Whatever is found in it
before, the padding included, is answered in one way and after the same work: else an attacker reads a message that it recorded, by
changing it and asking again and again (RFC 8551, section 6).
"""

from dataclasses import dataclass, field
from datetime import datetime

from .cms.algorithms import Digest
from .cms.content import ContentType, content_type_of
from .cms.decompressing import decompress
from .cms.decrypting import DAMAGED, Decrypted, decrypt
from .cms.failures import DecryptionFailed, IntegrityCheckFailed, Refused, UnsupportedFormat
from .cms.verifying import Verified, verify_attached
from .decoy import pretend_to_verify
from .disposition import Reason
from .mic import Mic, mic_of
from .mime.entity import Entity, read_entity
from .mime.malformed import Malformed
from .mime.span import Span, whole
from .mime.transfer import decoded_cms
from .mime.workspace import Workspace
from .payloads import Payload, read_payloads
from .refusal import Stopped, reason_of
from .signed import Signed, demand_in_force, verified_parts
from .terms import Terms
from .unforeseen import NOT_OF_THE_MESSAGE, unforeseen

_CMS = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_ENVELOPED = {ContentType.ENVELOPED_DATA, ContentType.AUTH_ENVELOPED_DATA}
_BLANKS = b" \t\r\n\0"


@dataclass(frozen=True, slots=True)
class Opened:
    """A message without its wrappings. ``mic_over`` is what the MIC is taken over (RFC 4130, section 7.3.1; RFC 5402, section 4).

    ``signed`` is the entity that was signed together with its signature, where it came encrypted; None where it came as it is, or unsigned.
    """

    payloads: tuple[Payload, ...]
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
        raise opening.stopped(Reason.UNEXPECTED_PROCESSING_ERROR, str(error)) from error
    except Refused as error:
        raise opening.stopped(reason_of(error), str(error)) from error
    except Stopped as stopped:
        raise opening.stopped(stopped.reason, stopped.why) from stopped
    except NOT_OF_THE_MESSAGE:
        raise
    except Exception as error:
        raise opening.stopped(Reason.UNEXPECTED_PROCESSING_ERROR, unforeseen(error)) from error


@dataclass(slots=True)
class _Opening:
    """One message on its way out of its wrappings.

    ``entity`` is what is seen now, ``kind`` the wrapping that it is, None where it is the content, and ``cms`` the object of CMS in it.
    ``compared`` says that all of the content was compared with a signature, in vain.
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
    compared: bool = field(default=False, init=False)

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
            raise _less("signed")
        signed_over = self.entity.whole
        if self.kind is ContentType.COMPRESSED_DATA:
            self._decompress()
        if self.kind is not None:
            raise UnsupportedFormat(f"There is {self.kind} where the content of the message belongs.")
        payloads = read_payloads(self.entity, self.workspace)
        if self._is_damaged:
            raise DecryptionFailed(DAMAGED)
        return Opened(payloads, self._mic_over(signed_over), self.verified, self.decrypted, self.compressed, signed)

    def stopped(self, reason: Reason, why: str) -> Stopped:
        """Why it stops, as the partner may know it; ``why``, for the operator, always says what was found."""
        if not self._is_nobodys_word:
            return Stopped(reason, why)
        if not self.compared:
            pretend_to_verify(self.entity.body, self.terms, self.workspace)
        return Stopped(Reason.DECRYPTION_FAILED, DAMAGED if self._is_damaged else f"After decryption: {why}")

    @property
    def _is_nobodys_word(self) -> bool:
        return self._changes_go_unnoticed and (self.verified is None or self._is_damaged)

    @property
    def _changes_go_unnoticed(self) -> bool:
        return self.decrypted is not None and not self.decrypted.cipher.authenticated

    @property
    def _is_damaged(self) -> bool:
        return self.decrypted is not None and self.decrypted.damaged

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
            signed = self._verified_parts()
        else:
            sink = self.workspace.file(most=self.cms.size)
            verified = verify_attached(
                self.cms.open(),
                sink,
                self.terms.signing_certificates,
                self.terms.policy,
                pss_without_parameters=self.terms.quirks.pss_without_parameters,
            )
            signed = Signed(read_entity(whole(sink)), verified)
        self.verified = signed.verified
        demand_in_force(signed.verified.signer, self.terms, self.now)
        self._see(signed.content)

    def _verified_parts(self) -> Signed:
        try:
            return verified_parts(self.entity, self.terms, self.workspace)
        except IntegrityCheckFailed:
            self.compared = True
            raise


def _less(what: str) -> Stopped:
    return Stopped(Reason.INSUFFICIENT_MESSAGE_SECURITY, f"The message is not {what}, and the profile demands it.")


def _demand_unchanged(signed: Entity) -> None:
    """Raises :class:`.mime.malformed.Malformed` where what the signature does not cover was changed by changing the ciphertext."""
    if any(chunk.strip(_BLANKS) for chunk in signed.epilogue.chunks()):
        raise Malformed("Something follows the last part of the signed message.")
    if not all(fields.is_ascii for fields in (signed.headers, *(part.headers for part in signed.parts[1:]))):
        raise Malformed("The header fields of the signed message, or of its signature, hold more than ASCII.")
