"""Ship notices: labels, counts, and the code that says whether a level has others below it."""

import pytest

from canonical.shipment import ShipNotice
from translators import registry

from .trees import VERSION, lines, tree, written

SHIP_NOTICE = registry.find("856")
LEVELS = "BSN*00*SH-1*20260930*1430\nHL*1**S\nHL*2*1*P"


@pytest.mark.parametrize(
    ("mark", "fault"),
    [
        ("MAN*GM*003612345000000125", None),
        ("MAN*GM*00003612345000000125", None),
        ("MAN*AA*106141411234567897", None),
        ("MAN*CP*003612345000000126", None),
        ("MAN*GM*003612345000000126", "its check digit is 6 and should be 5"),
        ("MAN*GM*00361234500000012", "it must have 18 digits, or 20 that begin with 00"),
        ("MAN*GM*01003612345000000125", "it must have 18 digits, or 20 that begin with 00"),
        ("MAN*GM*00361234500000012A", "it must have 18 digits, or 20 that begin with 00"),
    ],
)
def test_the_check_digit_of_an_sscc(mark: str, fault: str | None) -> None:
    findings = SHIP_NOTICE.read(tree("856", f"{LEVELS}\n{mark}")).findings
    assert [(finding.code, finding.path) for finding in findings] == (
        [("sscc-invalid", "HL[2]/MAN[1]/02")] if fault else []
    )
    assert fault is None or fault in findings[0].message


@pytest.mark.parametrize(("count", "wrong"), [("4", False), ("2", False), ("3", True)])
def test_the_count_may_be_of_levels_or_of_items(count: str, wrong: bool) -> None:
    levels = f"BSN*00*SH-1*20260930*1430\nHL*1**S\nHL*2*1*O\nHL*3*2*I\nHL*4*2*I\nCTT*{count}"
    findings = SHIP_NOTICE.read(tree("856", levels)).findings
    assert [finding.code for finding in findings] == (["line-count-differs"] if wrong else [])


def test_a_notice_from_the_warehouse_says_which_levels_have_others_below() -> None:
    notice = ShipNotice.model_validate(
        {
            "number": "SH-1",
            "created_on": "2026-09-30",
            "created_at": "14:30",
            "levels": [
                {"kind": "shipment", "children": [{"kind": "item", "item": {"shipped": {"value": "5", "unit": "EA"}}}]}
            ],
        }
    )
    assert lines(written("856", list(SHIP_NOTICE.write(notice, VERSION)))) == [
        "BSN[1] BSN*00*SH-1*20260930*1430",
        "HL[1] HL*1**S*1",
        "HL[2] HL*2*1*I*0",
        "HL[2]/SN1[1] SN1**5*EA",
        "CTT[1] CTT*2",
    ]


@pytest.mark.parametrize(
    ("codes", "unmapped"),
    [
        (("*1", "*0"), []),
        (("", ""), [("HL/04", "")]),
        (("*1", ""), [("HL[2]/04", "")]),
        (("*0", "*0"), [("HL[1]/04", "0")]),
    ],
)
def test_child_codes_that_are_not_as_expected_are_kept(codes: tuple[str, str], unmapped: list[tuple[str, str]]) -> None:
    source = tree("856", f"BSN*00*SH-1*20260930*1430\nHL*1**S{codes[0]}\nHL*2*1*P{codes[1]}\nCTT*2")
    document = SHIP_NOTICE.read(source).document
    assert document is not None
    assert [(entry.source, entry.value) for entry in document.unmapped] == unmapped
    assert lines(written("856", list(SHIP_NOTICE.write(document, VERSION)))) == lines(source)
