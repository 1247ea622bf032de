"""AS2 Restart (draft-harding-as2-restart): a large message whose transfer broke off is continued, not sent again from its beginning.

The sender names the transfer by an ETag. After a break it asks by HEAD how much came, is told as a Content-Length, and posts the rest
with a Content-Range. What is answered and what is refused is decided here. Nothing of it proves who asks, or that both parts are of one
message: only the signature over the whole does.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from .envelope import bare
from .mime.headers import Headers

RESTARTED_FROM = 1 << 20
"""The smallest body, in bytes, that is worth continuing."""

LONGEST_NAME = 255
"""Characters of an ETag that is looked at."""

_QUOTED = re.compile(r'"([!#-~]+)"|([!#-~]+)')
_PART = re.compile(r"(?:bytes[ =] *)?([0-9]{1,15}) *- *([0-9]{1,15}) */ *([0-9]{1,15}|\*)", re.IGNORECASE)
_WANTS_THE_WHOLE = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """What a post carries of a message: its bytes from ``first`` to ``last``, both counted, of ``total``; None where that is not told."""

    first: int
    last: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a transfer that broke off: ``size`` bytes came of ``total``; None where that was not told."""

    message_id: str
    size: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a post is not taken, as a sentence for its sender, and the status of HTTP that says as much."""

    status: HTTPStatus
    why: str


# The receiver


def read_name(headers: Headers) -> str | None:
    """The name of the transfer, without quotes, which some leave out; None where there is none that can be meant.

    A weak ETag names no bytes (RFC 9110, section 8.8.1), and two different ones name nothing.
    """
    values = set(headers.all("etag"))
    match = _QUOTED.fullmatch(values.pop()) if len(values) == 1 else None
    name = None if match is None else match[1] or match[2]
    return name if name is not None and len(name) <= LONGEST_NAME else None


def read_part(headers: Headers) -> Part | Refusal | None:
    """What Content-Range says (RFC 9110, section 14.4; the draft writes it without its unit); None where nothing does."""
    values = headers.all("content-range")
    if not values:
        return None
    match = _PART.fullmatch(values[0]) if len(set(values)) == 1 else None
    if match is None:
        return Refusal(HTTPStatus.BAD_REQUEST, "Content-Range must be one of the form 'bytes 1000-1999/2000'.")
    return Part(int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3]))


def offered(kept: Kept | None, message_id: str | None = None) -> int:
    """How many bytes the sender need not send again, of the message that it asks about where it names one.

    Never all: with nothing left to send, nothing could be posted.
    """
    if kept is None or (message_id is not None and bare(message_id) != kept.message_id):
        return 0
    return kept.size if kept.total is None else min(kept.size, kept.total - 1)


def begins_at(part: Part | None, length: int | None, message_id: str, kept: Kept | None) -> int | Refusal:
    """Where the body of a post goes on: 0 where it is the whole message, and else exactly where what is kept of it ends.

    ``length`` is that of the body, None where it comes in chunks; ``kept`` is what there is under the names that the post gives.
    """
    if part is None:
        return 0
    fault = _fault(part, length)
    if fault is not None:
        return Refusal(HTTPStatus.BAD_REQUEST, fault)
    if part.first == 0:
        return 0
    if kept is None:
        return Refusal(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "Nothing is kept of this transfer between these parties. Send the message from its beginning.",
        )
    if bare(message_id) != kept.message_id:
        return Refusal(
            HTTPStatus.CONFLICT,
            "The transfer of this ETag is another message's, by its Message-ID. Send all of this one.",
        )
    if part.total is not None and kept.total is not None and part.total != kept.total:
        return Refusal(
            HTTPStatus.CONFLICT,
            f"The message had {kept.total} bytes when its transfer began and has {part.total} now. Send it from its beginning.",
        )
    if part.first != offered(kept):
        return Refusal(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"The rest must begin at byte {offered(kept)}, and this begins at {part.first}. Ask by HEAD before each restart.",
        )
    return part.first


def size_of(part: Part | None, length: int | None) -> int | None:
    """How large the whole message is by what a post says, which :func:`begins_at` took; None where it says nothing."""
    return length if part is None else part.last + 1


def _fault(part: Part, length: int | None) -> str | None:
    """What of a Content-Range cannot be, or is not the rest of a message."""
    if part.last < part.first or (part.total is not None and part.last >= part.total):
        return "Content-Range names bytes that cannot be."
    if part.total is not None and part.last != part.total - 1:
        return "All of the rest must be sent, up to the message's last byte."
    if length is not None and length != part.last - part.first + 1:
        return f"Content-Range speaks of {part.last - part.first + 1} bytes, and the body has {length}."
    return None


# The sender


def question(headers: Headers, name: str) -> Headers:
    """The fields of the HEAD that asks how much came of a message with these fields."""
    asked = headers.only("as2-", "ediint-features", "message-id")
    return Headers((*asked.pairs, ("ETag", f'"{name}"')))


def answered(status: int, headers: Headers, name: str, size: int) -> int:
    """How many of the message's ``size`` bytes need not be sent again, by the answer to that; 0 where it does not say so beyond doubt."""
    length = headers.get("content-length") or ""
    if status != HTTPStatus.OK or not re.fullmatch("[0-9]{1,15}", length):
        return 0
    if headers.all("etag") and read_name(headers) != name:
        return 0
    return int(length) if int(length) < size else 0


def naming_fields(name: str, offset: int, size: int) -> tuple[tuple[str, str], ...]:
    """The fields by which a post can be continued, and by which it is the rest of a message where it begins at ``offset``."""
    named = (("ETag", f'"{name}"'),)
    return (*named, ("Content-Range", f"bytes {offset}-{size - 1}/{size}")) if offset else named


def wants_the_whole(status: int) -> bool:
    """Whether the answer to the rest of a message says that its beginning must be sent again too."""
    return status in _WANTS_THE_WHOLE
