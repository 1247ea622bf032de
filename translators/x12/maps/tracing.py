"""Where the fields of a document came from, told from the document itself.

A set that was read without passing over any segment that its map knows has left its order in the document: the third line is the third
``PO1``. So a trace need not be written down while reading; whoever asks for it has it made (:class:`canonical.trace.LazyTrace`), field by
field in the order in which :class:`.reading.Reading` would have told them.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from canonical.base import Value

from .records import Record
from .writing import Layout


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of the document: its fields, the names of those that were said, its own path (``lines.2.``), that of its place
    (``PO1[3]/``), and what the version of the set has inside that."""

    fields: Mapping[str, Any]
    said: Set[str]
    at: str
    path: str
    layout: "Layout | None"

    def inside(self, value: Value, at: str, node_id: str, number: int) -> "Spot":
        """The spot of a value in the loop ``number`` of an id at this place."""
        layout = None if self.layout is None else self.layout.get(node_id)
        return Spot(value.__dict__, value.model_fields_set, f"{at}.", f"{self.path}{node_id}[{number}]/", layout)

    def offers(self, node_id: str) -> bool:
        """Whether this version of the set has a place for ``node_id`` here."""
        return self.layout is not None and node_id in self.layout

    def tell(self, record: Record, path: str, places: dict[str, str]) -> None:
        """The places of the fields that the segment at ``path`` says of the value."""
        for part in record.parts:
            if part.name in self.said:
                places[f"{self.at}{part.name}"] = f"{path}/{part.position:02d}"


@runtime_checkable
class Traces(Protocol):
    """A child that knows the places of what it has read."""

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        """Tell the place of each field that its ``read`` gives an origin, in the same order. It has passed over no segment."""
        ...


def trace_all(children: Iterable[Any], spot: Spot, places: dict[str, str]) -> None:
    """Have each child, which must be one that :class:`Traces`, tell its places."""
    for child in children:
        child.trace(spot, places)
