"""Places compiled for writing: one function for all children of a loop, or of a set, in one version of the tables.

A child says under which ids of its place it writes, and with what: its pieces. They are put into the order of the schema once, when the
place is compiled; the function then passes over a value once and appends finished segments. Where the version has no place for something,
it raises Unusual.

A child of a map's own takes part by naming its pieces (:class:`Pieces`). One that does not is written by its own ``write``, on drafts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from canonical.base import Value

from ..written import ELEMENT
from .compiled_records import Unusual, Writer, function, record_writer, said_by
from .loops import Child, Each, Loop, Once, One
from .records import Record
from .writing import Layout


@dataclass(frozen=True, slots=True)
class Piece:
    """What a child writes under one id of its place.

    ``writers`` write the place's own value or, with ``field``, what that field of it holds, if anything; with ``each``, every
    entry of the field in turn. With ``where_said``, they write the place's value only if that record says anything of it.
    """

    node_id: str
    writers: tuple[Writer, ...]
    field: str | None = None
    each: bool = False
    where_said: Record | None = None


class Site:
    """A place of one version, for which children are compiled. ``layout`` is what is inside it, as with a draft."""

    def __init__(self, layout: "Layout | None") -> None:
        self.layout = layout
        self._ranks = {node_id: rank for rank, node_id in enumerate(layout or ())}
        self._insides: dict[str, Site] = {}
        self._known: dict[tuple[type[Value], int], tuple[Sequence[Child], Writer | None]] = {}

    def ordered(self, node_ids: Iterable[str]) -> list[str]:
        """The ids in the order of the layout, and then those that it does not have."""
        return sorted(node_ids, key=self._rank)

    def offers(self, node_id: str) -> bool:
        """Whether this version of the set has a place for ``node_id`` here."""
        return node_id in self._ranks

    def _rank(self, node_id: str) -> int:
        return self._ranks.get(node_id, len(self._ranks))

    def inside(self, node_id: str) -> "Site":
        """The inside of a loop. Nothing can be written inside a plain segment."""
        if node_id not in self._insides:
            self._insides[node_id] = Site(None if self.layout is None else self.layout.get(node_id))
        return self._insides[node_id]

    def known_children(self, model: type[Value], children: Sequence[Child]) -> Writer | None:
        """As :meth:`children`, made once; None where a child has no compiled form."""
        key = (model, id(children))
        if key not in self._known:
            try:
                self._known[key] = children, self.children(model, children)
            except Unusual:
                self._known[key] = children, None
        return self._known[key][1]

    def children(self, model: type[Value], children: Sequence[Child]) -> Writer:
        """A function that writes all children of a value of ``model``, in the order of the layout. Raises Unusual if there can be none."""
        return self.compiled(model, [piece for child in children for piece in self.pieces_of(child)])

    def compiled(self, model: type[Value], pieces: Iterable[Piece]) -> Writer:
        """As :meth:`children`, for what is already in pieces."""
        names: dict[str, object] = {}
        lines = ["def write(value, texts, unsure):", "    said = value.__dict__"]
        for piece in sorted(pieces, key=lambda piece: self._rank(piece.node_id)):
            lines += [f"    {line}" for line in self._lines(piece, model, names)]
        return function("\n".join(lines), names)

    def _lines(self, piece: Piece, model: type[Value], names: dict[str, object]) -> list[str]:
        writers = [self.writing(piece.node_id, writer) for writer in piece.writers]
        bound = [f"w{len(names) + at}" for at in range(len(writers))]
        names.update(zip(bound, writers, strict=True))
        if piece.field is None:
            condition = "True" if piece.where_said is None else said_by(piece.where_said)
            return [f"if {condition}:", *(f"    {name}(value, texts, unsure)" for name in bound)]
        found = f"said[{piece.field!r}]" if piece.field in model.model_fields else f"value.{piece.field}"
        calls = [f"    {name}(entry, texts, unsure)" for name in bound]
        if piece.each:
            calls = ["    for entry in entry:", *(f"    {call}" for call in calls)]
        return [f"if entry := {found}:", *calls]

    def writing(self, node_id: str, writer: Writer) -> Writer:
        """A writer of segments or loops of an id, or one that raises Unusual if this version has no such place."""
        return writer if self.offers(node_id) else _refusing(writer)

    def pieces_of(self, child: Child) -> Iterable[Piece]:
        """What a child writes at this place."""
        if type(child) is Once:
            return [Piece(child.record.id, (record_writer(child.record),), where_said=child.record)]
        if type(child) is One:
            return [Piece(child.record.id, (record_writer(child.record),), child.name)]
        if type(child) is Each:
            return [Piece(child.loop.record.id, self._loop(child.loop), child.name, each=True)]
        if isinstance(child, Pieces):
            return child.pieces(self)
        raise Unusual

    def _loop(self, loop: Loop) -> tuple[Writer, ...]:
        head = record_writer(loop.record)
        if not loop.children:
            return (head,)
        inside = self.inside(loop.record.id).known_children(loop.record.model, loop.children)
        if inside is None:
            raise Unusual
        return head, inside


@runtime_checkable
class Pieces(Protocol):
    """A child that says how it is compiled. What the pieces write is what its ``write`` writes."""

    def pieces(self, site: Site) -> Iterable[Piece]:
        """Its pieces, one for each id that it writes at the place; raises Unusual where there is no compiled form."""
        ...


def texts_of(node_id: str, size: int, *, first: int = 1) -> Writer:
    """A function that writes texts as the elements of segments from the ``first`` on, ``size`` to each."""

    start_of_each = [node_id.partition("#")[0], *[""] * (first - 1)]

    def write(value: Sequence[str], texts: list[str], unsure: list[str]) -> None:
        unsure += value
        for start in range(0, len(value), size):
            texts.append(ELEMENT.join([*start_of_each, *value[start : start + size]]).rstrip(ELEMENT))

    return write


def _refusing(writer: Writer) -> Writer:
    """For an id that this version has no place for: Unusual if there is anything to write."""

    def write(value: Any, texts: list[str], unsure: list[str]) -> None:
        out_of_place: list[str] = []
        writer(value, out_of_place, unsure)
        if out_of_place:
            raise Unusual

    return write
