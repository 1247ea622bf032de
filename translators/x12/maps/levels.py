"""The levels of a ship notice as a tree to look at: each with its parent, its children, and where it came from."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from canonical.shipment import ShipmentLevel, ShipNotice

from ..segments import Segment
from .level_names import level_name
from .reading import Reading

PACKAGES = frozenset({"tare", "pack"})


@dataclass(slots=True)
class Level:
    """``at`` is the field of the document (``levels.0.children.2``), ``head`` its HL."""

    value: ShipmentLevel
    at: str
    head: Segment
    parent: "Level | None"
    children: "list[Level]" = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.value.kind

    @property
    def name(self) -> str:
        return level_name(self.value, self.head.text(1))

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


def levels_of(notice: ShipNotice, reading: Reading) -> list[Level]:
    """All levels of a notice in document order."""
    found: list[Level] = []

    def look(values: tuple[ShipmentLevel, ...], prefix: str, parent: Level | None) -> None:
        for index, value in enumerate(values):
            at = f"{prefix}{index}"
            level = Level(value, at, reading.segment_of(at).segment, parent)
            found.append(level)
            if parent is not None:
                parent.children.append(level)
            look(value.children, f"{at}.children.", level)

    look(notice.levels, "levels.", None)
    return found
