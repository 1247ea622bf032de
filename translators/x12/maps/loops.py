"""Segments and loops at a place: how they become fields of the value that the place stands for, and back.

A map is a sequence of these, in the order of the schema.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from canonical.base import Value

from ..segments import Node
from .reading import Fields, Place, Reading, head_of
from .records import Record
from .tracing import Spot, trace_all
from .writing import Draft


class Child(Protocol):
    """What one or more ids at a place mean."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        """Set fields of the place's value from the segments found. ``at`` is the value's own path (``lines.2.``)."""
        ...

    def write(self, value: Any, draft: Draft) -> None:
        """Add to ``draft`` what the fields of ``value`` say."""
        ...


@dataclass(frozen=True, slots=True)
class Once:
    """The first segment of an id, whose fields belong to the place's own value."""

    record: Record

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        node = place.first(self.record.id)
        if node is not None:
            fields.update(self.record.read(head_of(node), reading, at) or {})

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        spot.tell(self.record, f"{spot.path}{self.record.id}[1]", places)

    def write(self, value: Any, draft: Draft) -> None:
        if self.record.says(value):
            self.record.write(value, draft.add(self.record.id))


@dataclass(frozen=True, slots=True)
class Loop:
    """A segment, or a loop, that is a value of its own: the fields of its head and of what is inside.

    ``always``: there is a value even if nothing in the head is understood (an order line).
    """

    record: Record
    children: tuple[Child, ...] = ()
    always: bool = False

    def read(self, node: Node, reading: Reading, at: str) -> Fields | None:
        head = head_of(node)
        fields = self.record.read(head, reading, at if self.always else None)
        if fields is None:
            if not self.always:
                return None
            fields = {}
            reading.take(head)
        if self.children:
            place = Place.of(node)
            for child in self.children:
                child.read(place, fields, reading, at)
        return fields

    def trace(self, spot: Spot, path: str, places: dict[str, str]) -> None:
        """The fields of one value, whose segment is at ``path``."""
        if self.always:
            spot.tell(self.record, path, places)
        trace_all(self.children, spot, places)

    def write(self, value: Value, draft: Draft) -> None:
        inner = draft.add(self.record.id)
        if inner.postpones(self.record, value, self.children):
            return
        self.record.write(value, inner)
        for child in self.children:
            child.write(value, inner)


@dataclass(frozen=True, slots=True)
class Each:
    """All segments or loops of an id, as a tuple of values."""

    name: str
    loop: Loop

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        found: list[Fields] = fields.setdefault(self.name, [])
        for node in place.nodes(self.loop.record.id):
            path = f"{at}{self.name}.{len(found)}"
            value = self.loop.read(node, reading, path + ".")
            if value is not None:
                found.append(value)
                reading.origin(path, head_of(node))

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        for index, value in enumerate(spot.fields[self.name]):
            at, node_id, number = f"{spot.at}{self.name}.{index}", self.loop.record.id, index + 1
            path = f"{spot.path}{node_id}[{number}]"
            if self.loop.always or self.loop.children:
                self.loop.trace(spot.inside(value, at, node_id, number), path, places)
            places[at] = path

    def write(self, value: Any, draft: Draft) -> None:
        for entry in getattr(value, self.name):
            self.loop.write(entry, draft)


@dataclass(frozen=True, slots=True)
class One:
    """The first segment of an id, as one nested value."""

    name: str
    record: Record

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        node = place.first(self.record.id)
        if node is None:
            return
        value = self.record.read(head_of(node), reading)
        if value is not None:
            fields[self.name] = value
            reading.origin(at + self.name, head_of(node))

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        if self.name in spot.said:
            places[f"{spot.at}{self.name}"] = f"{spot.path}{self.record.id}[1]"

    def write(self, value: Any, draft: Draft) -> None:
        entry = getattr(value, self.name)
        if entry is not None:
            self.record.write(entry, draft.add(self.record.id))


def each(name: str, record: Record, *children: Child) -> Each:
    return Each(name, Loop(record, children))
