"""Places of a transaction set as people name them: ``REF``, ``PO1/REF``, ``PO1/REF/02``, ``PO1/MEA/04-1``.

The form is that of a finding's path without the numbers of occurrences. A loop is named by its first segment, and so is that
segment itself: ``PO1`` is the loop, ``PO1/03`` the third element of its PO1.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from .schema import CompositeDef, Dictionary, LoopPlace, Place, SegmentDef, SegmentPlace, SetSchema, Use
from .segments import LoopNode, Node, Segment, SegmentNode

Ids = tuple[str, ...]
"""The names of a place and of the loops around it, outermost first."""

_ID = r"[A-Z][A-Z0-9]{1,9}(?:#[2-9])?"
_FORM = re.compile(rf"({_ID}(?:/{_ID})*)(?:/([0-9]{{2}})(?:-([1-9][0-9]?))?)?")


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A segment or loop, or an ``element`` (from 1), or a ``component`` of one."""

    ids: Ids
    element: int | None = None
    component: int | None = None

    def __str__(self) -> str:
        text = "/".join(self.ids)
        if self.element is not None:
            text += f"/{self.element:02}"
        return text if self.component is None else f"{text}-{self.component}"

    @property
    def segment(self) -> "PlaceName":
        """The place without its element."""
        return replace(self, element=None, component=None)


def parse_place(text: str) -> PlaceName:
    """Raises ValueError for what names no place."""
    match = _FORM.fullmatch(text)
    if match is None or match[2] == "00":
        raise ValueError(f"{text!r} names no place")
    path, element, component = match.groups()
    return PlaceName(tuple(path.split("/")), int(element) if element else None, int(component) if component else None)


def named(places: Iterable[Place]) -> Iterator[tuple[str, Place]]:
    """Siblings with the names that tell them apart."""
    seen: dict[str, int] = {}
    for place in places:
        seen[place.tag] = count = seen.get(place.tag, 0) + 1
        yield (place.tag if count == 1 else f"{place.tag}#{count}"), place


@lru_cache(maxsize=1024)
def places_of(schema: SetSchema) -> dict[Ids, Place]:
    """Every place of a set but ST and SE by its name, in the order of the structure."""
    return dict(_places(schema.structure[1:-1], ()))


def _places(places: tuple[Place, ...], around: Ids) -> Iterator[tuple[Ids, Place]]:
    for position, (name, place) in enumerate(named(places)):
        if around and position == 0:
            continue  # the first segment of a loop is called as the loop
        yield (*around, name), place
        if isinstance(place, LoopPlace):
            yield from _places(place.children, (*around, name))


def segment_of(place: Place) -> SegmentPlace:
    """The segment itself, or the one that begins the loop."""
    if isinstance(place, SegmentPlace):
        return place
    first = place.children[0]
    assert isinstance(first, SegmentPlace)
    return first


def definition_at(place: Place, dictionary: Dictionary) -> SegmentDef:
    """What the elements of the segment are at this place."""
    segment = segment_of(place)
    return segment.definition or dictionary.segments[segment.tag]


def uses_of(definition: SegmentDef) -> Iterator[tuple[int, int | None, Use]]:
    """Each element with its position, each composite followed by its components with theirs."""
    for position, use in enumerate(definition.uses, 1):
        yield position, None, use
        if isinstance(use.definition, CompositeDef):
            for component, part in enumerate(use.definition.uses, 1):
                yield position, component, part


def segment_in(node: Node) -> Segment:
    """The segment of a node, or that with which the loop begins."""
    return node.segment if isinstance(node, SegmentNode) else node.head


def below(children: list[Node], prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Sibling nodes with their paths."""
    seen: dict[str, int] = {}
    for node in children:
        seen[node.id] = count = seen.get(node.id, 0) + 1
        yield f"{prefix}{node.id}[{count}]", node


def inside(node: Node) -> list[Node]:
    """What a loop holds behind its first segment; nothing for a segment."""
    return node.children[1:] if isinstance(node, LoopNode) else []


def value_at(segment: Segment, element: int, component: int | None) -> str:
    """The text of an element or component; empty when absent."""
    if component is None:
        return segment.text(element)
    parts = segment.components(element)
    return parts[component - 1] if component <= len(parts) else ""
