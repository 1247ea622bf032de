"""What a partner's server answered, and what to make of its status."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from canonical.errors import TallyError

from .failures import Refused, RefusedForNow, ServerFailed

Fields = tuple[tuple[bytes, bytes], ...]

LONGEST_WAIT = timedelta(hours=1)
"""For how long we let somebody put us off by Retry-After, where nothing else is agreed."""

NOT_NOW = frozenset({408, 425, 429, 503})
"""Statuses by which a server puts us off."""

_SHOWN = 200
"""Bytes of an answer's text that an operator is shown."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """``fields`` as they came, in their order. ``seconds`` from the first byte sent to the last received; ``address`` is whose it is."""

    status: int
    fields: Fields
    body: bytes
    seconds: float
    address: str

    def value(self, name: bytes) -> bytes | None:
        """The first value of a field, by its name in any case."""
        wanted = name.lower()
        return next((value for given, value in self.fields if given.lower() == wanted), None)


_CHANGE = {
    301: "The URL in the partner's profile must be the new one: we follow nobody elsewhere",
    302: "The URL in the partner's profile must be one that answers itself: we follow nobody elsewhere",
    303: "The URL in the partner's profile must be one that answers itself: we follow nobody elsewhere",
    307: "The URL in the partner's profile must be one that answers itself: we follow nobody elsewhere",
    308: "The URL in the partner's profile must be the new one: we follow nobody elsewhere",
    401: "Check user name and password in the partner's profile",
    403: "Ask the partner to let us in: our address, certificate or user may be unknown there",
    404: "Check the path of the URL in the partner's profile",
    405: "Check the URL in the partner's profile: nothing can be posted there",
    410: "Ask the partner for its new URL",
    411: "Set the profile to send Content-Length",
    413: "The partner takes no message of this size; agree on another way",
}


def failure_of(
    answer: HttpAnswer, url: str, *, now: datetime, longest_wait: timedelta = LONGEST_WAIT
) -> TallyError | None:
    """What is wrong when the status says so; None for 2xx. The text of the answer, which the partner wrote, is shown cut short.

    ``longest_wait`` bounds how long a server's Retry-After (RFC 9110, section 10.2.3) is heeded; ``now`` is for those that give no Date.
    """
    status = answer.status
    if 200 <= status < 300:
        return None
    said = f"{told(answer, url)}."
    if status in NOT_NOW:
        asked = asked_wait(answer, now)
        wait = None if asked is None else min(asked, longest_wait)
        return RefusedForNow(f"{said} {_put_off(asked, wait)}", wait)
    if status >= 500:
        return ServerFailed(f"{said} The partner's server failed; it is tried again with the same message.")
    return Refused(f"{said} {_CHANGE.get(status, 'Show this to the partner')}.")


def told(answer: HttpAnswer, url: str) -> str:
    """Who answered what, without a full stop: the status, and what can be shown of the rest."""
    return f"{url} answered {answer.status}{_text(answer)}"


def asked_wait(answer: HttpAnswer, now: datetime) -> timedelta | None:
    """For how long a server wants to be left alone; None where it does not say, or says nothing that can be understood.

    A moment is counted from the server's own time, where it tells that: its clock may be another.
    """
    value = (answer.value(b"retry-after") or b"").strip()
    if value.isdigit():
        return timedelta(seconds=int(value)) if len(value) < 10 else None
    until = _moment(value)
    if until is None:
        return None
    return max(until - (_moment(answer.value(b"date") or b"") or now), timedelta(0))


def _moment(value: bytes) -> datetime | None:
    """A date in one of the forms that RFC 9110, section 5.6.7, has."""
    try:
        moment = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _put_off(asked: timedelta | None, wait: timedelta | None) -> str:
    if asked is None or wait is None:
        return "It is tried again."
    if wait < asked:
        return f"It asks to be left alone for {in_words(asked)}. It is tried again after {in_words(wait)}, the longest that was agreed."
    return f"It asks to be left alone for {in_words(wait)}; then it is tried again."


def in_words(time: timedelta) -> str:
    """A stretch of time for people: in seconds below two minutes, else in minutes."""
    seconds = time.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _text(answer: HttpAnswer) -> str:
    location = answer.value(b"location")
    if location is not None:
        return f" (to {location[:_SHOWN].decode('latin-1')!r})"
    if (page := web_page(answer)) is not None:
        return f" with {page}"
    if not (answer.value(b"content-type") or b"").lower().startswith(b"text/plain"):
        return ""
    words = _cut(answer.body)
    return f" ({words!r})" if words else ""


def web_page(answer: HttpAnswer) -> str | None:
    """The answer as an operator is told of it where it is a page for people, with its title; None where it is none."""
    if not (answer.value(b"content-type") or b"").lower().startswith((b"text/html", b"application/xhtml")):
        return None
    title = _TITLE.search(answer.body)
    words = _cut(title[1]) if title else ""
    return f"a web page, {words!r}" if words else "a web page"


_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]*)", re.IGNORECASE)


def _cut(text: bytes) -> str:
    return " ".join(text[:_SHOWN].decode("utf-8", "replace").split())
