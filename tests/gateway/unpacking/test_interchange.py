"""What the sender of an interchange is answered, and what of it is taken in: both follow the profile."""

import pytest

from canonical.identity import BlobDigest
from gateway.unpacking.reply import document_of
from gateway.unpacking.unpack import unpack
from gateway.unpacking.unpacked import Unpacked
from partners.registry import AppliedProfile

from ..house import BAD_INVOICE, House, group, interchange, invoice, transaction_set, wrapped

GOOD = transaction_set("810", invoice("A"), "0001")
BAD = transaction_set("810", BAD_INVOICE.format(number="B", order="1"), "0002")
MIXED = interchange(group(GOOD, BAD))
VERSION_5010 = ('version: "004010"', 'version: "005010"')


def terms(house: House, acknowledgement: str, *edits: tuple[str, str]) -> AppliedProfile:
    """acme with terms of acknowledgement."""
    within = "  acknowledge_within: 24"
    house.amend("acme", (within, f"{within}\n  acknowledgement: {{{acknowledgement}}}"), *edits)
    return house.gateway.partner("acme")


def opened(data: bytes, applied: AppliedProfile) -> Unpacked:
    unpacked = unpack([data], "file.edi", applied, BlobDigest("0" * 64))
    unpacked.close()
    return unpacked


def told(unpacked: Unpacked) -> list[str]:
    answers = [document_of(reply) for reply in unpacked.replies()]
    return [f"{answer.type}: {getattr(answer, 'status')}" for answer in answers]  # noqa: B009


@pytest.mark.parametrize(
    ("policy", "answer", "sets", "taken"),
    [
        ("split", "partially_accepted", ["accepted", "rejected"], [True, False]),
        ("whole", "rejected", ["rejected", "rejected"], [False, False]),
    ],
)
def test_a_partly_good_group_is_answered_as_it_is_taken_in(
    house: House, policy: str, answer: str, sets: list[str], taken: list[bool]
) -> None:
    unpacked = opened(MIXED, terms(house, f"partly_good_groups: {policy}"))
    [reply] = unpacked.interchanges[0].acknowledgements
    acknowledgement = reply.document()
    assert (acknowledgement.status, acknowledgement.accepted) == (answer, sum(taken))
    assert [verdict.status for verdict in acknowledgement.sets] == sets
    assert [document.usable for document in unpacked.documents()] == taken
    if policy == "whole":
        assert "Another transaction set of its functional group is rejected" in (
            next(unpacked.documents()).rejected or ""
        )


@pytest.mark.parametrize(
    ("gs", "ge", "reason"), [("*X1*X*", "GE*1*1", "GS06 is 'X1'"), ("*1*X*", "GE*2*1", "GE01 says '2'")]
)
def test_the_sets_of_a_bad_group_are_rejected_for_what_is_wrong_with_it(
    house: House, gs: str, ge: str, reason: str
) -> None:
    data = wrapped("810", invoice()).replace(b"*1*X*", gs.encode()).replace(b"GE*1*1", ge.encode())
    unpacked = opened(data, terms(house, "send: yes"))
    assert reason in (next(unpacked.documents()).rejected or "")
    assert told(unpacked) == ["FunctionalAcknowledgement: rejected"]


def test_acknowledgements_of_a_group_do_not_share_their_fate(house: House) -> None:
    """A bad one must not cost us the answers in the others, and none of them is answered."""
    good = transaction_set("997", "AK1*PO*1\nAK9*A*1*1*1", "0001")
    bad = transaction_set("997", "AK1*PO*2", "0002")
    unpacked = opened(interchange(group(good, bad)), terms(house, "partly_good_groups: whole"))
    assert [document.usable for document in unpacked.documents()] == [True, False]
    assert told(unpacked) == []


@pytest.mark.parametrize(
    ("policy", "asked", "expected"),
    [
        ("on-request", False, ["FunctionalAcknowledgement: accepted"]),
        ("on-request", True, ["InterchangeAcknowledgement: accepted", "FunctionalAcknowledgement: accepted"]),
        ("always", False, ["InterchangeAcknowledgement: accepted", "FunctionalAcknowledgement: accepted"]),
        ("only-refused", True, ["FunctionalAcknowledgement: accepted"]),
    ],
)
def test_a_TA1_says_that_an_interchange_was_taken(house: House, policy: str, asked: bool, expected: list[str]) -> None:
    data = wrapped("810", invoice(), wants_ta1=asked)
    assert told(opened(data, terms(house, f"ta1: {policy}"))) == expected


@pytest.mark.parametrize("policy", ["on-request", "always", "only-refused"])
def test_a_refused_interchange_is_always_told(house: House, policy: str) -> None:
    refused = wrapped("810", invoice()).replace(b"IEA*1*", b"IEA*2*")
    assert told(opened(refused, terms(house, f"ta1: {policy}"))) == ["InterchangeAcknowledgement: rejected"]
    answer = interchange("TA1*000000009*261121*0646*A*000", groups=0)
    assert told(opened(answer, house.gateway.partner("acme"))) == []


def test_a_group_that_no_997_can_name_is_answered_by_a_TA1(house: House) -> None:
    """The other groups of the interchange are not held up by it."""
    nameless = group(transaction_set("999", "AK1*PO*1"), functional_id="??", control=2)
    unpacked = opened(interchange(group(GOOD), nameless), terms(house, "send: yes"))
    assert told(unpacked) == [
        "InterchangeAcknowledgement: accepted_with_errors",
        "FunctionalAcknowledgement: accepted",
    ]
    assert [document.usable for document in unpacked.documents()] == [True, False]


def test_a_999_is_an_answer_to_us(house: House) -> None:
    body = "AK1*PO*1\nAK2*850*0001\nIK5*A\nAK9*A*1*1*1"
    unpacked = opened(interchange(group(transaction_set("999", body), version="005010")), terms(house, "send: yes"))
    [document] = unpacked.documents()
    assert (document.type, document.number, document.rejected) == ("FunctionalAcknowledgement", "1", None)
    assert document.answer is not None
    assert told(unpacked) == []


@pytest.mark.parametrize(
    ("acknowledgement", "kind", "version"),
    [("send: yes", "functional", "004010"), ("type: 999", "implementation", "004010")],
)
def test_the_profile_says_what_answers(house: House, acknowledgement: str, kind: str, version: str) -> None:
    """005010 alone does not: 997 stays what answers unless a 999 is asked for."""
    unpacked = opened(MIXED, terms(house, acknowledgement, VERSION_5010))
    [reply] = unpacked.interchanges[0].acknowledgements
    answer = reply.document()
    assert (answer.kind, answer.version) == (kind, version)
    assert [bool(fault.contexts) for fault in answer.sets[1].faults] == [kind == "implementation"]
