"""Whether the levels of a ship notice are inside each other in a way that goods can be received by.

The rules build on each other: where levels have no parent or a wrong one, what would follow from that is not told too.
"""

from collections.abc import Callable, Iterable, Sequence

from canonical.finding import Severity
from canonical.shipment import ShipNotice

from ...shipping_rules import Level, empty_levels, group, kind_word
from .findings import BusinessFault
from .reading import Reading

_ORDER_OF_LEVELS = {
    "pick_and_pack": ("shipment", "order", "package", "item"),
    "standard": ("shipment", "order", "item", "package"),
    "shipment_packaging_order_item": ("shipment", "package", "order", "item"),
    "shipment_order_item": ("shipment", "order", "item"),
}
"""Element 1005 (BSN05)."""

_IMPOSSIBLE = {
    "shipment": frozenset({"order", "tare", "pack", "item", "shipment"}),
    "order": frozenset({"order", "item"}),
}
_IMPROBABLE = {"tare": frozenset({"pack"}), "item": frozenset({"item"})}
"""For each kind, the levels that cannot hold it."""


def check_nesting(notice: ShipNotice, levels: Sequence[Level], reading: Reading) -> bool:
    """Remark what is wrong with how ``levels`` are inside each other. False where one has no parent or a wrong one."""
    orders = len(notice.order_numbers)
    strays = {id(level) for level in (*_orphans(orders, levels, reading), *_misplaced(levels, reading))}
    _without_order(
        orders, [level for level in levels if not any(id(above) in strays for above in level.above())], reading
    )
    if strays:
        return False
    _structure(notice, levels, reading)
    _child_codes(levels, _empty(levels, reading), reading)
    return True


def _orphans(orders: int, levels: Sequence[Level], reading: Reading) -> list[Level]:
    """Outermost levels beside a shipment. Many senders leave HL02 out altogether, so each kind is told once."""
    if not any(level.kind == "shipment" for level in levels):
        return []
    found = [level for level in levels if level.parent is None and level.kind not in ("shipment", "equipment")]
    clear = [level for level in found if _order_is_clear(level, orders)]
    known = {id(level) for level in clear}
    unclear = [level for level in found if id(level) not in known]
    _tell(
        BusinessFault.HIERARCHY_MISSING_PARENT,
        Severity.WARNING,
        clear,
        lambda level: (
            f"The {level.name} does not say what it is inside: HL02 is empty. Give the number of the level that holds it."
        ),
        reading,
        element=2,
    )
    _tell(
        BusinessFault.HIERARCHY_MISSING_PARENT,
        Severity.ERROR,
        unclear,
        lambda level: (
            f"The {level.name} does not say what it is inside (HL02 is empty), so it is open to which order it belongs. "
            "Give the number of the level that holds it."
        ),
        reading,
        element=2,
    )
    return found


def _order_is_clear(level: Level, orders: int) -> bool:
    """Whether every item of a level has its order although nothing says what the level is inside."""
    if level.kind == "order" or orders <= 1:
        return True
    return all(_has_order(inner) for inner in level.below() if inner.kind == "item")


def _has_order(level: Level) -> bool:
    return any(above.kind == "order" or above.value.order is not None for above in level.above())


def _misplaced(levels: Sequence[Level], reading: Reading) -> list[Level]:
    """Levels below one that cannot hold them; of those inside each other the outermost."""
    found: list[Level] = []
    told: set[int] = set()
    for level in levels:
        if level.parent is None or any(id(above) in told for above in level.above()):
            continue
        impossible = level.parent.kind in _IMPOSSIBLE.get(level.kind, ())
        if not impossible and level.parent.kind not in _IMPROBABLE.get(level.kind, ()):
            continue
        found.append(level)
        told.add(id(level))
        severity = Severity.ERROR if impossible else Severity.WARNING
        kinds = f"{kind_word(level.kind)} cannot be inside {_article(kind_word(level.parent.kind))}"
        message = (
            f"The {level.name} is inside the {level.parent.name}, but {_article(kinds)}. Correct its HL02, or its HL03."
        )
        reading.remark(BusinessFault.HIERARCHY_WRONG_NESTING, severity, message, field=level.at, element=2)
    return found


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _without_order(orders: int, levels: Sequence[Level], reading: Reading) -> None:
    """Items of a notice for several orders that are below none."""
    if orders < 2:
        return
    for level in levels:
        if level.kind == "item" and not _has_order(level):
            message = (
                f"The {level.name} is below no order, but the ship notice is for {orders}. "
                "Put it below the order it was shipped for."
            )
            reading.remark(BusinessFault.ITEM_WITHOUT_ORDER, Severity.ERROR, message, field=level.at)


def _structure(notice: ShipNotice, levels: Sequence[Level], reading: Reading) -> None:
    """The order of levels that BSN05 declares."""
    declared = _ORDER_OF_LEVELS.get(notice.structure or "")
    if declared is None:
        return
    _tell(
        BusinessFault.HIERARCHY_STRUCTURE_DIFFERS,
        Severity.WARNING,
        [level for level in levels if not _is_declared(level, declared)],
        lambda level: (
            f"BSN05 says that the levels are {', '.join(declared)}, from the outermost in, but the {level.name} "
            f"{_stands(level)}. Correct BSN05, or the levels."
        ),
        reading,
    )


def _stands(level: Level) -> str:
    return "is there" if level.parent is None else f"is inside the {level.parent.name}"


def _is_declared(level: Level, declared: tuple[str, ...]) -> bool:
    kind = group(level)
    if kind not in ("shipment", "order", "item", "package"):
        return True
    if kind not in declared:
        return False
    outer = None if level.parent is None else group(level.parent)
    return outer not in declared or kind == outer or declared.index(outer) < declared.index(kind)


def _empty(levels: Sequence[Level], reading: Reading) -> set[int]:
    found = list(empty_levels(levels))
    for level in found:
        message = f"The {level.name} holds no item, while others do. Say what is in it, or leave it out."
        reading.remark(BusinessFault.HIERARCHY_EMPTY_LEVEL, Severity.WARNING, message, field=level.at)
    return {id(level) for level in found}


def _child_codes(levels: Sequence[Level], empty: set[int], reading: Reading) -> None:
    """HL04, where it is given."""

    def said(level: Level) -> str:
        return reading.segment_of(level.at).segment.text(4)

    wrong = [
        level
        for level in levels
        if id(level) not in empty and said(level) in ("0", "1") and (said(level) == "1") != bool(level.children)
    ]
    _tell(
        BusinessFault.HIERARCHY_WRONG_CHILD_CODE,
        Severity.WARNING,
        wrong,
        lambda level: (
            f"HL04 of the {level.name} says that there {'are' if said(level) == '1' else 'are no'} levels inside it, "
            f"but there {f'are {len(level.children)}' if level.children else 'are none'}. Correct HL04."
        ),
        reading,
        element=4,
    )


def _tell(
    code: BusinessFault,
    severity: Severity,
    levels: Iterable[Level],
    message: Callable[[Level], str],
    reading: Reading,
    element: int | None = None,
) -> None:
    """One remark, at the first of the levels it is true of; a sender who does this does it throughout."""
    found = list(levels)
    if found:
        more = f" So it is with {len(found) - 1} more." if len(found) > 1 else ""
        reading.remark(code, severity, message(found[0]) + more, field=found[0].at, element=element)
