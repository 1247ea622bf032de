"""The parts that the X12 rooms hand to each other: delimiters, segments, and a transaction set as a tree.

The tree follows the schema's own nesting, so that a map never has to guess from a qualifier which loop a segment is in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Single: TypeAlias = "str | tuple[str, ...]"
"""An element's text, or, where the schema says composite, the texts of its components. Absent is the empty string."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """An element that stands several times at its place, which the schema must allow (from version 00402 on)."""

    occurrences: tuple[Single, ...]

    def __bool__(self) -> bool:
        return any(self.occurrences)


Element: TypeAlias = "Single | Repeated"
"""What stands at one place of a segment. A single occurrence is never :class:`Repeated`."""


def occurrences(element: Element) -> tuple[Single, ...]:
    """What stands at a place, one after the other; nothing where it is empty."""
    if isinstance(element, Repeated):
        return element.occurrences
    return (element,) if element else ()


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators of one interchange, taken from its ISA (X12.5). ``repetition`` is None before version 00402."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str | None = None


STANDARD_DELIMITERS = Delimiters()
"""What we write with unless a partner's profile says otherwise."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. ``elements[0]`` is element 01. ``index`` counts from 1 at ST; ``offset`` is in bytes from the file's start.

    Composites are tuples; where the schema lets an element repeat and it does, it is :class:`Repeated`.
    """

    tag: str
    elements: tuple[Element, ...] = ()
    index: int = 0
    offset: int = 0

    def text(self, position: int) -> str:
        """The text of the element at ``position`` (from 1); empty when absent; the first occurrence, and the first component."""
        if position > len(self.elements):
            return ""
        element = self._first(position)
        return element if isinstance(element, str) else (element[0] if element else "")

    def components(self, position: int) -> tuple[str, ...]:
        """The components of the element at ``position``, or of its first occurrence; empty when absent."""
        if position > len(self.elements):
            return ()
        element = self._first(position)
        if isinstance(element, str):
            return (element,) if element else ()
        return element

    def _first(self, position: int) -> Single:
        return next(iter(occurrences(self.elements[position - 1])), "")


@dataclass(slots=True)
class SegmentNode:
    """A segment at its place in the schema. ``id`` is the schema's name for the place among its siblings.

    Usually that is the tag; where a tag occurs a second time among the same siblings it is ``REF#2``, the third ``REF#3``. The sets
    of 004010 that we ship have no such place: a tag that comes again (``TXI`` of an 810) is in another loop each time.
    """

    id: str
    segment: Segment


@dataclass(slots=True)
class LoopNode:
    """One occurrence of a loop, named after its first segment (``PO1``, ``N1``, ``SAC#2``). Its first child is that segment."""

    id: str
    children: "list[Node]" = field(default_factory=list)

    @property
    def head(self) -> Segment:
        first = self.children[0]
        assert isinstance(first, SegmentNode)
        return first.segment


Node: TypeAlias = SegmentNode | LoopNode


@dataclass(slots=True)
class TransactionSet:
    """One transaction set as the schema nests it, without ST and SE.

    ``version`` is the version of the table it was read by (``004010``). Children stand in the order of the schema; a path
    such as ``PO1[3]/REF[1]/02`` is made of node ids and 1-based occurrence numbers among siblings of that id, and an
    element position of two digits (with ``-n`` for a component, ``03-2``).
    """

    set_id: str
    version: str
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[tuple[str, Segment]]:
        """Each segment with its path, in document order."""
        yield from _walk(self.children, "")


def _walk(children: list[Node], prefix: str) -> Iterator[tuple[str, Segment]]:
    seen: dict[str, int] = {}
    for node in children:
        seen[node.id] = occurrence = seen.get(node.id, 0) + 1
        path = f"{prefix}{node.id}[{occurrence}]"
        if isinstance(node, SegmentNode):
            yield path, node.segment
        else:
            yield path, node.head
            yield from _walk(node.children[1:], path + "/")
