"""What a ship notice says of itself must agree, whatever format it came in: labels, numbers of packages, contents and totals.

Each rule yields what differs as a fact with its place, a field of the document (``levels.0.children.2``). The words for it are
those of the format, which knows what the place is called there. How levels may be inside each other is not judged here: HL
segments can say anything, the columns of a row cannot.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from canonical.quantity import Quantity
from canonical.shipment import ShipmentLevel, ShipNotice

from .gs1 import SSCC_KINDS, bare_sscc, sscc_fault

PACKAGES = frozenset({"tare", "pack"})

_FORMS = {"CTN": ("pack", "carton"), "PLT": ("tare", "pallet")}
"""Packaging (element 103, its first three characters) that has levels of its own, and what people call it."""

_WORDS = {"tare": "pallet", "pack": "carton"}


@dataclass(slots=True)
class Level:
    """A level of a notice with those around it. ``at`` is its field of the document, ``where`` what people find it by (``HL 3``)."""

    value: ShipmentLevel
    at: str
    where: str
    parent: "Level | None" = None
    children: "list[Level]" = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.value.kind

    @property
    def shipped(self) -> Quantity | None:
        return self.value.item.shipped if self.value.item else None

    @property
    def name(self) -> str:
        """What people call it: ``carton 003612345000000125 (HL 3)``."""
        return level_name(self.kind, identity(self.value), self.where)

    def below(self) -> "Iterator[Level]":
        """This level and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.below()

    def above(self) -> "Iterator[Level]":
        """This level and those it is inside, innermost first."""
        level: Level | None = self
        while level is not None:
            yield level
            level = level.parent


def levels_of(notice: ShipNotice, where: Callable[[str], str]) -> list[Level]:
    """All levels of a notice in document order; ``where`` says of a field where people find it in what came."""
    found: list[Level] = []

    def look(values: tuple[ShipmentLevel, ...], prefix: str, parent: Level | None) -> None:
        for index, value in enumerate(values):
            at = f"{prefix}{index}"
            level = Level(value, at, where(at), parent)
            found.append(level)
            if parent is not None:
                parent.children.append(level)
            look(value.children, f"{at}.children.", level)

    look(notice.levels, "levels.", None)
    return found


def level_name(kind: str, identity: str, where: str) -> str:
    """A level as people call it: ``order 4500123 (HL 2)``."""
    return " ".join(part for part in (kind_word(kind), identity, f"({where})") if part)


def kind_word(kind: str) -> str:
    """The trade's word for a kind of level; a kind without a name of ours is called by its code (X12 element 735)."""
    if kind != kind.lower():
        return f"level of kind {kind}"
    return _WORDS.get(kind, kind)


def identity(level: ShipmentLevel) -> str:
    """What tells one level of a kind from another, or nothing."""
    match level.kind:
        case "order":
            return level.order.number if level.order else ""
        case "tare" | "pack":
            return level.marks[0].value if level.marks else ""
        case "item":
            return level.item.items[0].value if level.item and level.item.items else ""
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class BadLabel:
    """An SSCC that is none. ``fault`` says why."""

    at: str
    sscc: str
    fault: str


@dataclass(frozen=True, slots=True)
class RepeatedLabel:
    """A package with the SSCC of the ``first`` one."""

    at: str
    level: Level
    first: Level


@dataclass(frozen=True, slots=True)
class PackageCount:
    """A level says that it is ``stated`` packages, and another number of them are ``listed`` below it."""

    at: str
    level: Level
    word: str
    stated: int
    listed: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A package says what it ``holds``, or the packages of an item say it together, and the items come to something else."""

    level: Level
    holds: Quantity
    shipped: Quantity
    packages: int


def bad_labels(levels: Iterable[Level]) -> Iterator[BadLabel]:
    """The SSCCs that are not 18 digits, the last of them their check digit."""
    for level in levels:
        for index, mark in enumerate(level.value.marks):
            fault = sscc_fault(mark.value) if mark.kind in SSCC_KINDS else None
            if fault:
                yield BadLabel(f"{level.at}.marks.{index}", mark.value, fault)


def repeated_labels(levels: Iterable[Level]) -> Iterator[RepeatedLabel]:
    """Packages that have the SSCC of another."""
    seen: dict[str, Level] = {}
    for level in levels:
        for index, mark in enumerate(level.value.marks):
            if mark.kind in SSCC_KINDS:
                first = seen.setdefault(bare_sscc(mark.value), level)
                if first is not level:
                    yield RepeatedLabel(f"{level.at}.marks.{index}", level, first)


def package_counts(levels: Iterable[Level]) -> Iterator[PackageCount]:
    """Cartons and pallets that are stated against those listed. Notices that list none are left alone."""
    for level in levels:
        if level.kind in PACKAGES or not level.value.packaging:
            continue
        kinds = Counter(inner.kind for inner in level.below())
        for index, packaging in enumerate(level.value.packaging):
            kind, word = _FORMS.get((packaging.form or "")[:3], ("", ""))
            listed = kinds[kind]
            if listed and packaging.count is not None and packaging.count != listed:
                yield PackageCount(f"{level.at}.packaging.{index}", level, word, packaging.count, listed)


def contents(levels: Iterable[Level]) -> Iterator[Contents]:
    """What a package says it holds against the items in it or, where packages are inside items, all of an item's against the item."""
    for level in levels:
        if level.kind in PACKAGES:
            yield from _packed(level)
        elif level.kind == "item":
            yield from _spread(level)


def _packed(level: Level) -> Iterator[Contents]:
    shipped = _total(item.shipped for item in level.children if item.kind == "item")
    stated = _held(level)
    if shipped is None or not stated or stated[0].unit != shipped.unit:
        return
    if shipped.value not in {held.value for held in stated}:
        yield Contents(level, stated[0], shipped, 1)


def _spread(level: Level) -> Iterator[Contents]:
    shipped = level.shipped
    packages = [package for package in level.children if package.kind in PACKAGES]
    if shipped is None or not packages:
        return
    held = [_held(package) for package in packages]
    ways = [_total(each) for each in zip(*held, strict=False)] if all(held) else []
    totals = [total for total in (_total(package.shipped for package in packages), *ways) if total is not None]
    if totals and totals[0].unit == shipped.unit and shipped.value not in {total.value for total in totals}:
        yield Contents(level, totals[0], shipped, len(packages))


def _held(level: Level) -> list[Quantity]:
    """What is in a package, the likeliest first: partners differ in whether the size is of one inner pack or of all."""
    size = level.value.inner_pack_size
    if size is None:
        return []
    inner = level.value.inner_packs or 1
    return [Quantity(value=size.value * inner, unit=size.unit), size, Quantity(value=Decimal(inner), unit=size.unit)]


def _total(quantities: Iterable[Quantity | None]) -> Quantity | None:
    """The sum, or None where there is nothing, one is not said, or units differ."""
    found = list(quantities)
    given = [quantity for quantity in found if quantity is not None]
    if not given or len(given) < len(found) or len({quantity.unit for quantity in given}) > 1:
        return None
    return Quantity(value=sum((quantity.value for quantity in given), Decimal(0)), unit=given[0].unit)


def counted_total(notice: ShipNotice, levels: Sequence[Level]) -> Decimal | None:
    """What the items come to where that is not the stated total; where packages and items both have a quantity, either will do."""
    if notice.quantity_total is None:
        return None
    by_kind: dict[bool, Decimal] = {}
    for level in levels:
        if level.shipped is not None:
            is_item = level.kind == "item"
            by_kind[is_item] = by_kind.get(is_item, Decimal(0)) + level.shipped.value
    together = sum(by_kind.values(), Decimal(0))
    if not by_kind or notice.quantity_total in (*by_kind.values(), together):
        return None
    return by_kind.get(True, together)


def counted_levels(notice: ShipNotice) -> int | None:
    """How many levels there are where neither that nor the number of items is the stated one: partners differ in what they count."""
    levels = list(notice.walk())
    items = sum(1 for level in levels if level.kind == "item")
    return len(levels) if notice.line_count not in (None, len(levels), items) else None


def empty_levels(levels: Sequence[Level]) -> Iterator[Level]:
    """Orders and packages that hold no item although others do; of those inside each other the outermost."""
    holding = {id(above) for level in levels if level.kind == "item" for above in level.above()}
    should = {group(level) for level in levels if id(level) in holding} & {"order", "package"}
    told: set[int] = set()
    for level in levels:
        if id(level) in holding or group(level) not in should:
            continue
        if any(id(above) in told or above.kind == "item" for above in level.above()):
            continue
        told.add(id(level))
        yield level


def group(level: Level) -> str:
    """The kind of a level, pallets and cartons being one."""
    return "package" if level.kind in PACKAGES else level.kind
