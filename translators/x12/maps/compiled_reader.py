"""A whole set compiled for reading: from the validator's split segments straight to the canonical document.

``SetMap.read_exactly``, with its tree, its records and its :class:`.reading.Reading`, says what a set means, and what is wrong with it.
What is read here is the same, for all that is in the ordinary; whatever is not raises Unusual, and is left to the exact way: a check that
finds something, a value that validation refuses, an element that repeats.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from canonical.base import Value, proven
from canonical.document import Unmapped
from canonical.documents import AnyDocument
from canonical.trace import LazyTrace

from ..body import Body, elements_of
from ..segments import Segment, SegmentNode
from ..structure import ROOT, Plan
from .compiled_reading import PlaceReaders
from .compiled_records import Unusual
from .field_values import MISSING, absent_values
from .frames import Frame, Remainder
from .layout import layout_of
from .loops import Child
from .reading import Reading, entry, leftovers, whole
from .record_readers import Every
from .records import Record
from .tracing import Spot, trace_all

Check = Callable[[Any, Reading], None]
"""A rule of the trade over a whole document; what it finds goes into the reading's remarks."""


class CompiledReader:
    """The head and the children of a set under one plan."""

    def __init__(
        self, plan: Plan, model: type[Value], head: Record, children: Sequence[Child], checks: Sequence[Check]
    ) -> None:
        self._model = model
        self._head = head
        self._children = children
        self._checks = checks
        self._readers: list[Any] = [_PASS_OVER] * len(plan.nodes)
        place = PlaceReaders(plan, plan.siblings(ROOT), model, self._readers)
        self._compiled = True
        try:
            place.first(head)
            place.add(children)
        except Unusual:
            self._compiled = False
        self._absent = absent_values(model) | place.said | {"type": model.__name__}
        self._said = {*place.said, "type", "unmapped", "trace"}
        self._absences = place.absences
        self._layout = layout_of(plan.schema.structure)
        self._depth = max(len(plan.chain(node.index)) for node in plan.nodes) + 1

    def read(self, body: Body, trace: Callable[[], dict[str, str]]) -> AnyDocument:
        """The document in a valid set, in which all is well. Raises Unusual where that is not certain. ``trace`` finds its trace."""
        pieces = body.plain() if self._compiled else None
        if pieces is None:
            raise Unusual
        rest = Remainder()
        fields = self._absent.copy()
        document: Any = proven(self._model, fields, self._said)
        self._pass(body, pieces, (fields, document), rest)
        for reader, frame, found in rest.endings:
            reader.read(found, frame, rest)
        rest.close_lists()
        rest.absent += [path for node, path in self._absences if (id(fields), node) not in rest.first]
        fields["unmapped"] = _unmapped(body, pieces, rest)
        told = partial(self._trace, fields.copy(), document.model_fields_set)
        fields["trace"] = LazyTrace(trace if rest.skipped else told)
        _check_finished([fields, *rest.unfinished])
        checking = _Checking(rest.heads)
        for check in self._checks:
            check(document, checking)
        read: AnyDocument = document
        return read

    def _trace(self, fields: dict[str, Any], said: set[str]) -> dict[str, str]:
        """The trace of a document with these fields. (Not of the document itself, which holds the trace.)"""
        places: dict[str, str] = {}
        spot = Spot(fields, said, "", "", self._layout)
        spot.tell(self._head, f"{self._head.id}[1]", places)
        trace_all(self._children, spot, places)
        return places

    def _pass(self, body: Body, pieces: list[list[str]], root: Frame, rest: Remainder) -> None:
        """Have every segment read, in the order in which they stand."""
        readers, left = self._readers, rest.left
        frames: list[Any] = [None] * (self._depth + 1)
        frames[0] = root
        for step, piece in zip(body.steps, pieces, strict=True):
            keep = step.keep
            parent = frames[keep]
            if parent is None:
                left.append((piece, None))
                made = None
            else:
                made = readers[step.target][len(piece)](piece, parent, rest)
            if step.opens:
                frames[keep + 1] = made


def _leave(piece: list[str], _: Frame, rest: Remainder) -> None:
    rest.left.append((piece, None))


_EVERYTHING = -1
"""A mask of elements that were taken: all of them."""

_PASS_OVER = Every(_leave)
"""For places that the map knows nothing of."""


def _check_finished(values: list[dict[str, Any]]) -> None:
    """Raises Unusual where a value lacks something that its model demands."""
    if any(value is MISSING for fields in values for value in fields.values()):
        raise Unusual


class _Checking(Reading):
    """For checks of a document that was read the compiled way: if one of them has something to say, that is for the exact one."""

    def __init__(self, heads: dict[str, list[str]]) -> None:
        self._heads = heads

    def remark(self, *_: Any, **__: Any) -> None:
        raise Unusual

    def segment_of(self, field: str) -> SegmentNode:
        piece = self._heads[field]
        return SegmentNode(piece[0], Segment(piece[0], tuple(piece[1:])))


def _unmapped(body: Body, pieces: list[list[str]], rest: Remainder) -> tuple[Unmapped, ...]:
    """What the map did not take, as :meth:`.reading.Reading.unmapped` has it."""
    found: list[Unmapped] = []
    taken = {id(piece): mask for piece, mask in rest.left}
    blanks: dict[int, list[int]] = {}
    for piece, position in rest.blanks:
        blanks.setdefault(id(piece), []).append(position)
    for piece, path in _paths(body, pieces, {*taken, *blanks}):
        found += _left_of(piece, path, taken.get(id(piece), _EVERYTHING), body.plan.composites(piece[0]))
        found += [entry(f"{path}/{position:02d}", "") for position in blanks.get(id(piece), ())]
    return (*found, *(entry(source, "") for source in rest.absent))


def _left_of(piece: list[str], path: str, mask: int | None, composites: frozenset[int]) -> Iterable[Unmapped]:
    if mask is None:
        return whole(path, elements_of(piece, composites))
    if composites:
        return leftovers(path, elements_of(piece, composites), mask)
    left = [(position, text) for position, text in enumerate(piece) if text and not mask >> position & 1 and position]
    return [entry(f"{path}/{position:02d}", text) for position, text in left]


def _paths(body: Body, pieces: list[list[str]], wanted: set[int]) -> list[tuple[list[str], str]]:
    """The wanted segments, named by their identity, with their paths. Looks no further than the last of them."""
    nodes, chain = body.plan.nodes, body.plan.chain
    counts = [0] * len(nodes)
    found: list[tuple[list[str], str]] = []
    for step, piece in zip(body.steps, pieces, strict=True):
        if len(found) == len(wanted):
            break
        place = step.counter
        counts[place] += 1
        if step.opens:
            end = nodes[place].end
            counts[place + 1 : end] = [0] * (end - place - 1)
        if id(piece) in wanted:
            path = "/".join([f"{nodes[each].id}[{counts[each]}]" for each in (*chain(place), place)])
            found.append((piece, path))
    return found
