"""`tally check`: the verdict the gateway would come to, without taking the file in."""

import io
import json

import pytest

from gateway.checking import Checked, check

from .house import BAD_INVOICE, House, csv, csv_invoice, group, in_words, interchange, invoice, transaction_set, wrapped
from .test_no_silent_stop import CASES, Case

PROMISED = {
    "code",
    "severity",
    "message",
    "path",
    "segment",
    "segment_index",
    "element",
    "component",
    "value",
    "offset",
    "ack_code",
}
GOOD = wrapped("810", invoice())
BAD = BAD_INVOICE.format(number="B", order="1")


def checked(house: House, data: bytes, partner: str | None = None, name: str = "file.edi") -> Checked:
    return check(io.BytesIO(data), name, None if partner is None else house.gateway.partner(partner))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_says_of_every_file_what_the_gateway_does(house: House, case: Case) -> None:
    """Accepted here is delivered there, and everything else is not; an answer is accepted when it can be read."""
    data = case.data if isinstance(case.data, bytes) else case.data()
    accepted = checked(house, data, case.partner, case.name).accepted
    refused = any(answer.startswith("TA1 R") for answer in case.answers.split(", "))
    good = set(case.documents.split()) == {"delivered"} and not refused
    assert accepted == (good or "never sent" in case.reason)


def test_a_good_file_has_no_findings(house: House) -> None:
    for partner in (None, "acme"):
        found = checked(house, GOOD, partner)
        assert (found.accepted, list(found.findings)) == (True, [])


def test_sets_are_shown_with_their_verdicts(house: House) -> None:
    sets = [transaction_set("810", body, f"{n:04d}") for n, body in enumerate((invoice("A"), BAD), 1)]
    found = checked(house, interchange(group(*sets, control=5), control=3))
    assert found.interchanges == [
        {
            "control_number": "000000003",
            "sender": "ACME",
            "receiver": "OURCOMPANY",
            "version": "00401",
            "usage": "T",
            "groups": [
                {
                    "control_number": "5",
                    "functional_id": "IN",
                    "version": "004010",
                    "sets": [
                        {"control_number": "0001", "type": "810", "status": "accepted"},
                        {"control_number": "0002", "type": "810", "status": "rejected"},
                    ],
                }
            ],
        }
    ]
    assert list(found.summary()) == [
        "interchange 000000003 from ACME to OURCOMPANY, version 00401, test",
        "  810 0001 (004010): accepted",
        "  810 0002 (004010): rejected",
    ]
    [fault] = found.findings
    assert (fault.path, fault.element, fault.value, fault.ack_code) == ("IT1[1]/03", 3, "QQ", "AK403:7")


def test_the_JSON_is_as_promised(house: House) -> None:
    told = json.loads(json.dumps(checked(house, wrapped("810", BAD)).as_json()))
    assert set(told) == {"accepted", "interchanges", "findings"}
    assert set(told["findings"][0]) == PROMISED
    assert set(told["interchanges"][0]) == {"control_number", "sender", "receiver", "version", "usage", "groups"}


def test_the_JSON_of_rows_has_row_and_column_too(house: House) -> None:
    told = checked(house, csv(csv_invoice("A").replace("2026-11-21", "soon")), "beta", "a.csv").as_json()
    [finding] = told["findings"]
    assert set(finding) == PROMISED | {"row", "column"}


AGREED = {
    "another sender": (wrapped("810", invoice(), sender="X"), "The sender ZZ/X (ISA05, ISA06) is not that of acme"),
    "production": (wrapped("810", invoice(), usage="P"), "It is marked as production (ISA15), but the profile of acme"),
    "a set not agreed": (
        wrapped("850", "BEG*00*SA*1**20261121\nPO1*1*1*EA*1**VP*A\nCTT*1"),
        "Transaction set 850 is not accepted under the present agreement.",
    ),
}


@pytest.mark.parametrize(("data", "told"), AGREED.values(), ids=AGREED)
def test_with_a_partner_the_agreement_counts_too(house: House, data: bytes, told: str) -> None:
    assert checked(house, data).accepted
    found = checked(house, data, "acme")
    [finding] = found.findings
    assert not found.accepted
    assert finding.code == "not-as-agreed"
    assert finding.message.startswith(told)


@pytest.mark.parametrize(
    ("case", "status", "held", "shown", "answered"),
    [
        ("a set not agreed", "rejected", False, "rejected", ["997 R"]),
        ("another sender", "rejected", False, "rejected", ["TA1 R 006", "notice"]),
        ("production", "accepted", True, "accepted, but held back", ["997 A", "notice"]),
    ],
)
def test_the_verdict_on_each_set_is_the_one_that_its_sender_gets(
    house: House, case: str, status: str, held: bool, shown: str, answered: list[str]
) -> None:
    data, _ = AGREED[case]
    found = checked(house, data, "acme")
    [told] = [each for interchange in found.interchanges for group in interchange["groups"] for each in group["sets"]]
    assert (told["status"], told.get("held", False)) == (status, held)
    assert list(found.summary())[-1].endswith(f": {shown}")
    house.take("acme", "file.edi", data)
    assert [word for answer in house.collect("acme") for word in in_words(answer)] == answered


def test_one_bad_set_costs_the_whole_group_where_that_is_agreed(house: House) -> None:
    house.amend("acme", ("usage: T", "usage: T\n  acknowledgement: {partly_good_groups: whole}"))
    sets = [transaction_set("810", body, f"{n:04d}") for n, body in enumerate((invoice("A"), BAD), 1)]
    told = list(checked(house, interchange(group(*sets)), "acme").summary())
    assert told[1:] == ["  810 0001 (004010): rejected", "  810 0002 (004010): rejected"]


def test_csv_needs_a_partner_and_tells_row_and_column(house: House) -> None:
    data = csv(csv_invoice("A"), csv_invoice("B").replace("2026-11-21", "soon"))
    found = checked(house, data, "beta", "a.csv")
    [finding] = found.findings
    assert (found.accepted, found.interchanges) == (False, [])
    assert (finding.row, finding.column) == (3, "Date")
    assert checked(house, csv(csv_invoice()), "beta", "a.csv").accepted
    assert not checked(house, csv(csv_invoice()), None, "a.csv").accepted


def test_nothing_is_taken_in(house: House) -> None:
    checked(house, GOOD, "acme")
    assert house.receipts() == []
    assert house.documents() == []
