"""HTTP/1.x without a socket: however the bytes are cut, the requests are the same."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.listeners.http.head import Refused
from gateway.listeners.http.port import plain
from gateway.listeners.http.wire import FEW_CHUNKS, TINY_CHUNK, Wire

from .raw import CHUNKED, chunk, head, post

MAX_HEAD = 2000


@dataclass
class Reading:
    """What was read: each request with its body, then the status of a refusal."""

    requests: list[tuple[bytes, bytes]]
    refused: int | None = None


def read(pieces: list[bytes]) -> Reading:
    """Read requests as the connection does, and answer each."""
    wire = Wire(MAX_HEAD, 20)
    reading = Reading([])
    target: bytes | None = None
    body = b""
    try:
        for piece in pieces:
            wire.receive(piece)
            while True:
                if target is None:
                    request = wire.head()
                    if request is None:
                        break
                    target, body = request.target, b""
                came = wire.body()
                body += b"".join(came)
                if wire.complete:
                    reading.requests.append((target, body))
                    target = None
                    if not wire.reusable:
                        return reading
                    wire.renew()
                elif not came:
                    break
    except Refused as refused:
        reading.refused = refused.answer.status
    return reading


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(position % (len(data) + 1) for position in at)})
    return [data[start:end] for start, end in pairwise(edges)]


BODIES = st.binary(max_size=200)


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A request as sent, and its body."""
    body = draw(BODIES)
    if draw(st.booleans()):
        return post(body), body
    chunks = [piece for piece in cut(body, draw(st.lists(st.integers(0, 200), max_size=5))) if piece]
    return head(CHUNKED) + b"".join(map(chunk, chunks)) + b"0\r\n\r\n", body


@given(st.lists(requests(), min_size=1, max_size=4), st.lists(st.integers(0, 5000), max_size=8))
def test_requests_are_the_same_however_they_are_cut(sent: list[tuple[bytes, bytes]], at: list[int]) -> None:
    data = b"".join(wire for wire, _ in sent)
    expected = Reading([(b"/as2", body) for _, body in sent])
    assert read([data]) == expected
    assert read(cut(data, at)) == expected
    assert read([bytes([byte]) for byte in data]) == expected


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_nothing_but_a_refusal_comes_of_any_bytes_and_its_cuts_change_nothing(data: bytes, at: list[int]) -> None:
    for begin in (b"", b"POST /as2 HTTP/1.1\r\nHost: x\r\n", head(CHUNKED), head(b"Content-Length: 5")):
        assert read(cut(begin + data, at)) == read([begin + data])


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b" POST / HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /as2 HTTP/1.1\r\n\r\n", 400),
        (head(b" : folded first"), 400),
        (head(b"Name : value"), 400),
        (head(b"no colon"), 400),
        (head(b"X: a\0b"), 400),
        (b"POST / HTTP/1.1\nHost: x\n\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\n", 400),
        (b"POST /" + b"x" * MAX_HEAD, 431),
        (head(b"X: " + b"x" * MAX_HEAD), 431),
        (head(*[b"X: 1"] * 21), 431),
        (head(CHUNKED) + b"g\r\n", 400),
        (head(CHUNKED) + b"-1\r\n", 400),
        (head(CHUNKED) + b"0x5\r\nhello\r\n", 400),
        (head(CHUNKED) + b"5\r\nhelloX", 400),
        (head(CHUNKED) + b"5\nhello\n0\n\n", 400),
        (head(CHUNKED) + b"f" * 21 + b"\r\n", 400),
        (head(CHUNKED) + b"5;" + b"x" * MAX_HEAD, 431),
        (head(CHUNKED) + b"0\r\n" + b"X: x\r\n" * MAX_HEAD, 431),
    ],
)
def test_what_is_no_http_or_too_long_is_refused_with_a_reason(data: bytes, status: int) -> None:
    for pieces in ([data], [data[: len(data) // 2], data[len(data) // 2 :]]):
        reading = read(pieces)
        if reading.refused is None:
            reading = read([*pieces, b"\r\n" * MAX_HEAD])
        assert reading.refused == status


def test_endless_tiny_chunks_are_refused_and_a_few_are_not() -> None:
    few = head(CHUNKED) + chunk(b"x") * FEW_CHUNKS + b"0\r\n\r\n"
    assert read([few]).requests == [(b"/as2", b"x" * FEW_CHUNKS)]
    many = head(CHUNKED) + chunk(b"x" * (TINY_CHUNK - 1)) * (FEW_CHUNKS + 1)
    assert read([many]).refused == 400
    fair = head(CHUNKED) + chunk(b"x" * TINY_CHUNK) * 5000 + b"0\r\n\r\n"
    assert read([fair]).requests == [(b"/as2", b"x" * TINY_CHUNK * 5000)]
    assert read([fair[at : at + 999] for at in range(0, len(fair), 999)]) == read([fair])


def test_line_breaks_between_requests_are_no_request() -> None:
    assert read([b"\r\n\r\n", post(b"one"), b"\r\n", b"\r", b"\n", post(b"two")]).requests == [
        (b"/as2", b"one"),
        (b"/as2", b"two"),
    ]


def test_an_answer_can_be_written_whatever_came() -> None:
    for data in (b"", b"\x16", head(CHUNKED) + b"g\r\n", post()):
        wire = Wire(MAX_HEAD, 20)
        wire.receive(data)
        try:
            wire.head()
            wire.body()
        except Refused:
            pass
        assert wire.answer(plain(400, "no"), "today", last=True).startswith(b"HTTP/1.1 400 Bad Request\r\n")
