"""Stock sent to a warehouse: its total."""

import pytest

from translators import registry

from .trees import tree

HEAD = "W06*F*TO-1*20261120\nN1*WH*Rivermill\nW27*M*NPLT"


@pytest.mark.parametrize(
    ("lines", "differs"),
    [
        ("W04*10*CA**VN*A\nW04*5*CA**VN*B\nW03*15", False),
        ("W04*10*CA**VN*A\nW04*5*CA**VN*B\nW03*16", True),
        ("W04*10*CA**VN*A\nW04*5*EA**VN*B\nW03*16", False),
    ],
)
def test_the_total_must_be_the_sum_of_lines_of_one_unit(lines: str, differs: bool) -> None:
    findings = registry.find("943").read(tree("943", f"{HEAD}\n{lines}")).findings
    expected = [("quantity-total-differs", "W03[1]/01")] if differs else []
    assert [(finding.code, finding.path) for finding in findings] == expected


def test_a_report_of_exceptions_alone_need_not_add_up() -> None:
    found = tree("943", f"{HEAD.replace('*F*', '*X*')}\nW04*10*CA**VN*A\nW03*15")
    assert registry.find("943").read(found).findings == ()
