"""Every way to wrap a message and to answer it, sent to ourselves (RFC 4130, section 2.4.2; RFC 5402)."""

from itertools import product

import pytest

from gateway.as2.answer import Outcome
from gateway.as2.cms.algorithms import Cipher, Digest, KeyTransport, SignatureScheme
from gateway.as2.quirks import PRESETS
from gateway.as2.receive import Received
from gateway.as2.terms import Compression, Receipt, ReceiptMode, Sending

from .exchange import ORDER, SUPPLIERS, URL, accepting, asks, judged, received, sent

RECEIPTS = [
    Receipt(ReceiptMode.NONE),
    Receipt(ReceiptMode.SYNCHRONOUS, signed=False),
    Receipt(ReceiptMode.SYNCHRONOUS, signed=True),
    Receipt(ReceiptMode.ASYNCHRONOUS, signed=False, url=URL),
    Receipt(ReceiptMode.ASYNCHRONOUS, signed=True, url=URL),
]
COMPRESSIONS = [Compression.NONE, Compression.BEFORE_SIGNING, Compression.AFTER_SIGNING]
PERMUTATIONS = [
    Sending(sign=sign, encrypt=encrypt, compression=compression, receipt=receipt)
    for sign, encrypt, compression, receipt in product([False, True], [False, True], COMPRESSIONS, RECEIPTS)
]


def _name(sending: Sending) -> str:
    receipt = sending.receipt
    wrapped = [sending.compression.value, "signed" * sending.sign, "encrypted" * sending.encrypt]
    return "+".join(filter(None, [*wrapped, receipt.mode.value, "signed-mdn" * (receipt.signed and asks(sending))]))


@pytest.mark.parametrize("sending", PERMUTATIONS, ids=_name)
def test_a_message_arrives_and_its_mdn_proves_it(sending: Sending) -> None:
    outbound = sent(sending)
    got = received(outbound, accepting(sending))
    assert isinstance(got, Received), got
    assert [(each.content.read(), each.filename, each.content_type) for each in got.payloads] == [
        (ORDER, "po.edi", "application/edi-x12")
    ]
    assert got.mic.equals(outbound.mic)
    assert (got.signed_by is not None, got.decrypted_with is not None) == (sending.sign, sending.encrypt)
    assert got.compressed == (sending.compression is not Compression.NONE)
    if got.mdn is None:
        assert not asks(sending)
        return
    assert got.mdn.asynchronous_url == sending.receipt.url
    verdict = judged(got.mdn, outbound, signed=sending.receipt.signed)
    assert verdict.outcome is Outcome.DELIVERED, verdict.why
    assert (verdict.signed_by is not None) == sending.receipt.signed


FULL = Sending(compression=Compression.BEFORE_SIGNING)
ALGORITHMS = [
    *(
        Sending(digest=digest, scheme=scheme)
        for digest, scheme in product([Digest.SHA224, Digest.SHA256, Digest.SHA384, Digest.SHA512], SignatureScheme)
    ),
    *(
        Sending(cipher=cipher, key_transport=transport)
        for cipher, transport in product([each for each in Cipher if each.startswith("aes")], KeyTransport)
    ),
]


@pytest.mark.parametrize(
    "sending",
    ALGORITHMS,
    ids=lambda sending: f"{sending.digest}-{sending.scheme}-{sending.cipher}-{sending.key_transport}",
)
def test_with_any_algorithms_agreed(sending: Sending) -> None:
    outbound = sent(sending)
    got = received(outbound)
    assert isinstance(got, Received), got
    assert got.signed_with is sending.digest
    assert got.mdn is not None
    assert judged(got.mdn, outbound).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("product_name", PRESETS)
@pytest.mark.parametrize("sending", PERMUTATIONS[::7], ids=_name)
def test_with_any_product(product_name: str, sending: Sending) -> None:
    quirks = PRESETS[product_name]
    outbound = sent(sending, quirks=quirks)
    got = received(outbound, accepting(sending, quirks=quirks))
    assert isinstance(got, Received), got
    if got.mdn is not None:
        assert judged(got.mdn, outbound, signed=sending.receipt.signed).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("protected", [True, False])
def test_several_files_keep_their_names(compression: Compression, protected: bool) -> None:
    files = (
        (ORDER, "application/edi-x12", "po.edi"),
        (b"%PDF\x00\r\n", "application/pdf", "drawing é.pdf"),
        (b"", "text/plain", None),
    )
    sending = Sending(sign=protected, encrypt=protected, compression=compression)
    got = received(sent(sending, attachments=files), accepting(sending))
    assert isinstance(got, Received), got
    assert tuple((each.content.read(), each.content_type, each.filename) for each in got.payloads) == files


def test_both_sides_say_what_they_can() -> None:
    got = received(sent())
    assert isinstance(got, Received)
    assert got.features == {"multiple-attachments", "CEM", "AS2-Reliability"}
    assert got.mdn is not None
    assert got.mdn.headers.get("AS2-Version") == "1.2"
    assert (got.mdn.headers.get("AS2-From"), got.mdn.headers.get("AS2-To")) == (r'"The \"Supplier\""', "BUYER")
    assert SUPPLIERS.partner_name == got.sender
