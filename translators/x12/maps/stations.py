"""A record at its place in a set: where its segments stand, and what becomes of them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..body import elements_of
from ..schema import SegmentDef
from ..segments import Segment, SegmentNode
from .field_values import absent_values
from .records import Record


class Joining(Enum):
    """What becomes of a segment: an entry of a field of the place, a whole field, or fields of the place's own value. ``ONE`` and ``FIRST``
    take only the first segment of a place."""

    EACH = "each"
    ONE = "one"
    FIRST = "first"
    ANY = "any"

    @property
    def own(self) -> bool:
        """Whether the fields are those of the place's own value."""
        return self in (Joining.FIRST, Joining.ANY)

    @property
    def once(self) -> bool:
        return self in (Joining.ONE, Joining.FIRST)


@dataclass(frozen=True, slots=True)
class Inside:
    """What is said of a value by those who read the inside of its loop, in any case; ``open`` where they may say more."""

    said: dict[str, Any] = field(default_factory=dict)
    open: bool = False


NOTHING_INSIDE = Inside()


@dataclass(frozen=True, slots=True)
class Station:
    """A record at a place of a set, whose value joins the field ``name`` of the place's value.

    ``node`` is the number of the segment's place, ``composites`` where in it composites stand. ``always``: there is a value, or the segment
    is taken, even if nothing in it is understood.
    """

    record: Record
    node: int
    definition: SegmentDef
    composites: frozenset[int]
    joining: Joining
    name: str = ""
    inside: Inside = NOTHING_INSIDE
    always: bool = False

    def segment(self, piece: list[str]) -> SegmentNode:
        """A segment as the record knows it."""
        return SegmentNode(self.record.id, Segment(piece[0], elements_of(piece, self.composites)))

    @property
    def said(self) -> frozenset[str]:
        """The fields that are said by the inside alone."""
        return frozenset(self.inside.said)

    @property
    def absent(self) -> dict[str, Any]:
        """All fields of a new value before the segment is read."""
        return absent_values(self.record.model) | self.inside.said
