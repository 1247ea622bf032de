"""Who stamps our checkpoints with the time: a time-stamp authority that is asked over HTTP (RFC 3161, section 3.4)."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from canonical.errors import Misconfigured, Retryable, TallyError

from ..senders.http import HttpClient, Terms, Timeouts, told
from .timestamp import NoStamp, Query, Stamp, Trusted, verified

SKEW = timedelta(minutes=10)
"""How far the authority's clock and ours may be apart."""

_TERMS = Terms(timeouts=Timeouts(connect=10.0, send=10.0, answer=30.0, whole=60.0))
_FIELDS = [
    (b"Content-Type", b"application/timestamp-query"),
    (b"Accept", b"application/timestamp-reply"),
]


class NotStamped(Retryable):
    """No stamp is to be had from the authority now, or none that is to be believed."""


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority at ``url``, believed as ``trusted`` says."""

    url: str
    trusted: Trusted
    client: HttpClient

    def stamp(self, data: bytes, now: datetime) -> Stamp:
        """A stamp over ``data`` that was made now. Raises NotStamped."""
        query = Query.over(data)
        response = self._asked(query)
        try:
            stamp = verified(response, data, self.trusted, query.nonce)
        except NoStamp as error:
            raise NotStamped(
                f"What {self.url} gave as a time stamp is refused: {error}. It is tried again; check timestamp_url, timestamp_roots and "
                "timestamp_policy, or ask the authority."
            ) from error
        if abs(stamp.at - now) > SKEW:
            raise NotStamped(
                f"By the time stamp of {self.url} it is {stamp.at:%Y-%m-%d %H:%M:%S} UTC, by our clock {now:%Y-%m-%d %H:%M:%S}. The stamp "
                "is refused. Set our clock, or ask the authority about its own."
            )
        return stamp

    def _asked(self, query: Query) -> bytes:
        try:
            answer = self.client.post(self.url, _FIELDS, io.BytesIO(query.body), _TERMS)
        except TallyError as error:
            # What follows the first sentence is advice about partners.
            why = error.message.partition(". ")[0]
            raise NotStamped(f"The time-stamp authority gave no answer: {why}. It is tried again.") from error
        if answer.status != 200:
            raise NotStamped(f"The time-stamp authority gave no stamp: {told(answer, self.url)}. It is tried again.")
        return answer.body


def authority(
    url: str | None, roots: Path | None, policy: str | None, home: Path, client: HttpClient
) -> Authority | None:
    """The authority that the settings name; None where they name none. Raises Misconfigured where they do not say all."""
    if url is None:
        return None
    if roots is None:
        raise Misconfigured(
            "timestamp_url needs timestamp_roots: the PEM file with the authority's root certificates, by which its stamps are believed."
        )
    path = home / roots
    try:
        return Authority(url, Trusted.read(path.read_bytes(), policy), client)
    except OSError as error:
        raise Misconfigured(f"timestamp_roots: {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Misconfigured(
            f"timestamp_roots or timestamp_policy: {path} has no certificates in PEM, or {error}."
        ) from error
