"""Message disposition notifications, written and read (RFC 8098; RFC 4130, section 7)."""

import re
from base64 import encodebytes
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from .cms.algorithms import Digest, SignatureScheme
from .cms.keys import OwnKey
from .cms.policy import Policy
from .cms.signing import sign
from .disposition import Disposition, read_disposition
from .features import Feature, version_fields
from .fresh import Fresh
from .identity import objection, written_name
from .mic import digest_name
from .mime import writing
from .mime.entity import Entity
from .mime.headers import Headers, headers, read_fields
from .mime.malformed import Malformed
from .mime.transfer import decoded_start
from .quirks import Quirks

REPORTING_AGENT = "Tallystick"
NOTIFICATION = "message/disposition-notification"
LARGEST_REPORT = 1 << 16
"""Bytes of the report, and of the text beside it, that are looked at."""

_NOTIFICATIONS = {NOTIFICATION, "message/x-disposition-notification"}
_NOTHING = {"", "-", "0", "n/a", "nil", "no", "no error", "no errors", "no failure", "no warning", "none", "null", "ok"}
"""What stands in a field that is written whether there is anything to say or not: Oxalis told of "ERROR: null" (its issue 174)."""
_LINE = re.compile(r"\r\n|\r|\n")
_ANY = Policy(digests=frozenset(Digest), schemes=frozenset(SignatureScheme), minimum_rsa_bits=0)
"""Which digest an MDN is signed with is agreed before; with a weak key of ours a signed answer is still better than none."""


@dataclass(frozen=True, slots=True)
class Mdn:
    """An MDN as it is sent: built once, sent as often as it takes.

    ``asynchronous_url`` is where it goes; None for the connection that brought the message. ``signed_by`` is the fingerprint of the
    certificate that it is signed with, where it is signed.
    """

    message_id: str
    headers: Headers
    body: bytes
    asynchronous_url: str | None
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What an MDN says.

    ``sender`` and ``recipient`` are those of the message, so that the MDN goes from the latter to the former; ``text`` is for people.
    """

    sender: str
    recipient: str
    original_message_id: str | None
    disposition: Disposition
    text: str
    mic: str | None = None


@dataclass(frozen=True, slots=True)
class Signing:
    """How an MDN is signed."""

    key: OwnKey
    digest: Digest
    scheme: SignatureScheme


def write_mdn(
    facts: Facts,
    signing: Signing | None,
    *,
    url: str | None,
    quirks: Quirks,
    now: datetime,
    fresh: Fresh,
    features: tuple[Feature, ...] = (),
) -> Mdn:
    """The MDN that says ``facts``, signed or not; ``features`` are those agreed beside what everybody may rely on."""
    content_type, body = _report(facts, quirks, fresh)
    if signing is not None:
        content_type, body = _signed(content_type, body, signing, quirks, now, fresh)
    message_id = fresh.message_id()
    fields = [
        *version_fields(*features),
        *_parties(facts),
        ("Message-ID", message_id if quirks.message_id_without_brackets else f"<{message_id}>"),
        ("Date", format_datetime(now)),
        ("Subject", "Message disposition notification"),
        ("MIME-Version", "1.0"),
        ("Content-Type", content_type),
    ]
    if quirks.sync_mdn_repeats_content_type and url is None:
        body = writing.block([("Content-Type", content_type)], quirks.folding) + body
    if quirks.content_length_required and url is not None:
        fields.append(("Content-Length", str(len(body))))
    return Mdn(message_id, headers(fields), body, url, None if signing is None else signing.key.certificate.fingerprint)


def _parties(facts: Facts) -> list[tuple[str, str]]:
    """From the one who got the message to the one who sent it, as far as these have names that can be any."""
    named = (("AS2-From", facts.recipient), ("AS2-To", facts.sender))
    return [(field, written_name(name)) for field, name in named if objection(name) is None]


def _report(facts: Facts, quirks: Quirks, fresh: Fresh) -> tuple[str, bytes]:
    boundary = fresh.boundary()
    content_type = writing.with_boundary("multipart/report; report-type=disposition-notification", boundary)
    text_fields = [] if quirks.text_without_content_type else [("Content-Type", "text/plain; charset=us-ascii")]
    line = "\r" if quirks.cr_only_receipt_text else "\r\n"
    text = line.join(_LINE.split(facts.text)) + line
    pieces = [
        writing.opening(boundary, first=True),
        writing.block([*text_fields, ("Content-Transfer-Encoding", "7bit")]),
        text.encode("ascii", "replace"),
        writing.opening(boundary),
        writing.block([("Content-Type", NOTIFICATION), ("Content-Transfer-Encoding", "7bit")]),
        writing.block(_notification(facts)),
        writing.closing(boundary),
    ]
    return content_type, b"".join(pieces)


def _notification(facts: Facts) -> list[tuple[str, str]]:
    recipient = f"rfc822; {written_name(facts.recipient)}"
    fields = [
        ("Reporting-UA", REPORTING_AGENT),
        ("Original-Recipient", recipient),
        ("Final-Recipient", recipient),
        ("Original-Message-ID", facts.original_message_id),
        ("Disposition", facts.disposition.field),
        ("Received-Content-MIC", facts.mic),
    ]
    return [(name, value) for name, value in fields if value is not None]


def _signed(
    content_type: str, body: bytes, signing: Signing, quirks: Quirks, now: datetime, fresh: Fresh
) -> tuple[str, bytes]:
    boundary = fresh.boundary()
    content = writing.block([("Content-Type", content_type)], quirks.folding) + body
    running = signing.digest.new()
    running.update(content)
    signature = sign(
        {signing.digest: running.digest()},
        signing.key,
        digest=signing.digest,
        scheme=signing.scheme,
        signing_time=now,
        algorithm_protection=not quirks.without_algorithm_protection,
        policy=_ANY,
    )
    pieces = [
        writing.opening(boundary, first=True),
        content,
        writing.opening(boundary),
        signature_part(signature, quirks),
        writing.closing(boundary),
    ]
    return signed_content_type(signing.digest, boundary, quirks), b"".join(pieces)


def signed_content_type(digest: Digest, boundary: str, quirks: Quirks) -> str:
    """The Content-Type of a signed message or MDN (RFC 8551, section 3.5.3)."""
    name = digest_name(digest, old=quirks.old_digest_names)
    value = f'multipart/signed; protocol="application/pkcs7-signature"; micalg={name}'
    return writing.with_boundary(value, boundary)


def signature_part(signature: bytes, quirks: Quirks) -> bytes:
    """The part that holds a detached signature, with its fields."""
    binary = quirks.binary_signature
    fields = [
        ("Content-Type", "application/pkcs7-signature; name=smime.p7s"),
        ("Content-Transfer-Encoding", "binary" if binary else "base64"),
        ("Content-Disposition", "attachment; filename=smime.p7s"),
    ]
    armoured = signature if binary else encodebytes(signature).replace(b"\n", b"\r\n").removesuffix(b"\r\n")
    return writing.block(fields) + armoured


@dataclass(frozen=True, slots=True)
class Report:
    """What an MDN says, as it came; None where it does not say it. ``disposition`` is None where the field is none for AS2.

    ``faults`` and ``warnings`` are its fields Error and Failure, and Warning (RFC 8098, section 3.2.7), each with its name, as far as they
    say anything.
    """

    text: str
    disposition_field: str | None
    disposition: Disposition | None
    original_message_id: str | None
    mic_field: str | None
    recipient: str | None
    reporting_agent: str | None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_report(entity: Entity) -> Report:
    """What a multipart/report, or a notification alone, says. Raises :class:`.mime.malformed.Malformed` where it says not one thing."""
    parts = entity.parts if entity.is_multipart else (entity,)
    notifications = [part for part in parts if part.media_type.value in _NOTIFICATIONS]
    if len(notifications) != 1:
        raise Malformed(f"The report has {len(notifications)} disposition notifications where it must have one.")
    fields = read_fields(decoded_start(notifications[0], LARGEST_REPORT))
    written = set(fields.all("disposition"))
    if (
        len(written) > 1
        or len(set(fields.all("received-content-mic"))) > 1
        or len(set(fields.all("original-message-id"))) > 1
    ):
        raise Malformed("The disposition notification says two different things.")
    disposition = fields.get("disposition")
    return Report(
        text=_human(parts),
        disposition_field=disposition,
        disposition=read_disposition(disposition) if disposition is not None else None,
        original_message_id=fields.get("original-message-id") or None,
        mic_field=fields.get("received-content-mic") or None,
        recipient=fields.get("final-recipient") or fields.get("original-recipient"),
        reporting_agent=fields.get("reporting-ua"),
        faults=(*_said(fields, "Error"), *_said(fields, "Failure")),
        warnings=_said(fields, "Warning"),
    )


def _said(fields: Headers, name: str) -> tuple[str, ...]:
    return tuple(f"{name}: {text}" for text in fields.all(name) if text.lower().strip(" .") not in _NOTHING)


def _human(parts: tuple[Entity, ...]) -> str:
    """The text for people, with plain line breaks, whatever kind it has."""
    for part in parts:
        if part.media_type.value in {"", "text/plain"}:
            data = decoded_start(part, LARGEST_REPORT)
            return "\n".join(_LINE.split(data.decode("utf-8", "replace"))).strip()
    return ""
