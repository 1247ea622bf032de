"""A large message continued where its transfer broke off (draft-harding-as2-restart).

Whoever sends names the transfer by an ETag. After a failure it asks with HEAD how many bytes arrived, and posts the rest under the
same ETag and a Content-Range. The bytes are those of the whole message; who holds the first ones, and how long, is not known here.
"""

import re
from dataclasses import dataclass

from .mime.headers import Headers
from .mime.malformed import Malformed

LONGEST_TAG = 255
"""Characters an ETag may have."""

_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})", re.IGNORECASE)
_TAG = re.compile(r'"[!#-~]+"|[!#-~]+')


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a request brings of the message named by ``tag``: the bytes from ``first`` on. ``total`` is how many it has; None: not said."""

    tag: str
    first: int = 0
    total: int | None = None


def read_transfer(headers: Headers) -> Transfer | None:
    """The transfer that a request begins, continues or (with HEAD) asks about; None where it could not be continued.

    Raises :class:`.mime.malformed.Malformed` where its fields make no sense, so that nothing is put together wrongly.
    """
    tag, written = headers.get("etag"), headers.get("content-range")
    if tag is None and written is None:
        return None
    if tag is None:
        raise Malformed("The request has a Content-Range and no ETag, so that it is not known what it continues.")
    if len(tag) > LONGEST_TAG or not _TAG.fullmatch(tag):
        raise Malformed("The ETag is too long, or has blanks or other characters that none may have.")
    if written is None:
        return Transfer(tag)
    match = _RANGE.fullmatch(written)
    if match is None:
        raise Malformed(f"The Content-Range {written[:60]!r} is none.")
    first, last, total = (int(number) for number in match.groups())
    if not first <= last == total - 1:
        raise Malformed(f"The Content-Range {written[:60]!r} does not lead to the end of the message.")
    return Transfer(tag, first, total)


def continuing_fields(transfer: Transfer) -> list[tuple[str, str]]:
    """The fields by which we begin a transfer, or continue it from ``first``."""
    fields = [("ETag", transfer.tag)]
    if transfer.first and transfer.total is not None:
        fields.append(("Content-Range", f"bytes {transfer.first}-{transfer.total - 1}/{transfer.total}"))
    return fields


def read_held(headers: Headers) -> int:
    """How many bytes the other side says it holds, in its answer to HEAD; 0 where it does not say."""
    written = headers.get("content-length") or ""
    return int(written) if re.fullmatch(r"\d{1,18}", written) else 0
