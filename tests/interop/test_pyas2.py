"""Every permutation, exchanged with pyas2lib in both directions.

pyas2lib returns no MIC for what is not signed, and knows neither AES-GCM nor compression after signing nor several files; those are shown
elsewhere. It writes PSS without the parameters that say how, which a quirk takes.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.as2.answer import Outcome, SentMessage, judge
from gateway.as2.cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from gateway.as2.message import Attachment, Outbound, build
from gateway.as2.mime.headers import headers
from gateway.as2.receive import Received, receive
from gateway.as2.terms import Compression, Demands, Receipt, ReceiptMode, Sending, Terms
from tests.gateway.as2.exchange import NOW, ORDER, URL, Counted, terms
from tests.gateway.as2.keys import own
from tests.gateway.as2.workspace import MemoryWorkspace

from .pyas2 import Peer, data, start, text

US, THEM = "TALLY", "PY AS2"
OURS = terms(US, THEM)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    started = start()
    yield started
    started.end()


RECEIPTS = [
    Receipt(ReceiptMode.NONE),
    *(
        Receipt(mode, signed=signed, url=URL if mode is ReceiptMode.ASYNCHRONOUS else None)
        for mode, signed in product([ReceiptMode.SYNCHRONOUS, ReceiptMode.ASYNCHRONOUS], [False, True])
    ),
]
PERMUTATIONS = [
    Sending(sign=sign, encrypt=encrypt, compression=compression, receipt=receipt)
    for sign, encrypt, compression, receipt in product(
        [False, True], [False, True], [Compression.NONE, Compression.BEFORE_SIGNING], RECEIPTS
    )
]


def _name(sending: Sending) -> str:
    receipt = sending.receipt
    wrapped = [sending.compression.value, "signed" * sending.sign, "encrypted" * sending.encrypt]
    return "+".join(filter(None, [*wrapped, receipt.mode.value, "signed-mdn" * receipt.signed]))


def _told(partner: Mapping[str, object]) -> dict[str, object]:
    """What the peer is told of both sides."""
    key = own(THEM)
    private = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "own_name": THEM,
        "own_key": text(private + key.certificate.x509.public_bytes(Encoding.PEM)),
        "partner_name": US,
        "partner_certificate": text(own(US).certificate.x509.public_bytes(Encoding.PEM)),
        "url": URL,
        "partner": partner,
    }


def _accepting(sending: Sending) -> Terms:
    return replace(OURS, sending=sending, inbound=Demands(sending.sign, sending.encrypt))


@pytest.mark.parametrize("sending", PERMUTATIONS, ids=_name)
def test_what_we_send_it_takes_and_its_mdn_proves_it(peer: Peer, sending: Sending) -> None:
    agreed = replace(OURS, sending=sending)
    outbound, got = _taken_by_peer(peer, agreed)
    if sending.receipt.mode is ReceiptMode.NONE:
        assert got["mdn"] is None
        return
    mdn = got["mdn"]
    verdict = judge(
        headers(map(tuple, mdn["headers"])),
        io.BytesIO(data(mdn["body"])),
        agreed,
        sent=SentMessage(outbound.message_id, outbound.mic, sending.receipt.signed),
        now=NOW,
        workspace=MemoryWorkspace(),
    )
    assert verdict.outcome is (Outcome.DELIVERED if sending.sign else Outcome.MIC_MISSING), verdict.why
    # It signs wherever an algorithm is named.
    assert (verdict.signed_by is not None) == (sending.receipt.signed or not sending.sign)


@pytest.mark.parametrize("sending", PERMUTATIONS, ids=_name)
def test_what_it_sends_we_take_and_our_mdn_satisfies_it(peer: Peer, sending: Sending) -> None:
    modes = {ReceiptMode.NONE: None, ReceiptMode.SYNCHRONOUS: "SYNC", ReceiptMode.ASYNCHRONOUS: "ASYNC"}
    got, mdn = _sent_by_peer(
        peer,
        _accepting(sending),
        {
            "sign": sending.sign,
            "encrypt": sending.encrypt,
            "enc_alg": "aes_256_cbc",
            "compress": sending.compression is not Compression.NONE,
            "mdn_mode": modes[sending.receipt.mode],
            "mdn_digest_alg": "sha256" if sending.receipt.signed else None,
        },
    )
    if sending.receipt.mode is ReceiptMode.NONE:
        assert got.mdn is None
        return
    assert got.mdn is not None
    assert got.mdn.asynchronous_url == sending.receipt.url
    assert mdn["status"] == "processed", mdn


DIGESTS = [each for each in Digest if each is not Digest.SHA1]
CIPHERS = {Cipher.AES_128_CBC: "aes_128_cbc", Cipher.AES_192_CBC: "aes_192_cbc", Cipher.AES_256_CBC: "aes_256_cbc"}
TRANSPORTS = {KeyTransport.PKCS1_V15: "rsaes_pkcs1v15", KeyTransport.OAEP: "rsaes_oaep"}


@pytest.mark.parametrize("digest", DIGESTS)
def test_its_signatures(peer: Peer, digest: Digest) -> None:
    partner = {"sign": True, "digest_alg": digest.value, "mdn_mode": "SYNC", "mdn_digest_alg": digest.value}
    got, mdn = _sent_by_peer(peer, replace(OURS, inbound=Demands(signed=True, encrypted=False)), partner)
    assert got.signed_with is digest
    assert mdn["status"] == "processed", mdn


@pytest.mark.parametrize("digest", DIGESTS)
def test_its_pss_signatures_without_parameters_count_where_that_is_agreed(peer: Peer, digest: Digest) -> None:
    quirks = replace(OURS.quirks, pss_without_parameters=True)
    agreed = replace(OURS, inbound=Demands(signed=True, encrypted=False), quirks=quirks)
    partner = {"sign": True, "sign_alg": "rsassa_pss", "digest_alg": digest.value, "mdn_mode": "SYNC"}
    got, _ = _sent_by_peer(peer, agreed, partner)
    assert got.signed_with is digest


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_its_ciphers(peer: Peer, cipher: Cipher, transport: KeyTransport) -> None:
    partner = {"sign": True, "encrypt": True, "enc_alg": CIPHERS[cipher], "key_enc_alg": TRANSPORTS[transport]}
    got, _ = _sent_by_peer(peer, OURS, partner)
    assert got.decrypted_with == own(US)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("scheme", SignatureScheme)
def test_our_signatures(peer: Peer, digest: Digest, scheme: SignatureScheme) -> None:
    _taken_by_peer(peer, replace(OURS, sending=Sending(digest=digest, scheme=scheme)))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_our_ciphers(peer: Peer, cipher: Cipher) -> None:
    _taken_by_peer(peer, replace(OURS, sending=Sending(cipher=cipher)))


def _taken_by_peer(peer: Peer, agreed: Terms) -> tuple[Outbound, dict[str, Any]]:
    """A message of ours, and what the peer makes of it."""
    outbound = build(
        [Attachment(io.BytesIO(ORDER), "application/edi-x12", "po.edi")],
        agreed,
        message_id="po-1@tally.example",
        now=NOW,
        fresh=Counted("tally"),
        workspace=MemoryWorkspace(),
    )
    told = _told({"sign": agreed.sending.sign, "encrypt": agreed.sending.encrypt})
    got = peer.ask("receive", **told, headers=list(outbound.headers), body=text(outbound.body.read()))
    assert got["status"] == "processed", got
    assert (data(got["data"]), got["filename"]) == (ORDER, "po.edi")
    return outbound, got


def _sent_by_peer(peer: Peer, agreed: Terms, partner: Mapping[str, object]) -> tuple[Received, dict[str, Any]]:
    """A message of the peer's, taken in, and what it makes of the MDN."""
    told = _told(partner)
    made = peer.ask("send", **told, data=text(ORDER), filename="po.edi", content_type="application/edi-x12")
    got = receive(
        headers(map(tuple, made["headers"])),
        io.BytesIO(data(made["body"])),
        agreed,
        now=NOW,
        fresh=Counted("tally"),
        workspace=MemoryWorkspace(),
    )
    assert isinstance(got, Received), got
    assert [(each.content.read(), each.filename) for each in got.payloads] == [(ORDER, "po.edi")]
    if got.mdn is None:
        return got, {}
    return got, peer.ask("judge", **told, headers=list(got.mdn.headers), body=text(got.mdn.body))
