"""Posting, over real connections."""

import io
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from canonical.errors import Ambiguous, Fault, Retryable
from gateway.endpoint import AddressRefused
from gateway.listeners.http import Answer, Head, HttpServer, Request
from gateway.senders.http import (
    AddressPolicy,
    BasicAuthentication,
    HttpAnswer,
    HttpClient,
    Terms,
    Timeouts,
    failure_of,
)
from gateway.senders.http.failures import (
    AnswerMalformed,
    AnswerTooLarge,
    NotConnected,
    Unanswered,
)

from .conftest import Behaviour, Partner, Serve, answering, ok

BODY = b"an AS2 message"
SHORT = 0.05
"""A silence that is waited for."""

WHOLE = 0.3
"""The same for an exchange that must have begun before."""

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def post(client: HttpClient, url: str, terms: Terms | None = None, body: bytes = BODY) -> HttpAnswer:
    return client.post(url, [(b"AS2-From", b"us"), (b"aS2-tO", b"them")], io.BytesIO(body), terms or Terms())


def test_a_message_goes_out_as_it_is_and_the_answer_comes_back(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok(b"MDN", b"Message-ID: <1@them>", b"X-Twice: a", b"x-twice: b")))
    answer = post(client, site.url("/as2?x=1"))
    host = f"localhost:{site.port}".encode()
    assert site.requests == [
        b"POST /as2?x=1 HTTP/1.1\r\nHost: %s\r\nAS2-From: us\r\naS2-tO: them\r\nContent-Length: 14\r\n\r\n%s"
        % (host, BODY)
    ]
    assert (answer.status, answer.body, answer.address) == (200, b"MDN", "127.0.0.1")
    assert answer.fields == (
        (b"Content-Length", b"3"),
        (b"Message-ID", b"<1@them>"),
        (b"X-Twice", b"a"),
        (b"x-twice", b"b"),
    )
    assert answer.value(b"x-TWICE") == b"a"
    assert answer.seconds >= 0


def test_the_whole_body_is_sent_wherever_its_reader_stands(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok()))
    body = io.BytesIO(BODY)
    body.read(5)
    for _ in range(2):
        client.post(site.url(), [], body, Terms())
    assert [request.partition(b"\r\n\r\n")[2] for request in site.requests] == [BODY] * 2


def test_a_chunked_body(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok()))
    post(client, site.url(), Terms(chunked=True))
    head, _, body = site.requests[0].partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert b"content-length" not in head.lower()
    assert body == b"e\r\n" + BODY + b"\r\n0\r\n\r\n"


def test_what_frames_and_names_the_host_is_ours_to_say(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok()))
    fields = [
        (b"host", b"evil"),
        (b"Content-length", b"1"),
        (b"Transfer-Encoding", b"gzip"),
        (b"Expect", b"100-continue"),
    ]
    client.post(site.url(), [*fields, (b"X", b"kept")], io.BytesIO(BODY), Terms())
    head = site.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    assert head == [b"Host: localhost:%d" % site.port, b"X: kept", b"Content-Length: 14"]


def test_a_password_is_sent_and_not_shown(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok()))
    terms = Terms(basic=BasicAuthentication("jörg", "geheim:1"))
    post(client, site.url(), terms)
    assert b"Authorization: Basic asO2cmc6Z2VoZWltOjE=" in site.requests[0]
    assert "geheim" not in repr(terms)


def test_a_connection_is_used_again(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok()))
    for _ in range(3):
        assert post(client, site.url()).status == 200
    assert (site.connections, len(site.requests)) == (1, 3)


@pytest.mark.parametrize("terms", [Terms(policy=AddressPolicy(frozenset({"localhost"}), LOOPBACK)), Terms()])
def test_but_not_by_those_with_other_terms(partner: Serve, client: HttpClient, terms: Terms) -> None:
    site = partner(answering(ok()))
    other = Terms(policy=AddressPolicy(frozenset({"localhost", "other"}), LOOPBACK))
    post(client, site.url(), terms)
    post(client, site.url(), other)
    post(client, site.url(host="127.0.0.1"))
    assert site.connections == 3


def test_one_that_the_partner_ended_is_not_used_again(partner: Serve, client: HttpClient) -> None:
    ended = threading.Semaphore(0)

    def once(site: Partner, connection: socket.socket) -> None:
        site.read_request(connection)
        connection.sendall(ok())
        connection.shutdown(socket.SHUT_WR)
        ended.release()
        site.read_request(connection)

    site = partner(once)
    for _ in range(3):
        assert post(client, site.url()).status == 200
        assert ended.acquire(timeout=10)
    assert site.connections == 3


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary", b"308 Permanent"])
def test_nobody_is_followed_elsewhere(partner: Serve, client: HttpClient, status: bytes) -> None:
    internal = partner(answering(ok(b"the inside")))
    site = partner(answering(ok(b"", b"Location: " + internal.url().encode(), status=status)))
    answer = post(client, site.url())
    assert answer.status == int(status[:3])
    assert internal.connections == 0
    failure = failure_of(answer, site.url(), now=datetime.now(UTC))
    assert failure is not None
    assert not failure.retryable


def test_proxies_of_the_environment_are_not_asked(
    partner: Serve, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = partner(answering(ok(b"from the proxy")))
    site = partner(answering(ok()))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url("/"))
    assert post(client, site.url()).body == b"MDN"
    assert proxy.connections == 0


class Resolver:
    """Says something else each time, as a name does that is used for rebinding."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)


def test_the_address_that_was_checked_is_the_one_connected_to(partner: Serve) -> None:
    site = partner(answering(ok()))
    resolver = Resolver(["127.0.0.1"], ["127.0.0.2"])
    client = HttpClient(resolve=resolver)
    policy = AddressPolicy(frozenset({"partner.example"}), (ip_network("127.0.0.1/32"),))
    answer = post(client, site.url(host="partner.example"), Terms(policy=policy))
    client.close()
    assert answer.address == "127.0.0.1"
    assert resolver.asked == ["partner.example"], "asked once: the second answer would have been another"
    assert b"\r\nHost: partner.example:" in site.requests[0]


def test_a_name_that_is_bound_again_to_the_inside_is_refused(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(ok(b"the inside")))
    rebinding = HttpClient(resolve=Resolver(["203.0.113.9", "127.0.0.1"], ["127.0.0.1"]))
    policy = AddressPolicy(frozenset({"partner.example"}), (ip_network("203.0.113.0/24"),))
    for _ in range(2):
        with pytest.raises(AddressRefused, match=r"partner\.example leads to 127\.0\.0\.1"):
            post(rebinding, site.url(host="partner.example"), Terms(policy=policy))
    assert site.connections == 0


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://partner.example:{port}/", ["127.0.0.1"]),
        ("http://partner.example:{port}/", ["::1"]),
        ("http://partner.example/latest/meta-data/", ["169.254.169.254"]),
        ("http://127.0.0.1:{port}/", ["127.0.0.1"]),
        ("http://localhost:{port}/", ["127.0.0.1"]),
        ("file:///etc/passwd", []),
    ],
)
def test_a_url_to_the_inside_is_refused_before_anything_is_connected(
    partner: Serve, url: str, addresses: list[str]
) -> None:
    site = partner(answering(ok(b"the inside")))
    client = HttpClient(resolve=lambda host, port: addresses)
    with pytest.raises(AddressRefused) as refused:
        post(client, url.format(port=site.port), Terms(policy=AddressPolicy(frozenset({"partner.example"}))))
    assert (refused.value.fault, refused.value.retryable) == (Fault.PARTNER, False)
    assert site.connections == 0


def test_the_next_address_is_tried_when_nobody_is_at_the_first(partner: Serve) -> None:
    site = partner(answering(ok()))
    client = HttpClient(resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert post(client, site.url()).address == "127.0.0.1"
    client.close()


def test_where_nobody_is_nothing_was_sent(client: HttpClient) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(NotConnected, match=r"127\.0\.0\.1: Connection refused") as failed:
            post(client, f"http://localhost:{port}/as2")
    assert (failed.value.retryable, isinstance(failed.value, Ambiguous)) == (True, False)


def test_who_does_not_take_the_connection_in_time(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
        with pytest.raises(NotConnected, match="no answer in time"):
            post(client, f"http://localhost:{port}/as2", Terms(timeouts=Timeouts(connect=SHORT)))
        for connection in waiting:
            connection.close()


def silent(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)
    site.hold()


def deaf(site: Partner, connection: socket.socket) -> None:
    site.hold()


def trickling(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        connection.sendall(b"x")


def garbled(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


def halting(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nMDN")


def leaving(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)


def endless_head(site: Partner, connection: socket.socket) -> None:
    site.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n" * 1000)


@pytest.mark.parametrize(
    ("behaviour", "timeouts", "kind", "words"),
    [
        (silent, Timeouts(answer=SHORT), Unanswered, "kept silent"),
        (silent, Timeouts(whole=WHOLE), Unanswered, "kept silent"),
        (deaf, Timeouts(send=SHORT), Unanswered, "kept silent"),
        (deaf, Timeouts(whole=WHOLE), Unanswered, "kept silent"),
        (trickling, Timeouts(whole=WHOLE), Unanswered, "kept silent"),
        (leaving, Timeouts(), Unanswered, "ended the connection"),
        (garbled, Timeouts(), AnswerMalformed, "no HTTP"),
        (halting, Timeouts(), AnswerMalformed, "broke off"),
        (endless_head, Timeouts(), AnswerMalformed, "no HTTP"),
    ],
)
def test_once_something_was_sent_a_failure_is_ambiguous(
    partner: Serve,
    client: HttpClient,
    behaviour: Behaviour,
    timeouts: Timeouts,
    kind: type[Unanswered],
    words: str,
) -> None:
    site = partner(behaviour)
    with pytest.raises(kind, match=words) as failed:
        post(client, site.url(), Terms(timeouts=timeouts), bytes(30_000_000) if behaviour is deaf else BODY)
    assert isinstance(failed.value, Ambiguous)
    assert failed.value.retryable
    assert "localhost (127.0.0.1)" in failed.value.message
    # Nothing of it is left for the next message.
    with pytest.raises(Unanswered):
        post(client, site.url(), Terms(timeouts=Timeouts(answer=SHORT, whole=WHOLE)))
    assert site.connections == 2


def test_an_answer_is_read_up_to_its_limit(partner: Serve, client: HttpClient) -> None:
    def chunked(site: Partner, connection: socket.socket) -> None:
        site.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"3e8\r\n" + bytes(1000) + b"\r\n")

    exact = partner(answering(ok(bytes(1000))))
    assert len(post(client, exact.url(), Terms(max_answer_bytes=1000)).body) == 1000
    for site in (exact, partner(chunked)):
        with pytest.raises(AnswerTooLarge, match="more than the 999 bytes") as failed:
            post(client, site.url(), Terms(max_answer_bytes=999))
        assert (failed.value.fault, isinstance(failed.value, Ambiguous)) == (Fault.PARTNER, True)


def test_an_early_no_is_heard_though_the_body_was_not_taken(partner: Serve, client: HttpClient) -> None:
    def refusing(site: Partner, connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(ok(b"too large", status=b"413 Content Too Large"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    assert post(client, partner(refusing).url(), body=bytes(5_000_000)).status == 413


def test_an_informational_answer_is_not_the_answer(partner: Serve, client: HttpClient) -> None:
    site = partner(answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok()))
    assert post(client, site.url()).status == 200


def test_an_answer_without_a_length_ends_with_the_connection(partner: Serve, client: HttpClient) -> None:
    def old(site: Partner, connection: socket.socket) -> None:
        site.read_request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nMDN")

    site = partner(old)
    assert [post(client, site.url()).body for _ in range(2)] == [b"MDN"] * 2
    assert site.connections == 2


def test_several_at_once_each_have_a_connection(partner: Serve, client: HttpClient) -> None:
    together = threading.Barrier(3, timeout=10)

    def waiting(site: Partner, connection: socket.socket) -> None:
        while site.read_request(connection):
            together.wait()
            connection.sendall(ok())

    site = partner(waiting)
    answers: list[HttpAnswer] = []
    threads = [threading.Thread(target=lambda: answers.append(post(client, site.url()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 3
    assert site.connections == 3


class Mailbox:
    """A handler that keeps what it gets."""

    def __init__(self) -> None:
        self.received: list[tuple[Head, bytes]] = []

    def admit(self, head: Head) -> Answer | None:
        return None

    def answer(self, request: Request) -> Answer:
        self.received.append((request.head, request.body.read()))
        return Answer(200, ((b"AS2-From", b"them"),), b"MDN")

    def ended(self, head: Head) -> None: ...


@pytest.mark.parametrize("chunked", [False, True])
def test_our_client_and_our_server_understand_each_other(tmp_path: Path, client: HttpClient, chunked: bool) -> None:
    mailbox = Mailbox()
    server = HttpServer(posts={"/as2": mailbox}, gets={}, staging=tmp_path / "staging", port=0)
    server.start()
    try:
        for size in (0, 10_000, 3_000_000):
            answer = post(client, f"http://127.0.0.1:{server.port}/as2", Terms(chunked=chunked), bytes(size))
            assert (answer.status, answer.body) == (200, b"MDN")
    finally:
        server.stop()
    assert [len(body) for _, body in mailbox.received] == [0, 10_000, 3_000_000]
    assert mailbox.received[0][0].fields[1:3] == ((b"AS2-From", b"us"), (b"aS2-tO", b"them"))


def test_a_failure_to_connect_can_be_told_from_one_that_may_have_arrived() -> None:
    assert not issubclass(NotConnected, Ambiguous)
    assert issubclass(NotConnected, Retryable)
    assert issubclass(Unanswered, Ambiguous)
