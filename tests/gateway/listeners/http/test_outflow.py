"""Large answers: they go out whole, take no memory, and wait for the client only so long."""

import io
import threading
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from gateway.listeners.http import Answer, Head, Stored, plain

from .conftest import SECONDS, Serve, Site
from .raw import RawClient, head

SIZE = 16_000_000
"""More than the kernel holds for a client that reads nothing."""
GET = head(request_line=b"GET /large HTTP/1.1")


class Large(io.BytesIO):
    """A file that tells when it is closed."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.gone = threading.Event()

    def close(self) -> None:
        super().close()
        self.gone.set()


class Shelf:
    """Shows large files, and remembers them."""

    def __init__(self, data: bytes, promised: int | None = None) -> None:
        self.data = data
        self.promised = len(data) if promised is None else promised
        self.given: list[Large] = []
        self.asked = threading.Event()

    def __call__(self, head: Head) -> Answer:
        file: BinaryIO = Large(self.data)
        assert isinstance(file, Large)
        self.given.append(file)
        self.asked.set()
        return Answer(200, (), stored=Stored(file, self.promised))

    def all_closed(self) -> bool:
        assert self.asked.wait(SECONDS)
        return all(file.gone.wait(SECONDS) for file in self.given)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(bytes(range(256)) * (SIZE // 256))


@pytest.fixture
def large(serve: Serve, shelf: Shelf) -> Iterator[Site]:
    with serve(asked={"/large": shelf, "/below/*": lambda head: plain(200, f"{head.path}?{head.query}")}) as site:
        yield site


def test_it_arrives_whole_and_the_connection_goes_on(large: Site, shelf: Shelf) -> None:
    with large.connect() as client:
        for _ in range(2):
            client.send(GET)
            assert client.answer().body == shelf.data
        client.send(head(request_line=b"GET /healthz HTTP/1.1"))
        assert client.answer().status == 200
    assert shelf.all_closed()


def test_requests_that_come_meanwhile_are_answered_afterwards(large: Site, shelf: Shelf) -> None:
    with large.connect() as client:
        client.send(GET + head(request_line=b"GET /below/a?b=c HTTP/1.1"))
        assert client.answer().body == shelf.data
        assert client.answer().text == "/below/a?b=c\n"


def test_a_head_is_told_the_size_and_given_nothing(large: Site, shelf: Shelf) -> None:
    with large.connect() as client:
        client.send(head(request_line=b"HEAD /large HTTP/1.1"))
        assert client.answer(bodiless=True).fields["content-length"] == str(len(shelf.data))
    assert shelf.all_closed()


def test_a_client_that_leaves_ends_it(large: Site, shelf: Shelf) -> None:
    with large.connect() as client:
        client.send(GET)
        client.socket.recv(1)
    assert shelf.all_closed()


def test_a_client_that_takes_nothing_is_hung_up_on(serve: Serve, shelf: Shelf) -> None:
    with serve(asked={"/large": shelf}, answer_seconds=0.05) as site, site.connect() as client:
        client.send(GET)
        assert shelf.all_closed()
        assert received(client) < SIZE


def test_a_file_that_holds_less_than_promised_ends_the_connection(serve: Serve) -> None:
    short = Shelf(b"short", promised=10)
    with serve(asked={"/large": short}) as site, site.connect() as client:
        client.send(GET)
        received(client)
    assert short.all_closed()


def test_only_what_is_below_is_meant(large: Site) -> None:
    with large.connect() as client:
        for path, status in (
            ("/below/", 200),
            ("/below/a/b", 200),
            ("/below", 404),
            ("/belowa", 404),
            ("/large/a", 404),
        ):
            client.send(head(request_line=f"GET {path} HTTP/1.1".encode()))
            assert (path, client.answer().status) == (path, status)


def received(client: RawClient) -> int:
    """How much comes until the server hangs up."""
    total = 0
    try:
        while data := client.socket.recv(1 << 16):
            total += len(data)
    except ConnectionError:
        pass
    return total
