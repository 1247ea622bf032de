"""Building a transaction set from a document, and putting back what the document keeps unmapped."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from canonical.document import Unmapped

from ..segments import Element, LoopNode, Node, Repeated, Segment, SegmentNode, Single
from ..values import CannotWrite

Layout: TypeAlias = "dict[str, Layout | None]"
"""The ids of the children of a set or loop, in the order of the schema; a loop's own layout, or None for a segment."""

_NODE = r"[A-Z][A-Z0-9]{1,2}(?:#\d+)?\[\d+\]"
_PATH = re.compile(rf"{_NODE}(?:/{_NODE})*(?:/(?P<element>\d\d)(?P<occurrence>\^\d+)?)?")
_STEP = re.compile(r"([A-Z0-9#]+)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something unmapped belongs: the ids and numbers on the way to a segment, and the element, if it is one.

    ``source`` says the same as text; ``repeats`` where it is one occurrence of the element.
    """

    source: str
    steps: tuple[tuple[str, int], ...]
    element: int | None
    repeats: bool


@lru_cache(8192)
def place_of(source: str) -> _Place | None:
    """The place in a transaction set that ``source`` names; None where it is a place of another format."""
    found = _PATH.fullmatch(source)
    if found is None:
        return None
    element, occurrence = found["element"], found["occurrence"] or ""
    steps = tuple((node_id, int(number)) for node_id, number in _STEP.findall(source))
    return _Place(source.removesuffix(occurrence), steps, int(element) if element else None, bool(occurrence))


class Draft:
    """A segment in the making, with the segments and loops inside the loop that it begins, if it begins one.

    ``layout`` is what the version of the set has inside it: None for a plain segment, and for what the version does not have.
    """

    __slots__ = ("_blank", "_defaults", "_pairs", "elements", "groups", "id", "layout")

    def __init__(self, node_id: str, layout: "Layout | None") -> None:
        self.id = node_id
        self.layout = layout
        self.elements: dict[int, Element] = {}
        self.groups: dict[str, list[Draft]] = {}
        self._defaults: dict[int, tuple[str, int | None]] = {}
        self._blank: set[int] = set()
        self._pairs: list[tuple[Sequence[int], list[tuple[str, str]]]] = []

    def add(self, node_id: str) -> "Draft":
        """A new child, after those of the same id."""
        child = self.child(node_id)
        self.groups.setdefault(node_id, []).append(child)
        return child

    def offers(self, node_id: str) -> bool:
        """Whether this version of the set has a place for ``node_id`` here."""
        return self.layout is not None and node_id in self.layout

    def child(self, node_id: str) -> "Draft":
        """A draft for the inside of this one, without a place there yet."""
        return Draft(node_id, None if self.layout is None else self.layout.get(node_id))

    def postpones(self, record: object, value: object, children: Sequence[object] = ()) -> bool:
        """Whether the draft itself will have the record, and children, write what they say of ``value``, when that is needed."""
        return False

    def put(self, position: int, element: Element) -> None:
        """Set an element; an empty one leaves the place free."""
        if element:
            self.elements[position] = element

    def put_pairs(self, positions: Sequence[int], pairs: list[tuple[str, str]]) -> None:
        """Codes and values, each pair from one of ``positions`` on, where nothing else is."""
        self._pairs.append((positions, pairs))

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

    def _place(self, positions: Sequence[int], pairs: list[tuple[str, str]]) -> None:
        free = [place for place in positions if not {place, place + 1} & (self.elements.keys() | self._blank)]
        if len(pairs) > len(free):
            raise CannotWrite(
                f"{self.id} has room for {len(free)} pairs of a code and a value from element {positions[0]} on, "
                f"but there are {len(pairs)}. Leave some out."
            )
        for place, (code, text) in zip(free, pairs, strict=False):
            self.elements[place] = code
            self.elements[place + 1] = text

    def nodes(self) -> list[Node]:
        """The children in the order of the schema. Raises CannotWrite where the schema has no place for one."""
        layout = self.layout or {}
        for node_id in self.groups.keys() - layout.keys():
            raise CannotWrite(
                f"This version of the set has no {node_id} in {self.id or 'the set'}; remove it or use another."
            )
        nodes: list[Node] = []
        for node_id, inner in layout.items():
            for child in self.groups.get(node_id, ()):
                if inner is None:
                    child.alone()
                    nodes.append(SegmentNode(node_id, child.segment()))
                else:
                    head = SegmentNode(node_id.partition("#")[0], child.segment())
                    nodes.append(LoopNode(node_id, [head, *child.nodes()]))
        return nodes

    def alone(self) -> None:
        """Raises CannotWrite where there are segments inside one that begins no loop here: they would be lost."""
        if self.groups:
            raise CannotWrite(
                f"This version of the set has nothing inside {self.id} here, but there would be "
                f"{', '.join(sorted(self.groups))}; leave that out."
            )

    def put_back(self, unmapped: Iterable[Unmapped]) -> None:
        """Merge what the document keeps for this set, in order. Places of other formats (``row 4/colour``) are passed over."""
        repeated: dict[_Place, list[Single]] = {}
        for entry in unmapped:
            place = place_of(entry.source)
            if place is None:
                continue
            if place.repeats:
                repeated.setdefault(place, []).append(entry.value)
            else:
                self._put_back(place, entry.value)
        for place, occurrences in repeated.items():
            self._put_back(place, Repeated(tuple(occurrences)))

    def _put_back(self, place: _Place, value: Element) -> None:
        parent = self._descend(place.steps[:-1], place.source)
        node_id, number = place.steps[-1]
        siblings = parent.groups.setdefault(node_id, [])
        if place.element is not None:
            _at(siblings, number, place.source).fill(place.element, value)
        elif not isinstance(value, tuple):
            if 1 <= number <= len(siblings) and not (siblings[number - 1].elements or siblings[number - 1].groups):
                del siblings[number - 1]
        else:
            draft = parent.child(node_id)
            for position, text in enumerate(value, 1):
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
