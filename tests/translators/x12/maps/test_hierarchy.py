"""Levels of a ship notice that do and do not make a tree."""

import pytest

from canonical.finding import Severity
from canonical.shipment import ShipNotice
from translators import registry
from translators.x12.maps.hierarchy import DEEPEST

from .trees import VERSION, lines, tree, written

HEAD = "BSN*00*SH-1*20260930*1430"
SHIP_NOTICE = registry.find("856")


def notice(*levels: str) -> str:
    return "\n".join([HEAD, *levels])


@pytest.mark.parametrize(
    ("levels", "code", "path"),
    [
        (("HL*1**S", "HL*2*9*O"), "hierarchy-unknown-parent", "HL[2]"),
        (("HL*1**S", "HL*1**O"), "hierarchy-duplicate-id", "HL[2]"),
        (("HL*1**S", "HL*2*2*O"), "hierarchy-cycle", "HL[2]"),
        (("HL*1**S", "HL*2*3*O", "HL*3*2*I"), "hierarchy-cycle", "HL[2]"),
        (("HL*1*3*S", "HL*2*1*O", "HL*3*2*I"), "hierarchy-cycle", "HL[1]"),
        (
            ("HL*1**S", *(f"HL*{number}*{number - 1}*P" for number in range(2, DEEPEST + 2))),
            "hierarchy-too-deep",
            f"HL[{DEEPEST + 1}]",
        ),
    ],
)
def test_numbers_that_make_no_tree_are_errors_at_their_place(levels: tuple[str, ...], code: str, path: str) -> None:
    result = SHIP_NOTICE.read(tree("856", notice(*levels)))
    assert result.document is None
    assert [(finding.code, finding.severity, finding.path) for finding in result.findings] == [
        (code, Severity.ERROR, path)
    ]


def test_a_chain_of_thousands_of_levels_is_refused_and_not_followed() -> None:
    levels = ["HL*1**S", *(f"HL*{number}*{number - 1}*P" for number in range(2, 5000))]
    assert [finding.code for finding in SHIP_NOTICE.read(tree("856", notice(*levels))).findings] == [
        "hierarchy-too-deep"
    ]


def test_a_missing_parent_is_told_once_however_many_levels_name_it() -> None:
    source = notice("HL*1**S", "HL*2*9*O", "HL*3*9*O", "HL*4*8*O")
    [first, second] = SHIP_NOTICE.read(tree("856", source)).findings
    assert (first.path, second.path) == ("HL[2]", "HL[4]")
    assert "So are 1 more levels." in first.message


def test_children_of_a_number_given_twice_are_not_told_too() -> None:
    source = notice("HL*1**S", "HL*2*1*O", "HL*2*1*O", "HL*4*3*I")
    assert [finding.code for finding in SHIP_NOTICE.read(tree("856", source)).findings] == ["hierarchy-duplicate-id"]


def test_a_flood_of_faults_is_cut_off_and_counted() -> None:
    levels = ["HL*1**S", *(f"HL*{number}*x{number}*P" for number in range(2, 202))]
    findings = SHIP_NOTICE.read(tree("856", notice(*levels))).findings
    assert len(findings) == 101
    assert findings[-1].message.startswith("100 more findings")


def test_levels_come_back_depth_first_with_what_belongs_to_them() -> None:
    source = notice("HL*10**S", "HL*20*10*O", "PRF*A", "HL*30*10*O", "PRF*B", "HL*40*20*I", "YNQ**Y", "HL*50*30*I")
    document = SHIP_NOTICE.read(tree("856", source)).document
    assert isinstance(document, ShipNotice)
    assert document.order_numbers == ("A", "B")
    assert lines(written("856", list(SHIP_NOTICE.write(document, VERSION))))[1:] == [
        "HL[1] HL*1**S",
        "HL[2] HL*2*1*O",
        "HL[2]/PRF[1] PRF*A",
        "HL[3] HL*3*2*I",
        "HL[3]/YNQ[1] YNQ**Y",
        "HL[4] HL*4*1*O",
        "HL[4]/PRF[1] PRF*B",
        "HL[5] HL*5*4*I",
    ]
