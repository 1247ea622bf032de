"""Who sent what to whom: what can be told of a request before its partner is known."""

import re
from dataclasses import dataclass
from enum import StrEnum

from .identity import read_name
from .mime.entity import Entity, delimiters, read_entity
from .mime.headers import Headers
from .mime.malformed import Malformed
from .mime.parameters import media_type
from .mime.span import Readable, span_of, whole

LONGEST_MESSAGE_ID = 998
"""Characters of a Message-ID (RFC 5322, section 2.1.1); RFC 4130 recommends at most 255."""

_LOOKED_AT = 1 << 16
_REPORTS = {"multipart/report", "message/disposition-notification", "message/x-disposition-notification"}
_SIGNED = "multipart/signed"
_PRINTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class Kind(StrEnum):
    """What a request is: a message for us, or the MDN that answers one of ours."""

    MESSAGE = "message"
    MDN = "mdn"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The names as they are after their quotes are taken off, and the Message-ID as it came; None where a field is missing."""

    sender: str | None
    recipient: str | None
    message_id: str | None
    kind: Kind


def envelope_of(headers: Headers, body: Readable) -> Envelope:
    """What a request says of itself. Nothing of it is proven."""
    return names_of(headers, _kind(headers, body))


def names_of(headers: Headers, kind: Kind = Kind.MESSAGE) -> Envelope:
    """As :func:`envelope_of`, of what is known, or taken, to be of this kind."""
    sender, recipient = headers.get("as2-from"), headers.get("as2-to")
    return Envelope(
        sender=None if sender is None else read_name(sender),
        recipient=None if recipient is None else read_name(recipient),
        message_id=headers.get("message-id") or None,
        kind=kind,
    )


def repeated(headers: Headers) -> str | None:
    """The name of a field that names the parties or the message and stands there twice, with different values."""
    names = (
        "AS2-From",
        "AS2-To",
        "Message-ID",
        "Content-Type",
        "Disposition-Notification-To",
        "Receipt-Delivery-Option",
    )
    return next((name for name in names if len(set(headers.all(name))) > 1), None)


def message_id_objection(message_id: str | None) -> str | None:
    """Why a Message-ID can be none, as the end of a sentence, or None where it can. What it looks like otherwise is of no meaning."""
    if not message_id or not bare(message_id):
        return "is missing"
    if len(message_id) > LONGEST_MESSAGE_ID:
        return f"has {len(message_id)} characters; at most {LONGEST_MESSAGE_ID} are allowed"
    if not _PRINTABLE.fullmatch(message_id):
        return "has characters beyond printable ASCII"
    return None


def bare(message_id: str) -> str:
    """A Message-ID as it is compared: without blanks and without the brackets that some products leave out."""
    text = message_id.strip()
    return text[1:-1].strip() if text[:1] == "<" and text[-1:] == ">" else text


def _kind(headers: Headers, body: Readable) -> Kind:
    """An MDN is a report, alone or signed. What has one beside or inside something else is a message, and what it carries are files."""
    kind = media_type(headers).value
    if kind == _SIGNED:
        try:
            kind = _first_part(Entity(headers, span_of(whole(body).read(size=_LOOKED_AT)))).media_type.value
        except Malformed:
            return Kind.MESSAGE
    return Kind.MDN if kind in _REPORTS else Kind.MESSAGE


def _first_part(signed: Entity) -> Entity:
    """What a multipart/signed says was signed, as far as its beginning shows it. Raises :class:`.mime.malformed.Malformed`.

    OpenAS2 begins the body with the Content-Type again: where HTTP's names no boundary, that one counts.
    """
    boundary = signed.media_type.parameter("boundary")
    if not boundary:
        signed = read_entity(signed.body)
        boundary = signed.media_type.parameter("boundary")
    if not boundary:
        raise Malformed("A multipart names no boundary.")
    lines = delimiters(signed.body, b"--" + boundary.encode("utf-8", "replace"))
    begin = next((end for _, end, closes in lines if not closes), None)
    if begin is None:
        raise Malformed("The boundary that a multipart names does not occur in it.")
    return read_entity(signed.body.part(begin, signed.body.end))
