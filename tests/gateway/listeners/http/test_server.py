"""What comes in and what is answered, over real connections."""

import threading
from http import HTTPStatus
from pathlib import Path

import pytest

from canonical.errors import Misconfigured, Retryable, TallyError
from gateway.listeners.http import Answer, Head, HttpServer, Request, busy, plain

from .conftest import SECONDS, Serve, Site
from .raw import CHUNKED, chunk, head, post


def test_a_post_reaches_the_handler_and_its_answer_the_client(site: Site) -> None:
    site.handler.work = lambda request: Answer(200, ((b"AS2-From", b"us"), (b"Message-ID", b"<1@us>")), b"an MDN")
    with site.connect() as client:
        client.send(post(b"hello", b"AS2-From: them"))
        answer = client.answer()
    assert (answer.status, answer.body) == (200, b"an MDN")
    assert answer.fields == {
        "as2-from": "us",
        "message-id": "<1@us>",
        "date": "Fri, 02 Jan 2026 03:04:05 GMT",
        "content-length": "6",
    }
    [taken] = site.handler.taken
    assert (taken.head.method, taken.head.path, taken.head.length, taken.body) == ("POST", "/as2", 5, b"hello")
    assert taken.head.peer.address == "127.0.0.1"
    assert taken.head.peer.certificate is None
    site.handler.wait_until_all_ended()


def test_fields_keep_their_order_their_spelling_and_their_duplicates(site: Site) -> None:
    folded = (b'Content-Type: multipart/signed;\r\n\tprotocol="application/pkcs7-signature"', b"X-Empty:")
    with site.connect() as client:
        client.send(post(b"", b"aS2-tO:  us \t", b"X-A: 1", *folded, b"x-a: 2", b"X-Bytes: \xe9"))
        assert client.answer().status == 200
    [taken] = site.handler.taken
    assert taken.head.fields == (
        (b"Host", b"gateway"),
        (b"Content-Length", b"0"),
        (b"aS2-tO", b"us"),
        (b"X-A", b"1"),
        (b"Content-Type", b'multipart/signed; protocol="application/pkcs7-signature"'),
        (b"X-Empty", b""),
        (b"x-a", b"2"),
        (b"X-Bytes", b"\xe9"),
    )
    assert list(taken.head.values(b"X-A")) == [b"1", b"2"]


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_comes_whole_in_memory_or_on_disk(site: Site, size: int, chunked: bool) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    with site.connect() as client:
        if chunked:
            client.send(head(CHUNKED))
            for start in range(0, size, 50_000):
                client.send(chunk(body[start : start + 50_000]))
            client.send(b"0\r\nX-Trailer: of no interest\r\n\r\n")
        else:
            client.send(post(body))
        assert client.answer().text == f"{size} bytes\n"
    [taken] = site.handler.taken
    assert taken.body == body
    assert taken.on_disk == (size > 64 * 1024)
    assert taken.head.length == (None if chunked else size)
    assert site.staged() == []


def test_the_file_of_a_large_body_is_there_while_the_handler_works_and_only_then(site: Site) -> None:
    def work(request: Request) -> Answer:
        assert request.path is not None
        return plain(200, f"{request.path.read_bytes() == bytes(100_000)} {oct(request.path.stat().st_mode)[-3:]}")

    site.handler.work = work
    with site.connect() as client:
        client.send(post(bytes(100_000)))
        assert client.answer().text == "True 600\n"
    assert site.staged() == []


def test_one_byte_at_a_time_is_the_same_request(site: Site) -> None:
    with site.connect() as client:
        for byte in head(CHUNKED) + chunk(b"hello") + chunk(b" you") + b"0\r\n\r\n":
            client.send(bytes([byte]))
        assert client.answer().status == 200
    assert site.bodies == [b"hello you"]


def test_a_connection_is_used_again_and_requests_sent_ahead_wait_for_their_turn(site: Site) -> None:
    with site.connect() as client:
        for number in range(3):
            client.send(post(b"%d" % number))
            assert client.answer().status == 200
        client.send(
            post(b"ahead")
            + head(request_line=b"GET /healthz HTTP/1.1")
            + post(bytes(100_000))
            + b"\r\n"
            + post(b"last")
        )
        assert [client.answer().text for _ in range(4)] == ["5 bytes\n", "alive\n", "100000 bytes\n", "4 bytes\n"]
    assert len(site.bodies) == 6


def test_many_requests_at_once_on_one_connection_are_answered_one_after_the_other(site: Site) -> None:
    with site.connect() as client:
        client.send(head(request_line=b"GET /as2 HTTP/1.1") * 2000)
        for _ in range(2000):
            assert client.answer().status == 200


@pytest.mark.parametrize(
    ("request_bytes", "last"),
    [
        (post(), False),
        (post(b"hello", b"Connection: keep-alive"), False),
        (post(b"hello", b"Connection: close"), True),
        (post(b"hello", b"connection: TE, Close"), True),
        (post(b"hello", version=b"1.0"), True),
        (b"POST /as2 HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", True),
    ],
)
def test_who_wants_the_connection_to_end_or_speaks_http_1_0_sees_it_end(
    site: Site, request_bytes: bytes, last: bool
) -> None:
    with site.connect() as client:
        client.send(request_bytes)
        answer = client.answer()
        assert answer.status == 200
        assert (answer.fields.get("connection") == "close") is last
        if last:
            assert client.ends()
        else:
            client.send(post())
            assert client.answer().status == 200


@pytest.mark.parametrize("size", [5, 5_000_000])
def test_who_ends_sending_still_gets_its_answer(site: Site, size: int) -> None:
    with site.connect() as client:
        client.send(post(bytes(size)))
        client.socket.shutdown(1)
        assert client.answer().status == 200
        assert client.ends()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/as2", 200),
        ("HEAD", "/as2", 200),
        ("GET", "/as2?from=browser", 200),
        ("PUT", "/as2", 405),
        ("DELETE", "/as2", 405),
        ("OPTIONS", "*", 404),
        ("CONNECT", "elsewhere:443", 404),
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/", 404),
        ("GET", "/as2/", 404),
        ("GET", "//as2", 404),
        ("GET", "/healthz/../as2", 404),
        ("GET", "http://gateway/as2", 200),
        ("GET", "http://gateway", 404),
    ],
)
def test_what_is_there(site: Site, method: str, path: str, status: int) -> None:
    with site.connect() as client:
        client.send(head(request_line=f"{method} {path} HTTP/1.1".encode()))
        answer = client.answer(bodiless=method == "HEAD")
        assert answer.status == status
        if status == 405:
            assert answer.fields["allow"] == ("GET, HEAD, POST" if path == "/as2" else "GET, HEAD")
        if status >= 400:
            assert answer.text.startswith(f"{status} {HTTPStatus(status).phrase}: ")
        client.send(post())
        assert client.answer().status == 200, "the connection is still good"


def test_a_whole_url_as_target_is_understood(site: Site) -> None:
    with site.connect() as client:
        client.send(post(path=b"https://gateway:8443/as2?x=1"))
        assert client.answer().status == 200
    assert (site.handler.taken[0].head.path, site.handler.taken[0].head.query) == ("/as2", "x=1")


def test_expect_100_continue_is_answered_once_the_head_was_accepted(site: Site) -> None:
    with site.connect() as client:
        client.send(head(b"Content-Length: 5", b"Expect: 100-continue"))
        assert client.answer(bodiless=True).status == 100
        client.send(b"hello")
        assert client.answer().status == 200


def test_who_does_not_wait_for_the_100_is_not_told(site: Site) -> None:
    with site.connect() as client:
        client.send(post(b"hello", b"Expect: 100-continue"))
        statuses = [client.answer(bodiless=True).status]
        if statuses == [100]:
            statuses.append(client.answer().status)
    assert statuses[-1] == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((b"Content-Length: 101",), 413),
        ((b"Content-Length: 99999999999999999999",), 413),
        ((b"Content-Length: 5", b"AS2-From: stranger"), 403),
    ],
)
def test_who_is_refused_by_its_head_gets_no_100_but_the_reason(
    serve: Serve, fields: tuple[bytes, ...], status: int
) -> None:
    with serve(body_bytes=100) as site, site.connect() as client:
        site.handler.objection = lambda head: plain(403, "no") if any(head.values(b"as2-from")) else None
        client.send(head(*fields, b"Expect: 100-continue"))
        answer = client.answer()
        assert (answer.status, answer.fields["connection"]) == (status, "close")
        assert client.ends()
    assert site.handler.admitted == []


def test_the_handler_refuses_before_a_byte_of_the_body_is_read(site: Site) -> None:
    site.handler.objection = lambda head: busy("You have two messages under way already; send this one later.", 7)
    with site.connect() as client:
        client.send(head(b"Content-Length: 1000"))
        answer = client.answer()
    assert (answer.status, answer.fields["retry-after"]) == (503, "7")
    assert "two messages under way" in answer.text
    assert site.handler.ended_heads == []


class OurFault(TallyError):
    pass


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            Retryable("The database /var/x is locked.", partner_message="Not now."),
            503,
            "Not now. Keep what you have, and send it again later.",
        ),
        (OurFault("Broken.", partner_message="Not so."), 500, "Not so."),
        (OSError(28, "No space left on device"), 503, "send it again later"),
        (RuntimeError("secret"), 500, "send it again later"),
    ],
)
def test_what_goes_wrong_inside_is_answered_and_not_told(site: Site, error: Exception, status: int, words: str) -> None:
    def work(request: Request) -> Answer:
        raise error

    site.handler.work = work
    with site.connect() as client:
        for _ in range(2):
            client.send(post(bytes(100_000)))
            answer = client.answer()
            assert answer.status == status
            assert words in answer.text
            assert ("retry-after" in answer.fields) is (status == 503)
            assert "/var/x" not in answer.text
            assert "secret" not in answer.text
    site.handler.wait_until_all_ended()
    assert site.staged() == []


def test_a_broken_admit_is_answered_too(site: Site) -> None:
    def broken(head: Head) -> Answer | None:
        raise RuntimeError

    site.handler.objection = broken
    with site.connect() as client:
        client.send(post())
        assert client.answer().status == 500


def test_a_broken_end_is_no_reason_not_to_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(head: Head) -> None:
        raise RuntimeError

    monkeypatch.setattr(site.handler, "ended", broken)
    with site.connect() as client:
        for _ in range(2):
            client.send(post())
            assert client.answer().status == 200


@pytest.mark.parametrize("field", [(b"X", b"a\r\nSet-Cookie: b"), (b"X\n", b"a")])
def test_an_answer_whose_field_would_break_the_head_is_not_sent(site: Site, field: tuple[bytes, bytes]) -> None:
    site.handler.work = lambda request: Answer(200, (field,), b"")
    with site.connect() as client:
        client.send(post())
        assert client.ends()
    with site.connect() as client:
        client.send(head(request_line=b"GET /healthz HTTP/1.1"))
        assert client.answer().status == 200


def test_beyond_the_requests_at_once_the_next_is_told_to_come_again(serve: Serve) -> None:
    free = threading.Event()

    def work(request: Request) -> Answer:
        assert free.wait(SECONDS)
        return plain(200, "done")

    with serve(requests=2, workers=1) as site:
        site.handler.work = work
        with site.connect() as first, site.connect() as second, site.connect() as third:
            first.send(post())
            second.send(head(b"Content-Length: 5"))
            site.handler.wait_for(lambda: len(site.handler.admitted) == 2)
            third.send(post())
            answer = third.answer()
            assert (answer.status, answer.fields["retry-after"]) == (503, "30")
            with site.connect() as probe:
                probe.send(head(request_line=b"GET /healthz HTTP/1.1"))
                assert probe.answer().status == 200, "health is told when all workers are busy"
            free.set()
            assert first.answer().status == 200
            second.send(b"hello")
            assert second.answer().status == 200
        with site.connect() as later:
            later.send(post())
            assert later.answer().status == 200


def test_all_bodies_together_are_limited_too(serve: Serve) -> None:
    free = threading.Event()

    def work(request: Request) -> Answer:
        assert free.wait(SECONDS)
        return plain(200, "done")

    with serve(in_hand_bytes=300_000) as site, site.connect() as first, site.connect() as second:
        site.handler.work = work
        first.send(post(bytes(200_000)))
        site.handler.wait_for(lambda: len(site.handler.taken) == 1)
        second.send(post(bytes(200_000)))
        answer = second.answer()
        assert (answer.status, answer.fields["retry-after"]) == (503, "30")
        free.set()
        assert first.answer().status == 200
        first.send(post(bytes(200_000)))
        assert first.answer().status == 200


def test_connections_are_limited_in_all_and_an_address(serve: Serve) -> None:
    with serve(connections=3, connections_per_address=2) as site:
        with site.connect() as one, site.connect() as two, site.connect() as three:
            assert three.ends()
            with site.connect("127.0.0.2") as other, site.connect("127.0.0.3") as beyond:
                other.send(post())
                assert other.answer().status == 200
                assert beyond.ends()
            for client in (one, two):
                client.send(post(b"hello", b"Connection: close"))
                assert client.answer().status == 200
                assert client.ends()
        with site.connect() as again:
            again.send(post())
            assert again.answer().status == 200


def test_behind_a_trusted_proxy_the_client_is_whom_it_names_and_only_the_total_counts(serve: Serve) -> None:
    with serve(proxies=["127.0.0.1"], connections_per_address=1) as site:
        with site.connect() as one, site.connect() as two:
            for client in (one, two):
                client.send(post(b"", b"X-Forwarded-For: 6.6.6.6, 203.0.113.7"))
                assert client.answer().status == 200
        with site.connect("127.0.0.2") as stranger:
            stranger.send(post(b"", b"X-Forwarded-For: 203.0.113.7"))
            assert stranger.answer().status == 200
    assert [taken.head.peer.address for taken in site.handler.taken] == ["203.0.113.7", "203.0.113.7", "127.0.0.2"]


def test_a_client_that_breaks_off_leaves_nothing(site: Site) -> None:
    with site.connect() as client:
        client.send(head(b"Content-Length: 1000000") + bytes(200_000))
        site.handler.wait_for(lambda: len(site.handler.admitted) == 1)
    site.handler.wait_until_all_ended()
    assert site.bodies == []
    assert site.staged() == []


def test_a_client_that_does_not_wait_for_its_answer_has_still_sent_its_message(site: Site) -> None:
    gone = threading.Event()

    def work(request: Request) -> Answer:
        assert gone.wait(SECONDS)
        return plain(200, "for nobody")

    site.handler.work = work
    with site.connect() as client:
        client.send(post())
        site.handler.wait_for(lambda: len(site.handler.taken) == 1)
    gone.set()
    site.handler.wait_until_all_ended()
    assert site.bodies == [b"hello"]


def test_stopping_lets_an_answer_under_way_finish_and_ends_the_others(serve: Serve) -> None:
    free = threading.Event()

    def work(request: Request) -> Answer:
        assert free.wait(SECONDS)
        return plain(200, "done")

    with serve() as site:
        site.handler.work = work
        idle, sending, waiting = site.connect(), site.connect(), site.connect()
        idle.send(head(request_line=b"GET /healthz HTTP/1.1"))
        assert idle.answer().status == 200
        sending.send(head(b"Content-Length: 1000") + b"x")
        waiting.send(post())
        site.handler.wait_for(lambda: len(site.handler.taken) == 1 and len(site.handler.admitted) == 2)
        stopping = threading.Thread(target=site.stop)
        stopping.start()
        assert idle.ends()
        assert sending.ends()
        free.set()
        answer = waiting.answer()
        assert (answer.text, answer.fields["connection"]) == ("done\n", "close")
        assert waiting.ends()
        stopping.join(SECONDS)
        assert not stopping.is_alive()
        site.handler.wait_until_all_ended()


def test_stopping_does_not_wait_for_ever(serve: Serve) -> None:
    free = threading.Event()

    def work(request: Request) -> Answer:
        free.wait(SECONDS)
        return plain(200, "too late")

    with serve() as site:
        site.handler.work = work
        client = site.connect()
        client.send(post())
        site.handler.wait_for(lambda: len(site.handler.taken) == 1)
        site.stop(0.01)
        assert client.ends()
        free.set()


def test_what_a_crash_left_in_staging_goes_at_the_start(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "leftover").write_bytes(b"x")
    with serve() as site:
        assert site.staged() == []


def test_a_port_in_use_is_the_operators_to_change(site: Site, tmp_path: Path) -> None:
    other = HttpServer(posts={}, gets={}, staging=tmp_path / "other", port=site.server.port)
    with pytest.raises(Misconfigured, match=f"port {site.server.port}: .*http_port"):
        other.start()
