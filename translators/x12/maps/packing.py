"""Whether what a ship notice says of its packages agrees: their labels, how many there are, and what is in them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from canonical.finding import Severity
from canonical.quantity import Quantity
from canonical.shipment import ShipNotice

from . import checks
from .findings import BusinessFault
from .levels import PACKAGES, Level
from .reading import Reading

_FORMS = {"CTN": ("pack", "carton"), "PLT": ("tare", "pallet")}
"""Packaging (element 103, its first three characters) that has levels of its own, and what people call it."""


def check_labels(levels: Iterable[Level], reading: Reading) -> None:
    """The check digit of every SSCC, and that no two packages have the same."""
    seen: dict[str, Level] = {}
    for level in levels:
        checks.marks(level.value.marks, f"{level.at}.", reading)
        for index, mark in enumerate(level.value.marks):
            if mark.kind not in checks.SSCC_KINDS:
                continue
            first = seen.setdefault(checks.bare_sscc(mark.value), level)
            if first is not level:
                message = (
                    f"The {level.name} has the label of the {first.name}, so that a scan does not tell which one is there. "
                    "Give every package an SSCC of its own."
                )
                reading.remark(
                    BusinessFault.SSCC_REPEATED, Severity.WARNING, message, field=f"{level.at}.marks.{index}", element=2
                )


def check_counts(levels: Iterable[Level], reading: Reading) -> None:
    """Cartons and pallets stated in TD1 against those listed below. Notices that list none are left alone."""
    for level in levels:
        if level.kind in PACKAGES or not level.value.packaging:
            continue
        kinds = Counter(inner.kind for inner in level.below())
        for index, packaging in enumerate(level.value.packaging):
            kind, word = _FORMS.get((packaging.form or "")[:3], ("", ""))
            listed = kinds[kind]
            if not listed or packaging.count in (None, listed):
                continue
            message = (
                f"The {level.name} has {packaging.count} {word}s by TD102, but {listed} are listed in the ship notice. "
                "List every one, or correct the number."
            )
            reading.remark(
                BusinessFault.PACKAGE_COUNT_DIFFERS,
                Severity.WARNING,
                message,
                field=f"{level.at}.packaging.{index}",
                element=2,
            )


def check_contents(levels: Iterable[Level], reading: Reading) -> None:
    """PO4 of a package against the items in it, or, where packages are inside items, all of an item's against the item."""
    for level in levels:
        if level.kind in PACKAGES:
            _packed(level, reading)
        elif level.kind == "item":
            _spread(level, reading)


def _packed(level: Level, reading: Reading) -> None:
    shipped = _total(_shipped(item) for item in level.children if item.kind == "item")
    stated = _contents(level)
    if shipped is None or not stated or stated[0].unit != shipped.unit:
        return
    if shipped.value not in {content.value for content in stated}:
        message = (
            f"The {level.name} holds {_told(stated[0])} by PO4, but its items come to {_told(shipped)} (SN102). "
            "Correct the one that is wrong."
        )
        reading.remark(BusinessFault.PACKED_QUANTITY_DIFFERS, Severity.WARNING, message, field=level.at)


def _spread(level: Level, reading: Reading) -> None:
    shipped = _shipped(level)
    packages = [package for package in level.children if package.kind in PACKAGES]
    if shipped is None or not packages:
        return
    contents = [_contents(package) for package in packages]
    readings = [_total(each) for each in zip(*contents, strict=False)] if all(contents) else []
    totals = [total for total in (_total(_shipped(package) for package in packages), *readings) if total is not None]
    if not totals or totals[0].unit != shipped.unit or shipped.value in {total.value for total in totals}:
        return
    message = (
        f"Of the {level.name} {_told(shipped)} are shipped (SN102), but its {len(packages)} packages hold {_told(totals[0])}. "
        "Correct the one that is wrong."
    )
    reading.remark(BusinessFault.PACKED_QUANTITY_DIFFERS, Severity.WARNING, message, field=level.at)


def _contents(level: Level) -> list[Quantity]:
    """What PO4 says is in a package, the likeliest first: partners differ in whether PO402 is of one inner pack or of all."""
    size = level.value.inner_pack_size
    if size is None:
        return []
    inner = level.value.inner_packs or 1
    return [Quantity(value=size.value * inner, unit=size.unit), size, Quantity(value=Decimal(inner), unit=size.unit)]


def _shipped(level: Level) -> Quantity | None:
    return level.value.item.shipped if level.value.item else None


def _total(quantities: Iterable[Quantity | None]) -> Quantity | None:
    """The sum, or None where there is nothing, one is not said, or units differ."""
    found = list(quantities)
    given = [quantity for quantity in found if quantity is not None]
    if not given or len(given) < len(found) or len({quantity.unit for quantity in given}) > 1:
        return None
    return Quantity(value=sum((quantity.value for quantity in given), Decimal(0)), unit=given[0].unit)


def _told(quantity: Quantity) -> str:
    return f"{checks.amount(quantity.value)} {quantity.unit or ''}".rstrip()


def check_total(notice: ShipNotice, levels: Sequence[Level], reading: Reading) -> None:
    """CTT02 is the sum of SN102; where packages and items both have one, that of either."""
    if notice.quantity_total is None:
        return
    by_kind: dict[bool, Decimal] = {}
    for level in levels:
        shipped = _shipped(level)
        if shipped is not None:
            is_item = level.kind == "item"
            by_kind[is_item] = by_kind.get(is_item, Decimal(0)) + shipped.value
    together = sum(by_kind.values(), Decimal(0))
    if by_kind and notice.quantity_total not in (*by_kind.values(), together):
        total = by_kind.get(True, together)
        message = (
            f"CTT02 says that {checks.amount(notice.quantity_total)} are shipped in all, but the items come to "
            f"{checks.amount(total)} (SN102). Check that no item was left out, and correct the total."
        )
        reading.remark(BusinessFault.QUANTITY_TOTAL_DIFFERS, Severity.WARNING, message, field="quantity_total")
