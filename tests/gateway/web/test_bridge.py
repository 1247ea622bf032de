"""Between the server and an application: requests as ASGI says them, answers small or large, and nothing left behind."""

import io
from pathlib import Path

import pytest

from gateway.listeners.http import Answer, Head, InHand, Peer, Request
from gateway.web.bridge import IN_MEMORY, MOST_FORM, Application, Bridge, Message, Receive, Send


def head(method: str = "GET", path: str = "/a", query: str = "", length: int | None = None, **peer: bool) -> Head:
    fields = ((b"Host", b"gateway"), (b"X-Twice", b"1"), (b"x-twice", b"2"))
    return Head(method, path, query, fields, length, Peer("192.0.2.1", **peer))  # type: ignore[arg-type]


class Echo:
    """Remembers what it was asked, and answers ``body`` in pieces."""

    def __init__(self, *body: bytes) -> None:
        self.body = body
        self.scope: Message = {}
        self.received: list[Message] = []
        self.made = 0

    def make(self) -> Application:
        self.made += 1
        return self

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.received = [await receive(), await receive()]
        await send({"type": "http.response.start", "status": 201, "headers": [(b"a", b"b"), (b"a", b"c")]})
        for piece in self.body:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})


def read(answer: Answer) -> bytes:
    if answer.stored is None:
        return answer.body
    with answer.stored.file as file:
        return file.read()


def test_a_request_as_the_application_sees_it(tmp_path: Path) -> None:
    echo = Echo()
    Bridge(echo.make, tmp_path)(head("HEAD", "/a%2Fb%20c", "q=%20"))
    scope = echo.scope
    assert (scope["method"], scope["path"], scope["raw_path"]) == ("GET", "/a/b c", b"/a%2Fb%20c")
    assert (scope["query_string"], scope["client"], scope["scheme"]) == (b"q=%20", ("192.0.2.1", 0), "http")
    assert scope["headers"] == [(b"host", b"gateway"), (b"x-twice", b"1"), (b"x-twice", b"2")]
    assert [message["type"] for message in echo.received] == ["http.request", "http.disconnect"]


def test_what_came_over_tls_is_known(tmp_path: Path) -> None:
    echo = Echo()
    Bridge(echo.make, tmp_path)(head(encrypted=True))
    assert echo.scope["scheme"] == "https"


def test_a_form_is_handed_over(tmp_path: Path) -> None:
    echo = Echo()
    Bridge(echo.make, tmp_path).answer(Request(head("POST", length=3), io.BytesIO(b"a=b"), 3, None, InHand(3)))
    assert echo.received[0]["body"] == b"a=b"


@pytest.mark.parametrize(("length", "taken"), [(0, True), (MOST_FORM, True), (MOST_FORM + 1, False), (None, False)])
def test_only_small_forms_are_let_in(tmp_path: Path, length: int | None, taken: bool) -> None:
    refused = Bridge(Echo().make, tmp_path).admit(head("POST", length=length))
    assert (refused is None) is taken
    assert refused is None or refused.status == 413


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY])
def test_answers_of_every_size_are_whole(tmp_path: Path, size: int) -> None:
    whole = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    half = size // 2
    answer = Bridge(Echo(whole[:half], whole[half:]).make, tmp_path)(head())
    assert (answer.status, answer.fields, answer.size) == (201, ((b"a", b"b"), (b"a", b"c")), size)
    assert (answer.stored is None) is (size <= IN_MEMORY)
    assert read(answer) == whole
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_sent_though_it_is_removed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * (IN_MEMORY + 1))

    async def application(_scope: Message, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": str(file)})
        file.unlink()

    answer = Bridge(lambda: application, tmp_path)(head())
    assert answer.stored is not None
    assert len(read(answer)) == IN_MEMORY + 1


def test_the_application_is_made_once_and_not_before_it_is_asked(tmp_path: Path) -> None:
    echo = Echo()
    bridge = Bridge(echo.make, tmp_path)
    assert echo.made == 0
    bridge(head())
    bridge(head())
    assert echo.made == 1


def test_what_it_raises_is_the_servers_to_answer(tmp_path: Path) -> None:
    async def application(_scope: Message, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Bridge(lambda: application, tmp_path)(head())
