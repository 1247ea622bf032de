"""What is posted to us over AS2: header fields and a body, taken for a message and for an MDN, whatever they are."""

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product

from gateway.as2.answer import SentMessage, judge
from gateway.as2.cem import Answer, Offer, Reference, Request, Response, Usage, is_exchange, read_exchange
from gateway.as2.cem import write_request as cem_request
from gateway.as2.cem import write_response as cem_response
from gateway.as2.disposition import Reason
from gateway.as2.envelope import envelope_of
from gateway.as2.mdn import Mdn
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.mime.headers import Headers
from gateway.as2.mime.malformed import Malformed
from gateway.as2.receive import Received, reject_stranger
from gateway.as2.refusal import LONGEST_WHY
from gateway.as2.terms import Compression, Demands, Limits, Receipt, ReceiptMode, Sending
from gateway.as2.unforeseen import UNFORESEEN
from tests.gateway.as2.exchange import BUYERS, NOW, SUPPLIERS, URL, Counted, Posted, judged, posted, received, sent
from tests.gateway.as2.keys import own
from tests.gateway.as2.workspace import MemoryWorkspace

LARGEST = 1 << 20
"""Bytes that a message may be decompressed to here, so that no input takes long."""

ANYTHING = replace(SUPPLIERS, inbound=Demands(False, False), limits=Limits(decompressed_bytes=LARGEST))


def as2(data: bytes) -> None:
    """A post is judged, whoever it is from; what we answer can be sent, and tells the sender of its message that it arrived."""
    post = read_post(data)
    envelope_of(post.headers, io.BytesIO(post.body))
    got = received(post, ANYTHING)
    _assert_sendable(got.mdn)
    if isinstance(got, Received):
        for payload in got.payloads:
            assert b"".join(payload.content.chunks()) == payload.content.read()
        _exchange(got)
        _assert_proves(got)
    else:
        assert got.why
        assert UNFORESEEN not in got.why, got.why
        assert len(got.why) < LONGEST_WHY + len("... (characters)") + 20
        assert got.text
    stranger = reject_stranger(
        post.headers, Reason.UNKNOWN_TRADING_PARTNER, "Nobody knows it.", now=NOW, fresh=Counted("supplier")
    )
    _assert_sendable(stranger.mdn)
    for outbound in (None, _original()):
        judgement = judged(post, outbound)
        assert judgement.why
        assert UNFORESEEN not in judgement.why, judgement.why
        assert judgement.signed_by is not None or not judgement.outcome.delivered, (
            "nobody signed it, and it proves something"
        )


def _exchange(got: Received) -> None:
    if is_exchange(got.payloads):
        with suppress(Malformed):
            read_exchange(got.payloads)


def _assert_proves(got: Received) -> None:
    if got.mdn is not None:
        known = SentMessage(got.message_id, got.mic, signed_receipt=False)
        body = io.BytesIO(got.mdn.body)
        judgement = judge(got.mdn.headers, body, BUYERS, sent=known, now=NOW, workspace=MemoryWorkspace())
        assert judgement.outcome.delivered, judgement


def _assert_sendable(mdn: Mdn | None) -> None:
    """Nothing that came with a message begins a field of its own in the answer."""
    if mdn is not None:
        for name, value in mdn.headers:
            assert not set("\r\n\0") & set(name + value), (name, value)


@cache
def _original() -> Outbound:
    """The message that MDNs are judged for."""
    return sent()


# A post as one file: its fields, an empty line, its body.


def read_post(data: bytes) -> Posted:
    """Fields as the listener gives them on: a name and a value without line breaks."""
    head, _, body = data.partition(b"\n\n")
    fields = (line.partition(b":") for line in head.replace(b"\r", b"").replace(b"\0", b"").split(b"\n"))
    return Posted(Headers(tuple((_text(name), _text(value.strip())) for name, _, value in fields)), body)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def written(post: Posted) -> bytes:
    """The inverse of :func:`read_post`."""
    fields = (f"{name}: {' '.join(value.split())}".encode() for name, value in post.headers)
    return b"\n".join(fields) + b"\n\n" + post.body


def seeds() -> Iterator[bytes]:
    """Messages of every kind, their MDNs, and certificate exchange messages. Their keys, and so their bytes, are others in each run."""
    receipts = (Receipt(ReceiptMode.SYNCHRONOUS, signed=True), Receipt(ReceiptMode.ASYNCHRONOUS, signed=False, url=URL))
    for sign, encrypt, compression, receipt in product((False, True), (False, True), Compression, receipts):
        outbound = sent(Sending(sign=sign, encrypt=encrypt, compression=compression, receipt=receipt))
        post = posted(outbound)
        yield written(post)
        mdn = received(post, ANYTHING).mdn
        assert mdn is not None
        yield written(Posted(mdn.headers, mdn.body))
    several = ((b"one", "application/edi-x12", "1.edi"), (b"two", "text/plain", None))
    yield written(posted(sent(Sending(sign=False, encrypt=False), attachments=several)))
    yield written(_encoded())
    for attachment in _exchanges():
        terms = replace(BUYERS, sending=Sending(sign=False, encrypt=False))
        fresh = Counted("buyer")
        made = build(
            [attachment], terms, message_id="cem-1@buyer.example", now=NOW, fresh=fresh, workspace=MemoryWorkspace()
        )
        yield written(posted(made))


def _encoded() -> Posted:
    """Parts in each encoding for transfer, with names in the forms of RFC 2231, beside lines that look like boundaries."""
    parts = (
        b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename*1=.edi\r\n\r\nISA*00=7E=\r\n=3D\r\n",
        b"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain; name*=windows-1252''%80\r\n\r\naGVs\r\nbG8\r\n",
        b"--b \t\r\n\r\n--bb\r\n--b-\r\n--b--\r\n",
    )
    message = posted(sent(Sending(sign=False, encrypt=False)))
    fields = tuple(pair for pair in message.headers if not pair[0].lower().startswith("content-"))
    return Posted(Headers((*fields, ("Content-Type", "multipart/mixed; boundary*0=b"))), b"".join(parts))


def _exchanges() -> Iterator[Attachment]:
    certificate = own("NEXT").certificate
    offer = Offer(Reference.to(certificate), certificate, frozenset({Usage.SIGNATURE}), NOW + timedelta(days=1), URL)
    request = Request("r-1", "BUYER", NOW, (offer,))
    yield cem_request(request, content_ids=["1@x", "2@x"], boundary="=_cem", originated=NOW)
    response = Response("r-1", "BUYER", NOW, (Answer(Reference.to(certificate), False, "No."),))
    yield cem_response(response, content_id="3@x", boundary="=_cem", originated=NOW)
