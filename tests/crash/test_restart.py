"""A large AS2 message whose receiver is killed while it comes, again and again: it is continued, and taken in once."""

import http.client
import io
import random
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.app import Gateway
from gateway.as2.answer import SentMessage, judge
from gateway.as2.cms.keys import Certificate
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.mime.headers import Headers
from gateway.as2.terms import Held, Pinned, Terms
from gateway.certificates.making import subject
from gateway.exchange.arrivals import Arrival
from partners.certificates import Use
from spool.receipts import Receipt
from tests.gateway.as2.keys import own
from tests.gateway.as2.workspace import MemoryWorkspace

from .as2_partner import NAME, Fresh, certificate
from .server import Command, Conditions
from .stage import FINISH, SETTINGS, X12, Yesterday

pytestmark = [pytest.mark.crash, pytest.mark.slow]

MIB = 1 << 20
SIZE = 21 * MIB
LIVES = 4


@dataclass
class Receiver:
    """A home that is served by one process after the other."""

    root: Path

    @property
    def come(self) -> int:
        """How much of the message is on the disk."""
        parts = list((self.root / "staging" / "as2-restart").glob("*.part"))
        return parts[0].stat().st_size if parts else 0

    def start(self) -> tuple[Command, int]:
        server = Command.serve(self.root, log=self.root / "serve.log", node=None, role="all", conditions=Conditions())
        said = server.greeting(FINISH)
        assert said is not None
        return server, int(said["http"]["port"])


@pytest.fixture
def receiver(disk: Path) -> Receiver:
    root = disk / "home"
    root.mkdir()
    (root / "tally.toml").write_text(SETTINGS)
    with Gateway.create(root):
        pass
    way = f"as2: {{id: {NAME}, our_id: OURCOMPANY, restart: yes}}"
    with Gateway.open(root, clock=Yesterday()) as gateway:
        gateway.custody.generate(subject("OURCOMPANY", None), bits=2048, days=365, begins=None, by="tests")
        (gateway.home.partners / "delta.yaml").write_text(X12.format(partner="delta", them=NAME, way=way))
        loaded = gateway.load_profiles()
        assert not loaded.problems, [str(problem) for problem in loaded.problems]
        gateway.apply(loaded.profiles)
        month = timedelta(days=30)
        gateway.custody.take("delta", certificate(), use=Use.BOTH, begins=None, keep_previous=month, by="tests")
    return Receiver(root)


def terms_of_the_sender(receiver: Receiver) -> Terms:
    with Gateway.open(receiver.root) as gateway:
        ours = (Pinned(Certificate.load(gateway.custody.own().pem.encode())),)
    return Terms(NAME, "OURCOMPANY", (Held(own(NAME)),), partner_signing=ours, partner_encryption=ours)


def built(terms: Terms, data: bytes) -> Outbound:
    fresh, content = Fresh(), Attachment(io.BytesIO(data), "application/octet-stream", "large.bin")
    now = datetime.now(UTC)
    return build([content], terms, message_id="1@delta.example", now=now, fresh=fresh, workspace=MemoryWorkspace())


def ask(port: int, message: Outbound) -> int:
    """How much of it need not be sent again."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("HEAD", "/as2", headers={**dict(message.headers), "ETag": '"t1"'})
        answer = connection.getresponse()
        assert answer.status == 200
        return int(answer.headers["Content-Length"])


def fields_from(at: int, message: Outbound) -> dict[str, str]:
    size = message.body.size
    framing = {"ETag": '"t1"', "Content-Length": str(size - at)}
    return {**dict(message.headers), **framing, **({"Content-Range": f"bytes {at}-{size - 1}/{size}"} if at else {})}


def pieces(body: bytes) -> Iterator[bytes]:
    for begin in range(0, len(body), 65536):
        yield body[begin : begin + 65536]


def post_until_killed(server: Command, port: int, receiver: Receiver, message: Outbound, at: int, until: int) -> None:
    """Post from ``at`` on; once about as much as ``until`` is on the disk, the receiver dies with the rest on its way."""
    head = "".join(f"{name}: {value}\r\n" for name, value in fields_from(at, message).items())
    with socket.create_connection(("127.0.0.1", port), 30) as line:
        line.sendall(f"POST /as2 HTTP/1.1\r\nHost: us\r\n{head}\r\n".encode())
        for piece in pieces(message.body.read()[at:]):
            if receiver.come >= until:
                break
            line.sendall(piece)
        assert server.kill()
        with suppress(ConnectionError):
            assert line.recv(1) == b""


@pytest.mark.parametrize("seed", [1])
def test_it_is_continued_in_the_next_life_and_taken_in_once(receiver: Receiver, seed: int) -> None:
    chance = random.Random(seed)
    terms = terms_of_the_sender(receiver)
    message = built(terms, chance.randbytes(SIZE))
    server, port = receiver.start()
    at = 0
    for _ in range(LIVES):
        post_until_killed(server, port, receiver, message, at, at + chance.randrange(MIB, 4 * MIB))
        server, port = receiver.start()
        before, at = at, ask(port, message)
        assert before + MIB <= at == receiver.come
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/as2", message.body.read()[at:], fields_from(at, message))
        answer = connection.getresponse()
        mdn = answer.read()
    assert server.stop() == 0
    judgement = judge(
        Headers(tuple(answer.getheaders())),
        io.BytesIO(mdn),
        terms,
        sent=SentMessage(message.message_id, message.mic, True),
        now=datetime.now(UTC),
        workspace=MemoryWorkspace(),
    )
    assert judgement.outcome.delivered, judgement.why
    with Gateway.open(receiver.root) as gateway, gateway.database.read() as session:
        assert [(each.outcome, each.size) for each in session.scalars(select(Arrival))] == [
            ("received", message.body.size)
        ]
        assert len(session.scalars(select(Receipt)).all()) == 1
        assert list((receiver.root / "staging" / "as2-restart").iterdir()) == []
