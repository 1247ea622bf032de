"""Where our HTTP server and an ASGI application meet.

The server bounds heads, bodies and times, and calls from a thread for each request; the application runs to its end in that thread, in an
event loop of its own. So its functions are coroutines that may wait for the database, and hold up nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, TypeAlias, cast
from urllib.parse import unquote

from ..listeners.http import Answer, Head, Request, Stored, plain

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Application: TypeAlias = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_FORM = 8 * 1024
"""Bytes of what is posted: a form with a token."""

IN_MEMORY = 256 * 1024
"""Bytes of an answer; a larger one goes through a file."""


class Bridge:
    """Answers by an application, which is made for the first request. ``staging`` is where large answers are kept until they are sent."""

    def __init__(self, make: Callable[[], Application], staging: Path) -> None:
        self._make = make
        self._staging = staging

    @cached_property
    def _application(self) -> Application:
        return self._make()

    def __call__(self, head: Head) -> Answer:
        """GET or HEAD."""
        return self._run(head, b"")

    def admit(self, head: Head) -> Answer | None:
        if head.length is None or head.length > MOST_FORM:
            return plain(413, f"A form of at most {MOST_FORM} bytes is taken here, and its Content-Length first.")
        return None

    def answer(self, request: Request) -> Answer:
        """POST."""
        return self._run(request.head, request.body.read(MOST_FORM))

    def ended(self, head: Head) -> None:
        """Nothing is held for a request."""

    def _run(self, head: Head, body: bytes) -> Answer:
        given = _Given(self._staging)

        async def run() -> None:
            await self._application(_scope(head), _Body(body).receive, given.take)

        try:
            asyncio.run(run())
        except BaseException:
            given.file.close()
            raise
        return given.answer()


class _Body:
    def __init__(self, body: bytes) -> None:
        self._messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive(self) -> Message:
        return next(self._messages, {"type": "http.disconnect"})


class _Given:
    """What the application answers, as it comes."""

    def __init__(self, staging: Path) -> None:
        self.file = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY, dir=str(staging)))  # noqa: SIM115 - the server closes it
        self._status = 500
        self._fields: list[tuple[bytes, bytes]] = []

    async def take(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start":
                self._status, self._fields = message["status"], list(message["headers"])
            case "http.response.body":
                self.file.write(message.get("body", b""))
            case "http.response.pathsend":
                self.file.close()
                self.file = Path(message["path"]).open("rb")  # noqa: SIM115

    def answer(self) -> Answer:
        size = self.file.seek(0, 2)
        self.file.seek(0)
        if size > IN_MEMORY:
            return Answer(self._status, tuple(self._fields), stored=Stored(self.file, size))
        with self.file:
            return Answer(self._status, tuple(self._fields), self.file.read())


def _scope(head: Head) -> MutableMapping[str, Any]:
    """The request as ASGI says it; HEAD is GET, of which the server sends no body."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET" if head.method == "HEAD" else head.method,
        "scheme": "https" if head.peer.encrypted else "http",
        "path": unquote(head.path),
        "raw_path": head.path.encode("ascii"),
        "query_string": head.query.encode("ascii"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in head.fields],
        "client": (head.peer.address, 0),
        "server": None,
        "state": {},
        "extensions": {"http.response.pathsend": {}},
    }
