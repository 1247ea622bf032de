"""Children of a map's own that read their segments at the end of the set, by their own ``read``."""

from collections.abc import Iterator
from typing import Any, Protocol, TypeAlias, runtime_checkable

from canonical.base import Value, say_also

from ..body import elements_of
from ..segments import LoopNode, Node, Segment, SegmentNode
from ..structure import Plan
from .compiled_records import Unusual
from .field_values import validator
from .frames import Frame, Remainder
from .reading import Fields, Place, Reading
from .record_readers import Every


@runtime_checkable
class Gathers(Protocol):
    """A child whose ``read`` looks at nothing but the segments and loops of these ids at its place."""

    @property
    def ids(self) -> tuple[str, ...]: ...

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None: ...


Gathered: TypeAlias = list[tuple[int, list[str]]]
"""Segments put aside, each with the number of its place in the plan."""


class Gathering:
    """A child of a map's own at a place, and the putting aside of its segments. It makes the fields ``said`` whatever is there.

    It knows the nodes of a plan, but not the plan, which must not live as long as what is compiled for it.
    """

    def __init__(self, plan: Plan, child: Gathers, model: type[Value], said: frozenset[str]) -> None:
        self._nodes = plan.nodes
        self._child = child
        self._model = model
        self._said = said
        self._composites: dict[str, frozenset[int]] = {}

    def readers(self, plan: Plan, begin: int) -> Iterator[tuple[int, Every]]:
        """What puts the segments of a place aside, for the segment that begins it and for each that is inside its loop."""
        head = plan.head(begin)
        for number in range(head, plan.nodes[begin].end):
            tag = plan.nodes[number].tag
            self._composites[tag] = plan.composites(tag)
            yield number, Every(self._beginning(number) if number == head else self._going_on(number))

    def _beginning(self, number: int) -> Any:
        def begin(piece: list[str], parent: Frame, rest: Remainder) -> Gathered:
            key = (id(parent[0]), id(self))
            found: Gathered | None = rest.kept.get(key)
            if found is None:
                found = rest.kept[key] = []
                rest.endings.append((self, parent, found))
            found.append((number, piece))
            return found

        return begin

    def _going_on(self, number: int) -> Any:
        def go_on(piece: list[str], gathered: Gathered, _: Remainder) -> Gathered:
            gathered.append((number, piece))
            return gathered

        return go_on

    def read(self, gathered: Gathered, frame: Frame, rest: Remainder) -> None:
        """Have the child read what was put aside, into the frame. Raises Unusual where it finds something wrong."""
        nodes, pieces = self._tree(gathered)
        found: Fields = {}
        reading = Reading()
        self._child.read(Place(nodes), found, reading, "")
        fields, owner = frame
        if reading.remarked or reading.absences or owner.model_fields_set & (found.keys() - self._said):
            raise Unusual
        try:
            fields.update((name, validator(self._model, name)(value)) for name, value in found.items())
        except ValueError:
            raise Unusual from None
        say_also(owner, found)
        _tell_what_is_left(pieces, reading, rest)

    def _tree(self, gathered: Gathered) -> tuple[list[Node], list[tuple[SegmentNode, list[str]]]]:
        """The nodes as :attr:`.body.Body.tree` has them, and each segment's node with the segment."""
        top: list[Node] = []
        pieces: list[tuple[SegmentNode, list[str]]] = []
        loops: dict[int, list[Node]] = {}
        for number, piece in gathered:
            place = self._nodes[number]
            node = SegmentNode(place.id, Segment(piece[0], elements_of(piece, self._composites[piece[0]])))
            pieces.append((node, piece))
            around = place.parent
            if around >= 0 and number == around + 1:
                loop = LoopNode(self._nodes[around].id, [node])
                loops[around] = loop.children
                loops.get(self._nodes[around].parent, top).append(loop)
            else:
                loops.get(around, top).append(node)
        return top, pieces


def _tell_what_is_left(pieces: list[tuple[SegmentNode, list[str]]], reading: Reading, rest: Remainder) -> None:
    for node, piece in pieces:
        taken = reading.taken(node)
        if taken is None:
            rest.skip(piece)
        else:
            rest.leave(piece, taken)
    by_node = {id(node): piece for node, piece in pieces}
    rest.blanks.extend((by_node[id(node)], position) for node, position in reading.blanks)
