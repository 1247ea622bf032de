"""A set's structure compiled to ``(position, tag) -> steps``; :mod:`.walker` follows a set through it.

Every segment place and loop of the structure is a numbered node, in document order, so that a loop is the range of numbers from
itself to its ``end``. A position is the node of the segment seen last. Which of several places of the same tag is meant is decided
by position alone, the innermost and next one first; never by a qualifier's value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from .proofs import Proof, proof
from .schema import UNBOUNDED, CompositeDef, Dictionary, LoopPlace, Place, SegmentDef, SegmentPlace, SetSchema

ROOT = -1
_ENVELOPE = frozenset({"ISA", "IEA", "TA1", "GS", "GE", "ST", "SE"})
"""Segments that end or begin something: never taken on a rail."""


@dataclass(slots=True)
class PlanNode:
    """One place. ``id`` is its name among its siblings (``REF``, ``TXI#2``); ``parent`` the loop it is in, or ROOT.

    ``definition`` is that of :class:`.schema.SegmentPlace`.
    """

    index: int
    id: str
    tag: str
    loop: bool
    required: bool
    limit: int
    parent: int
    definition: SegmentDef | None = None
    end: int = 0
    children: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One way on. ``target`` is the segment's node; ``counter`` the node whose occurrences count (the loop, where one begins)
    up to ``limit``; ``keep`` the number of open loops that stay open; ``missed`` the mandatory places passed over.
    """

    target: int
    counter: int
    limit: int
    keep: int
    opens: bool
    missed: tuple[int, ...]


Row: TypeAlias = "dict[str, Rail | None]"
"""The rails that lead on from one position, by the tag of the next segment."""


class Rail(NamedTuple):
    """The sure way from a position to a segment: the nearest step, where it misses nothing, ready to be taken without thinking.

    ``proof`` must hold for the segment, and ``counter`` may have ``limit`` occurrences. A loop that ``opens`` begins its
    places ``low`` to ``high`` anew, with the counts ``fresh``. ``row`` are the rails that lead on from there.
    """

    proof: Proof
    counter: int
    limit: float
    opens: bool
    low: int
    high: int
    fresh: list[int]
    row: Row
    step: Step


class Plan:
    """The compiled structure of one set. Steps and rails are worked out when first asked for, and kept."""

    def __init__(self, schema: SetSchema, segments: dict[str, SegmentDef]) -> None:
        self.schema = schema
        self._segments = segments
        self.nodes: list[PlanNode] = []
        self._top: list[int] = []
        self._add(schema.structure, ROOT, self._top)
        self.tags = frozenset(node.tag for node in self.nodes)
        self._steps: dict[tuple[int, str], tuple[Step, ...]] = {}
        self._behind: dict[tuple[int, str], int | None] = {}
        self._elsewhere: dict[tuple[int, str], int | None] = {}
        self._rows: list[Row] = [{} for _ in self.nodes]
        self._composites: dict[str, frozenset[int]] = {}

    def _add(self, places: tuple[Place, ...], parent: int, siblings: list[int]) -> None:
        seen: dict[str, int] = {}
        for place in places:
            seen[place.tag] = count = seen.get(place.tag, 0) + 1
            name = place.tag if count == 1 else f"{place.tag}#{count}"
            loop = isinstance(place, LoopPlace)
            definition = place.definition if isinstance(place, SegmentPlace) else None
            node = PlanNode(len(self.nodes), name, place.tag, loop, place.required, place.limit, parent, definition)
            siblings.append(node.index)
            self.nodes.append(node)
            if isinstance(place, LoopPlace):
                self._add(place.children, node.index, node.children)
            node.end = len(self.nodes)

    def siblings(self, parent: int) -> list[int]:
        """The nodes directly in a loop, or at the top."""
        return self._top if parent == ROOT else self.nodes[parent].children

    def chain(self, index: int) -> list[int]:
        """The loops that a node is in, outermost first."""
        loops: list[int] = []
        parent = self.nodes[index].parent
        while parent != ROOT:
            loops.insert(0, parent)
            parent = self.nodes[parent].parent
        return loops

    def after(self, index: int) -> list[int]:
        """The node and those that come after it in the same loop."""
        return [node for node in self.siblings(self.nodes[index].parent) if node >= index]

    def head(self, index: int) -> int:
        """The segment node that a place begins with: itself, or a loop's first segment."""
        return index + 1 if self.nodes[index].loop else index

    def steps(self, position: int, tag: str) -> tuple[Step, ...]:
        """Every way from ``position`` to a segment ``tag``, nearest first."""
        if tag not in self.tags:
            return ()
        key = (position, tag)
        steps = self._steps.get(key)
        if steps is None:
            steps = self._steps[key] = tuple(self._find(position, tag))
        return steps

    def _find(self, position: int, tag: str) -> list[Step]:
        steps: list[Step] = []
        left: list[int] = []
        child, parent = position, self.nodes[position].parent
        while True:
            siblings = self.siblings(parent)
            at = siblings.index(child)
            is_head = at == 0 and parent != ROOT
            if self.nodes[child].tag == tag and not is_head:
                steps.append(self.step_to(child, left))
            skipped: list[int] = []
            for other in siblings[at + 1 :]:
                node = self.nodes[other]
                if node.tag == tag:
                    steps.append(self.step_to(other, left + skipped))
                if node.required:
                    skipped.append(other)
            if parent == ROOT:
                return steps
            left = left + skipped
            child, parent = parent, self.nodes[parent].parent

    def step_to(self, index: int, missed: Sequence[int] = ()) -> Step:
        """The step to a place in a loop that is open."""
        node = self.nodes[index]
        return Step(self.head(index), index, node.limit, len(self.chain(index)), node.loop, tuple(missed))

    def row(self, position: int) -> Row:
        """The rails from ``position`` that were asked for so far."""
        return self._rows[position]

    def rail(self, position: int, tag: str) -> Rail | None:
        """The rail from ``position`` to a segment ``tag``; None where there is no sure way."""
        if tag not in self.tags:
            return None
        row = self._rows[position]
        if tag not in row:
            row[tag] = self._lay(position, tag)
        return row[tag]

    def _lay(self, position: int, tag: str) -> Rail | None:
        steps = self.steps(position, tag)
        if not steps or steps[0].missed or tag in _ENVELOPE:
            return None
        sure = steps[0]
        definition = self.definition(sure.target, tag)
        if definition is None:
            return None
        low, high = sure.counter + 1, self.nodes[sure.counter].end
        fresh = [0] * (high - low)
        if sure.opens:
            fresh[sure.target - low] = 1
        limit = sure.limit if sure.limit != UNBOUNDED else float("inf")
        row = self._rows[sure.target]
        return Rail(proof(definition), sure.counter, limit, sure.opens, low, high, fresh, row, sure)

    def definition(self, node: int, tag: str) -> SegmentDef | None:
        """What a segment must be like at a place; None where it is no segment of the standard."""
        return self.nodes[node].definition or self._segments.get(tag)

    def composites(self, tag: str) -> frozenset[int]:
        """The positions of a segment at which composites stand."""
        found = self._composites.get(tag)
        if found is None:
            uses = enumerate(self._segments[tag].uses, 1)
            found = frozenset(position for position, use in uses if isinstance(use.definition, CompositeDef))
            self._composites[tag] = found
        return found

    def behind(self, position: int, tag: str) -> int | None:
        """The node of ``tag`` that should have come before ``position`` in one of the open loops, innermost first."""
        if tag not in self.tags:
            return None
        key = (position, tag)
        if key not in self._behind:
            self._behind[key] = self._find_behind(position, tag)
        return self._behind[key]

    def _find_behind(self, position: int, tag: str) -> int | None:
        child, parent = position, self.nodes[position].parent
        while True:
            siblings = self.siblings(parent)
            first = 0 if parent == ROOT else 1
            for other in siblings[first : siblings.index(child)]:
                if self.nodes[other].tag == tag:
                    return other
            if parent == ROOT:
                return None
            child, parent = parent, self.nodes[parent].parent

    def elsewhere(self, position: int, tag: str) -> int | None:
        """The node of ``tag`` inside a loop that is not open: the first after ``position`` in an open one, or the first of all."""
        if tag not in self.tags:
            return None
        key = (position, tag)
        if key not in self._elsewhere:
            self._elsewhere[key] = self._find_elsewhere(position, tag)
        return self._elsewhere[key]

    def _find_elsewhere(self, position: int, tag: str) -> int | None:
        found = [node for node in self.nodes if node.tag == tag and not node.loop and node.parent != ROOT]
        if not found:
            return None
        around = {ROOT, *self.chain(position)}

        def distance(node: PlanNode) -> tuple[bool, bool, int]:
            outer = self.nodes[node.parent].parent
            return (outer not in around, node.index < position, node.index)

        return min(found, key=distance).index


@lru_cache(maxsize=1024)
def plan(tables: Dictionary, set_id: str) -> Plan | None:
    """The plan of a set, compiled once as long as it is in use; None where ``tables`` do not have it."""
    schema = tables.sets.get(set_id)
    return None if schema is None else Plan(schema, tables.segments)
