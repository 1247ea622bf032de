"""A message that came in: what is in it, or why it is refused; and the MDN that says so. Read :func:`receive` first."""

from dataclasses import dataclass
from datetime import datetime

from ..printable import shortened
from .cms.algorithms import Cipher, Digest
from .cms.keys import Certificate, OwnKey
from .disposition import PROCESSED, Disposition, Reason, refused
from .envelope import message_id_objection, repeated
from .features import Feature, read_features
from .fresh import Fresh
from .identity import objection as name_objection
from .identity import read_name
from .mdn import Facts, Mdn, Signing, write_mdn
from .mic import Mic, digest_name, read_mic
from .mime.entity import Entity
from .mime.headers import Headers
from .mime.span import Readable, Span, whole
from .mime.workspace import Workspace
from .opening import Opened, open_message
from .payloads import Payload
from .quirks import Quirks
from .receipt import Asked, mic_digest, read_asked, url_objection
from .refusal import LONGEST_WHY, Stopped
from .terms import Terms
from .unforeseen import NOT_OF_THE_MESSAGE, unforeseen

_RECEIVED = "The message was received, and all that was agreed about its security holds."
_REFUSED = {
    Reason.AUTHENTICATION_FAILED: "The signature is not by a certificate that was agreed on. Compare the certificate you sign with.",
    Reason.DECOMPRESSION_FAILED: "The content could not be decompressed. Send it again, or without compression.",
    Reason.DECRYPTION_FAILED: (
        # The same words whatever was found: to tell which of these it is would tell of the content.
        "The message could not be decrypted to what it should be. Compare the certificate you encrypt for; that you sign, with the "
        "certificate that was agreed on; and the algorithm you sign with: SHA-256 is accepted, MD5 is not."
    ),
    Reason.INSUFFICIENT_MESSAGE_SECURITY: "The message is not signed and encrypted in the way that was agreed on.",
    Reason.INTEGRITY_CHECK_FAILED: "The content is not the one that was signed. Send the message again.",
    Reason.UNEXPECTED_PROCESSING_ERROR: "The message could not be processed.",
    Reason.UNKNOWN_TRADING_PARTNER: "AS2-From and AS2-To name no partners that exchange messages here. Compare both, also their case.",
    Reason.UNKNOWN_TRADING_RELATIONSHIP: "AS2-From and AS2-To name no partners that exchange messages here. Compare both, also their case.",
    Reason.INVALID_MESSAGE_ID: "The message has no Message-ID that can be answered.",
    Reason.UNSUPPORTED_FORMAT: "The message, or the receipt it asks for, is in a format that is not supported.",
    Reason.UNSUPPORTED_MIC_ALGORITHMS: "None of the MIC algorithms required for the receipt is supported. Ask for sha-256.",
    Reason.SENDER_EQUALS_RECEIVER: "AS2-From and AS2-To are the same.",
    Reason.DUPLICATE_DOCUMENT: "Another message with this Message-ID was received before. Send a new message under a new Message-ID.",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A message whose security holds, as agreed.

    ``signed_by`` is the partner's certificate, ``decrypted_with`` our key; None where it was not signed or encrypted, which is only where
    nothing else was agreed. ``signed`` is what proves it to others: the decrypted and still signed body, None where the message was not
    encrypted, or not signed. ``mdn`` is None where none is asked for. ``notes`` are for the operator: what was odd.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str | None
    payloads: tuple[Payload, ...]
    mic: Mic
    disposition: Disposition
    signed_by: Certificate | None
    signed_with: Digest | None
    decrypted_with: OwnKey | None
    cipher: Cipher | None
    compressed: bool
    signed: Span | None
    features: frozenset[Feature]
    mdn: Mdn | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that is refused: nothing of its content is here. ``why`` is for the operator, ``text`` what the partner is told."""

    message_id: str | None
    disposition: Disposition
    why: str
    text: str
    mdn: Mdn | None


def receive(
    headers: Headers, body: Readable, terms: Terms, *, now: datetime, fresh: Fresh, workspace: Workspace
) -> Received | Rejected:
    """Judge a message of the partner that ``terms`` are about. Whatever the bytes, it is one or the other.

    1. The fields are sound and name the parties. 2. The receipt asked for can be given. 3. The wrappings come off, and are what was
    agreed; the files are found. 4. The MIC is taken. 5. The MDN says so.
    """
    try:
        _demand_sound(headers, terms)
        asked = read_asked(headers)
        _demand_answerable(asked, terms)
        opened = open_message(Entity(headers, whole(body)), terms, now, workspace)
    except Stopped as stopped:
        return reject(headers, terms, stopped.reason, stopped.why, now=now, fresh=fresh)
    except NOT_OF_THE_MESSAGE:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the bytes
        return reject(headers, terms, Reason.UNEXPECTED_PROCESSING_ERROR, unforeseen(error), now=now, fresh=fresh)
    return _received(headers, terms, asked, opened, now, fresh)


def reject(
    headers: Headers, terms: Terms, reason: Reason, why: str, *, now: datetime, fresh: Fresh, text: str | None = None
) -> Rejected:
    """Refuse a message of a known partner, with the MDN it asks for, for a reason found here or by whoever keeps messages."""
    disposition = refused(reason)
    told = text or _told(reason)
    mdn = _answer(headers, read_asked(headers), terms, disposition, told, None, now, fresh)
    return Rejected(_message_id(headers), disposition, shortened(why, LONGEST_WHY), told, mdn)


def answer_later(headers: Headers, terms: Terms, mic: str, *, now: datetime, fresh: Fresh) -> Mdn | None:
    """The MDN for a message that was received before, when it asked for none; None where it still does not.

    ``mic`` is what was noted of it then, as :meth:`.mic.Mic.written` writes it.
    """
    known = read_mic(mic, unnamed=Digest.SHA1)
    return _answer(headers, read_asked(headers), terms, PROCESSED, _RECEIVED, known, now, fresh)


def reject_stranger(headers: Headers, reason: Reason, why: str, *, now: datetime, fresh: Fresh) -> Rejected:
    """Refuse a message whose parties are not known here: the MDN is unsigned, and on the same connection whatever was asked for."""
    disposition, text = refused(reason), _told(reason)
    mdn = None
    if read_asked(headers) is not None:
        facts = _facts(headers, disposition, text, None)
        mdn = write_mdn(facts, None, url=None, quirks=Quirks(), now=now, fresh=fresh)
    return Rejected(_message_id(headers), disposition, shortened(why, LONGEST_WHY), text, mdn)


def _told(reason: Reason) -> str:
    return _REFUSED.get(reason, _REFUSED[Reason.UNEXPECTED_PROCESSING_ERROR])


def objection_to_parties(headers: Headers) -> tuple[Reason, str] | None:
    """Why the parties that header fields name can be none, whoever is known; None where they can."""
    sender, recipient = headers.get("as2-from"), headers.get("as2-to")
    for name, value in (("AS2-From", sender), ("AS2-To", recipient)):
        fault = "is missing" if value is None else name_objection(read_name(value))
        if fault is not None:
            return Reason.UNKNOWN_TRADING_PARTNER, f"{name} {fault}."
    if read_name(sender or "") == read_name(recipient or ""):
        return Reason.SENDER_EQUALS_RECEIVER, f"AS2-From and AS2-To are both {sender}."
    return None


def objection_to_fields(headers: Headers, terms: Terms) -> tuple[Reason, str] | None:
    """Why header fields are none that a message of this partner can have, whatever its body is; None where they are."""
    if (fault := headers.objection) is not None:
        return Reason.UNEXPECTED_PROCESSING_ERROR, fault
    if (name := repeated(headers)) is not None:
        return (
            Reason.UNEXPECTED_PROCESSING_ERROR,
            f"The header field {name} stands there twice, with different values.",
        )
    if (found := objection_to_parties(headers)) is not None:
        return found
    if (read_name(headers.get("as2-from") or ""), read_name(headers.get("as2-to") or "")) != (
        terms.partner_name,
        terms.own_name,
    ):
        return Reason.UNKNOWN_TRADING_PARTNER, f"The message is not one of {terms.partner_name} to {terms.own_name}."
    if (fault := message_id_objection(headers.get("message-id"))) is not None:
        return Reason.INVALID_MESSAGE_ID, f"The Message-ID {fault}."
    return None


def _demand_sound(headers: Headers, terms: Terms) -> None:
    if (found := objection_to_fields(headers, terms)) is not None:
        raise Stopped(*found)


def _demand_answerable(asked: Asked | None, terms: Terms) -> None:
    reason = None if asked is None else asked.objection(terms.policy)
    if reason is not None:
        raise Stopped(reason, "The partner requires a signed receipt in a way that cannot be given.")


def _received(
    headers: Headers,
    terms: Terms,
    asked: Asked | None,
    opened: Opened,
    now: datetime,
    fresh: Fresh,
) -> Received:
    verified, decrypted = opened.verified, opened.decrypted
    digest = mic_digest(asked, None if verified is None else verified.digest, terms.policy, terms.quirks)
    mic = opened.mic(digest)
    return Received(
        message_id=_message_id(headers) or "",
        sender=terms.partner_name,
        recipient=terms.own_name,
        subject=headers.get("subject"),
        payloads=opened.payloads,
        mic=mic,
        disposition=PROCESSED,
        signed_by=None if verified is None else verified.signer,
        signed_with=None if verified is None else verified.digest,
        decrypted_with=None if decrypted is None else decrypted.key,
        cipher=None if decrypted is None else decrypted.cipher,
        compressed=opened.compressed,
        signed=opened.signed,
        features=read_features(headers),
        mdn=_answer(headers, asked, terms, PROCESSED, _RECEIVED, mic, now, fresh),
        notes=tuple(note for note in (_refused_url(asked, terms),) if note is not None),
    )


def _answer(
    headers: Headers,
    asked: Asked | None,
    terms: Terms,
    disposition: Disposition,
    text: str,
    mic: Mic | None,
    now: datetime,
    fresh: Fresh,
) -> Mdn | None:
    """The MDN as asked for, signed where that is wanted: an error is told as surely as a success."""
    if asked is None:
        return None
    written = None
    if mic is not None:
        name = asked.spelling(mic.digest) or digest_name(mic.digest, old=terms.quirks.old_digest_names)
        written = mic.written(name)
    signing = _signing(asked, terms, mic, now)
    if signing is not None and terms.remark and not terms.quirks.receipt_without_remark:
        text = f"{text}\n\n{terms.remark}"
    url = asked.url if _refused_url(asked, terms) is None else None
    return write_mdn(
        _facts(headers, disposition, text, written),
        signing,
        url=url,
        quirks=terms.quirks,
        now=now,
        fresh=fresh,
        features=terms.features,
    )


def _refused_url(asked: Asked | None, terms: Terms) -> str | None:
    """Why the MDN does not go where the partner wants it. It is given on the same connection then."""
    return None if asked is None or asked.url is None else url_objection(asked.url, terms.receipt_hosts)


def _facts(headers: Headers, disposition: Disposition, text: str, mic: str | None) -> Facts:
    return Facts(
        sender=read_name(headers.get("as2-from") or ""),
        recipient=read_name(headers.get("as2-to") or ""),
        original_message_id=_message_id(headers),
        disposition=disposition,
        text=text,
        mic=mic,
    )


def _message_id(headers: Headers) -> str | None:
    """The Message-ID as it came; None where there is none that can be answered."""
    message_id = headers.get("message-id")
    return message_id if message_id_objection(message_id) is None else None


def _signing(asked: Asked, terms: Terms, mic: Mic | None, now: datetime) -> Signing | None:
    key = terms.signing_key(now)
    if not asked.signed or key is None:
        return None
    usable = asked.usable(terms.policy)
    digest = next(iter(usable), terms.sending.digest if mic is None else mic.digest)
    return Signing(key, digest, terms.sending.scheme)
