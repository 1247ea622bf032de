"""Places compiled for reading: for each segment of a set, in one version of the tables, the function that reads it.

The segments of a set are passed over once, in their order. What a segment is read into is the frame of the loop that it stands in, which
was left by the segment that began that loop; a value and what is inside it come about together.

A child of a map's own takes part by saying how it is compiled (:class:`Compiles`), or by naming the ids that it reads
(:class:`.gathering.Gathers`): their segments are put aside, and its own ``read`` makes something of them when the set has ended. A set with
a child that does neither is read by the exact way.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from canonical.base import Value, say_also

from ..structure import Plan
from .compiled_records import Unusual
from .field_values import MISSING, absent_values, entry_of, kind_of, validator
from .frames import Frame, PieceReader, Remainder, new_frame
from .gathering import Gathering, Gathers
from .loops import Child, Each, Once, One
from .reading import Fields, Place, Reading
from .record_readers import Every, Readers
from .records import Record
from .stations import NOTHING_INSIDE, Inside, Joining, Station
from .tracing import Traces


@runtime_checkable
class Compiles(Protocol):
    """A child that says itself how it is compiled."""

    def compile(self, place: "PlaceReaders") -> None:
        """Have the place's segments read as its ``read`` does; raises Unusual where there is no compiled form."""
        ...


class PlaceReaders:
    """The readers of a place and of all that is inside it, as they are made for its children.

    ``nodes`` are the places directly in it; ``readers`` has one for each node of the plan. ``said`` is what its value says in any case.
    """

    def __init__(self, plan: Plan, nodes: Iterable[int], model: type[Value], readers: list[Any]) -> None:
        self._plan = plan
        self._nodes = {plan.nodes[node].id: node for node in nodes}
        self._model = model
        self._readers = readers
        self._free = set(self._nodes)
        self._fields: set[str] = set()
        self.said: dict[str, Any] = {}
        self.open = False
        self.absences: list[tuple[int | None, str]] = []

    def add(self, children: Sequence[Child]) -> None:
        """Have children read here."""
        for child in children:
            if type(child) is Once:
                self.first(child.record)
            elif type(child) is One:
                self._one(child)
            elif type(child) is Each:
                self._each(child)
            elif not isinstance(child, Traces):
                raise Unusual
            elif isinstance(child, Compiles):
                child.compile(self)
            elif isinstance(child, Gathers):
                self._gather(child)
            else:
                raise Unusual

    def first(self, record: Record, inside: Sequence[Child] = (), *, always: bool = False) -> None:
        """The first segment of an id is read into the place's own value, and so is what is inside its loop."""
        self._claim({part.name for part in record.parts})
        self.open = True
        node = self._take(record.id)
        within = PlaceReaders(self._plan, self._inside(node), self._model, self._readers)
        within.add(inside)
        if within.said or within.absences:
            raise Unusual
        self._claim(within._fields)
        if node is not None:
            self._readers[self._plan.head(node)] = self._reader(node, record, Joining.FIRST, always=always)

    def loop(self, record: Record, children: Sequence[Child]) -> Inside:
        """Have the inside of the loops that ``record`` begins read, into frames that its reader makes. Each is a value of its own."""
        within = PlaceReaders(self._plan, self._inside(self._nodes.get(record.id)), record.model, self._readers)
        within.add(children)
        if within.absences or {part.name for part in record.parts} & within._fields:
            raise Unusual
        return Inside(within.said, within.open)

    def merged(self, name: str, model: type[Value], records: Sequence[Record]) -> "Nested":
        """The first segment of each record is read into one nested value, which there is as soon as one is understood."""
        self._claim({name})
        self.open = True
        if kind_of(self._model, name) is not model or MISSING in absent_values(model).values():
            raise Unusual
        nested = Nested(name, model)
        for record in records:
            reader = self.reader(record, Joining.FIRST)
            if reader is not None:
                self.put(record.id, nested.reading(reader))
        return nested

    def reader(self, record: Record, joining: Joining = Joining.ANY) -> Readers | None:
        """What reads segments into frames that the caller makes; None where this version does not have them."""
        node = self._nodes.get(record.id)
        return None if node is None else self._reader(node, record, joining)

    def put(self, node_id: str, reader: PieceReader) -> None:
        """Have all segments of an id read by one function."""
        node = self._take(node_id)
        if node is not None:
            self._readers[self._plan.head(node)] = Every(reader)

    def says(self, name: str, entry: type) -> None:
        """Have a field of many said by the readers that are put here."""
        self._claim({name})
        if entry_of(self._model, name) is not entry:
            raise Unusual
        self.said[name] = ()

    def expect(self, node_id: str) -> None:
        """Where no segment of the id is there, that is unmapped."""
        node = self._nodes.get(node_id)
        self.absences.append((None if node is None else self._plan.head(node), f"{node_id}[1]"))

    def _one(self, child: One) -> None:
        self._claim({child.name})
        self.open = True
        if kind_of(self._model, child.name) is not child.record.model:
            raise Unusual
        node = self._take(child.record.id)
        if node is not None:
            self._readers[self._plan.head(node)] = self._reader(node, child.record, Joining.ONE, child.name)

    def _each(self, child: Each) -> None:
        record = child.loop.record
        self.says(child.name, record.model)
        inside = self.loop(record, child.loop.children)
        node = self._take(record.id)
        if node is not None:
            reader = self._reader(node, record, Joining.EACH, child.name, inside, always=child.loop.always)
            self._readers[self._plan.head(node)] = reader

    def _gather(self, child: Gathers) -> None:
        """Put the segments aside for a child of the map's own. What it says of a place without any is known now."""
        found: Fields = {}
        reading = Reading()
        child.read(Place([]), found, reading, "")
        if reading.absences or reading.failed:
            raise Unusual
        self.said |= {name: validator(self._model, name)(value) for name, value in found.items()}
        self._claim(set(found))
        self.open = True
        gathering = Gathering(self._plan, child, self._model, frozenset(found))
        for node_id in child.ids:
            node = self._take(node_id)
            if node is not None:
                for inner, reader in gathering.readers(self._plan, node):
                    self._readers[inner] = reader

    def _claim(self, names: set[str]) -> None:
        """Raises Unusual where another child makes one of these fields too: which of them wins is not known here."""
        if names & self._fields:
            raise Unusual
        self._fields |= names

    def _take(self, node_id: str) -> int | None:
        """The node of an id; None where this version does not have it. Raises Unusual where another child reads it too."""
        node = self._nodes.get(node_id)
        if node is not None:
            if node_id not in self._free:
                raise Unusual
            self._free.discard(node_id)
        return node

    def _inside(self, node: int | None) -> Iterable[int]:
        return () if node is None else self._plan.nodes[node].children[1:]

    def _reader(
        self,
        node: int,
        record: Record,
        joining: Joining,
        name: str = "",
        inside: Inside = NOTHING_INSIDE,
        *,
        always: bool = False,
    ) -> Readers:
        head = self._plan.head(node)
        tag = self._plan.nodes[head].tag
        definition = self._plan.definition(head, tag)
        if definition is None:
            raise Unusual
        composites = self._plan.composites(tag)
        return Readers(Station(record, head, definition, composites, joining, name, inside, always))


class Nested:
    """A value of several segments, in a field of the place's own value."""

    def __init__(self, name: str, model: type[Value]) -> None:
        self._name = name
        self._model = model

    def frame(self, parent: Frame, rest: Remainder) -> Frame:
        """The frame of the value that belongs to a frame of the place."""
        key = (id(parent[0]), id(self))
        frame: Frame | None = rest.kept.get(key)
        if frame is None:
            frame = rest.kept[key] = new_frame(self._model)
        return frame

    def settle(self, frame: Frame, parent: Frame) -> None:
        """Something has been read into the frame, so that there is a value."""
        fields, owner = parent
        if self._name not in owner.model_fields_set:
            fields[self._name] = frame[1]
            say_also(owner, {self._name})

    def reading(self, readers: Readers) -> PieceReader:
        """Reads a segment into the value."""

        def read(piece: list[str], parent: Frame, rest: Remainder) -> None:
            frame = self.frame(parent, rest)
            if readers[len(piece)](piece, frame, rest) is not None:
                self.settle(frame, parent)

        return read


def read_two_texts(piece: list[str], frame: Frame, name: str, rest: Remainder) -> None:
    """Elements 01 and 02 as entries of a field of texts; a blank 02 counts where another segment follows."""
    fields, owner = frame
    found = fields[name]
    if type(found) is tuple:
        found = fields[name] = [*found]
        rest.lists.append((fields, name))
        say_also(owner, {name})
    if len(found) % 2:
        found.append("")
    first, second = (*piece[1:3], "", "")[:2]
    found.append(first)
    if second:
        found.append(second)
    if len(piece) > 3:
        rest.leave(piece, 0b110)
