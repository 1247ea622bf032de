"""AS2 Restart as the sender: a message whose transfer broke off is posted on from where the partner says that it broke."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import structlog

from ..as2 import restart
from ..as2.mime.headers import Headers
from ..senders.http import NOT_NOW, HttpAnswer, HttpClient, Terms, Unanswered

ANSWER_SECONDS = 30.0
"""How long the partner's server may think about how much it has."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """A message to be posted: ``name`` stands for exactly these bytes."""

    name: str
    headers: Headers
    body: BinaryIO
    size: int


@dataclass(frozen=True, slots=True)
class Continued:
    """Posts large messages to one partner's server at ``url``."""

    client: HttpClient
    url: str
    terms: Terms

    def post(self, message: Stored, *, begun: bool) -> HttpAnswer:
        """Post what the partner does not have: all of it, unless it was ``begun`` before and the partner says how much it has.

        Where the rest is not taken without its beginning, all of it is posted after all. A server that puts us off when it is asked has
        given its answer; it may still be busy with the transfer that broke off. Raises what the client raises.
        """
        asked = self._asked(message) if begun else None
        if asked is not None and asked.status in NOT_NOW:
            return asked
        offset = 0 if asked is None else restart.answered(asked.status, _headers(asked), message.name, message.size)
        if offset:
            answer = self._posted(message, offset)
            if not restart.wants_the_whole(answer.status):
                return answer
            _log.warning("as2.not_continued", url=self.url, at=offset, status=answer.status)
        return self._posted(message, 0)

    def _asked(self, message: Stored) -> HttpAnswer | None:
        """What the partner's server answers who asks how much it has; None where it does not."""
        terms = replace(self.terms, timeouts=replace(self.terms.timeouts, answer=ANSWER_SECONDS))
        fields = _encoded(restart.question(message.headers, message.name).pairs)
        try:
            return self.client.head(self.url, fields, terms)
        except Unanswered as error:
            # A server that knows no HEAD may well end the connection.
            _log.warning("as2.restart_not_answered", url=self.url, error=error.message)
            return None

    def _posted(self, message: Stored, offset: int) -> HttpAnswer:
        naming = restart.naming_fields(message.name, offset, message.size)
        fields = _encoded((*message.headers.pairs, *naming))
        return self.client.post_from(offset, self.url, fields, message.body, self.terms)


def _headers(answer: HttpAnswer) -> Headers:
    return Headers(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.fields))


def _encoded(pairs: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in pairs]
