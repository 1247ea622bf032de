"""What we write for products that need it otherwise, each switch by itself; what we read is taken either way."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from gateway.as2.answer import Outcome
from gateway.as2.cms.algorithms import Cipher
from gateway.as2.quirks import PRESETS, STANDARD, Quirks
from gateway.as2.receive import Received
from gateway.as2.terms import Receipt, ReceiptMode, Sending

from .exchange import ORDER, URL, accepting, judged, posted, received, sent

SIGNED = Sending(encrypt=False)
FILES = ((ORDER, "application/edi-x12", "po.edi"), (b"%PDF", "application/pdf", "drawing.pdf"))


def _message(quirks: Quirks, sending: Sending = SIGNED) -> bytes:
    outbound = posted(sent(sending, quirks=quirks, attachments=FILES))
    return outbound.headers.written() + b"\r\n" + outbound.body


def _mdn(quirks: Quirks) -> bytes:
    got = received(sent(SIGNED), accepting(SIGNED, quirks=quirks))
    assert got.mdn is not None
    return got.mdn.headers.written() + b"\r\n" + got.mdn.body


@pytest.mark.parametrize(
    ("switch", "message", "standard"),
    [
        ("tab_folded_boundary", b'example>";' + b"\r\n\tboundary=", b'example>";' + b"\r\n boundary="),
        ("unfolded_headers", b'example>"; boundary="=_buyer_1"' + b"\r\n\r\n--=_buyer_1", None),
        ("binary_signature", b"filename=smime.p7s\r\n\r\n0\x82", b"filename=smime.p7s\r\n\r\nMII"),
        (
            "text_without_content_type",
            b"--=_buyer_1\r\nContent-Transfer-Encoding",
            b"--=_buyer_1\r\nContent-Type: application/pdf",
        ),
        ("empty_receipt_delivery_option", b"\r\nReceipt-Delivery-Option: \r\n", None),
        ("content_length_required", b"\r\nContent-Length: ", None),
        ("old_digest_names", b"micalg=sha256;", b"micalg=sha-256;"),
        ("message_id_without_brackets", b"\r\nMessage-ID: po-1@", b"\r\nMessage-ID: <po-1@"),
    ],
)
def test_in_messages(switch: str, message: bytes, standard: bytes | None) -> None:
    with_it, without = _message(replace(STANDARD, **{switch: True})), _message(STANDARD)
    assert message in with_it
    assert message not in without
    assert standard is None or (standard in without and standard not in with_it)


@pytest.mark.parametrize(
    ("switch", "mdn"),
    [
        ("sync_mdn_repeats_content_type", b"\r\n\r\nContent-Type: multipart/signed;"),
        ("tab_folded_boundary", b"report-type=disposition-notification;\r\n\tboundary="),
        ("cr_only_receipt_text", b" holds.\r\r\n--"),
        ("text_without_content_type", b"--=_supplier_1\r\nContent-Transfer-Encoding: 7bit"),
        ("binary_signature", b"\r\n\r\n0\x82"),
        ("old_digest_names", b"micalg=sha256;"),
    ],
)
def test_in_mdns(switch: str, mdn: bytes) -> None:
    assert mdn in _mdn(replace(STANDARD, **{switch: True}))
    assert mdn not in _mdn(STANDARD)


def test_an_asynchronous_mdn_repeats_nothing_and_has_its_length() -> None:
    sending = replace(SIGNED, receipt=Receipt(ReceiptMode.ASYNCHRONOUS, url=URL))
    quirks = replace(STANDARD, sync_mdn_repeats_content_type=True, content_length_required=True)
    got = received(sent(sending), accepting(sending, quirks=quirks))
    assert got.mdn is not None
    assert got.mdn.body.startswith(b"--")
    assert got.mdn.headers.get("Content-Length") == str(len(got.mdn.body))


def test_no_algorithm_protection_where_a_product_does_not_know_it() -> None:
    # 1.2.840.113549.1.9.52 (RFC 6211)
    protection = bytes.fromhex("06092a864886f70d010934")
    binary = replace(STANDARD, binary_signature=True)
    without = replace(binary, without_algorithm_protection=True)
    assert protection in _message(binary)
    assert protection not in _message(without)
    assert protection in _mdn(binary)
    assert protection not in _mdn(without)


def test_openas2_finds_what_is_encrypted_with_gcm_where_it_looks_for_it() -> None:
    sending = Sending(cipher=Cipher.AES_256_GCM)
    assert b"smime-type=enveloped-data" in _message(PRESETS["openas2"], sending)
    assert b"smime-type=authenveloped-data" in _message(STANDARD, sending).lower()


def test_what_is_in_no_preset_is_left_out_knowingly() -> None:
    told = (Path(__file__).parents[3] / "docs" / "howto" / "as2.md").read_text()
    rows = {line.split("`")[1] for line in told.splitlines() if line.startswith("| `")}
    for switch in SWITCHES:
        used = any(getattr(preset, switch) for preset in PRESETS.values())
        assert used != (switch in rows), switch


SWITCHES = [each.name for each in fields(Quirks)]


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("sending", [Sending(), SIGNED], ids=["encrypted", "signed"])
def test_with_each_switch_messages_and_mdns_are_understood(switch: str, sending: Sending) -> None:
    quirks = replace(STANDARD, **{switch: True})
    outbound = sent(sending, quirks=quirks, attachments=FILES)
    got = received(outbound, accepting(sending, quirks=quirks))
    assert isinstance(got, Received), got
    assert [each.content.read() for each in got.payloads] == [data for data, _, _ in FILES]
    assert got.mdn is not None
    assert judged(got.mdn, outbound).outcome is Outcome.DELIVERED


def test_each_product_has_its_preset() -> None:
    assert set(PRESETS) == {"standard", "openas2", "mendelson", "biztalk", "sterling", "cleo", "amazon", "seeburger"}
