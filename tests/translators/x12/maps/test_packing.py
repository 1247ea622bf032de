"""What a ship notice says of its packages, and where that does not agree."""

import pytest

from translators import registry

from .trees import tree

SHIP_NOTICE = registry.find("856")


def told(*segments: str) -> list[tuple[str, str]]:
    """Code and path of each finding about a shipment of these segments."""
    text = "\n".join(["BSN*00*SH-1*20260930*1430", *segments])
    return [(found.code, found.path) for found in SHIP_NOTICE.read(tree("856", text)).findings]


CARTON = ("HL*1**S", "HL*2*1*P")
ITEM = ("HL*3*2*I", "SN1**24*EA")


@pytest.mark.parametrize(
    ("content", "agrees"),
    [
        ("PO4*1*24*EA", True),
        ("PO4**24*EA", True),
        ("PO4*2*12*EA", True),
        # Some say with PO402 what is in the whole carton, or with PO401 alone how many pieces that is.
        ("PO4*2*24*EA", True),
        ("PO4*24*1*EA", True),
        ("PO4*24", True),
        ("PO4*1*25*EA", False),
        ("PO4*2*11*EA", False),
        # Another unit cannot be compared.
        ("PO4*1*2*CA", True),
    ],
)
def test_what_a_carton_should_hold_against_its_items(content: str, agrees: bool) -> None:
    assert told(*CARTON, content, *ITEM) == ([] if agrees else [("packed-quantity-differs", "HL[2]")])


def test_items_in_different_units_are_not_added() -> None:
    assert told(*CARTON, "PO4*1*30*EA", *ITEM, "HL*4*2*I", "SN1**1*CA") == []


@pytest.mark.parametrize(
    ("first", "second", "agrees"),
    [
        ("PO4*1*12*EA", "PO4*1*12*EA", True),
        ("PO4*2*6*EA", "PO4*1*12*EA", True),
        ("SN1**12*EA", "SN1**12*EA", True),
        ("PO4*1*12*EA", "PO4*1*10*EA", False),
        ("SN1**12*EA", "SN1**10*EA", False),
        # A carton that says nothing, or something else, makes a sum impossible.
        ("PO4*1*12*EA", "MAN*CP*1", True),
        ("PO4*1*12*EA", "PO4*1*1*CA", True),
    ],
)
def test_an_item_against_the_cartons_it_is_in(first: str, second: str, agrees: bool) -> None:
    notice = ("HL*1**S", "HL*2*1*I", "SN1**24*EA", "HL*3*2*P", first, "HL*4*2*P", second)
    assert told(*notice) == ([] if agrees else [("packed-quantity-differs", "HL[2]")])


@pytest.mark.parametrize(
    ("stated", "path"),
    [
        (("TD1*CTN25*2", "TD1*PLT94*1"), None),
        (("TD1*CTN*3",), "HL[1]/TD1[1]/02"),
        (("TD1*CTN25*2", "TD1*PLT*2"), "HL[1]/TD1[2]/02"),
        # Other packaging, or none, has no levels of its own.
        (("TD1*BAG*7",), None),
        (("TD1**7",), None),
        (("TD1*CTN25",), None),
    ],
)
def test_stated_cartons_and_pallets_against_those_listed(stated: tuple[str, ...], path: str | None) -> None:
    notice = ("HL*1**S", *stated, "HL*2*1*T", "HL*3*2*P", "HL*4*2*P")
    assert told(*notice) == ([] if path is None else [("package-count-differs", path)])


def test_a_notice_that_lists_no_cartons_may_state_any_number() -> None:
    assert told("HL*1**S", "TD1*CTN25*40", "HL*2*1*O", "HL*3*2*I") == []


def test_cartons_are_counted_for_each_order_that_states_them() -> None:
    notice = ("HL*1**S", "TD1*CTN25*2", "HL*2*1*O", "TD1*CTN25*1", "HL*3*2*P", "HL*4*1*O", "TD1*CTN25*5", "HL*5*4*P")
    assert told(*notice) == [("package-count-differs", "HL[4]/TD1[1]/02")]


def test_a_label_on_two_packages_is_told_with_or_without_its_prefix() -> None:
    first, second = "MAN*GM*003612345000000125", "MAN*GM*00003612345000000125"
    assert told("HL*1**S", "HL*2*1*P", first, "HL*3*1*P", second) == [("sscc-repeated", "HL[3]/MAN[1]/02")]
    assert told("HL*1**S", "HL*2*1*P", first, second) == []
    assert told("HL*1**S", "HL*2*1*P", "MAN*CP*1", "HL*3*1*P", "MAN*CP*1") == []


@pytest.mark.parametrize(
    ("total", "agrees"),
    [("CTT*4", True), ("CTT*4*36", True), ("CTT*4*12", True), ("CTT*4*24", True), ("CTT*4*35", False)],
)
def test_the_total_may_be_of_items_of_packages_or_of_both(total: str, agrees: bool) -> None:
    notice = ("HL*1**S", "HL*2*1*I", "SN1**12*EA", "HL*3*2*P", "SN1**12*EA", "HL*4*1*K", "SN1**12*EA", total)
    assert told(*notice) == ([] if agrees else [("quantity-total-differs", "CTT[1]/02")])


def test_a_total_of_nothing_is_left_alone() -> None:
    assert told("HL*1**S", "HL*2*1*I", "CTT*2*5") == []
