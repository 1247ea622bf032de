"""Building a transaction set from a document, and putting back what the document keeps unmapped."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from canonical.document import Unmapped

from ..segments import Element, LoopNode, Node, Segment, SegmentNode
from ..values import CannotWrite

Layout: TypeAlias = "dict[str, Layout | None]"
"""The ids of the children of a set or loop, in the order of the schema; a loop's own layout, or None for a segment."""

_PATH = re.compile(r"(?:[A-Z][A-Z0-9]{1,2}(?:#\d+)?\[\d+\]/)*[A-Z][A-Z0-9]{1,2}(?:#\d+)?\[\d+\](?:/\d\d)?")
_STEP = re.compile(r"([A-Z0-9#]+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something unmapped belongs: the ids and numbers on the way to a segment, and the element, if it is one."""

    steps: tuple[tuple[str, int], ...]
    element: int | None


@lru_cache(8192)
def place_of(source: str) -> _Place | None:
    """The place in a transaction set that ``source`` names; None where it is a place of another format."""
    if not _PATH.fullmatch(source):
        return None
    steps = tuple((node_id, int(number)) for node_id, number in _STEP.findall(source))
    return _Place(steps, None if source[-1] == "]" else int(source[-2:]))


class Draft:
    """A segment in the making, with the segments and loops inside the loop that it begins, if it begins one."""

    __slots__ = ("_blank", "_defaults", "_pairs", "elements", "groups", "id")

    def __init__(self, node_id: str) -> None:
        self.id = node_id
        self.elements: dict[int, Element] = {}
        self.groups: dict[str, list[Draft]] = {}
        self._defaults: dict[int, tuple[str, int | None]] = {}
        self._blank: set[int] = set()
        self._pairs: list[tuple[range, list[tuple[str, str]]]] = []

    def add(self, node_id: str) -> "Draft":
        """A new child, after those of the same id."""
        child = self.child(node_id)
        self.groups.setdefault(node_id, []).append(child)
        return child

    def child(self, node_id: str) -> "Draft":
        """A draft for the inside of this one, without a place there yet."""
        return Draft(node_id)

    def postpones(self, record: object, value: object, children: Sequence[object] = ()) -> bool:
        """Whether the draft itself will have the record, and children, write what they say of ``value``, when that is needed."""
        return False

    def put(self, position: int, element: Element) -> None:
        """Set an element; an empty one leaves the place free."""
        if element:
            self.elements[position] = element

    def put_pairs(self, first: int, last: int, pairs: list[tuple[str, str]]) -> None:
        """Codes and values from element ``first`` to ``last``, in the pairs of elements that nothing else is at."""
        self._pairs.append((range(first, last, 2), pairs))

    def default(self, position: int, text: str, beside: int | None = None) -> None:
        """What stands at ``position`` if nothing else comes there (and, with ``beside``, if something stands there)."""
        self._defaults[position] = (text, beside)

    def fill(self, position: int, element: Element) -> None:
        """Put back an unmapped element; an empty one says that the place stays empty."""
        if position not in self.elements:
            if element:
                self.elements[position] = element
            else:
                self._blank.add(position)
            self._defaults.pop(position, None)

    def segment(self) -> Segment:
        """The segment. Raises CannotWrite where there are more pairs than it has room for."""
        for positions, pairs in self._pairs:
            self._place(positions, pairs)
        for position, (text, beside) in self._defaults.items():
            if position not in self.elements and (beside is None or beside in self.elements):
                self.elements[position] = text
        last = max(self.elements, default=0)
        elements = tuple(self.elements.get(position, "") for position in range(1, last + 1))
        return Segment(self.id.partition("#")[0], elements)

    def _place(self, positions: range, pairs: list[tuple[str, str]]) -> None:
        free = [place for place in positions if not {place, place + 1} & (self.elements.keys() | self._blank)]
        if len(pairs) > len(free):
            raise CannotWrite(
                f"{self.id} has room for {len(free)} pairs of a code and a value from element {positions.start} on, "
                f"but there are {len(pairs)}. Leave some out."
            )
        for place, (code, text) in zip(free, pairs, strict=False):
            self.elements[place] = code
            self.elements[place + 1] = text

    def nodes(self, layout: Layout) -> list[Node]:
        """The children in the order of the schema. Raises CannotWrite where the schema has no place for one."""
        for node_id in self.groups.keys() - layout.keys():
            raise CannotWrite(
                f"This version of the set has no {node_id} in {self.id or 'the set'}; remove it or use another."
            )
        nodes: list[Node] = []
        for node_id, inner in layout.items():
            for child in self.groups.get(node_id, ()):
                if inner is None:
                    nodes += [SegmentNode(node_id, child.segment()), *child.nodes({})]
                else:
                    head = SegmentNode(node_id.partition("#")[0], child.segment())
                    nodes.append(LoopNode(node_id, [head, *child.nodes(inner)]))
        return nodes

    def put_back(self, unmapped: Iterable[Unmapped]) -> None:
        """Merge what the document keeps for this set, in order. Places of other formats (``row 4/colour``) are passed over."""
        for entry in unmapped:
            place = place_of(entry.source)
            if place is not None:
                self._put_back(entry, place)

    def _put_back(self, entry: Unmapped, place: _Place) -> None:
        parent = self._descend(place.steps[:-1], entry.source)
        node_id, number = place.steps[-1]
        siblings = parent.groups.setdefault(node_id, [])
        if place.element is not None:
            _at(siblings, number, entry.source).fill(place.element, entry.value)
        elif entry.value == "":
            if len(siblings) >= number and not (siblings[number - 1].elements or siblings[number - 1].groups):
                del siblings[number - 1]
        else:
            draft = parent.child(node_id)
            for position, text in enumerate(entry.value, 1):
                draft.put(position, text)
            siblings.insert(number - 1, draft)

    def _descend(self, steps: Iterable[tuple[str, int]], source: str) -> "Draft":
        draft = self
        for node_id, number in steps:
            draft = _at(draft.groups.get(node_id, []), number, source)
        return draft


def _at(siblings: list[Draft], number: int, source: str) -> Draft:
    if not 1 <= number <= len(siblings):
        raise CannotWrite(
            f"The document keeps {source} unmapped but no longer has the part it belongs to; "
            "remove that entry from 'unmapped', or give the part back."
        )
    return siblings[number - 1]
