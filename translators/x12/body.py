"""The inside of a transaction set: its segments in their order, each with the step that led to it, and the tree they make."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from .schema import CompositeDef, SegmentDef, Use
from .segments import Delimiters, Element, LoopNode, Node, Repeated, Segment, SegmentNode, TransactionSet
from .structure import Plan, Step

Piece = Segment | list[str]
"""A segment, or its tag and elements as they were split, where nothing in it needed a closer look."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which segment of a set: its name, its number from ST on, and its offset in the file."""

    tag: str
    index: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Pieces that followed each other without a gap: the first is ``first`` in the body, segment ``number`` of the set, and begins at
    ``offset``; ``gap`` bytes lie between two of them."""

    first: int
    number: int
    offset: int
    gap: int


class Body:
    """Filled by the validator, then read. The tree is made when it is first asked for: who only validates does not pay for it."""

    def __init__(self, set_id: str, version: str, plan: Plan) -> None:
        self.plan = plan
        self.set_id = set_id
        self.version = version
        self.steps: list[Step] = []
        self.pieces: list[Piece] = []
        self._stretches: list[_Stretch] = []
        self._examined = False
        self._tree: TransactionSet | None = None
        self._open: list[int] = []
        self._seen = 0
        self._found: tuple[int, Place] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self.tree == other.tree

    __hash__ = None  # type: ignore[assignment]

    def add(self, step: Step, segment: Segment) -> None:
        self.steps.append(step)
        self.pieces.append(segment)
        self._examined = True

    def stretch(self, first: int, number: int, offset: int, gap: int) -> None:
        """Pieces from ``first`` on came from a run: the first of them is segment ``number`` of the set and stood at ``offset``."""
        self._stretches.append(_Stretch(first, number, offset, gap))

    @property
    def tree(self) -> TransactionSet:
        if self._tree is None:
            self._tree = TransactionSet(self.set_id, self.version)
            self._grow(self._tree.children)
        return self._tree

    def plain(self) -> list[list[str]] | None:
        """Every segment as its tag and the texts of its elements; None where an element of one is more than one text."""
        if not self._examined:
            return self.pieces  # type: ignore[return-value]
        found: list[list[str]] = []
        for piece in self.pieces:
            texts = _texts(piece) if isinstance(piece, Segment) else piece
            if texts is None:
                return None
            found.append(texts)
        return found

    def segments(self) -> Iterator[Segment]:
        """Every segment, with its number and offset."""
        stretches = iter([*self._stretches, _Stretch(len(self.pieces) + 1, 0, 0, 0)])
        following = next(stretches)
        number = offset = gap = 0
        for position, piece in enumerate(self.pieces):
            while position == following.first:
                number, offset, gap = following.number, following.offset, following.gap
                following = next(stretches)
            if isinstance(piece, Segment):
                yield piece
                continue
            yield Segment(piece[0], self._elements(piece), number, offset)
            number += 1
            offset += _size(piece) + gap

    def innermost(self) -> Place | None:
        """The segment that began the innermost loop that is open; None at the top."""
        for position in range(self._seen, len(self.steps)):
            step = self.steps[position]
            del self._open[step.keep :]
            if step.opens:
                self._open.append(position)
        self._seen = len(self.steps)
        return self._place(self._open[-1]) if self._open else None

    def _place(self, position: int) -> Place:
        """Where a piece stands. The last answer is kept: many faults in one loop ask for its head again and again."""
        piece = self.pieces[position]
        if isinstance(piece, Segment):
            return Place(piece.tag, piece.index, piece.offset)
        if self._found is not None and self._found[0] == position:
            return self._found[1]
        at = bisect_right(self._stretches, position, key=_first) - 1
        stretch = self._stretches[at]
        before = self.pieces[stretch.first : position]
        size = sum(_size(each) + stretch.gap for each in before if not isinstance(each, Segment))
        place = Place(piece[0], stretch.number + len(before), stretch.offset + size)
        self._found = (position, place)
        return place

    def _elements(self, piece: list[str]) -> tuple[Element, ...]:
        return elements_of(piece, self.plan.composites(piece[0]))

    def _grow(self, children: list[Node]) -> None:
        nodes = self.plan.nodes
        open_loops: list[LoopNode] = []
        for step, segment in zip(self.steps, self.segments(), strict=True):
            del open_loops[step.keep :]
            siblings = open_loops[-1].children if open_loops else children
            if step.opens:
                loop = LoopNode(nodes[step.counter].id)
                siblings.append(loop)
                open_loops.append(loop)
                siblings = loop.children
            siblings.append(SegmentNode(nodes[step.target].id, segment))


def elements_of(piece: list[str], composites: frozenset[int]) -> tuple[Element, ...]:
    """The elements of a split segment, of which those at ``composites`` are composites of one component."""
    if not composites:
        return tuple(piece[1:])
    return tuple((text,) if text and position in composites else text for position, text in enumerate(piece[1:], 1))


def _first(stretch: _Stretch) -> int:
    return stretch.first


def _texts(segment: Segment) -> list[str] | None:
    """A segment's tag and the texts of its elements; None where one is not one text."""
    texts = [segment.tag]
    for element in segment.elements:
        if isinstance(element, str):
            texts.append(element)
        elif isinstance(element, tuple) and len(element) == 1 and element[0]:
            texts.append(element[0])
        else:
            return None
    return texts


def _size(piece: list[str]) -> int:
    """The bytes of a segment without its terminator."""
    return sum(map(len, piece)) + len(piece) - 1


def segment_of(
    definition: SegmentDef, tag: str, texts: list[str], separators: Delimiters, index: int, offset: int
) -> Segment:
    """A segment from its elements' texts, without empty ones at its end; composites and repetitions are split."""
    while texts and not texts[-1]:
        texts.pop()
    elements: list[Element] = list(texts)
    for position, use in enumerate(definition.uses[: len(elements)]):
        text = texts[position]
        if use.repeat != 1 and separators.repetition and separators.repetition in text:
            elements[position] = _repeated(use, text.split(separators.repetition), separators.component)
        elif isinstance(use.definition, CompositeDef) and text:
            elements[position] = _components(text, separators.component)
    return Segment(tag, tuple(elements), index, offset)


def _repeated(use: Use, texts: list[str], component: str) -> Element:
    """Every occurrence that says something."""
    found = [text for text in texts if text.strip(component)]
    if isinstance(use.definition, CompositeDef):
        split = tuple(_components(text, component) for text in found)
        return split[0] if len(split) == 1 else Repeated(split)
    return found[0] if len(found) == 1 else Repeated(tuple(found))


def _components(text: str, separator: str) -> tuple[str, ...]:
    components = text.split(separator)
    while len(components) > 1 and not components[-1]:
        components.pop()
    return tuple(components)
