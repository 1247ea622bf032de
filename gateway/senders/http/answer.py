"""What a partner's server answered, and what to make of its status."""

from dataclasses import dataclass

from canonical.errors import TallyError

from .failures import Refused, RefusedForNow, ServerFailed

Fields = tuple[tuple[bytes, bytes], ...]

LONGEST_WAIT = 24 * 3600
"""A Retry-After beyond this many seconds is not believed."""

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


def failure_of(answer: HttpAnswer, url: str) -> TallyError | None:
    """What is wrong when the status says so; None for 2xx. The text of the answer, which the partner wrote, is shown cut short."""
    status = answer.status
    if 200 <= status < 300:
        return None
    said = f"{url} answered {status}{_text(answer)}."
    if status in (408, 425, 429, 503):
        return RefusedForNow(f"{said} It is tried again.", _retry_after(answer))
    if status >= 500:
        return ServerFailed(f"{said} The partner's server failed; it is tried again with the same message.")
    return Refused(f"{said} {_CHANGE.get(status, 'Show this to the partner')}.")


def _retry_after(answer: HttpAnswer) -> int | None:
    value = answer.value(b"retry-after") or b""
    return min(int(value), LONGEST_WAIT) if value.isdigit() and len(value) < 10 else None


def _text(answer: HttpAnswer) -> str:
    location = answer.value(b"location")
    if location is not None:
        return f" (to {location[:_SHOWN].decode('latin-1')!r})"
    if not (answer.value(b"content-type") or b"").lower().startswith(b"text/plain"):
        return ""
    words = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split())
    return f" ({words!r})" if words else ""
