"""Order changes: what must be given with which kind of change."""

import pytest

from canonical.document import Purpose
from canonical.order_change import PurchaseOrderChange
from translators import registry
from translators.x12.maps.code_tables import LINE_CHANGES

from .trees import VERSION, lines, tree, written

CHANGE = registry.find("860")
HEAD = "BCH*04*SA*4500123**2*20260914*****20260921"


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("POC*10*QI*160*160*EA", ""),
        ("POC*10*QI**160*EA", "quantity (POC03)"),
        ("POC*10*AI", "quantity (POC03)"),
        ("POC*10*PC****4.75", ""),
        ("POC*10*PC*160*160*EA", "price (POC06)"),
        ("POC*10*PQ", "quantity (POC03) and price (POC06)"),
        ("POC*10*RS", "date (DTM or SCH)"),
        ("POC*10*RS\nDTM*002*20261001", ""),
        ("POC*10*RS\nSCH*10*EA***002*20261001", ""),
        ("POC*10*MU", "quantity (POC03) and price (POC06) and date (DTM or SCH)"),
        ("POC*10*DI", ""),
        ("POC*10*CA", ""),
        ("POC*10*NC", ""),
        ("POC*10*OA", ""),
    ],
)
def test_a_kind_of_change_needs_what_it_is_about(line: str, missing: str) -> None:
    findings = CHANGE.read(tree("860", f"{HEAD}\n{line}")).findings
    assert [(found.code, found.path) for found in findings] == (
        [("order-change-incomplete", "POC[1]/02")] if missing else []
    )
    assert all(f"needs the new {missing}." in found.message for found in findings)


def test_a_date_for_all_lines_may_stand_at_the_head() -> None:
    assert CHANGE.read(tree("860", f"{HEAD}\nDTM*002*20261001\nPOC*10*RS")).findings == ()


@pytest.mark.parametrize(
    ("line", "fits"), [("POC*10*CA*8*8*EA", True), ("POC*10*CA*8*0*EA", True), ("POC*10*CA*8*9*EA", False)]
)
def test_no_more_can_be_to_come_than_is_ordered(line: str, fits: bool) -> None:
    findings = CHANGE.read(tree("860", f"{HEAD}\n{line}")).findings
    assert [(found.code, found.path) for found in findings] == (
        [] if fits else [("remaining-quantity-too-large", "POC[1]/04")]
    )


@pytest.mark.parametrize("code", [*LINE_CHANGES.names, "OA"])
def test_every_kind_of_change_comes_back(code: str) -> None:
    source = tree("860", f"{HEAD}\nPOC*10*{code}*8*8*EA*1\nDTM*002*20261001\nCTT*1")
    change = CHANGE.read(source).document
    assert isinstance(change, PurchaseOrderChange)
    assert change.lines[0].change == LINE_CHANGES.names.get(code, code)
    assert lines(written("860", list(CHANGE.write(change, VERSION)))) == lines(source)


def test_a_change_is_a_change_unless_it_says_otherwise() -> None:
    """In 850 no purpose is the original; the model of a change must not begin there."""
    given = {"order_number": "1", "order_date": "2026-09-14", "lines": [{"number": "1", "change": "deleted"}]}
    change = PurchaseOrderChange.model_validate(given)
    assert change.purpose is Purpose.CHANGE
    assert lines(written("860", list(CHANGE.write(change, VERSION)))) == [
        "BCH[1] BCH*04*SA*1***20260914",
        "POC[1] POC*1*DI",
        "CTT[1] CTT*1",
    ]


def test_a_line_without_its_kind_of_change_is_refused() -> None:
    result = CHANGE.read(tree("860", f"{HEAD}\nPOC*10**8"))
    assert result.document is None
    assert [found.code for found in result.findings] == ["document-value-missing"]
