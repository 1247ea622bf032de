"""The rules of ship notices on canonical documents, whatever format they came in."""

import datetime
from decimal import Decimal

import pytest

from canonical.item import ItemIdentifier
from canonical.quantity import Quantity
from canonical.shipment import Mark, OrderReference, Packaging, ShipmentLevel, ShipNotice, ShippedItem
from translators import shipping_rules
from translators.shipping_rules import Level, levels_of

SSCC = "106141411234567903"


def item(quantity: str, *children: ShipmentLevel, unit: str = "EA") -> ShipmentLevel:
    shipped = Quantity(value=Decimal(quantity), unit=unit)
    product = (ItemIdentifier(scheme="vendor_part", value="AB-1"),)
    return ShipmentLevel(kind="item", item=ShippedItem(items=product, shipped=shipped), children=children)


def pack(*children: ShipmentLevel, sscc: str = "", size: str = "", inner: int | None = None) -> ShipmentLevel:
    return ShipmentLevel(
        kind="pack",
        marks=(Mark(kind="sscc", value=sscc),) if sscc else (),
        inner_packs=inner,
        inner_pack_size=Quantity(value=Decimal(size), unit="EA") if size else None,
        children=children,
    )


def order(number: str, *children: ShipmentLevel) -> ShipmentLevel:
    return ShipmentLevel(kind="order", order=OrderReference(number=number), children=children)


def notice(*levels: ShipmentLevel, count: int | None = None, total: str | None = None) -> ShipNotice:
    return ShipNotice(
        number="SH1",
        created_on=datetime.date(2026, 11, 21),
        created_at=datetime.time(7),
        levels=levels,
        line_count=count,
        quantity_total=None if total is None else Decimal(total),
    )


def levels(*top: ShipmentLevel) -> list[Level]:
    return levels_of(notice(*top), lambda at: f"at {at}")


def test_levels_know_where_they_are_and_what_they_are_called() -> None:
    found = levels(order("4500123", pack(item("8"), sscc=SSCC)), ShipmentLevel(kind="KK"))
    assert [level.name for level in found] == [
        "order 4500123 (at levels.0)",
        f"carton {SSCC} (at levels.0.children.0)",
        "item AB-1 (at levels.0.children.0.children.0)",
        "level of kind KK (at levels.1)",
    ]
    carton = found[1]
    assert [level.kind for level in carton.above()] == ["pack", "order"]
    assert [level.kind for level in found[0].below()] == ["order", "pack", "item"]


def test_a_label_is_of_one_package_with_or_without_its_prefix() -> None:
    [found] = shipping_rules.repeated_labels(levels(pack(sscc=SSCC), pack(sscc=f"00{SSCC}")))
    assert (found.at, found.first.at) == ("levels.1.marks.0", "levels.0")
    [bad] = shipping_rules.bad_labels(levels(pack(sscc=SSCC), pack(sscc="1")))
    assert (bad.at, bad.sscc) == ("levels.1.marks.0", "1")


@pytest.mark.parametrize(("stated", "listed", "told"), [(2, 2, False), (3, 2, True), (3, 0, False), (None, 2, False)])
def test_packages_are_counted_where_they_are_listed(stated: int | None, listed: int, told: bool) -> None:
    shipment = ShipmentLevel(
        kind="shipment", packaging=(Packaging(form="CTN25", count=stated),), children=(pack(),) * listed
    )
    found = [(each.stated, each.listed, each.word) for each in shipping_rules.package_counts(levels(shipment))]
    assert found == ([(stated, listed, "carton")] if told else [])


@pytest.mark.parametrize(
    ("level", "held"),
    [
        pytest.param(pack(item("24"), size="24"), None, id="in-a-carton"),
        pytest.param(pack(item("24"), size="12", inner=2), None, id="in-inner-packs"),
        pytest.param(pack(item("24"), size="25"), "25", id="more-than-the-items"),
        pytest.param(pack(item("2", unit="CA"), size="24"), None, id="another-unit"),
        pytest.param(item("24", pack(size="12"), pack(size="12")), None, id="an-item-over-cartons"),
        pytest.param(item("24", pack(size="12"), pack(size="10")), "22", id="less-than-the-item"),
        pytest.param(item("24", pack(size="12"), pack()), None, id="one-says-nothing"),
    ],
)
def test_what_a_package_holds_is_what_its_items_come_to(level: ShipmentLevel, held: str | None) -> None:
    found = [found.holds.value for found in shipping_rules.contents(levels(level))]
    assert found == ([] if held is None else [Decimal(held)])


@pytest.mark.parametrize(("total", "counted"), [("32", None), ("33", "32"), (None, None)])
def test_the_total_is_that_of_the_items(total: str | None, counted: str | None) -> None:
    given = notice(pack(item("8"), item("24")), total=total)
    found = shipping_rules.counted_total(given, levels_of(given, str))
    assert found == (None if counted is None else Decimal(counted))


@pytest.mark.parametrize(("count", "counted"), [(2, None), (3, None), (4, 3), (None, None)])
def test_the_count_is_of_items_or_of_levels(count: int | None, counted: int | None) -> None:
    assert shipping_rules.counted_levels(notice(pack(item("8"), item("24")), count=count)) == counted


def test_what_holds_nothing_beside_others_that_do_is_empty() -> None:
    assert [
        level.at for level in shipping_rules.empty_levels(levels(order("1", pack(item("8"))), order("2", pack())))
    ] == ["levels.1"]
    assert list(shipping_rules.empty_levels(levels(order("1", pack()), order("2", item("8"))))) != []
    assert list(shipping_rules.empty_levels(levels(order("1"), order("2")))) == []
