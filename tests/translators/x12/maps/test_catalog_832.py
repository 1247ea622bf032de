"""Price catalogues: every item that is sold has a price, and each price keeps its own dates and conditions."""

import pytest

from canonical.catalog import PriceCatalog
from canonical.document import Purpose
from canonical.documents import document_number
from translators import registry

from .trees import VERSION, lines, tree, written

CATALOG = registry.find("832")


def read(*segments: str) -> PriceCatalog:
    document = CATALOG.read(tree("832", "\n".join(segments))).document
    assert isinstance(document, PriceCatalog)
    return document


@pytest.mark.parametrize(
    ("segments", "priced"),
    [
        (("BCT*PC*C1", "LIN*1*VP*A", "CTP**UCP*4.85"), True),
        (("BCT*PC*C1", "LIN*1*VP*A", "CTP**LPR***EA*DIS*.95"), True),
        (("BCT*PC*C1", "LIN*1*VP*A"), False),
        (("BCT*PC*C1", "LIN*1*VP*A", "CTP*DI*LPR"), False),
        (("BCT*PS*C1", "LIN*1*VP*A"), False),
        (("BCT*SC*C1", "LIN*1*VP*A"), True),
        (("BCT*PC*C1", "LIN*1*VP*A", "G53*002"), True),
        (("BCT*PC*C1", "LIN*1*VP*A", "G53*004"), True),
        (("BCT*PC*C1", "LIN*1*VP*A", "G53*001"), False),
        (("BCT*PC*C1", "CTP*WH*****DIS*.97", "LIN*1*VP*A"), True),
        (("BCT*PC*C1", "LIN*1*VP*A", "PKL*UK*10036000291459*CA*12", "CTP**CAT*57"), True),
    ],
)
def test_what_is_still_sold_has_a_price(segments: tuple[str, ...], priced: bool) -> None:
    found = CATALOG.read(tree("832", "\n".join(segments))).findings
    assert [(finding.code, finding.path) for finding in found] == (
        [] if priced else [("catalog-price-missing", "LIN[1]")]
    )


def test_wrong_numbers_of_items_and_packings_and_a_wrong_count_are_remarked() -> None:
    source = "BCT*SC\nLIN*1*UP*036000291453\nPKL*UK*10036000291459*CA*12\nPKL*UK*20036000291459*PL*480\nCTT*4"
    found = CATALOG.read(tree("832", source)).findings
    assert [(finding.code, finding.path) for finding in found] == [
        ("line-count-differs", "CTT[1]/01"),
        ("item-number-invalid", "LIN[1]"),
        ("item-number-invalid", "LIN[1]/PKL[2]"),
    ]


def test_each_price_keeps_its_own_dates_and_conditions() -> None:
    catalog = read(
        "BCT*PC*C1",
        "LIN*1*VP*A",
        "DTM*169*20261115",
        "CTP*DI*LPR*5",
        "CTP*DI*NET*4",
        "DTM*007*20261101",
        "CTB*OR**57*10",
    )
    listed, net = catalog.lines[0].prices
    assert ([date.kind for date in listed.dates], listed.conditions) == ([], ())
    assert [date.kind for date in net.dates] == ["effective"]
    assert [(each.quantity_kind, str(each.quantity)) for each in net.conditions] == [("minimum_order", "10")]


@pytest.mark.parametrize(
    ("head", "number"), [("BCT*PC*RM-2026*3*B", "RM-2026"), ("BCT*PS", "price_sheet"), ("BCT*PS**3", "price_sheet")]
)
def test_a_catalogue_without_a_number_is_called_by_its_kind(head: str, number: str) -> None:
    assert document_number(read(head, "LIN*1*VP*A")) == number


@pytest.mark.parametrize(
    ("head", "purpose"),
    [
        ("BCT*PC*C1", Purpose.ORIGINAL),
        ("BCT*PC*C1********04", Purpose.CHANGE),
        ("BCT*PC*C1********05", Purpose.REPLACE),
    ],
)
def test_a_catalogue_is_whole_unless_it_says_otherwise(head: str, purpose: Purpose) -> None:
    catalog = read(head, "LIN*1*VP*A")
    assert catalog.purpose is purpose
    assert lines(written("832", list(CATALOG.write(catalog, VERSION))))[0] == f"BCT[1] {head}"
