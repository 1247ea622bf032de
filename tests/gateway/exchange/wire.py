"""What travels, made and looked at by hand: messages as a partner or an attacker makes them, posted over real connections."""

import http.client
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from gateway.as2.answer import Judgement, SentMessage, judge
from gateway.as2.mdn import Report, read_report
from gateway.as2.message import Attachment, build
from gateway.as2.mic import Mic
from gateway.as2.mime.entity import Entity
from gateway.as2.mime.headers import Headers
from gateway.as2.mime.span import span_of
from gateway.as2.signed import verified_parts
from gateway.as2.terms import Terms
from gateway.exchange.arrivals import Arrival
from gateway.exchange.workspace import TemporaryWorkspace
from spool.receipts import Receipt
from tests.gateway.house import House, invoice, wrapped

from .scene import Site

_numbers = count(1)
Changed = Callable[[Terms], Terms]


class Named:
    """Names nobody used before in this run."""

    def message_id(self) -> str:
        return f"{next(_numbers)}@tests.example"

    def boundary(self) -> str:
        return f"boundary-{next(_numbers)}"


@dataclass(frozen=True)
class Message:
    """A message as it goes over the wire; ``mic`` is what its MDN must bring back."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    mic: Mic

    def with_field(self, name: str, value: str | None) -> "Message":
        """With a field of this value instead of the one it has; None takes it away."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, *([] if value is None else [(name, value)])))

    @property
    def message_id(self) -> str:
        return (Headers(self.headers).get("message-id") or "").strip("<>")


@dataclass(frozen=True)
class Reply:
    """What came back on the same connection."""

    status: int
    headers: Headers
    body: bytes

    @property
    def is_signed(self) -> bool:
        return (self.headers.get("content-type") or "").startswith("multipart/signed")

    @property
    def report(self) -> Report:
        """What its MDN says; whether it is signed rightly is for :func:`judged`."""
        entity = Entity(self.headers, span_of(self.body))
        return read_report(entity.parts[0] if self.is_signed else entity)

    @property
    def disposition(self) -> str:
        """What became of the message, without the mode before it."""
        return (self.report.disposition_field or "").partition(";")[2].strip()


def terms_of(site: Site) -> Terms:
    """What a site agreed with its only partner."""
    gateway = site.house.gateway
    [applied] = gateway.partners()
    with gateway.database.read() as session:
        return gateway.exchange.agreements.terms(session, applied)


def content(number: int | None = None) -> bytes:
    """An invoice nobody sent before in this run."""
    number = number or next(_numbers)
    return wrapped("810", invoice(f"INV{number}"), control=number)


def message(
    site: Site,
    data: bytes | None = None,
    *,
    filename: str = "invoice.edi",
    content_type: str = "application/edi-x12",
    message_id: str | None = None,
    change: Changed = lambda terms: terms,
    now: datetime | None = None,
) -> Message:
    """A message of a site's to its partner, as its terms say once they are changed."""
    fresh = Named()
    attachment = Attachment(io.BytesIO(content() if data is None else data), content_type, filename)
    with TemporaryWorkspace(site.house.gateway.home.staging) as workspace:
        made = build(
            [attachment],
            change(terms_of(site)),
            message_id=message_id or fresh.message_id(),
            now=now or site.house.clock.now(),
            fresh=fresh,
            workspace=workspace,
        )
        return Message(made.headers.pairs, made.body.read(), made.mic)


def post(url: str, sent: Message) -> Reply:
    """Post it over a connection of its own."""
    return post_raw(url, sent.headers, sent.body)


def post_raw(url: str, fields: tuple[tuple[str, str], ...], body: bytes) -> Reply:
    """Post bytes under these header fields; the Content-Length is theirs where they do not frame the body otherwise."""
    framed = {name.lower() for name, _ in fields} & {"content-length", "transfer-encoding"}
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.putrequest("POST", parts.path)
        for name, value in (*fields, *([] if framed else [("Content-Length", str(len(body)))])):
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body)
        answer = connection.getresponse()
        return Reply(answer.status, Headers(tuple(answer.getheaders())), answer.read())
    finally:
        connection.close()


def judged(site: Site, sent: Message, reply: Reply, *, signed: bool = True) -> Judgement:
    """What the site that sent a message makes of the reply."""
    known = SentMessage(sent.message_id, sent.mic, signed)
    with TemporaryWorkspace(site.house.gateway.home.staging) as workspace:
        return judge(
            reply.headers,
            io.BytesIO(reply.body),
            terms_of(site),
            sent=known,
            now=site.house.clock.now(),
            workspace=workspace,
        )


def is_signed_by_partner(site: Site, reply: Reply) -> bool:
    """Whether the reply bears the partner's signature over exactly its report. Raises what verifying raises where it does not."""
    with TemporaryWorkspace(site.house.gateway.home.staging) as workspace:
        verified_parts(Entity(reply.headers, span_of(reply.body)), terms_of(site), workspace)
    return True


def arrivals_of(house: House, **where: Any) -> list[Arrival]:
    """Everything that was posted to a house, good or bad, in order."""
    with house.gateway.database.read() as session:
        return list(session.scalars(select(Arrival).filter_by(**where).order_by(Arrival.id)))


def kept_bytes(house: House, arrival: Arrival) -> bytes:
    """The body of a post as it was kept."""
    gateway = house.gateway
    with gateway.database.read() as session:
        return gateway.blobs.read(session, arrival.sha256)  # type: ignore[arg-type]


def files_of(house: House) -> list[Receipt]:
    """The files that were taken in."""
    return list(house.receipts())
