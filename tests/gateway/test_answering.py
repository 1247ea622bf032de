"""Acknowledgements of many sets are written sheet by sheet; nobody must be able to tell."""

import pytest

from canonical.identity import BlobDigest
from gateway import answering, envelopes
from gateway.answering import PreparedAnswer, prepare
from gateway.unpacking.unpack import unpack
from gateway.unpacking.unpacked import Unpacked
from partners.registry import AppliedProfile
from translators.x12.written import WrittenSet

from .house import BAD_INVOICE, House, group, interchange, invoice, transaction_set

GOOD = [transaction_set("810", invoice(f"A{number}"), f"{number:04}") for number in range(1, 8)]
BAD = transaction_set("810", BAD_INVOICE.format(number="B", order="1"), "0008")
REPEATED = transaction_set("810", invoice("C"), "0001")
UNKNOWN = transaction_set("999", "AK1*PO*1", "0009")

GROUPS = {
    "all good": GOOD,
    "faults in some": [*GOOD[:3], BAD, *GOOD[3:], REPEATED],
    "nothing good": [BAD, UNKNOWN],
    "one": GOOD[:1],
}


def opened(applied: AppliedProfile, data: bytes) -> Unpacked:
    return unpack([data], "file.edi", applied, BlobDigest("0" * 64))


def made(house: House, applied: AppliedProfile, unpacked: Unpacked) -> PreparedAnswer:
    [reply] = unpacked.replies()
    return prepare(house.gateway.outbound.envelopes, house.gateway.blobs, applied, reply)


def shown(prepared: PreparedAnswer) -> tuple[object, ...]:
    """All that an answer is, with the text of its set and the nodes it stands for."""
    nodes = prepared.draft.nodes
    assert isinstance(nodes, WrittenSet)
    kept = (prepared.type, prepared.business_key, prepared.content_sha256, prepared.canonical, prepared.test)
    return (*kept, prepared.draft.number, nodes.text, nodes.size, list(nodes))


@pytest.mark.parametrize("sets", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("type_", ["997", "999"])
def test_an_answer_in_sheets_is_the_same_answer(
    house: House, monkeypatch: pytest.MonkeyPatch, sets: list[str], type_: str
) -> None:
    within = "  acknowledge_within: 24"
    terms = (within, f"{within}\n  acknowledgement: {{type: {type_}}}")
    house.amend("acme", terms, ('version: "004010"', 'version: "005010"'))
    applied = house.gateway.partner("acme")
    unpacked = opened(applied, interchange(group(*sets)))
    whole = shown(made(house, applied, unpacked))
    for size in (1, 3):
        monkeypatch.setattr(answering, "SHEET", size)
        assert shown(made(house, applied, unpacked)) == whole


def test_an_answer_that_is_not_written_as_text_is_made_as_a_whole(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = house.gateway.partner("acme")
    unpacked = opened(applied, interchange(group(*GOOD)))
    whole = shown(made(house, applied, unpacked))
    monkeypatch.setattr(answering, "SHEET", 1)
    monkeypatch.setattr(
        answering, "written", lambda document, version: (None, list(envelopes.written(document, version)[1] or ()))
    )
    assert shown(made(house, applied, unpacked)) == whole
