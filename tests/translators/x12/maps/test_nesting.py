"""Levels of a ship notice that are inside each other as they can be, and as they cannot."""

import random
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from canonical.finding import Severity
from translators import registry

from .ship_notices import STRUCTURES, Level, Notice, good_notice
from .trees import tree

SHIP_NOTICE = registry.find("856")
TWO_ORDERS = ("HL*1**S", "HL*2*1*O", "PRF*A", "HL*3*1*O", "PRF*B", "HL*4*2*I", "HL*5*3*I")


def findings(text: str) -> list[tuple[str, str, str]]:
    """Code, severity and path of each finding."""
    return [(found.code, found.severity.value, found.path) for found in SHIP_NOTICE.read(tree("856", text)).findings]


def of_levels(*levels: str, structure: str = "") -> list[tuple[str, str, str]]:
    return findings("\n".join([f"BSN*00*SH-1*20260930*1430*{structure}".rstrip("*"), *levels]))


@given(seed=st.integers(0, 2**32))
def test_of_a_good_notice_nothing_is_told(seed: int) -> None:
    assert findings(good_notice(random.Random(seed)).text()) == []


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        # A sender that leaves HL02 out altogether: one order, so nothing is lost.
        (("HL*1**S", "HL*2**O", "PRF*A", "HL*3**I", "HL*4**I"), [("hierarchy-missing-parent", "warning", "HL[2]/02")]),
        # Two orders: whose the item is, nobody can tell. An order itself needs no other level to be understood.
        ((*TWO_ORDERS, "HL*6**I"), [("hierarchy-missing-parent", "error", "HL[6]/02")]),
        ((*TWO_ORDERS, "HL*6**O", "PRF*C", "HL*7*6*I"), [("hierarchy-missing-parent", "warning", "HL[6]/02")]),
        # An item with an order of its own.
        ((*TWO_ORDERS, "HL*6**I", "PRF*B"), [("hierarchy-missing-parent", "warning", "HL[6]/02")]),
        # What is inside a level without parent is not told once more.
        ((*TWO_ORDERS, "HL*6**P", "HL*7*6*I"), [("hierarchy-missing-parent", "error", "HL[6]/02")]),
        # Without any shipment level the orders are the outermost, as some guidelines have it.
        (("HL*1**O", "PRF*A", "HL*2*1*I", "HL*3**O", "PRF*B", "HL*4*3*I"), []),
        ((*TWO_ORDERS, "HL*6*1*I"), [("item-without-order", "error", "HL[6]")]),
        (("HL*1**S", "HL*2*1*I", "PRF*A", "HL*3*1*I", "PRF*B"), []),
    ],
)
def test_levels_that_do_not_say_what_they_are_inside(
    levels: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert of_levels(*levels) == expected


CANNOT_HOLD = {
    ("order", "O", "I"): "error",
    ("order", "O", "O"): "error",
    ("shipment", "S", "O"): "error",
    ("shipment", "S", "P"): "error",
    ("shipment", "S", "I"): "error",
    ("pallet", "T", "P"): "warning",
    ("item", "I", "I"): "warning",
}
CAN_HOLD = ["PI", "TP", "PP", "IP", "IT", "PO", "TO", "SO", "SP", "SI", "OP", "OT", "OI", "SK", "KI", "IF"]


@pytest.mark.parametrize(("case", "severity"), CANNOT_HOLD.items(), ids=lambda case: "-".join(case))
def test_a_level_below_one_that_cannot_hold_it(case: tuple[str, str, str], severity: str) -> None:
    word, inner, outer = case
    text = f"BSN*00*SH-1*20260930*1430\nHL*1**S\nHL*2*1*{outer}\nHL*3*2*{inner}\nHL*4*3*I"
    [found] = SHIP_NOTICE.read(tree("856", text)).findings
    assert (found.code, found.severity, found.path) == ("hierarchy-wrong-nesting", Severity(severity), "HL[3]/02")
    assert f"The {word} (HL 3) is inside the " in found.message


@pytest.mark.parametrize(("outer", "inner"), [tuple(pair) for pair in CAN_HOLD])
def test_levels_that_can_hold_each_other(outer: str, inner: str) -> None:
    assert of_levels(f"HL*1**{outer}", f"HL*2*1*{inner}", "HL*3*2*F") == []


@pytest.mark.parametrize(
    ("structure", "levels", "path"),
    [
        ("0001", ("HL*1**S", "HL*2*1*O", "HL*3*2*I", "HL*4*3*P"), "HL[4]"),
        ("0002", ("HL*1**S", "HL*2*1*O", "HL*3*2*P", "HL*4*3*I", "HL*5*2*P", "HL*6*5*I"), "HL[4]"),
        ("0003", ("HL*1**S", "HL*2*1*O", "HL*3*2*T", "HL*4*3*I"), "HL[3]"),
        ("0004", ("HL*1**S", "HL*2*1*O", "HL*3*2*P", "HL*4*3*I"), "HL[3]"),
        # Levels in between may be left out; kinds that no structure names may stand anywhere; other structures are not ours to judge.
        ("0001", ("HL*1**S", "HL*2*1*O", "HL*3*2*I"), None),
        ("0001", ("HL*1**S", "HL*2*1*O", "HL*3*2*T", "HL*4*3*P", "HL*5*4*I", "HL*6*5*F"), None),
        ("ZZZZ", ("HL*1**S", "HL*2*1*O", "HL*3*2*I", "HL*4*3*P"), None),
    ],
)
def test_levels_in_another_order_than_declared_are_told_once(
    structure: str, levels: tuple[str, ...], path: str | None
) -> None:
    expected = [] if path is None else [("hierarchy-structure-differs", "warning", path)]
    assert of_levels(*levels, structure=structure) == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("HL*2*1*O", "PRF*A", "HL*3*2*I", "HL*4*1*O", "PRF*B"), ["HL[4]"]),
        (("HL*2*1*P", "HL*3*2*I", "HL*4*1*P"), ["HL[4]"]),
        (("HL*2*1*P", "HL*3*2*I", "HL*4*1*T", "HL*5*4*P"), ["HL[4]"]),
        # Where no package says what is in it, or packages stand below their item, that is how it is meant.
        (("HL*2*1*P", "HL*3*1*P", "HL*4*1*I"), []),
        (("HL*2*1*I", "HL*3*2*P"), []),
        (("HL*2*1*O", "HL*3*1*O"), []),
    ],
)
def test_levels_that_hold_nothing_although_others_do(levels: tuple[str, ...], expected: list[str]) -> None:
    assert of_levels("HL*1**S", *levels) == [("hierarchy-empty-level", "warning", path) for path in expected]


def test_wrong_child_codes_are_told_once_with_their_number() -> None:
    text = "BSN*00*SH-1*20260930*1430\nHL*1**S*0\nHL*2*1*O*0\nPRF*A\nHL*3*2*I*1\nHL*4*2*I"
    [found] = SHIP_NOTICE.read(tree("856", text)).findings
    assert (found.code, found.path, found.value) == ("hierarchy-wrong-child-code", "HL[1]/04", "0")
    assert found.message == (
        "HL04 of the shipment (HL 1) says that there are no levels inside it, but there are 1. Correct HL04. So it is with 2 more."
    )


Damage = Callable[[Notice, random.Random], str | None]
"""Spoils one thing and names the code of the one finding that follows; None where the notice has nothing of the kind."""


def _unknown_parent(notice: Notice, chance: random.Random) -> str:
    chance.choice(notice.levels[1:]).parent = "999"
    return "hierarchy-unknown-parent"


def _repeated_number(notice: Notice, chance: random.Random) -> str:
    first, second = chance.sample(notice.levels[1:], 2)
    second.number = first.number
    return "hierarchy-duplicate-id"


def _inside_itself(notice: Notice, chance: random.Random) -> str:
    level = chance.choice(notice.levels)
    inside = notice.children(level)
    level.parent = inside[0].number if inside else level.number
    return "hierarchy-cycle"


def _no_parent(notice: Notice, chance: random.Random) -> str:
    chance.choice(notice.levels[1:]).parent = ""
    return "hierarchy-missing-parent"


def _order_in_an_item(notice: Notice, chance: random.Random) -> str:
    order = chance.choice(notice.of_kind("O"))
    own = {id(order), *map(id, _inside(notice, order))}
    order.parent = chance.choice([item for item in notice.of_kind("I") if id(item) not in own]).number
    return "hierarchy-wrong-nesting"


def _inside(notice: Notice, level: Level) -> list[Level]:
    return [found for child in notice.children(level) for found in (child, *_inside(notice, child))]


def _wrong_code(notice: Notice, chance: random.Random) -> str:
    level = chance.choice(notice.levels)
    level.code = "0" if notice.children(level) else "1"
    return "hierarchy-wrong-child-code"


def _wrong_structure(notice: Notice, chance: random.Random) -> str | None:
    if not (notice.of_kind("P") or notice.of_kind("T")):
        return None
    notice.structure = chance.choice([other for other in STRUCTURES if other != notice.structure])
    return "hierarchy-structure-differs"


def _wrong_digit(notice: Notice, chance: random.Random) -> str | None:
    return _mark(notice, chance, lambda value: f"{value[:-1]}{(int(value[-1]) + 1) % 10}", "sscc-invalid")


def _same_label(notice: Notice, chance: random.Random) -> str | None:
    labels = [s.split("*")[2] for level in notice.levels for s in level.segments if s.startswith("MAN")]
    return _mark(notice, chance, lambda value: next(o for o in labels if o != value), "sscc-repeated")


def _mark(notice: Notice, chance: random.Random, change: Callable[[str], str], code: str) -> str | None:
    packages = [*notice.of_kind("T"), *notice.of_kind("P")]
    if not packages:
        return None
    segments = chance.choice(packages).segments
    segments[-1] = f"MAN*GM*{change(segments[-1].split('*')[2])}"
    return code


def _wrong_count(notice: Notice, chance: random.Random) -> str | None:
    segments = notice.levels[0].segments
    if not segments:
        return None
    segments[0] += "0"
    return "package-count-differs"


def _wrong_content(notice: Notice, chance: random.Random) -> str | None:
    items = {item.number for item in notice.of_kind("I")}
    packages = [
        level
        for level in notice.levels
        if any(segment.startswith("PO4") for segment in level.segments)
        and (level.parent in items or any(child.kind == "I" for child in notice.children(level)))
    ]
    if not packages:
        return None
    package = chance.choice(packages)
    package.segments[0] = f"PO4*1*{package.quantity + 100}*EA"
    return "packed-quantity-differs"


DAMAGES: list[Damage] = [
    _unknown_parent,
    _repeated_number,
    _inside_itself,
    _no_parent,
    _order_in_an_item,
    _wrong_code,
    _wrong_structure,
    _wrong_digit,
    _same_label,
    _wrong_count,
    _wrong_content,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@given(seed=st.integers(0, 2**32))
def test_one_damage_makes_one_finding(damage: Damage, seed: int) -> None:
    chance = random.Random(seed)
    notice = good_notice(chance)
    expected = damage(notice, chance)
    assume(expected is not None)
    assert [code for code, _, _ in findings(notice.text())] == [expected]


@given(seed=st.integers(0, 2**32))
def test_a_wrong_count_or_total_makes_one_finding(seed: int) -> None:
    notice = good_notice(random.Random(seed))
    assert [code for code, _, _ in findings(notice.text(count=999))] == ["line-count-differs"]
    assert [code for code, _, _ in findings(notice.text(total=1))] == ["quantity-total-differs"]
