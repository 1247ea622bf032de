"""Warehouse shipping advices: shipped against ordered, line by line and in total."""

import pytest

from canonical.warehouse_shipment import WarehouseShippingAdvice
from translators import registry

from .trees import tree

ADVICE = registry.find("945")
HEAD = "W06*F*SO-1*20261126*BOL-1\nN1*SF*Rivermill"


def found(body: str) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in ADVICE.read(tree("945", f"{HEAD}\n{body}")).findings]


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ("CC*10*10*0*CA", True),
        ("CP*10*8*2*CA", True),
        ("CP*10*8*-2*CA", True),
        ("CP*10*8**CA", True),
        ("CM*10*12*2*CA", True),
        ("SH**8**CA", True),
        ("CL*10*8**CA", False),
        ("CC*10*8*2*CA", False),
        ("CP*10*8*3*CA", False),
        ("CP*10*8*0*CA", False),
    ],
)
def test_quantities_of_a_line_must_not_contradict_each_other(line: str, fits: bool) -> None:
    expected = [] if fits else [("shipped-quantity-differs", "LX[1]/W12[1]/03")]
    assert found(f"LX*1\nW12*{line}**VN*A") == expected


@pytest.mark.parametrize(("total", "differs"), [("11", False), ("13", True)])
def test_the_total_must_be_what_the_lines_shipped(total: str, differs: bool) -> None:
    body = f"LX*1\nW12*CC*8*8*0*CA**VN*A\nLX*2\nW12*CP*5*3*2*CA**VN*B\nW03*{total}*10*LB"
    assert found(body) == ([("quantity-total-differs", "W03[1]/01")] if differs else [])


@pytest.mark.parametrize(("sscc", "right"), [("006141410000001019", True), ("006141410000001018", False)])
def test_every_container_code_must_have_its_check_digit(sscc: str, right: bool) -> None:
    assert found(f"LX*1\nLX*2\nMAN*GM*{sscc}") == ([] if right else [("sscc-invalid", "LX[2]/MAN[1]/02")])


def test_lines_stay_on_their_pallet() -> None:
    body = "LX*1\nMAN*GM*006141410000001019\nW12*CC*8*8*0*CA**VN*A\nW12*CC*2*2*0*CA**VN*B\nLX*2\nW12*SH**1**CA**VN*C"
    document = ADVICE.read(tree("945", f"{HEAD}\n{body}")).document
    assert isinstance(document, WarehouseShippingAdvice)
    assert [[line.items[0].value for line in group.lines] for group in document.groups] == [["A", "B"], ["C"]]
    assert [mark.value for mark in document.groups[0].marks] == ["006141410000001019"]


def test_a_substitute_is_told_from_what_was_ordered() -> None:
    line = "W12*IS*2*2**CA*012345000058*VN*NEW********012345000065*VN*OLD*09"
    document = ADVICE.read(tree("945", f"{HEAD}\nLX*1\n{line}")).document
    assert isinstance(document, WarehouseShippingAdvice)
    [shipped] = document.lines()
    assert [item.value for item in shipped.items] == ["012345000058", "NEW"]
    assert [item.value for item in shipped.ordered_items] == ["012345000065", "OLD"]
    assert (shipped.status, shipped.changed_because) == ("substitute", "substitution")
