"""Heads that could be read in two ways, or not at all."""

import pytest

from gateway.listeners.http.head import Refused, check_head

from .raw import CHUNKED, head

LENGTH = b"Content-Length: 5"


def status_of(block: bytes, max_fields: int = 100) -> int:
    """200 when the head is acceptable."""
    try:
        check_head(block, max_fields)
    except Refused as refused:
        return refused.answer.status
    return 200


def test_a_refusal_says_why_and_what_to_do() -> None:
    with pytest.raises(Refused) as refused:
        check_head(head(LENGTH, LENGTH), 100)
    assert (
        refused.value.answer.body
        == b"400 Bad Request: The field content-length stands 2 times in the head; send it once.\n"
    )


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (LENGTH,),
        (b"content-LENGTH:5",),
        (b"Content-Length: \t5 ",),
        (CHUNKED,),
        (b"transfer-encoding: Chunked",),
        (b"Content-Type: multipart/signed;", b"\tboundary=x"),
        (b"X-Content-Length: 5", LENGTH),
        (b"AS2-To: a", b"AS2-To: b"),
    ],
)
def test_plain_heads_are_acceptable(fields: tuple[bytes, ...]) -> None:
    assert status_of(head(*fields)) == 200


@pytest.mark.parametrize(
    "fields",
    [
        (LENGTH, LENGTH),
        (LENGTH, b"Content-Length: 6"),
        (b"Content-Length: 5, 5",),
        (b"Content-Length: +5",),
        (b"Content-Length: -5",),
        (b"Content-Length: 5 5",),
        (b"Content-Length: 0x5",),
        (b"Content-Length: 5;",),
        (b"Content-Length: 5.0",),
        (b"Content-Length: \xb2",),
        (b"Content-Length:",),
        (b"Content-Length:", b" 5"),
        (LENGTH, b" 6"),
        (LENGTH, CHUNKED),
        (CHUNKED, LENGTH),
        (CHUNKED, b"content-length: 5"),
        (CHUNKED, CHUNKED),
        (CHUNKED, b"Transfer-Encoding: identity"),
        (b"Transfer-Encoding:", b"\tchunked"),
        (b"Host: other",),
        (b"X: a\nContent-Length: 5",),
        (b"X: a\n\tb",),
        (b"X: a\rContent-Length: 5",),
        (b"X: a\r\r",),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(fields: tuple[bytes, ...]) -> None:
    assert status_of(head(*fields)) == 400


@pytest.mark.parametrize(
    "coding",
    [b"gzip", b"gzip, chunked", b"chunked, gzip", b"xchunked", b"chunked;q=1", b"\x0bchunked", b"identity", b""],
)
def test_other_transfer_codings_are_not_understood(coding: bytes) -> None:
    assert status_of(head(b"Transfer-Encoding: " + coding)) == 501


@pytest.mark.parametrize(
    ("version", "status"),
    [(b"HTTP/1.0", 200), (b"HTTP/1.1", 200), (b"HTTP/1.2", 505), (b"HTTP/2.0", 505), (b"HTTP/0.9", 505)],
)
def test_versions(version: bytes, status: int) -> None:
    assert status_of(head(LENGTH, request_line=b"POST /as2 " + version)) == status


def test_http_1_0_has_no_transfer_encoding() -> None:
    assert status_of(head(CHUNKED, request_line=b"POST /as2 HTTP/1.0")) == 400


def test_a_thousand_fields_are_too_many() -> None:
    fields = [b"X-%d: x" % number for number in range(999)]
    assert status_of(head(*fields)) == 431
    assert status_of(head(*fields), max_fields=1000) == 200
