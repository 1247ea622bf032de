"""A large message over a line that breaks: continued where it broke, by both sides of the house."""

import hashlib
import io
import random
from pathlib import Path

import pytest

from canonical.errors import TallyError
from gateway.as2.mime.headers import headers
from gateway.as2.restart import RESTARTED_FROM
from gateway.exchange.arrivals import ArrivalKind
from gateway.exchange.continuing import Continued, Stored
from gateway.senders.http import HttpAnswer, HttpClient, Terms, Unanswered
from gateway.senders.http.failures import RefusedForNow
from gateway.senders.port import Form, Parcel
from spool.states import MessageState

from .cutting import Cutting, cutting
from .partner import PartnerServer, Spoken, partner_server
from .scene import Scene, Site, scene
from .test_exchange import arrivals_of, sendings_of
from .wire import kept_bytes

AGREED = "  restart: yes\n"
MIB = 1 << 20


def send(site: Site, data: bytes) -> TallyError | None:
    """One attempt at a file of the distributor's; why it failed."""
    gateway = site.house.gateway
    [applied] = gateway.partners()
    try:
        effects = gateway.exchange.sender.send(applied, Parcel("t1", "large.bin", io.BytesIO(data), Form.FILE))
    except TallyError as failure:
        return failure
    gateway.database.write(effects)
    return None


def send_until_taken(made: Scene, line: Cutting, data: bytes) -> int:
    """Attempts until there is an MDN; how many failed because the line was cut."""
    made.distributor.house.amend("acme", (f"url: {made.supplier.url}", f"url: {line.url}"))
    failed = 0
    while (failure := send(made.distributor, data)) is not None:
        # Until the server has noticed, the transfer is still under way for it.
        failed += not isinstance(failure, RefusedForNow)
    return failed


def assert_taken_and_confirmed(made: Scene, data: bytes) -> None:
    [sent] = sendings_of(made.distributor.house)
    assert sent.state is MessageState.CONFIRMED
    [arrival] = arrivals_of(made.supplier.house, ArrivalKind.MESSAGE)
    assert (arrival.outcome, arrival.mic, arrival.sha256) == ("received", sent.mic, sent.sha256)
    assert hashlib.sha256(kept_bytes(made.supplier.house, arrival)).hexdigest() == sent.sha256
    [receipt] = made.supplier.house.receipts()
    assert receipt.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("seed", [1])
def test_a_large_message_over_a_line_that_is_cut_comes_whole_and_nothing_of_it_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(22 * MIB)
    cuts = [chance.randrange(MIB, 5 * MIB) for _ in range(4)]
    with scene(tmp_path, AGREED) as made, cutting(made.supplier.port, cuts) as line:
        assert send_until_taken(made, line, data) >= 4
        assert_taken_and_confirmed(made, data)
        assert len(data) < sum(line.passed) < len(data) + MIB


BODY = bytes(range(200)) * 10
SIZE = len(BODY)
MESSAGE = headers([("AS2-From", "US"), ("AS2-To", "THEM"), ("Message-ID", "<1@us.example>"), ("Content-Type", "x/y")])


def posted(server: PartnerServer, *, begun: bool) -> HttpAnswer:
    client = HttpClient()
    try:
        way = Continued(client, server.url, Terms())
        return way.post(Stored("x1", MESSAGE, io.BytesIO(BODY), SIZE), begun=begun)
    finally:
        client.close()


def parts_of(server: PartnerServer) -> list[tuple[str | None, str | None, bytes]]:
    """ETag, Content-Range and body of all that was posted."""
    return [(each.headers.get("etag"), each.headers.get("content-range"), each.body) for each in server.posted]


WHOLE = ('"x1"', None, BODY)
REST = ('"x1"', f"bytes 700-{SIZE - 1}/{SIZE}", BODY[700:])


def test_the_first_attempt_names_the_transfer_and_asks_nothing() -> None:
    with partner_server() as server:
        assert posted(server, begun=False).status == 200
        assert (parts_of(server), server.asked) == ([WHOLE], [])


def test_the_next_asks_and_sends_the_rest() -> None:
    with partner_server() as server:
        server.told = lambda _asked: Spoken(200, body=bytes(700))
        assert posted(server, begun=True).status == 200
        assert parts_of(server) == [REST]
        [asked] = server.asked
        fields = {
            name: asked.headers.get(name) for name in ("AS2-From", "AS2-To", "Message-ID", "ETag", "Content-Type")
        }
        assert fields == {
            "AS2-From": "US",
            "AS2-To": "THEM",
            "Message-ID": "<1@us.example>",
            "ETag": '"x1"',
            "Content-Type": None,
        }


@pytest.mark.parametrize(
    "told",
    [
        Spoken(501),
        Spoken(404, body=bytes(700)),
        Spoken(302, (("Location", "http://elsewhere.example/"),)),
        Spoken(500),
        Spoken(200),
        Spoken(200, body=bytes(SIZE)),
        Spoken(200, (("ETag", '"other"'),), bytes(700)),
        Spoken(0),
    ],
    ids=lambda told: f"{told.status} {len(told.body)}",
)
def test_whoever_does_not_say_how_much_came_gets_all(told: Spoken) -> None:
    with partner_server() as server:
        server.told = lambda _asked: told
        assert posted(server, begun=True).status == 200
        assert parts_of(server) == [WHOLE]


@pytest.mark.parametrize("status", [400, 409, 416])
def test_whoever_does_not_take_the_rest_gets_all_at_once(status: int) -> None:
    with partner_server(lambda posted: Spoken(status if posted.headers.get("content-range") else 200)) as server:
        server.told = lambda _asked: Spoken(200, body=bytes(700))
        assert posted(server, begun=True).status == 200
        assert parts_of(server) == [REST, WHOLE]


@pytest.mark.parametrize("status", [401, 413, 500, 503])
def test_any_other_answer_to_the_rest_is_the_answer(status: int) -> None:
    with partner_server(lambda _posted: Spoken(status)) as server:
        server.told = lambda _asked: Spoken(200, body=bytes(700))
        assert posted(server, begun=True).status == status
        assert parts_of(server) == [REST]


def test_whoever_puts_us_off_when_asked_is_left_alone() -> None:
    with partner_server() as server:
        server.told = lambda _asked: Spoken(503, (("Retry-After", "30"),))
        answer = posted(server, begun=True)
        assert (answer.status, answer.value(b"retry-after"), server.posted) == (503, b"30", [])


LARGE = bytes(RESTARTED_FROM)


def attempts(made: Scene, server: PartnerServer, data: bytes, times: int = 2) -> list[str | None]:
    """That often the partner's server breaks off; the ETag of each post."""
    made.distributor.house.amend("acme", (f"url: {made.supplier.url}", f"url: {server.url}"))
    for _ in range(times):
        assert isinstance(send(made.distributor, data), Unanswered)
    return [each.headers.get("etag") for each in server.posted]


def test_a_message_is_named_by_its_bytes_and_asked_about_from_the_second_attempt_on(tmp_path: Path) -> None:
    with scene(tmp_path, AGREED) as made, partner_server(lambda _posted: Spoken(0)) as server:
        named = attempts(made, server, LARGE)
        [sent] = sendings_of(made.distributor.house)
        assert named == [f'"{sent.sha256}"'] * 2
        assert {hashlib.sha256(each.body).hexdigest() for each in server.posted} == {sent.sha256}
        assert len(server.asked) == 1


@pytest.mark.parametrize(("as2", "data"), [("", LARGE), (AGREED, b"small")], ids=["not agreed", "small"])
def test_others_are_posted_from_the_beginning(tmp_path: Path, as2: str, data: bytes) -> None:
    with scene(tmp_path, as2) as made, partner_server(lambda _posted: Spoken(0)) as server:
        assert attempts(made, server, data) == [None, None]
        assert server.asked == []
