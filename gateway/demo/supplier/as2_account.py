"""A supplier's AS2 station: it posts to the gateway's URL, and the gateway posts to its own.

No AS2 product can be taken for granted on the machine of whoever plays the demo, so the messages are made and judged by our own core,
with nothing around it: no database, no queue, no profile. That others understand it is shown by the tests with other products.
"""

import io
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from canonical.errors import TallyError

from ...as2.answer import SentMessage, judge
from ...as2.cms.keys import Certificate, OwnKey
from ...as2.mdn import Mdn
from ...as2.message import Attachment, build
from ...as2.mime.headers import Headers
from ...as2.receive import Received, receive
from ...as2.terms import Compression, Held, Pinned, Sending, Terms
from ...exchange.workspace import TemporaryWorkspace
from ...listeners.http import Answer, Head, HttpServer, Request
from ...logging import configure
from ...senders import http
from .office import Unexpected
from .words import say

OWN_KEY, OWN_CERTIFICATE, THEIR_CERTIFICATE = "key.pem", "certificate.pem", "gateway.pem"
"""The files of a station's folder."""

_X12 = "application/edi-x12"


@dataclass(frozen=True, slots=True)
class Station:
    """Where a supplier is reached and whom it posts to. ``folder`` holds its key, its certificate and the gateway's."""

    folder: Path
    name: str
    port: int
    gateway_name: str
    gateway_url: str

    def terms(self) -> Terms:
        """Signed, encrypted and compressed both ways; our MDNs on the same connection."""
        key = load_pem_private_key((self.folder / OWN_KEY).read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        own = OwnKey(self._certificate(OWN_CERTIFICATE), key)
        theirs = Pinned(self._certificate(THEIR_CERTIFICATE))
        return Terms(
            own_name=self.name,
            partner_name=self.gateway_name,
            own_keys=(Held(own),),
            partner_signing=(theirs,),
            partner_encryption=(theirs,),
            sending=Sending(compression=Compression.BEFORE_SIGNING),
            receipt_hosts=frozenset({"127.0.0.1"}),
        )

    def _certificate(self, name: str) -> Certificate:
        return Certificate.load((self.folder / name).read_bytes())


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A message that was taken: its files, and the MDN that is still to be posted, if there is one."""

    files: tuple[tuple[str, bytes], ...]
    how: str
    mdn: Mdn | None


class _Fresh:
    """A :class:`gateway.as2.fresh.Fresh`."""

    def message_id(self) -> str:
        return f"{uuid4()}@supplier.example"

    def boundary(self) -> str:
        return uuid4().hex


class As2Account:
    """A :class:`.office.Connection` over AS2, and what takes the gateway's posts (:class:`gateway.listeners.http.port.Handler`)."""

    def __init__(self, station: Station, client: http.HttpClient, staging: Path) -> None:
        self._url = station.gateway_url
        self._terms = station.terms()
        self._client = client
        self._staging = staging
        self._fresh = _Fresh()
        self._arrived: SimpleQueue[_Arrived] = SimpleQueue()

    def send(self, name: str, data: bytes, *, temporary: bool) -> None:
        """Post a file and have the gateway's MDN prove that it has it. Raises :class:`.office.Unexpected` where it does not."""
        with TemporaryWorkspace(self._staging) as workspace:
            sent = build(
                [Attachment(io.BytesIO(data), _X12, name)],
                self._terms,
                message_id=self._fresh.message_id(),
                now=datetime.now(UTC),
                fresh=self._fresh,
                workspace=workspace,
            )
            answer = self._post(self._url, sent.headers, sent.body.read())
            headers = Headers(
                tuple((field.decode("latin-1"), value.decode("latin-1")) for field, value in answer.fields)
            )
            expected = SentMessage(sent.message_id, sent.mic, signed_receipt=True)
            judgement = judge(
                headers, io.BytesIO(answer.body), self._terms, sent=expected, now=datetime.now(UTC), workspace=workspace
            )
        if not judgement.outcome.delivered:
            raise Unexpected(f"The MDN for {name} proves nothing: {judgement.why}")
        say("mdn", f"MDN for {name}: it has exactly what was sent", file=name, outcome=judgement.outcome.value)

    def collect(self) -> Iterator[tuple[str, bytes]]:
        """What was posted to us since the last time; its MDN leaves before anything is answered."""
        while not self._arrived.empty():
            arrived = self._arrived.get()
            if arrived.mdn is not None and arrived.mdn.asynchronous_url is not None:
                self._post(arrived.mdn.asynchronous_url, arrived.mdn.headers, arrived.mdn.body)
            for name, data in arrived.files:
                say("taken", f"took {name}, {arrived.how}", file=name, how=arrived.how)
                yield name, data

    def _post(self, url: str, headers: Headers, body: bytes) -> http.HttpAnswer:
        fields = [(name.encode(), value.encode()) for name, value in headers]
        answer = self._client.post(url, fields, io.BytesIO(body), http.Terms())
        if (failure := http.failure_of(answer, url, now=datetime.now(UTC))) is not None:
            raise failure
        return answer

    # What the gateway posts

    def admit(self, head: Head) -> Answer | None:
        return None

    def ended(self, head: Head) -> None:
        pass

    def answer(self, request: Request) -> Answer:
        """Take a message; the MDN goes back at once, or on a connection of its own where that is asked for."""
        headers = Headers(
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.head.fields)
        )
        with TemporaryWorkspace(self._staging) as workspace:
            judged = receive(
                headers,
                request.body,
                self._terms,
                now=datetime.now(UTC),
                fresh=self._fresh,
                workspace=workspace,
            )
            if isinstance(judged, Received):
                files = tuple((payload.filename or "unnamed", payload.content.read()) for payload in judged.payloads)
                self._arrived.put(_Arrived(files, _how(judged), judged.mdn))
        if judged.mdn is None or judged.mdn.asynchronous_url is not None:
            return Answer(200)
        return Answer(
            200, tuple((name.encode(), value.encode()) for name, value in judged.mdn.headers), judged.mdn.body
        )


def _how(received: Received) -> str:
    facts = {"signed": received.signed_by, "encrypted": received.decrypted_with, "compressed": received.compressed}
    return ", ".join(word for word, there in facts.items() if there)


@contextmanager
def as2_station(station: Station) -> Iterator[As2Account]:
    """Listen at the station's URL until the block ends. Raises Unexpected where that is not possible."""
    configure(json_lines=True, level=logging.WARNING)
    client = http.HttpClient()
    with tempfile.TemporaryDirectory() as folder:
        account = As2Account(station, client, Path(folder))
        server = HttpServer(posts={"/as2": account}, gets={}, staging=Path(folder) / "http", port=station.port)
        with _told():
            server.start()
            try:
                yield account
            finally:
                server.stop()
                client.close()


@contextmanager
def _told() -> Iterator[None]:
    """What the core, the server and the client find wrong, as an office says it."""
    try:
        yield
    except TallyError as error:
        raise Unexpected(error.message) from error
