"""Slow, oversize, endless and half-hearted clients."""

from collections.abc import Iterator, MutableMapping
from itertools import repeat
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gateway.listeners.http import Answer, plain

from .conftest import Serve, Site
from .raw import CHUNKED, chunk, head, post

SHORT = 0.05
"""A limit that is waited for."""

HEAD = 0.3
"""The same for a head, of which something must have come before."""


def test_who_says_nothing_is_hung_up_on(serve: Serve) -> None:
    with serve(head_seconds=SHORT) as site, site.connect() as client:
        assert client.ends()


@pytest.mark.parametrize("said", [b"P", b"POST /as2 HTTP/1.1\r\n", head(b"X: y")[:-2]])
def test_a_slow_head_is_refused(serve: Serve, said: bytes) -> None:
    with serve(head_seconds=HEAD) as site, site.connect() as client:
        client.send(said)
        assert client.answer().status == 408
        assert client.ends()


def test_a_head_that_never_ends_is_refused_though_it_goes_on_coming(serve: Serve) -> None:
    with serve(head_seconds=HEAD, head_bytes=1 << 30, fields=1 << 30) as site, site.connect() as client:
        client.send(b"POST /as2 HTTP/1.1\r\n")
        client.send_until_answered(repeat(b"X: y\r\n"))
        assert client.answer().status == 408


def test_the_second_request_has_no_more_time_than_the_first(serve: Serve) -> None:
    with serve(head_seconds=HEAD) as site, site.connect() as client:
        client.send(post() + b"POST")
        assert client.answer().status == 200
        assert client.answer().status == 408


def test_an_idle_connection_ends(serve: Serve) -> None:
    with serve(idle_seconds=SHORT) as site, site.connect() as client:
        client.send(post())
        assert client.answer().status == 200
        assert client.ends()


@pytest.mark.parametrize("framing", [b"Content-Length: 1000000", CHUNKED])
def test_a_body_that_stops_is_refused_and_leaves_nothing(serve: Serve, framing: bytes) -> None:
    with serve(pace_seconds=SHORT) as site, site.connect() as client:
        client.send(head(framing) + chunk(bytes(100_000)))
        assert client.answer().status == 408
        site.handler.wait_until_all_ended()
        assert site.staged() == []
    assert site.bodies == []


def test_a_body_that_trickles_is_refused(serve: Serve) -> None:
    with serve(pace_seconds=SHORT, pace_bytes=1 << 30) as site, site.connect() as client:
        client.send(head(b"Content-Length: 1000000000"))
        client.send_until_answered(repeat(b"x"))
        answer = client.answer()
        assert answer.status == 408
        assert "too slowly" in answer.text


def test_a_body_that_comes_well_but_for_too_long_is_refused(serve: Serve) -> None:
    with serve(body_seconds=SHORT, pace_bytes=0) as site, site.connect() as client:
        client.send(head(CHUNKED))
        client.send_until_answered(repeat(chunk(b"x" * 100)))
        assert client.answer().status == 408


def test_a_body_that_keeps_its_pace_has_its_time(serve: Serve) -> None:
    with serve(pace_seconds=SHORT, pace_bytes=0) as site, site.connect() as client:
        client.send(head(b"Content-Length: 5") + b"hell")
        client.socket.settimeout(3 * SHORT)
        with pytest.raises(TimeoutError):
            client.answer()
        client.socket.settimeout(10)
        client.send(b"o")
        assert client.answer().status == 200


def test_once_half_of_the_slots_are_taken_the_slowest_makes_room_for_each_that_comes(serve: Serve) -> None:
    with serve(requests=4, crowded_grace_seconds=0, crowded_pace=1 << 40) as site:
        slow = [site.connect() for _ in range(3)]
        for at, client in enumerate(slow):
            client.send(head(b"Content-Length: 900000000") + b"x")
            site.handler.wait_for(lambda: len(site.handler.admitted) == at + 1)  # noqa: B023
        assert len(site.handler.ended_heads) == 1
        with site.connect() as another:
            another.send(post())
            assert another.answer().status == 200
        site.handler.wait_for(lambda: len(site.handler.ended_heads) == 3)
        answers = [client.answer() for client in slow[:2]]
        assert {(answer.status, "while others waited" in answer.text) for answer in answers} == {(408, True)}


def test_who_keeps_the_pace_stays_however_many_come(serve: Serve) -> None:
    with serve(requests=2, crowded_grace_seconds=0, crowded_pace=0) as site, site.connect() as client:
        client.send(head(b"Content-Length: 5") + b"hell")
        site.handler.wait_for(lambda: len(site.handler.admitted) == 1)
        with site.connect() as another:
            another.send(post())
            assert another.answer().status == 200
        client.send(b"o")
        assert client.answer().status == 200


def test_nobody_is_judged_by_its_first_moments(serve: Serve) -> None:
    with serve(requests=2, crowded_grace_seconds=600) as site, site.connect() as client, site.connect() as another:
        client.send(head(b"Content-Length: 5") + b"hell")
        site.handler.wait_for(lambda: len(site.handler.admitted) == 1)
        another.send(post())
        assert another.answer().status == 200
        client.send(b"o")
        assert client.answer().status == 200


def test_a_length_beyond_the_limit_is_refused_before_the_body(serve: Serve) -> None:
    with serve(body_bytes=1000) as site, site.connect() as client:
        client.send(head(b"Content-Length: 1001"))
        answer = client.answer()
        assert (answer.status, answer.fields["connection"]) == (413, "close")
        assert "At most 1000 bytes" in answer.text
    assert site.handler.admitted == []


def test_an_oversize_client_that_sends_on_can_still_read_why(serve: Serve) -> None:
    with serve(body_bytes=1000) as site, site.connect() as client:
        client.send(head(b"Content-Length: 50000000"))
        for _ in range(500):
            client.send(bytes(100_000))
        assert client.answer().status == 413
        assert client.ends()


def test_but_not_for_ever(serve: Serve) -> None:
    with serve(body_bytes=1000, linger_seconds=SHORT) as site, site.connect() as client:
        client.send(head(CHUNKED) + chunk(bytes(1001)))
        assert client.answer().status == 413
        with pytest.raises(ConnectionError):
            client.send_for_ever(bytes(100_000))


@pytest.mark.parametrize("size", [1000, 200_000])
def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(serve: Serve, size: int) -> None:
    with serve(body_bytes=size) as site, site.connect() as client:
        client.send(
            head(CHUNKED) + chunk(bytes(size)) + b"0\r\n\r\n" + head(CHUNKED) + chunk(bytes(size)) + chunk(b"x")
        )
        assert client.answer().status == 200
        assert client.answer().status == 413
        site.handler.wait_until_all_ended()
        assert site.staged() == []


@pytest.mark.parametrize("size", [1, 16, 1000, 100_000])
def test_endless_chunks_end_at_the_limit(serve: Serve, size: int) -> None:
    with serve(body_bytes=300_000) as site, site.connect() as client:
        client.send(head(CHUNKED))
        client.send_until_answered(repeat(chunk(bytes(size)) * (2000 // size + 1)))
        answer = client.answer()
        assert answer.status == (400 if size < 16 else 413)
        site.handler.wait_until_all_ended()
        assert site.staged() == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((b"Content-Length: 5", b"Content-Length: 5"), 400),
        ((b"Content-Length: 5", b"Content-Length: 6"), 400),
        ((b"Content-Length: 5, 6",), 400),
        ((b"Content-Length: 5", CHUNKED), 400),
        ((b"Transfer-Encoding: gzip",), 501),
        ((), 411),
        ((b"Content-Length: 5", b"Expect: the-unexpected"), 417),
        (tuple(b"X-%d: x" % number for number in range(1000)), 431),
        ((b"X: " + b"x" * 40_000,), 431),
        (tuple(b" folded" for _ in range(1000)), 431),
    ],
)
def test_what_is_wrong_with_a_head_ends_the_connection(site: Site, fields: tuple[bytes, ...], status: int) -> None:
    with site.connect() as client:
        # What a careless reader would take for a second request must not be one.
        client.send(head(*fields) + b"hello" + post(b"smuggled"))
        answer = client.answer()
        assert (answer.status, answer.fields["connection"]) == (status, "close")
        client.socket.shutdown(1)
        assert client.ends()
    assert site.handler.admitted == []


@pytest.mark.parametrize(
    "body", [b"5\r\nhello\r\n0\r\n\r\n", b"5;name=value\r\nhello\r\n0\r\n\r\n", b"0005\r\nhello\r\n000\r\nX: y\r\n\r\n"]
)
def test_after_a_chunked_body_the_next_request_begins_where_it_ends(site: Site, body: bytes) -> None:
    with site.connect() as client:
        client.send(head(CHUNKED) + body + post(b"next"))
        assert [client.answer().status for _ in range(2)] == [200, 200]
    assert site.bodies == [b"hello", b"next"]


@pytest.mark.parametrize("last", [b"X: y", b"Connection: close"])
def test_who_asks_and_does_not_read_the_answer_is_broken_off(serve: Serve, last: bytes) -> None:
    with serve(answer_seconds=SHORT, connections=1) as site, site.connect() as client:
        site.handler.work = lambda request: Answer(200, (), bytes(50_000_000))
        client.send(post(b"hello", last))
        site.wait_for_room()
        with pytest.raises(AssertionError, match="hung up"):
            client.answer()


def test_who_reads_slowly_is_asked_for_nothing_until_it_has_read(site: Site) -> None:
    site.handler.work = lambda request: Answer(200, (), bytes(20_000_000))
    with site.connect() as client:
        client.send(post(b"one") + post(b"two"))
        site.handler.wait_for(lambda: len(site.handler.ended_heads) == 1)
        site.wait_for_room()
        assert site.bodies == [b"one"]
        assert len(client.answer().body) == 20_000_000
        assert len(client.answer().body) == 20_000_000
    assert site.bodies == [b"one", b"two"]


def test_a_disk_that_refuses_is_answered_and_the_slot_is_free_again(serve: Serve) -> None:
    with serve(requests=1) as site:
        site.staging.rmdir()
        for _ in range(2):
            with site.connect() as client:
                client.send(post(bytes(100_000)))
                answer = client.answer()
                assert answer.status == 503
                assert "could not be stored" in answer.text
                assert "retry-after" in answer.fields
        site.handler.wait_until_all_ended()
        with site.connect() as client:
            client.send(post())
            assert client.answer().status == 200


@pytest.fixture
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """All that is logged, whatever level somebody else in this process wanted."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with capture_logs() as found:
        yield found
    structlog.configure(**before)


def test_no_payload_and_no_secret_reaches_the_log(serve: Serve, logs: list[MutableMapping[str, Any]]) -> None:
    secret = b"Authorization: Basic c2VjcmV0"
    with serve(body_bytes=100) as site:
        site.handler.objection = lambda head: plain(403, "no") if any(head.values(b"x-no")) else None
        for request in (
            post(b"secret", secret),
            post(b"secret", secret, b"X-No: 1"),
            post(b"secret" * 100, secret),
            post(b"secret", secret, b"bad line with c2VjcmV0"),
            post(b"secret", secret, secret.replace(b" ", b"\0", 1)),
            head(secret, CHUNKED) + b"secret\r\nsecret",
        ):
            with site.connect() as client:
                client.send(request)
                client.answer()
    assert [log["event"] for log in logs if log["event"] == "http.refused"] == ["http.refused"] * 5
    assert "secret" not in str(logs)
    assert "c2VjcmV0" not in str(logs)
