"""One segment and the fields of a canonical value, described once and used both ways."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from canonical.base import Value

from ..segments import Element, SegmentNode
from ..values import CannotWrite
from .codes import Codes
from .forms import TEXT, Form
from .reading import Fields, Reading, trimmed
from .writing import Draft


class Part(Protocol):
    """Some elements of a segment that make one field."""

    @property
    def name(self) -> str: ...

    @property
    def position(self) -> int: ...

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        """Set ``fields[name]`` if the elements are there and well-formed. Returns the elements taken as a bit mask."""
        ...

    def write(self, value: Any, draft: Draft) -> None:
        """Put the elements for the field's value, which is neither None nor empty."""
        ...


def text_at(elements: tuple[Element, ...], position: int) -> str:
    """The element as text: empty when absent, and also when it repeats or is a composite of more than one component."""
    if position > len(elements):
        return ""
    element = elements[position - 1]
    if isinstance(element, str):
        return element
    short = trimmed(element)
    return short[0] if isinstance(short, tuple) and len(short) == 1 else ""


@dataclass(frozen=True, slots=True)
class Field:
    """One element, one field. ``composite`` where the schema has a composite of which only the first component is meant.

    ``unsaid`` is a text that means no more than an absent element; a :class:`Fixed` puts it back.
    """

    name: str
    position: int
    form: Form = TEXT
    composite: bool = False
    unsaid: str = ""

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        text = text_at(elements, self.position)
        if text == self.unsaid or not text:
            return 0
        try:
            fields[self.name] = self.form.parse(text)
        except ValueError:
            return 0
        return 1 << self.position

    def write(self, value: Any, draft: Draft) -> None:
        text = self.form.render(value)
        draft.put(self.position, (text,) if self.composite else text)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of a closed list of names. Codes outside the table are read as ``other`` and stay unmapped beside it.

    ``fallback`` is what is written for ``other`` where nothing unmapped says better; None leaves the element empty.
    ``unsaid`` is the name that is not written at all: what the absent element means.
    """

    name: str
    position: int
    codes: Codes
    other: str
    fallback: str | None = None
    unsaid: str | None = None

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        text = text_at(elements, self.position)
        if not text:
            return 0
        if not self.codes.known(text):
            fields[self.name] = self.other
            return 1 << self.position if text == self.fallback else 0
        name = fields[self.name] = self.codes.name(text)
        return 0 if name == self.unsaid else 1 << self.position

    def write(self, value: Any, draft: Draft) -> None:
        if value == self.unsaid:
            return
        if value != self.other:
            draft.put(self.position, self.codes.code(value))
        elif self.fallback is not None:
            draft.default(self.position, self.fallback)


@dataclass(frozen=True, slots=True)
class Group:
    """Several elements that make one nested value; without those in ``needed``, or without any, there is none.

    ``often``: the same few values come again and again, so that it pays to remember them.
    """

    name: str
    model: type[Value]
    parts: tuple[Field, ...]
    needed: tuple[str, ...] = ()
    often: bool = False

    @property
    def position(self) -> int:
        return self.parts[0].position

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        inner: Fields = {}
        mask = 0
        for part in self.parts:
            mask |= part.read(elements, inner)
        if not inner or any(name not in inner for name in self.needed):
            return 0
        fields[self.name] = inner
        return mask

    def write(self, value: Any, draft: Draft) -> None:
        for part in self.parts:
            _write_part(part, value, draft)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Code and value, code and value, ...; places left blank between them are kept as such."""

    name: str
    position: int
    last: int
    keys: tuple[str, str]
    form: Form

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        found: list[Fields] = []
        mask = 0
        code_key, text_key = self.keys
        for position in range(self.position, min(self.last, len(elements)), 2):
            code, text = text_at(elements, position), text_at(elements, position + 1)
            if code and text:
                found.append({code_key: self.form.parse(code), text_key: text})
                mask |= 0b11 << position
        if found:
            fields[self.name] = found
        return mask

    def gaps(self, elements: tuple[Element, ...]) -> Iterator[int]:
        """The places that are blank although something follows them."""
        for position in range(self.position, min(self.last, len(elements)), 2):
            if not text_at(elements, position) and not text_at(elements, position + 1):
                yield position

    def write(self, value: Any, draft: Draft) -> None:
        texts = [(self.form.render(getattr(entry, self.keys[0])), getattr(entry, self.keys[1])) for entry in value]
        draft.put_pairs(range(self.position, self.last, 2), texts)


@dataclass(frozen=True, slots=True)
class Series:
    """The same element several times, as far as there is no gap."""

    name: str
    position: int
    last: int

    def read(self, elements: tuple[Element, ...], fields: Fields) -> int:
        found: list[str] = []
        for position in range(self.position, min(self.last, len(elements)) + 1):
            text = text_at(elements, position)
            if not text:
                break
            found.append(text)
        if found:
            fields[self.name] = found
        return ((1 << len(found)) - 1) << self.position

    def write(self, value: Any, draft: Draft) -> None:
        room = self.last - self.position + 1
        if len(value) > room:
            raise CannotWrite(f"{len(value)} {self.name} are too many: {draft.id} has room for {room}.")
        for index, text in enumerate(value):
            draft.put(self.position + index, text)


@dataclass(frozen=True, slots=True)
class Fixed:
    """An element X12 wants and the trade has no word for. ``beside``: only where that other element is given."""

    position: int
    text: str
    beside: int | None = None

    def read(self, node: SegmentNode, reading: Reading) -> None:
        elements = node.segment.elements
        if self.beside is not None and not text_at(elements, self.beside):
            return
        if text_at(elements, self.position) == self.text:
            reading.take(node, 1 << self.position)
        elif self.position > len(elements) or not trimmed(elements[self.position - 1]):
            reading.blank(node, self.position)

    def write(self, draft: Draft) -> None:
        draft.default(self.position, self.text, self.beside)


class Record:
    """A segment as the fields of ``model``, or of a part of it.

    ``needed`` names the fields without which the segment says nothing to us and stays unmapped as a whole.
    """

    __slots__ = ("accepts", "fixed", "id", "model", "needed", "pairs", "parts")

    def __init__(
        self,
        node_id: str,
        model: type[Value],
        *parts: Part,
        fixed: tuple[Fixed, ...] = (),
        needed: tuple[str, ...] = (),
        accepts: Callable[[SegmentNode], bool] | None = None,
    ) -> None:
        unknown = {part.name for part in parts} - model.model_fields.keys()
        if unknown:
            raise ValueError(f"{model.__name__} has no field {', '.join(sorted(unknown))}")
        self.id = node_id
        self.model = model
        self.parts = parts
        self.pairs = [part for part in parts if isinstance(part, Pairs)]
        self.fixed = fixed
        self.needed = needed
        self.accepts = accepts

    def read(self, node: SegmentNode, reading: Reading, at: str | None = None) -> Fields | None:
        """The fields found, or None if there are none. With ``at``, each is traced as ``at`` plus its name."""
        if self.accepts is not None and not self.accepts(node):
            return None
        fields: Fields = {}
        mask = 0
        elements = node.segment.elements
        for part in self.parts:
            mask |= part.read(elements, fields)
        if not fields or any(name not in fields for name in self.needed):
            return None
        reading.take(node, mask)
        for fixed in self.fixed:
            fixed.read(node, reading)
        for pairs in self.pairs:
            for position in pairs.gaps(elements):
                reading.blank(node, position)
        if at is not None:
            for part in self.parts:
                if part.name in fields:
                    reading.origin(at + part.name, node, part.position)
        return fields

    def says(self, value: Value) -> bool:
        """Whether ``value`` has anything that this segment would carry."""
        return any(getattr(value, part.name) not in (None, ()) for part in self.parts)

    def write(self, value: Value, draft: Draft) -> None:
        if draft.postpones(self, value):
            return
        for part in self.parts:
            _write_part(part, value, draft)
        for fixed in self.fixed:
            fixed.write(draft)


def _write_part(part: Part, value: Any, draft: Draft) -> None:
    found = getattr(value, part.name)
    if found is not None and found != ():
        part.write(found, draft)
