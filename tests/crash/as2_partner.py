"""The partner over AS2: posts messages until their MDNs come, and takes what is posted to it, though not always at once."""

import hashlib
import http.client
import io
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count, cycle

from gateway.as2.answer import SentMessage, judge, named_message
from gateway.as2.cms.keys import Certificate
from gateway.as2.envelope import Kind, envelope_of
from gateway.as2.mdn import Mdn
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.mime.headers import Headers
from gateway.as2.receive import Received, receive
from gateway.as2.terms import Held, Pinned, Receipt, ReceiptMode, Terms
from tests.gateway.as2.keys import own
from tests.gateway.as2.workspace import MemoryWorkspace
from tests.gateway.exchange.partner import Posted, Spoken, partner_server, spoken

from .clients import PATIENCE, Address, Notes, Taken
from .trade import DELTA, Parcel

NAME = "DELTA"
TROUBLE = 0.1
"""How often its server does not answer as it should: it refuses for now, or takes what came and ends the connection."""

REFUSED_FOR_NOW = Spoken(503)
BROKEN_OFF = Spoken(0)


def certificate() -> Certificate:
    """What it signs with, and what is to be encrypted for."""
    return own(NAME).certificate


class Fresh:
    """Names nobody used before in this round."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def message_id(self) -> str:
        return f"{next(self._numbers)}@delta.example"

    def boundary(self) -> str:
        return f"=_delta_{next(self._numbers)}"


@dataclass
class As2Partner:
    """Its own key, our certificate, and what it knows of the messages of both ways."""

    ours: Certificate
    notes: Notes
    seed: int

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._fresh = Fresh()
        self._turns = cycle((False, True))
        self._sent: dict[str, SentMessage] = {}
        self._answers: dict[str, Mdn] = {}
        self._lock = threading.Lock()
        self._terms = Terms(
            own_name=NAME,
            partner_name="OURCOMPANY",
            own_keys=(Held(own(NAME)),),
            partner_signing=(Pinned(self.ours),),
            partner_encryption=(Pinned(self.ours),),
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its server; the URL."""
        with partner_server(self._taken) as server:
            self.url = server.url
            yield server.url

    # What it sends

    def message(self, parcel: Parcel) -> Outbound:
        """A message built once; of every second one the MDN is to come on a connection of its own."""
        later = next(self._turns)
        mode = ReceiptMode.ASYNCHRONOUS if later else ReceiptMode.SYNCHRONOUS
        receipt = Receipt(mode, signed=True, url=self.url if later else None)
        message = build(
            [Attachment(io.BytesIO(parcel.data), "application/edi-x12", parcel.filename)],
            replace(self._terms, sending=replace(self._terms.sending, receipt=receipt)),
            message_id=self._fresh.message_id(),
            now=datetime.now(UTC),
            fresh=self._fresh,
            workspace=MemoryWorkspace(),
        )
        with self._lock:
            self._sent[message.message_id] = SentMessage(message.message_id, message.mic, True)
        if later:
            self.notes.mdn_due(message.message_id)
        return message

    def is_proven(self, headers: Headers, body: bytes) -> bool:
        """Whether an MDN says that a message of ours arrived: what is any other is a problem."""
        named = named_message(headers, io.BytesIO(body)) or ""
        now = datetime.now(UTC)
        sent = self._sent.get(named)
        judgement = judge(headers, io.BytesIO(body), self._terms, sent=sent, now=now, workspace=MemoryWorkspace())
        if not judgement.outcome.delivered:
            self.notes.problem(f"MDN for {named}: {judgement.outcome}: {judgement.why}")
            return False
        self.notes.mdn_seen(named)
        return True

    # What it is posted

    def _taken(self, posted: Posted) -> Spoken:
        if len(posted.body) != int(posted.headers.get("content-length") or 0):
            return BROKEN_OFF  # its sender died
        with self._lock:
            luck = self._random.random()
        if luck < TROUBLE / 2:
            return REFUSED_FOR_NOW
        if envelope_of(posted.headers, io.BytesIO(posted.body)).kind is Kind.MDN:
            self.is_proven(posted.headers, posted.body)
            answer = Spoken()
        else:
            answer = self._message(posted)
        return BROKEN_OFF if luck < TROUBLE else answer

    def _message(self, posted: Posted) -> Spoken:
        """The same message again gets the same MDN, and is not taken in again."""
        digest = hashlib.sha256(posted.body).hexdigest()
        with self._lock:
            mdn = self._answers.get(posted.message_id)
            if mdn is None:
                mdn = self._answers[posted.message_id] = self._received(posted, digest)
            elif self.notes.taken[posted.message_id].posted != digest:
                self.notes.problem(f"{posted.message_id} was posted again with other bytes")
        return spoken(mdn)

    def _received(self, posted: Posted, digest: str) -> Mdn:
        got = receive(
            posted.headers,
            io.BytesIO(posted.body),
            self._terms,
            now=datetime.now(UTC),
            fresh=self._fresh,
            workspace=MemoryWorkspace(),
        )
        assert got.mdn is not None
        if not isinstance(got, Received):
            self.notes.problem(f"{posted.message_id} was refused: {got.why}")
            return got.mdn
        [payload] = got.payloads
        self.notes.taken[posted.message_id] = Taken(payload.filename or "", payload.content.read(), digest)
        return got.mdn


class As2Supplier(threading.Thread):
    """Posts one message after the other, the same bytes as often as it takes."""

    def __init__(self, parcels: Sequence[Parcel], partner: As2Partner, address: Address, notes: Notes) -> None:
        super().__init__(name=f"client-{DELTA}", daemon=True)
        self._parcels = parcels
        self._partner = partner
        self._address = address
        self._notes = notes
        notes.senders += 1

    def run(self) -> None:
        try:
            for parcel in self._parcels:
                self._send(parcel)
        except BaseException as error:
            self._notes.problem(f"{self.name}: {error!r}")
            raise
        finally:
            self._notes.finished()

    def _send(self, parcel: Parcel) -> None:
        message = self._partner.message(parcel)
        body = message.body.read()
        life = 0
        while not self._address.over:
            port, life = self._address.after(life)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.connect()
                key = self._notes.attempt(parcel)
                connection.request("POST", "/as2", body, dict(message.headers))
                answer = connection.getresponse()
                received = answer.read()
            except (OSError, http.client.HTTPException):
                continue  # it died, or nobody listens yet
            finally:
                connection.close()
            if answer.status != 200:
                self._notes.refuse(f"{self.name} was refused: {answer.status} {received[:200]!r}")
            elif not received or self._partner.is_proven(Headers(tuple(answer.getheaders())), received):
                self._notes.answer(key)
                return
