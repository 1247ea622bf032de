"""Which format a file has, and what is in it; pure."""

from dataclasses import replace

import pytest

from canonical.identity import BlobDigest
from gateway.unpacking import unpacked_documents
from gateway.unpacking.reply import document_of
from gateway.unpacking.unpack import LOOKED_AT, unpack
from gateway.unpacking.unpacked import Unpacked
from partners.registry import AppliedProfile

from ..house import (
    BAD_INVOICE,
    PROFILES,
    House,
    csv,
    csv_invoice,
    group,
    interchange,
    invoice,
    transaction_set,
    wrapped,
)

GOOD = wrapped("810", invoice())
TWO = GOOD + wrapped("810", invoice("INV2"), 2)
ROWS = csv(csv_invoice())
SOURCE = BlobDigest("0" * 64)


@pytest.fixture
def both(house: House) -> AppliedProfile:
    """acme with X12 and with a column map for CSV."""
    house.agree("acme", PROFILES["acme"] + "csv:" + PROFILES["beta"].split("csv:")[1])
    return house.gateway.partner("acme")


FORMATS = {
    "X12": (GOOD, "a.edi", "x12"),
    "X12 whatever its name": (GOOD, "a.csv", "x12"),
    "X12 after a byte order mark": (b"\xef\xbb\xbf\r\n" + GOOD, "a.csv", "x12"),
    "X12 after some junk": (b"begin\n" + GOOD, "a.edi", "x12"),
    "CSV by its name": (ROWS, "a.csv", "csv"),
    "CSV by its name, capitals or not": (ROWS, "A.CSV", "csv"),
    "CSV that mentions an ISA": (ROWS.replace(b"AB-1", b"ISA*1"), "a.csv", "csv"),
    "nothing by the name of CSV": (b"", "a.csv", "csv"),
    "CSV by another name": (ROWS, "a.txt", None),
    "nothing": (b"", "a.edi", None),
    "X12 too far in": (b" " * 10 + b"x" * LOOKED_AT + GOOD, "a.edi", None),
}


@pytest.mark.parametrize(("data", "name", "format_"), FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_the_format_is_found_however_the_bytes_come(
    both: AppliedProfile, data: bytes, name: str, format_: str | None, piece: int
) -> None:
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    unpacked = unpack(pieces, name, both, SOURCE)
    assert unpacked.format == format_
    assert told(unpacked) == told(unpack([data], name, both, SOURCE))


def told(unpacked: Unpacked) -> object:
    """All that is known of a file, canonical JSON and answers included, but for where it is put aside."""
    documents = [(replace(document, place=None), unpacked.canonical(document)) for document in unpacked.documents()]
    replies = [document_of(reply) for reply in unpacked.replies()]
    report = unpacked.report_on("file", {})
    return documents, replies, unpacked.findings, unpacked.quarantine, unpacked.rejection, report


def test_nothing_agreed_is_named_with_what_would_be(both: AppliedProfile) -> None:
    unpacked = unpack([b"hello"], "a.txt", both, SOURCE)
    assert unpacked.quarantine == (
        "The file has none of the agreed forms. From acme these are expected: an X12 interchange (begins with ISA), or CSV named *.csv."
    )
    report = unpacked.report_on("a.txt", {})
    assert report is not None
    name, data = report
    assert name == "a.txt.rejected.txt"
    assert b"Expected: an X12 interchange (begins with ISA), or CSV named *.csv." in data
    unpacked.close()


@pytest.mark.parametrize("name", ["a.edi.rejected.txt", "a.edi.notice.txt"])
@pytest.mark.parametrize("text", [b"File: a.edi", b"Expected: an X12 interchange (begins with ISA)."])
def test_a_notice_of_the_partner_s_is_set_aside_and_not_answered(both: AppliedProfile, name: str, text: bytes) -> None:
    """Two gateways that answered each other's notices would never end."""
    unpacked = unpack([text], name, both, SOURCE)
    assert "nothing answers" in (unpacked.quarantine or "")
    assert unpacked.report_on(name, {}) is None
    unpacked.close()


def test_an_interchange_is_read_whatever_its_name(both: AppliedProfile) -> None:
    unpacked = unpack([GOOD], "a.notice.txt", both, SOURCE)
    assert unpacked.size == 1
    unpacked.close()


def test_a_document_carries_where_it_came_from(both: AppliedProfile) -> None:
    unpacked = unpack([GOOD], "a.edi", both, SOURCE)
    [document] = unpacked.documents()
    assert (document.number, document.orders, document.business_key) == ("INV1", ("4500123",), "Invoice/INV1/1")
    canonical = unpacked.canonical(document)
    assert canonical is not None
    assert b'"partner":"acme"' in canonical
    assert b'"source_sha256":"' + SOURCE.encode() in canonical
    assert b'"profile_version":2' in canonical
    unpacked.close()


WITH_A_COMMON_FATE = {
    "a group with a bad set": interchange(
        group(transaction_set("810", invoice()), transaction_set("810", BAD_INVOICE.format(number="B", order="1"), "2"))
    ),
    "a group that is not whole": TWO.replace(b"GE*1*1", b"GE*2*1"),
    "an interchange that is not whole": TWO.replace(b"IEA*1*", b"IEA*3*", 1),
    "an interchange of a stranger": wrapped("810", invoice(), sender="ANY") + TWO,
    "an answer of a stranger": interchange("TA1*000000009*261121*0646*A*000", groups=0, sender="ANY"),
    "rows that are scattered": csv(csv_invoice(), csv_invoice("CSV2"), csv_invoice(), csv_invoice("CSV2")),
}


@pytest.mark.parametrize("data", WITH_A_COMMON_FATE.values(), ids=WITH_A_COMMON_FATE)
def test_what_was_put_aside_shares_the_fate_of_what_it_is_a_part_of(
    both: AppliedProfile, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """It was put aside before that was known."""
    name = "a.edi" if data.startswith(b"ISA") else "a.csv"
    at_hand = unpack([data], name, both, SOURCE)
    assert not all(document.usable for document in at_hand.documents())
    expected = told(at_hand)
    monkeypatch.setattr(unpacked_documents, "BLOCK", 1)
    assert told(unpack([data], name, both, SOURCE)) == expected


def test_much_canonical_JSON_waits_on_the_disk(both: AppliedProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory grows only with what is told about documents."""
    monkeypatch.setattr("gateway.unpacking.unpacked.SPILL_BYTES", 10)
    unpacked = unpack([TWO], "a.edi", both, SOURCE)
    assert getattr(unpacked._aside, "_rolled", False)
    found = [unpacked.canonical(document) for document in reversed(list(unpacked.documents()))]
    assert [b"INV2" in (found[0] or b""), b"INV1" in (found[1] or b"")] == [True, True]
    unpacked.close()
