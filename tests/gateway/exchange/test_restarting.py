"""The receiver of messages that broke off: what it tells of them, what it takes of them, and what it makes of them once they are whole."""

import base64
import http.client
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from gateway.as2.features import Feature, read_features
from gateway.as2.restart import RESTARTED_FROM

from .scene import Scene, scene
from .wire import Message, Reply, arrivals_of, files_of, judged, kept_bytes, message, post, post_raw

AGREED = "  restart: yes\n"
SIZE = 2 * RESTARTED_FROM
BROKEN = SIZE // 2
NAME = '"transfer-1"'


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("restarting"), AGREED) as made:
        yield made


def large(made: Scene, name: str | None = NAME) -> Message:
    """A message of the distributor's that nobody sent before."""
    data = random.randbytes(SIZE)
    return message(made.distributor, data, content_type="application/octet-stream").with_field("ETag", name)


def break_off(made: Scene, sent: Message, size: int = BROKEN, *, chunked: bool = False) -> None:
    """Its transfer begins, and breaks off after so many bytes; the server has noticed when this returns."""
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(sent.body)}"
    fields = "".join(f"{name}: {value}\r\n" for name, value in sent.headers)
    head = f"POST /as2 HTTP/1.1\r\nHost: supplier\r\n{fields}{framing}\r\n\r\n".encode()
    body = sent.body[:size]
    with socket.create_connection(("127.0.0.1", made.supplier.port), 30) as line:
        line.sendall(head + (b"%x\r\n%s\r\n" % (len(body), body) if chunked else body))
        line.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            assert line.recv(1) == b""
    while ask(made, sent)[0] == 503:
        pass


def ask(made: Scene, sent: Message, *without: str) -> tuple[int, int]:
    """What HEAD is answered: the status, and the Content-Length."""
    connection = http.client.HTTPConnection("127.0.0.1", made.supplier.port, timeout=30)
    try:
        kept = {"as2-from", "as2-to", "message-id", "etag", "authorization"} - set(without)
        fields = {name: value for name, value in sent.headers if name.lower() in kept}
        connection.request("HEAD", "/as2", headers=fields)
        answer = connection.getresponse()
        assert answer.read() == b""
        return answer.status, int(answer.headers["Content-Length"])
    finally:
        connection.close()


def rest(made: Scene, sent: Message, at: int = BROKEN, *, said: str | None = None) -> Reply:
    """The rest is posted, from ``at`` on, as what it is or what is ``said``."""
    total = len(sent.body)
    part = sent.with_field("Content-Range", f"bytes {at}-{total - 1}/{total}" if said is None else said)
    return post_raw(made.supplier.url, part.headers, sent.body[at:])


def assert_taken(made: Scene, sent: Message, reply: Reply) -> None:
    judgement = judged(made.distributor, sent, reply)
    assert (reply.status, judgement.outcome.value, judgement.why) == (200, "delivered", judgement.why)
    arrival = arrivals_of(made.supplier.house)[-1]
    assert (arrival.outcome, arrival.size, arrival.mic) == ("received", len(sent.body), sent.mic.written())
    assert kept_bytes(made.supplier.house, arrival) == sent.body


@pytest.mark.parametrize("chunked", [False, True])
def test_what_broke_off_is_told_and_the_rest_makes_the_message(agreed: Scene, chunked: bool) -> None:
    sent = large(agreed)
    assert ask(agreed, sent) == (200, 0)
    before = len(arrivals_of(agreed.supplier.house))
    break_off(agreed, sent, chunked=chunked)
    assert len(arrivals_of(agreed.supplier.house)) == before
    assert ask(agreed, sent) == (200, BROKEN)
    assert_taken(agreed, sent, rest(agreed, sent))
    assert ask(agreed, sent) == (200, 0)


def test_it_may_break_off_again_and_again(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent, 1000)
    for at, until in ((1000, 100_000), (100_000, len(sent.body) - 1)):
        assert ask(agreed, sent) == (200, at)
        part = sent.with_field("Content-Range", f"bytes {at}-{len(sent.body) - 1}/{len(sent.body)}")
        break_off(agreed, replace(part, body=sent.body[at:]), until - at)
    assert_taken(agreed, sent, rest(agreed, sent, len(sent.body) - 1))


def test_whose_sender_names_nobody_when_it_asks_is_found_by_its_etag(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    assert ask(agreed, sent, "as2-from", "as2-to") == (200, BROKEN)
    assert ask(agreed, sent, "as2-from") == (200, 0)


def test_whoever_asks_about_another_message_is_told_nothing_of_this(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    assert ask(agreed, sent.with_field("Message-ID", "<other@tests.example>")) == (200, 0)
    assert ask(agreed, sent, "message-id") == (200, BROKEN)


def test_from_the_beginning_is_always_taken(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    assert_taken(agreed, sent, post(agreed.supplier.url, sent))
    assert ask(agreed, sent) == (200, 0)


REFUSED = {
    "another transfer": (lambda sent: sent.with_field("ETag", '"transfer-2"'), BROKEN, None, 416),
    "no transfer": (lambda sent: sent.with_field("ETag", None), BROKEN, None, 416),
    "another partner": (lambda sent: sent.with_field("AS2-From", "SOMEBODY"), BROKEN, None, 403),
    "to another": (lambda sent: sent.with_field("AS2-To", "SOMEBODY"), BROKEN, None, 416),
    "another message": (lambda sent: sent.with_field("Message-ID", "<other@tests.example>"), BROKEN, None, 409),
    "no message": (lambda sent: sent.with_field("Message-ID", None), BROKEN, None, 416),
    "overlapping": (lambda sent: sent, BROKEN - 1, None, 416),
    "with a gap": (lambda sent: sent, BROKEN + 1, None, 416),
    "not what it says": (lambda sent: sent, BROKEN, f"bytes {BROKEN}-{BROKEN + 9}/{BROKEN + 10}", 400),
    "no range": (lambda sent: sent, BROKEN, "some of it", 400),
    "an empty range": (lambda sent: sent, BROKEN, "", 400),
    "an empty range, and little": (lambda sent: sent, -10, "", 400),
}


@pytest.mark.parametrize(("change", "at", "said", "status"), REFUSED.values(), ids=REFUSED)
def test_any_other_rest_is_refused_and_what_is_kept_stays(
    agreed: Scene, change: Callable[[Message], Message], at: int, said: str | None, status: int
) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    before = len(arrivals_of(agreed.supplier.house))
    assert rest(agreed, change(sent), at, said=said).status == status
    assert len(arrivals_of(agreed.supplier.house)) == before
    assert ask(agreed, sent) == (200, BROKEN)
    assert_taken(agreed, sent, rest(agreed, sent))


def test_a_message_that_shrank_is_refused(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    shorter = replace(sent, body=sent.body[:-10])
    assert rest(agreed, shorter).status == 409
    assert ask(agreed, sent) == (200, BROKEN)


def test_of_what_was_received_nothing_is_taken_again_and_the_whole_gets_the_same_answer(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    first = rest(agreed, sent)
    assert rest(agreed, sent).status == 416
    files = len(files_of(agreed.supplier.house))
    again = post(agreed.supplier.url, sent)
    assert (again.body, len(files_of(agreed.supplier.house))) == (first.body, files)


def test_two_halves_that_do_not_belong_together_prove_nothing(agreed: Scene) -> None:
    """Nothing but what protects the whole says that they do: no file comes of it, and nothing is kept that could be continued."""
    sent = large(agreed)
    files = len(files_of(agreed.supplier.house))
    break_off(agreed, sent)
    reply = rest(agreed, replace(sent, body=sent.body[:BROKEN] + bytes(len(sent.body) - BROKEN)))
    assert (reply.status, reply.disposition) == (200, "processed/error: decryption-failed")
    assert len(files_of(agreed.supplier.house)) == files
    assert ask(agreed, sent) == (200, 0)
    assert_taken(agreed, sent, post(agreed.supplier.url, sent))


def test_a_rest_that_comes_in_chunks_and_is_shorter_than_it_says_is_refused(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, sent)
    part = sent.with_field("Content-Range", f"bytes {BROKEN}-{len(sent.body) - 1}/{len(sent.body)}")
    chunked = part.with_field("Transfer-Encoding", "chunked")
    assert post_raw(agreed.supplier.url, chunked.headers, b"3\r\nabc\r\n0\r\n\r\n").status == 400
    assert ask(agreed, sent) == (200, 0)


@pytest.mark.parametrize("name", [None, 'W/"weak"'])
def test_what_has_no_name_is_not_kept(agreed: Scene, name: str | None) -> None:
    sent = large(agreed, name)
    break_off(agreed, sent)
    assert ask(agreed, sent.with_field("ETag", NAME)) == (200, 0)


def test_what_is_small_is_not_kept(agreed: Scene) -> None:
    sent = large(agreed)
    break_off(agreed, replace(sent, body=sent.body[: RESTARTED_FROM - 1]), 1000)
    assert ask(agreed, sent) == (200, 0)


def test_it_is_said_to_whom_it_is_agreed_with_that_it_can_be_done(agreed: Scene) -> None:
    sent = message(agreed.distributor)
    assert Feature.RESTART in read_features(post(agreed.supplier.url, sent).headers)
    assert any(name == "EDIINT-Features" and "AS2-Restart" in value for name, value in sent.headers)


def test_who_looks_without_a_transfer_sees_what_anybody_sees(agreed: Scene) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", agreed.supplier.port, timeout=30)
    connection.request("GET", "/as2")
    answer = connection.getresponse()
    assert (answer.status, b"by POST" in answer.read()) == (200, True)
    connection.close()


def test_who_cannot_show_who_it_is_neither_keeps_anything_nor_learns_what_is_kept(tmp_path: Path) -> None:
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")
    guarded = f"{AGREED}  http: {{partner_username: us, partner_password_hash: '{stored}'}}\n"
    with scene(tmp_path, AGREED, guarded) as made:
        sent = large(made)
        right, wrong = (
            sent.with_field("Authorization", "Basic " + base64.b64encode(f"us:{given}".encode()).decode())
            for given in ("right", "wrong")
        )
        break_off(made, wrong)
        assert ask(made, right) == (200, 0)
        break_off(made, right)
        assert (ask(made, wrong), ask(made, sent), ask(made, right)) == ((200, 0), (200, 0), (200, BROKEN))
        assert (rest(made, wrong).status, rest(made, sent).status) == (416, 416)
        assert_taken(made, sent, rest(made, right))


def test_of_a_suspended_partner_nothing_is_kept(tmp_path: Path) -> None:
    with scene(tmp_path, AGREED) as made:
        sent = large(made)
        break_off(made, sent)
        made.supplier.house.amend("ourcompany", ("status: active", "status: suspended"))
        assert ask(made, sent) == (200, 0)
        assert rest(made, sent).status == 416


def test_without_an_agreement_nothing_is_kept_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    """Not even as a Content-Length of something else: its sender would take it for what came."""
    with scene(tmp_path) as made:
        sent = large(made)
        break_off(made, sent)
        assert ask(made, sent) == (200, 0)
        assert rest(made, sent).status == 416
        reply = post(made.supplier.url, sent)
        assert_taken(made, sent, reply)
        assert Feature.RESTART not in read_features(reply.headers)
