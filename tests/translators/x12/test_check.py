"""The report of ``tally check --json`` (its keys are a promise)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.x12.check import MOST_FINDINGS, check
from translators.x12.limits import Limits

from .samples import a_group, a_set, an_interchange, joined, one

HEAD, LINE, TOTAL = a_set()[1:-1]


def test_the_report_of_a_good_file() -> None:
    assert check([one()]).to_json() == {
        "accepted": True,
        "interchanges": [
            {
                "control_number": "000000042",
                "sender": "SUPPLIER",
                "receiver": "123456789",
                "version": "00401",
                "usage": "T",
                "groups": [
                    {
                        "control_number": "7",
                        "functional_id": "PO",
                        "version": "004010",
                        "sets": [{"control_number": "0001", "type": "850", "status": "accepted"}],
                    }
                ],
            }
        ],
        "findings": [],
    }


def test_the_report_of_a_bad_file() -> None:
    data = joined(an_interchange(a_group(a_set(), a_set(body=(HEAD, LINE.replace("EA", "ZQ"), TOTAL), number="0002"))))
    report = check([data]).to_json()
    assert report["accepted"] is False
    assert [each["status"] for each in report["interchanges"][0]["groups"][0]["sets"]] == ["accepted", "rejected"]
    (found,) = report["findings"]
    assert found == {
        "code": "invalid-code",
        "severity": "error",
        "message": "PO103 is 'ZQ', which is not in the code list of element 355.",
        "path": "PO1[1]/03",
        "segment": "PO1",
        "segment_index": 3,
        "element": 3,
        "component": None,
        "value": "ZQ",
        "offset": data.index(b"ZQ"),
        "ack_code": "AK403:7",
    }


def test_warnings_do_not_reject() -> None:
    report = check([one(body=(HEAD, LINE, "PID*F****Red > blue", TOTAL))]).to_json()
    assert report["accepted"] is True
    assert report["interchanges"][0]["groups"][0]["sets"][0]["status"] == "accepted_with_errors"


def test_a_file_without_interchange_is_not_accepted() -> None:
    report = check([b"hello"]).to_json()
    assert (report["accepted"], report["interchanges"]) == (False, [])
    assert [found["code"] for found in report["findings"]] == ["no-interchange"]


def test_an_empty_interchange_is_accepted() -> None:
    assert check([joined(an_interchange())]).accepted


def test_the_list_of_findings_is_bounded() -> None:
    bad = a_set(body=(HEAD, LINE, *["ZZZ*1"] * 900, TOTAL))
    report = check([joined(an_interchange(a_group(*[bad] * 13)))], Limits())
    assert len(report.findings) == MOST_FINDINGS + 1
    assert report.findings[-1].code == "too-many-findings"


def test_the_list_of_sets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("translators.x12.check.MOST_SETS", 2)
    report = check([joined(an_interchange(a_group(*(a_set(number=f"{number:04}") for number in range(5)))))])
    assert [each["control_number"] for each in report.interchanges[0]["groups"][0]["sets"]] == ["0000", "0001"]
    assert [found.message for found in report.findings] == [
        "3 more transaction sets are not listed. Split the file to see them all."
    ]


@given(st.binary(max_size=200))
def test_the_report_is_json_whatever_the_bytes(data: bytes) -> None:
    json.dumps(check([one()[:150] + data]).to_json())


def test_each_finding_comes_with_what_it_is_inside() -> None:
    body = (HEAD, "PO1*1*10*QQ*2.5", TOTAL)
    data = b"junk " + one(body=body).replace(b"IEA*1", b"IEA*2")
    report = check([data])
    told = [
        (
            finding.code,
            context.interchange.control_number if context.interchange else None,
            context.version,
            context.transaction_set.set_id if context.transaction_set else None,
        )
        for finding, context in zip(report.findings, report.contexts, strict=True)
    ]
    assert told == [
        ("junk-outside-interchange", None, "", None),
        ("invalid-code", "000000042", "004010", "850"),
        ("iea-count", "000000042", "", None),
    ]


def test_more_sets_than_are_worth_listing_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("translators.x12.check.MOST_SETS", 2)
    report = check([joined(an_interchange(a_group(*[a_set(number=f"{n:04d}") for n in range(1, 6)])))])
    assert len(report.interchanges[0]["groups"][0]["sets"]) == 2
    assert [finding.message[:34] for finding in report.findings] == ["3 more transaction sets are not li"]
    assert len(report.contexts) == 1
