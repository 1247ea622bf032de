"""What the HTTP server takes and gives, and what it asks of whoever is behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol

from .in_hand import InHand

Fields = tuple[tuple[bytes, bytes], ...]
"""Header fields in the order in which they came, names as they were spelled, duplicates kept. A folded value is one line, with a
space where it was folded (RFC 9112 §5.2); values have no white space around them."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. ``address`` is the client's own when a trusted proxy names it, and the connection's otherwise;
    ``encrypted`` is whether the client came over TLS, which ends here or, by its word, at a trusted proxy.

    ``certificate`` is the client's certificate in DER where TLS ends here and the client showed one that the server's
    authorities vouch for: whose it is, is for the handler to judge.
    """

    address: str
    certificate: bytes | None = None
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A request before its body. ``path`` has no query; ``length`` is that of the body where the client tells it."""

    method: str
    path: str
    query: str
    fields: Fields
    length: int | None
    peer: Peer

    def values(self, name: bytes) -> Iterator[bytes]:
        """All values of a field, by its name in any case."""
        wanted = name.lower()
        return (value for given, value in self.fields if given.lower() == wanted)


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request. ``body`` is at its beginning and can be sought in; it is gone when the handler returns.

    ``path`` is the body as a file of its own that nobody writes to any more, or None for a small one, which is in memory.
    ``in_hand`` counts it already; what a handler makes of it on the disk counts too.
    """

    head: Head
    body: BinaryIO
    size: int
    path: Path | None
    in_hand: InHand


@dataclass(frozen=True, slots=True)
class Stored:
    """The ``size`` bytes from where ``file`` stands: a body that would take too much memory. The server closes the file."""

    file: BinaryIO
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets: ``body`` or, where there is one, ``stored`` in its place.

    The server adds what frames it (Content-Length, Connection) and a Date where there is none.
    """

    status: int
    fields: Fields = ()
    body: bytes = b""
    stored: Stored | None = None

    @property
    def size(self) -> int:
        return len(self.body) if self.stored is None else self.stored.size

    def discard(self) -> None:
        """Nobody gets it."""
        if self.stored is not None:
            self.stored.file.close()


def plain(status: int, sentence: str, *fields: tuple[bytes, bytes]) -> Answer:
    """An answer in words: ``sentence`` says what is wrong and what to do, and names nothing of our inside."""
    text = f"{status} {HTTPStatus(status).phrase}: {sentence}\n" if status >= 400 else f"{sentence}\n"
    return Answer(status, ((b"Content-Type", b"text/plain; charset=utf-8"), *fields), text.encode())


def busy(sentence: str, seconds: int = 30) -> Answer:
    """503: try again after so many seconds."""
    return plain(503, sentence, (b"Retry-After", str(seconds).encode()))


class Handler(Protocol):
    """Takes what is posted to one path. Each request that is not refused by ``admit`` is ended by exactly one ``ended``."""

    def admit(self, head: Head) -> Answer | None:
        """Refuse a request before its body is read: an answer instead, or None to let it in.

        Runs in the server's loop and holds up everybody: it looks at what is in memory and never waits.
        """
        ...

    def answer(self, request: Request) -> Answer:
        """Work on a whole request and say what the client is answered; may wait for disk and database.

        A :class:`canonical.errors.TallyError` is answered with its ``partner_message``: 503 where a retry may help, else 500.
        """
        ...

    def ended(self, head: Head) -> None:
        """Whatever came of it, the request is over: answered, broken off, or too slow. As quick as ``admit``."""
        ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a body that outlives its connection is written: into the file at ``path``, behind the ``size`` bytes that an earlier
    connection brought."""

    path: Path
    size: int


class Keeper(Protocol):
    """Keeps what came of a body when its connection breaks, so that the next one can bring the rest. The files are its own."""

    def wants(self, head: Head) -> bool:
        """Whether to be asked for a place. As quick as :meth:`Handler.admit`."""
        ...

    def place(self, head: Head) -> Begun | Answer | None:
        """Before the body is read: where it is written, why it is refused, or None where nothing of it is to outlive its connection.

        May wait. The place is this request's alone until :meth:`Handler.ended` is told of it, by which time nobody writes there any more.
        """
        ...


class Page(Protocol):
    """Answers GET and HEAD of one path; may wait."""

    def __call__(self, head: Head, /) -> Answer: ...
