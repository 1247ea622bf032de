"""What stands in the response of a time-stamp authority (RFC 3161, section 2.4.2; RFC 5652, section 5.1). Pure.

Read is what was stamped and when, strictly as DER; what surrounds it is left to whoever verifies signatures. So a stamp is one for the same
bytes, or none, whether this or ``verify.py`` of a bundle reads it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..as2.asn1 import der
from ..as2.asn1.malformed import Malformed
from ..as2.asn1.reader import Element, whole
from ..as2.asn1.tags import (
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    context_constructed,
)

_SIGNED_DATA = der.object_identifier("1.2.840.113549.1.7.2")
_TST_INFO = der.object_identifier("1.2.840.113549.1.9.16.1.4")
_GRANTED = 0
_STATUS = {
    1: "granted something else than was asked for",
    2: "rejected the request",
    3: "wants us to wait",
    4: "warns of a revocation",
    5: "tells of a revocation",
}
"""PKIStatus (RFC 3161, section 2.4.2), where the stamp that was asked for is not granted."""
_UTF8_STRING = 0x0C
_UNORDERED = (context_constructed(0), context_constructed(1))
"""Certificates and CRLs, the sets of SignedData that nobody signs."""

_TIME = re.compile(r"[0-9]{14}(\.[0-9]*[1-9])?Z")
_SECONDS = len("YYYYMMDDhhmmss")


class NotRead(ValueError):
    """Not made like a time stamp; says why."""


class NotGranted(NotRead):
    """The authority gave no stamp; says what it did instead, and in its own words why, if it says so."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a stamp says: the ``digest`` that was stamped, by the ``algorithm`` of this object identifier (DER), and when.

    ``time`` is ``YYYYMMDDhhmmss``, with a point and more digits behind it where there is a fraction of a second.
    """

    algorithm: bytes
    digest: bytes
    time: str

    @property
    def at(self) -> datetime:
        """The same time, to the microsecond."""
        seconds, _, fraction = self.time.partition(".")
        moment = datetime.strptime(seconds, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))


def read(response: bytes) -> Told:
    """What a granted response says, whoever signed it. Raises NotRead, NotGranted."""
    try:
        return _read(response)
    except Malformed as error:
        raise NotRead(str(error)) from error


def in_set_order(response: bytes) -> bytes:
    """The same response with certificates and CRLs in the order of DER (X.690, 11.6), which many authorities do not keep.

    RFC 5652 wants DER of what is signed only, and these are not. Raises NotRead.
    """
    try:
        status, token, *_ = _inside(whole(response, SEQUENCE))
        kind, wrapped, *_ = _inside(token)
        [signed] = wrapped.inside().all(SEQUENCE)
        parts = [
            der.value(part.tag, *sorted(each.encoded for each in part.inside().all()))
            if part.tag in _UNORDERED
            else part.encoded
            for part in signed.inside().all()
        ]
    except (Malformed, ValueError) as error:
        raise NotRead(str(error)) from error
    return der.sequence(status.encoded, der.sequence(kind.encoded, der.value(wrapped.tag, der.sequence(*parts))))


def _read(response: bytes) -> Told:
    parts = _inside(_strict(whole(response, SEQUENCE)))
    _require_granted(_inside(_at(parts, 0, SEQUENCE)))
    token = _inside(_at(parts, 1, SEQUENCE))
    _require(_at(token, 0, OBJECT_IDENTIFIER).encoded == _SIGNED_DATA, "it is not signed")
    signed = _inside(_first_inside(_at(token, 1, context_constructed(0)), SEQUENCE))
    content = _inside(_at(signed, 2, SEQUENCE))
    _require(_at(content, 0, OBJECT_IDENTIFIER).encoded == _TST_INFO, "what is signed is no time stamp")
    info = _inside(_first_inside(_first_inside(_at(content, 1, context_constructed(0)), OCTET_STRING), SEQUENCE))
    imprint = _inside(_at(info, 2, SEQUENCE))
    algorithm = _first_inside(_at(imprint, 0, SEQUENCE), OBJECT_IDENTIFIER)
    return Told(algorithm.encoded, _at(imprint, 1, OCTET_STRING).content, _time(_at(info, 4, GENERALIZED_TIME)))


def _require_granted(status: Sequence[Element]) -> None:
    number = _at(status, 0, INTEGER)
    if number.content != bytes([_GRANTED]):
        texts = _inside(status[1]) if len(status) > 1 and status[1].tag == SEQUENCE else []
        words = "; ".join(each.content.decode("utf-8", "replace") for each in texts if each.tag == _UTF8_STRING)
        done = _STATUS.get(number.number(), f"answered status {number.number()}")
        raise NotGranted(f"the authority {done}{words and f' ({words})'}")


def _time(said: Element) -> str:
    text = said.content.decode("ascii", "replace")
    _require(_TIME.fullmatch(text) is not None, "the time that it says is none")
    told = Told(b"", b"", text[:-1])
    try:
        told.at  # noqa: B018 - whether there is such a day
    except ValueError as error:
        raise NotRead("the time that it says is none") from error
    return told.time


def _inside(element: Element) -> list[Element]:
    return [_strict(each) for each in element.inside().all()]


def _first_inside(element: Element, tag: int) -> Element:
    return _at(_inside(element), 0, tag)


def _at(parts: Sequence[Element], place: int, tag: int) -> Element:
    if place >= len(parts) or parts[place].tag != tag:
        raise NotRead("it is not made like a time stamp")
    return parts[place]


def _strict(element: Element) -> Element:
    """The same; BER allows longer headers."""
    _require(element.encoded == der.value(element.tag, element.content), "its DER is damaged")
    return element


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise NotRead(why)
