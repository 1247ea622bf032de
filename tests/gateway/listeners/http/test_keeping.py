"""Bodies that outlive their connection: somebody else says where they are written, and has what came of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.listeners.http import Answer, Begun, Head, plain

from .conftest import Serve, Site
from .raw import CHUNKED, chunk, head, post


class Kept:
    """Keeps one body, behind what came of it before."""

    def __init__(self, path: Path, come: bytes = b"") -> None:
        self.path = path
        self.come = come
        path.write_bytes(come)
        self.said: Callable[[Head], Begun | Answer | None] = lambda _head: Begun(path, len(come))

    def wants(self, head: Head) -> bool:
        return any(head.values(b"etag"))

    def place(self, head: Head) -> Begun | Answer | None:
        return self.said(head)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "kept", b"what came ")


def wanted(body: bytes) -> bytes:
    return post(body, b"ETag: x")


def assert_nothing_in_hand(site: Site) -> None:
    site.handler.wait_until_all_ended()
    assert site.server._site.in_hand.taken == 0


def test_the_handler_gets_all_of_it(serve: Serve, kept: Kept) -> None:
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(wanted(b"before") + post(b"hello"))
        assert (client.answer().status, client.answer().status) == (200, 200)
        assert [(taken.body, taken.on_disk) for taken in site.handler.taken] == [
            (b"what came before", True),
            (b"hello", False),
        ]
        assert_nothing_in_hand(site)
    assert kept.path.read_bytes() == b"what came before"


@pytest.mark.parametrize("framing", [b"Content-Length: 1000", CHUNKED])
def test_what_came_is_there_when_the_connection_is_not(serve: Serve, kept: Kept, framing: bytes) -> None:
    with serve(keepers={"/as2": kept}) as site:
        with site.connect() as client:
            client.send(head(framing, b"ETag: x") + (chunk(b"some") if framing is CHUNKED else b"some"))
        site.handler.wait_for(lambda: bool(site.handler.ended_heads))
        assert_nothing_in_hand(site)
        assert site.bodies == []
    assert kept.path.read_bytes() == b"what came some"


def test_so_it_is_when_it_comes_too_slowly(serve: Serve, kept: Kept) -> None:
    with serve(keepers={"/as2": kept}, pace_seconds=0.05) as site, site.connect() as client:
        client.send(head(b"Content-Length: 1000", b"ETag: x") + b"some")
        assert client.answer().status == 408
        assert_nothing_in_hand(site)
    assert kept.path.read_bytes() == b"what came some"


def test_who_is_refused_a_place_is_told_before_the_body(serve: Serve, kept: Kept) -> None:
    kept.said = lambda _head: plain(416, "Nothing is kept.")
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(head(b"Content-Length: 1000", b"ETag: x", b"Expect: 100-continue"))
        assert client.answer().status == 416
        assert_nothing_in_hand(site)
    assert kept.path.read_bytes() == b"what came "


def test_who_asks_first_is_told_to_go_on_once_there_is_a_place(serve: Serve, kept: Kept) -> None:
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(head(b"Content-Length: 6", b"ETag: x", b"Expect: 100-continue"))
        assert client.answer(bodiless=True).status == 100
        client.send(b"before")
        assert client.answer().status == 200
        assert site.bodies == [b"what came before"]


def test_without_a_place_it_is_as_any_other(serve: Serve, kept: Kept) -> None:
    kept.said = lambda _head: None
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(wanted(b"hello"))
        assert client.answer().status == 200
        assert site.bodies == [b"hello"]


def test_a_place_that_is_none_is_our_fault_and_the_client_may_come_again(serve: Serve, kept: Kept) -> None:
    kept.path.unlink()
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(wanted(b"hello"))
        assert client.answer().status == 503
        assert_nothing_in_hand(site)


def crashing(_head: Head) -> None:
    raise RuntimeError("a mistake of ours")


def test_a_keeper_that_crashes_takes_nobody_with_it(serve: Serve, kept: Kept) -> None:
    kept.said = crashing
    with serve(keepers={"/as2": kept}) as site, site.connect() as client:
        client.send(wanted(b"hello"))
        assert client.answer().status == 500
        assert_nothing_in_hand(site)


@pytest.mark.parametrize(("limit", "status"), [({"body_bytes": 15}, 413), ({"in_hand_bytes": 9}, 503)])
def test_what_came_before_counts_against_the_limits(
    serve: Serve, kept: Kept, limit: dict[str, int], status: int
) -> None:
    with serve(keepers={"/as2": kept}, **limit) as site, site.connect() as client:
        client.send(wanted(b"before"))
        assert client.answer().status == status
        assert_nothing_in_hand(site)
    assert kept.path.read_bytes() == b"what came "


def test_in_chunks_too(serve: Serve, kept: Kept) -> None:
    with serve(keepers={"/as2": kept}, body_bytes=15) as site, site.connect() as client:
        client.send(head(CHUNKED, b"ETag: x") + chunk(b"before"))
        assert client.answer().status == 413
        assert_nothing_in_hand(site)
