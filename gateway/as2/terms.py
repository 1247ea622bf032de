"""All that is agreed with one partner for AS2, as the core needs it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from .cms.keys import Certificate, OwnKey
from .cms.policy import DEFAULT, Policy
from .features import Feature
from .quirks import STANDARD, Quirks


@dataclass(frozen=True, slots=True)
class Window:
    """When a certificate is used, by agreement: from ``begins`` until before ``ends`` (UTC, aware); None is open."""

    begins: datetime | None = None
    ends: datetime | None = None

    def covers(self, now: datetime) -> bool:
        return (self.begins is None or self.begins <= now) and (self.ends is None or now < self.ends)


ALWAYS = Window()


@dataclass(frozen=True, slots=True)
class Pinned:
    """A certificate of the partner's that is trusted, by itself and not by who issued it."""

    certificate: Certificate
    window: Window = ALWAYS

    def objection(self, now: datetime) -> str | None:
        """Why it is not to be used at ``now``, as a sentence for the operator, or None where it is."""
        certificate = self.certificate
        if now < certificate.not_before:
            return f"The certificate of {certificate.subject} is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC."
        if now > certificate.not_after:
            return f"The certificate of {certificate.subject} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC."
        if not self.window.covers(now):
            return f"The certificate of {certificate.subject} is not agreed for this time."
        return None


@dataclass(frozen=True, slots=True)
class Held:
    """A key of ours and when it signs. It decrypts at any time: who still has its certificate may still use it."""

    key: OwnKey
    window: Window = ALWAYS

    def signs(self, now: datetime) -> bool:
        certificate = self.key.certificate
        return self.window.covers(now) and certificate.not_before <= now <= certificate.not_after


class Compression(StrEnum):
    """Where a message is compressed (RFC 5402, section 3)."""

    NONE = "none"
    BEFORE_SIGNING = "before-signing"
    AFTER_SIGNING = "after-signing"


class ReceiptMode(StrEnum):
    """How the partner's MDN comes back: not at all, on the connection that brought the message, or on one of its own."""

    NONE = "none"
    SYNCHRONOUS = "synchronous"
    ASYNCHRONOUS = "asynchronous"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The MDN we ask for; ``url`` is ours, where an asynchronous one is to be sent."""

    mode: ReceiptMode = ReceiptMode.SYNCHRONOUS
    signed: bool = True
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """How we protect what we send, and what we ask for in return."""

    sign: bool = True
    encrypt: bool = True
    compression: Compression = Compression.NONE
    digest: Digest = Digest.SHA256
    scheme: SignatureScheme = SignatureScheme.PKCS1_V15
    cipher: Cipher = Cipher.AES_256_CBC
    key_transport: KeyTransport = KeyTransport.PKCS1_V15
    receipt: Receipt = Receipt()
    subject: str = "EDI interchange"


@dataclass(frozen=True, slots=True)
class Demands:
    """What a message of the partner's must have, or it is refused."""

    signed: bool = True
    encrypted: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How far compressed content may grow: in bytes, and in times its compressed size.

    Before a signature is verified anybody may have compressed it, and ``unproven_ratio`` counts as well: interchanges, blanks and all,
    are compressed to a thirtieth at best.
    """

    decompressed_bytes: int = 1 << 30
    ratio: int = 1000
    unproven_ratio: int = 100


@dataclass(frozen=True, slots=True)
class Terms:
    """All that is agreed with one partner.

    Of own keys and of the partner's certificates the first that is in force is used, the others are accepted: put the current one
    first, then the next, then the previous. ``receipt_hosts`` are the hosts, in lower case, optionally with a port, to which
    an asynchronous MDN may be sent. ``remark`` is what a signed MDN of ours ends with for whoever reads it, in ASCII. ``features`` are
    those that are agreed beyond what everybody may rely on.
    """

    own_name: str
    partner_name: str
    own_keys: tuple[Held, ...]
    partner_signing: tuple[Pinned, ...]
    partner_encryption: tuple[Pinned, ...]
    policy: Policy = DEFAULT
    quirks: Quirks = STANDARD
    inbound: Demands = Demands()
    sending: Sending = Sending()
    receipt_hosts: frozenset[str] = frozenset()
    limits: Limits = Limits()
    remark: str = ""
    features: tuple[Feature, ...] = ()

    def signing_key(self, now: datetime) -> OwnKey | None:
        """The key we sign with: the first whose time it is. Where none's is, the first: an answer is better than none."""
        held = next((held for held in self.own_keys if held.signs(now)), None) or next(iter(self.own_keys), None)
        return None if held is None else held.key

    @property
    def decryption_keys(self) -> tuple[OwnKey, ...]:
        return tuple(held.key for held in self.own_keys)

    @property
    def signing_certificates(self) -> tuple[Certificate, ...]:
        return tuple(pinned.certificate for pinned in self.partner_signing)

    def encryption_certificate(self, now: datetime) -> Certificate | None:
        """The partner's certificate we encrypt for now; None where none is in force."""
        return next((pinned.certificate for pinned in self.partner_encryption if pinned.objection(now) is None), None)


def objection_to(certificate: Certificate, pinned: Iterable[Pinned], now: datetime) -> str | None:
    """Why a certificate that is pinned is not to be used at ``now``, or None where one of its pins allows it."""
    objections = [pin.objection(now) for pin in pinned if pin.certificate == certificate]
    return None if None in objections else next(iter(objections), "The certificate is not pinned.")
