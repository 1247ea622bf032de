"""Ship notices that are right in everything, of random shape, to be damaged in one thing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from translators.gs1 import check_digit

STRUCTURES = {"0001": "SOTPI", "0002": "SOITP", "0003": "STPOI", "0004": "SOI"}
"""BSN05, and the kinds of levels from the outermost in."""
_OPTIONAL = "TP"


@dataclass
class Level:
    """An HL and the segments below it. ``code`` is HL04, worked out when None."""

    number: str
    parent: str
    kind: str
    quantity: int = 0
    segments: list[str] = field(default_factory=list)
    code: str | None = None


@dataclass
class Notice:
    structure: str
    levels: list[Level]

    def of_kind(self, kind: str) -> list[Level]:
        return [level for level in self.levels if level.kind == kind]

    def children(self, level: Level) -> list[Level]:
        return [other for other in self.levels if other.parent == level.number]

    def leave_out(self, level: Level) -> None:
        """The level and all below it."""
        for child in self.children(level):
            self.leave_out(child)
        self.levels.remove(level)

    def text(self, count: int | None = None, total: int | None = None) -> str:
        """The segments, with CTT counted unless it is given."""
        shipped = sum(level.quantity for level in self.levels if level.kind == "I")
        end = f"CTT*{count or len(self.levels)}*{shipped if total is None else total}"
        return "\n".join([f"BSN*00*SH-1*20260930*1430*{self.structure}", *self._lines(), end])

    def _lines(self) -> Iterator[str]:
        for level in self.levels:
            code = level.code or ("1" if self.children(level) else "0")
            yield f"HL*{level.number}*{level.parent}*{level.kind}*{code}"
            yield from level.segments


def sscc(serial: int) -> str:
    digits = f"0036123450{serial:07d}"
    return f"{digits}{check_digit(digits)}"


def good_notice(chance: random.Random, structure: str | None = None) -> Notice:
    """A notice in which everything agrees, with at least two branches wherever levels divide."""
    structure = structure or chance.choice(sorted(STRUCTURES))
    made = Notice(structure, [])
    kinds = [kind for kind in STRUCTURES[structure] if kind not in _OPTIONAL or chance.random() < 0.7]
    _grow(made, kinds, "", chance)
    _agree(made)
    return made


def _grow(notice: Notice, kinds: list[str], parent: str, chance: random.Random) -> None:
    if not kinds:
        return
    for _ in range(1 if kinds[0] == "S" else chance.randint(2, 3)):
        level = Level(str(len(notice.levels) + 1), parent, kinds[0])
        notice.levels.append(level)
        _grow(notice, kinds[1:], level.number, chance)
        _describe(notice, level, chance)


def _describe(notice: Notice, level: Level, chance: random.Random) -> None:
    """What the level is of; its children are there already."""
    if level.kind == "O":
        level.segments = [f"PRF*45{level.number}"]
    elif level.kind == "I":
        packed = sum(child.quantity for child in notice.children(level))
        level.quantity = packed or chance.randint(2, 50)
        level.segments = [f"LIN*{level.number}*VP*A{level.number}", f"SN1**{level.quantity}*EA"]
    elif level.kind in _OPTIONAL:
        inside = notice.children(level)
        items = [child for child in inside if child.kind == "I"]
        level.quantity = sum(child.quantity for child in inside) if inside else chance.randint(2, 50)
        content = [f"PO4*1*{level.quantity}*EA"] if items or not inside else []
        level.segments = [*content, f"MAN*GM*{sscc(int(level.number))}"]
    if level.kind == "I" and not all(any("PO4" in s for s in child.segments) for child in notice.children(level)):
        for inner in notice.children(level):
            inner.segments.insert(0, f"PO4*1*{inner.quantity}*EA")


def _agree(notice: Notice) -> None:
    """Cartons and pallets, counted in the shipment."""
    counts = [("CTN25", len(notice.of_kind("P"))), ("PLT94", len(notice.of_kind("T")))]
    notice.levels[0].segments = [f"TD1*{form}*{count}" for form, count in counts if count]
