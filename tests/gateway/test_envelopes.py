"""From a document to the bytes one partner agreed to."""

from typing import Any

import pytest

from canonical.documents import ANY_DOCUMENT
from canonical.errors import Fault, Misconfigured
from canonical.identity import PartnerId
from gateway.envelopes import Draft, Envelopes, written
from translators.x12.check import check
from translators.x12.values import CannotWrite

from .house import House, in_words, invoice, order, segments, wrapped

ORDER = ANY_DOCUMENT.validate_python(order("PO 1/ü"))
ACME, BETA = PartnerId("acme"), PartnerId("beta")


def draft(house: House, number: str) -> Draft:
    with house.gateway.database.read() as session:
        return Envelopes().draft(session, ACME, ANY_DOCUMENT.validate_python(order(number)))


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("4500123", "850_4500123_000000001.edi"),
        ("PO 1/ü..\\", "850_PO-1-..-_000000001.edi"),
        ("../../etc/passwd", "850_..-..-etc-passwd_000000001.edi"),
    ],
)
def test_the_name_of_a_file_is_unique_and_safe(house: House, number: str, name: str) -> None:
    """Unique by the control number, readable by the document's, and good on any file system."""
    house.place_order(order(number), name="po.json")
    house.gateway.delivery.pull()
    house.work()
    [(found, data)] = house.outbox("acme").items()
    assert found == name
    assert segments(data)[3][3] == number


@pytest.mark.parametrize(
    ("encoding", "number"), [("utf-8", b"PO \xc3\xbc"), ("iso-8859-1", b"PO \xfc"), ("cp437", b"PO \x81")]
)
def test_text_is_sent_in_the_encoding_that_is_agreed(house: House, encoding: str, number: bytes) -> None:
    house.amend("acme", ("acknowledge_within: 24", f"acknowledge_within: 24\n  encoding: {encoding}"))
    assert number in house.send_order("PO \u00fc")


def test_text_beyond_ascii_is_not_sent_to_who_takes_none(house: House) -> None:
    house.amend("acme", ("acknowledge_within: 24", "acknowledge_within: 24\n  encoding: ascii"))
    with pytest.raises(CannotWrite, match="which ascii cannot express"):
        draft(house, "PO \u00fc")


def test_a_draft_takes_no_number(house: House) -> None:
    for _ in range(3):
        draft(house, "1")
    assert house.send_order("2")[90:99] == b"000000001"


@pytest.mark.parametrize(
    ("partner", "told"),
    [
        ("nobody", "Nothing can be sent to nobody: there is no such partner in force."),
        ("beta", "beta has no X12 section in its profile, so a 850 cannot be written for it."),
    ],
)
def test_what_is_not_agreed_cannot_be_drafted(house: House, partner: str, told: str) -> None:
    with house.gateway.database.read() as session, pytest.raises(Misconfigured) as caught:
        Envelopes().draft(session, PartnerId(partner), ORDER)
    assert caught.value.message == told


@pytest.mark.parametrize(
    ("version", "more", "isa", "note"),
    [
        ("004010", "", ("U", "00401"), "MSG"),
        ("004010VICS", "", ("U", "00401"), "MSG"),
        ("004020", "", ("^", "00402"), "MSG"),
        ("004030UCS", "", ("^", "00403"), "MTX"),
        ("005010", "", ("^", "00501"), "MTX"),
        ("005010", 'envelope_version: "00401"', ("U", "00401"), "MTX"),
        ("004010", 'envelope_version: "00501"', ("^", "00501"), "MSG"),
    ],
)
def test_a_document_is_written_in_the_version_agreed(
    house: House, version: str, more: str, isa: tuple[str, str], note: str
) -> None:
    """ISA12 and GS08 are two things; the text of a note is in the segment that the version has for it."""
    house.amend("acme", ('version: "004010"', f'version: "{version}"\n  {more}'))
    sent = segments(house.send_order("4500123", notes=[{"text": "Ring twice"}]))
    assert (sent[0][11], sent[0][12], sent[1][8]) == (*isa, version)
    assert [segment[0] for segment in sent if "Ring twice" in segment] == [note]


@pytest.mark.parametrize("version", ["003060", "006010"])
def test_a_version_without_a_table_near_enough_is_not_written(version: str) -> None:
    """No such profile can be applied; one applied by an earlier release may be in force."""
    with pytest.raises(Misconfigured, match=f"A 850 cannot be written in version {version}"):
        written(ORDER, version)


@pytest.mark.parametrize(("type_", "answered"), [("997", ["997 A"]), ("999", ["999 A"])])
def test_an_answer_goes_out_as_agreed_and_is_valid(house: House, type_: str, answered: list[str]) -> None:
    terms = f'version: "005010"\n  acknowledgement: {{type: {type_}}}'
    house.amend("acme", ('version: "004010"', terms))
    house.take("acme", "inv.edi", wrapped("810", invoice()))
    [answer] = house.collect("acme")
    assert in_words(answer) == answered
    assert check([answer]).accepted


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"number": "9" * 1_000_000}, "number (BEG[1]/03): BEG03 is '9999"),
        (
            {"lines": [{"quantity": {"value": "9" * 1_000_000, "unit": "EA"}}]},
            "lines[1].quantity (PO1[1]/02): PO102 is '",
        ),
        (
            {"lines": [{"quantity": {"value": "1e999999", "unit": "EA"}}]},
            "lines[1].quantity (PO1[1]/02): PO102 is '1000",
        ),
        ({"unmapped": [{"source": "PO1[1]/10", "value": "VP"}]}, "PO1[1]/11): PO111 is missing"),
        ({"unmapped": [{"source": "DTM[1]", "value": ["002", "soon"]}]}, "dates[1] (DTM[1]/02): DTM02 is 'soon'"),
    ],
    ids=["number", "quantity", "exponent", "half a pair", "unmapped"],
)
def test_what_we_would_not_accept_is_not_drafted_whoever_gave_it(
    house: House, fields: dict[str, Any], told: str
) -> None:
    """Also past the checks of the folder's files: by hand, or through another ERP."""
    document = ANY_DOCUMENT.validate_python(order("1") | fields)
    with house.gateway.database.read() as session, pytest.raises(CannotWrite) as caught:
        Envelopes().draft(session, ACME, document)
    assert told in caught.value.message
    assert len(caught.value.message) < 1000
    assert (caught.value.fault, caught.value.retryable) == (Fault.OPERATOR, False)
