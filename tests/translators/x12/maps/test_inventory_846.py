"""Inventory advices: quantities with their units and dates, and what cannot be."""

import pytest

from canonical.inventory import InventoryAdvice
from translators import registry

from .trees import tree

ADVICE = registry.find("846")
HEAD = "BIA*00*SI*STOCK-1*20261005*0600"


def read(*segments: str) -> InventoryAdvice:
    document = ADVICE.read(tree("846", "\n".join([HEAD, *segments]))).document
    assert isinstance(document, InventoryAdvice)
    return document


def findings(*segments: str) -> list[tuple[str, str]]:
    found = ADVICE.read(tree("846", "\n".join([HEAD, *segments]))).findings
    return [(finding.code, finding.path) for finding in found]


@pytest.mark.parametrize(
    ("quantity", "fits"),
    [
        ("QTY*17*0*EA", True),
        ("QTY*17*-1*EA", False),
        ("QTY*33*-.5*LB", False),
        ("QTY*26*-1", False),
        ("QTY*27*-1*EA", True),
        ("QTY*BQ*-1*EA", True),
        ("QTY*17**EA*NONE", True),
    ],
)
def test_there_is_not_less_than_nothing_in_stock(quantity: str, fits: bool) -> None:
    expected = [] if fits else [("stock-negative", "LIN[1]/QTY[2]/02")]
    assert findings("LIN**VP*A-1", "QTY*63*4*EA", quantity) == expected


@pytest.mark.parametrize(
    ("item", "valid"),
    [
        ("UP*036000291452", True),
        ("UP*036000291453", False),
        ("UP*36000291452", False),
        ("UP*03600029145X", False),
        ("EN*4006381333931", True),
        ("EN*4006381333930", False),
        ("EN*96385074", True),
        ("UK*00036000291452", True),
        ("UK*10036000291452", False),
        ("VP*036000291453", True),
    ],
)
def test_numbers_with_a_check_digit_must_have_the_right_one(item: str, valid: bool) -> None:
    expected = [] if valid else [("item-number-invalid", "LIN[1]")]
    assert findings(f"LIN**VP*A-1*{item}", "QTY*17*1*EA") == expected


def test_the_count_is_that_of_the_items() -> None:
    assert findings("LIN**VP*A", "QTY*17*1", "QTY*33*1", "LIN**VP*B", "CTT*2") == []
    assert findings("LIN**VP*A", "QTY*17*1", "CTT*2") == [("line-count-differs", "CTT[1]/01")]


def test_a_unit_may_stand_with_the_quantity_or_apart() -> None:
    together, apart = read("LIN**VP*A", "QTY*17*5*EA", "QTY*33*5", "UIT*EA*2.5*PE").lines[0].quantities
    assert together.quantity is not None
    assert (together.quantity.unit, together.units) == ("EA", ())
    assert apart.quantity is not None
    assert (apart.quantity.unit, [unit.unit for unit in apart.units]) == (None, ["EA"])


def test_what_comes_and_when_stays_with_its_quantity() -> None:
    advice = read("LIN**VP*A", "QTY*17*5*EA", "QTY*63*9*EA", "SCH*4*EA***018*20261020", "SCH*5*EA***018*20261103")
    on_hand, on_order = advice.lines[0].quantities
    assert (on_hand.schedule, [str(part.quantity.value) for part in on_order.schedule]) == ((), ["4", "5"])
    assert advice.trace["lines.0.quantities.1.schedule.1"] == "LIN[1]/QTY[2]/SCH[2]"
