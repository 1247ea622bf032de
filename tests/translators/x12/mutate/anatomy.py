"""A valid interchange taken apart, so that something in it can be changed, and what a change is expected to show."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from translators.x12.events import InterchangeStart, SetRead
from translators.x12.reader import read
from translators.x12.schema import LoopPlace, Place, SegmentDef, SetSchema, dictionary
from translators.x12.segments import Delimiters, Element, Repeated


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be found: one finding with one of these codes, at one of these segments counted from ST, and its AK304 or AK403.

    ``path`` is None where it depends on which loop was taken. ``most`` is more than 1 where one change breaks the structure twice.
    """

    codes: frozenset[str]
    segment_indexes: Sequence[int]
    ack_codes: frozenset[str]
    path: str | None = None
    element: int | None = None
    component: int | None = None
    most: int = 1


@dataclass(frozen=True, slots=True)
class Mutated:
    """A broken interchange. ``what`` says how it was broken; ``expected`` what must be found, where that is known."""

    data: bytes
    what: str
    set_index: int = -1
    tags: tuple[str, ...] = ()
    expected: Expected | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One segment of a valid set. ``places`` are the loops around it in the schema, then its own place."""

    path: str
    text: bytes
    elements: tuple[Element, ...]
    definition: SegmentDef
    places: tuple[Place, ...]

    @property
    def tag(self) -> str:
        return self.definition.tag

    @property
    def begins_loop(self) -> bool:
        return isinstance(self.places[-1], LoopPlace)

    @property
    def parent(self) -> str:
        """The path of the loop around this segment, or around the loop that it begins; empty at the top."""
        return self.path.rpartition("/")[0]

    @property
    def place_path(self) -> str:
        """The path without the occurrence of the last place: what is the same for all repeats of one place."""
        return self.path.rpartition("[")[0]


@dataclass(frozen=True, slots=True)
class OpenedSet:
    """One set of a valid interchange; ``start`` and ``end`` are the bytes from its ST to behind its SE."""

    schema: SetSchema
    head: bytes
    body: tuple[Standing, ...]
    trailer: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A valid interchange taken apart."""

    data: bytes
    delimiters: Delimiters
    sets: tuple[OpenedSet, ...] = field(default=())

    def with_body(self, index: int, body: Sequence[bytes]) -> bytes:
        """The interchange with other segments between ST and SE of a set; SE01 counts them."""
        changed = self.sets[index]
        element, terminator = self.delimiters.element.encode(), self.delimiters.segment.encode()
        trailer = changed.trailer.split(element)
        trailer[1] = str(len(body) + 2).encode()
        lines = [changed.head, *body, element.join(trailer)]
        return (
            self.data[: changed.start]
            + b"".join(line + terminator for line in lines)
            + self.data[changed.end :].lstrip(b"\r\n")
        )


def opened(data: bytes) -> Opened:
    """Take a valid interchange apart. Its lines may end in line breaks; they are lost in the sets that are changed."""
    delimiters, sets = Delimiters(), []
    for event in read([data]):
        if isinstance(event, InterchangeStart):
            delimiters = event.header.delimiters
        elif isinstance(event, SetRead):
            assert event.tree is not None
            assert not event.findings, event.findings
            sets.append(_opened_set(data, delimiters, event))
    return Opened(data, delimiters, tuple(sets))


def _opened_set(data: bytes, delimiters: Delimiters, read_set: SetRead) -> OpenedSet:
    assert read_set.tree is not None
    tables = dictionary(read_set.tree.version)
    schema = tables.sets[read_set.tree.set_id]
    terminator = delimiters.segment.encode()
    lines, at = [], read_set.offset
    for _ in range(read_set.segment_count):
        end = data.index(terminator, at)
        lines.append(data[at:end].strip(b"\r\n"))
        at = end + len(terminator)
    body = tuple(
        Standing(path, lines[segment.index - 1], segment.elements, tables.segments[segment.tag], _places(schema, path))
        for path, segment in read_set.tree.walk()
    )
    return OpenedSet(schema, lines[0], body, lines[-1], read_set.offset, at)


def _places(schema: SetSchema, path: str) -> tuple[Place, ...]:
    """The places that a path names, from the outermost loop on."""
    siblings, found = schema.structure, []
    for step in path.split("/"):
        tag, _, number = step.partition("[")[0].partition("#")
        place = [each for each in siblings if each.tag == tag][int(number or 1) - 1]
        found.append(place)
        siblings = place.children[1:] if isinstance(place, LoopPlace) else ()
    return tuple(found)


Mutator = Callable[[random.Random, bytes], Mutated | None]


def changed(interchange: Opened, index: int, lines: Sequence[bytes], what: str, expected: Expected | None) -> Mutated:
    element = interchange.delimiters.element.encode()
    tags = tuple(line.split(element)[0].decode("latin-1") for line in lines)
    return Mutated(interchange.with_body(index, lines), what, index, tags, expected)


def one_set(chance: random.Random, data: bytes) -> tuple[Opened, int]:
    interchange = opened(data)
    return interchange, chance.randrange(len(interchange.sets))


def spelled_segment(tag: str, elements: Sequence[Element], delimiters: Delimiters) -> bytes:
    texts = [tag, *(_spelled(each, delimiters) for each in elements)]
    return delimiters.element.join(texts).encode()


def _spelled(element: Element, delimiters: Delimiters) -> str:
    if isinstance(element, Repeated):
        return (delimiters.repetition or "").join(_spelled(each, delimiters) for each in element.occurrences)
    return element if isinstance(element, str) else delimiters.component.join(element)


def says_something(element: Element) -> bool:
    return bool(element) if isinstance(element, Repeated) else any(element)
