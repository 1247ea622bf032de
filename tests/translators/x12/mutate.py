"""Valid interchanges broken at one place.

Each mutator takes a source of chance and the bytes of a valid interchange and gives it back changed, with words that say how; or
None where the interchange has nothing that it could break. ``FAULTS`` are faults of syntax in one transaction set, and say what must
be found; ``DAMAGE`` is anything at all, and says nothing. The counts of SE are made to agree with what was added or taken away, so
that one fault is one fault.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from translators.x12.events import InterchangeStart, SetRead
from translators.x12.reader import read
from translators.x12.schema import (
    UNBOUNDED,
    CompositeDef,
    ElementDef,
    LoopPlace,
    Note,
    Place,
    SegmentDef,
    SetSchema,
    Use,
    dictionary,
)
from translators.x12.segments import Delimiters, Element, Repeated

from .generate import make_element, make_segment


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


def _changed(interchange: Opened, index: int, lines: Sequence[bytes], what: str, expected: Expected | None) -> Mutated:
    element = interchange.delimiters.element.encode()
    tags = tuple(line.split(element)[0].decode("latin-1") for line in lines)
    return Mutated(interchange.with_body(index, lines), what, index, tags, expected)


def _at_place(code: tuple[str, str], index: int, path: str | None = None) -> Expected:
    return Expected(frozenset({code[0]}), (index,), frozenset({f"AK304:{code[1]}"}), path)


def _from_place(index: int, most: int = 1) -> Expected:
    """A segment stands where it does not belong: told there, or at the first segment that shows it."""
    return Expected(
        frozenset(code for code, _ in MISPLACED),
        range(index, 10_000),
        frozenset(f"AK304:{ack}" for _, ack in MISPLACED),
        most=most,
    )


MISSING = ("missing-segment", "3")
OUT_OF_ORDER = ("segment-out-of-order", "7")
UNEXPECTED = ("unexpected-segment", "2")
OVER_MAXIMUM = ("segment-over-maximum", "5")
LOOP_OVER_MAXIMUM = ("loop-over-maximum", "4")
UNKNOWN = ("unknown-segment", "1")
NOT_IN_SET = ("segment-not-in-set", "6")
MISPLACED = (OUT_OF_ORDER, UNEXPECTED, OVER_MAXIMUM, LOOP_OVER_MAXIMUM, MISSING)


# Faults of the structure


def drop_mandatory(chance: random.Random, data: bytes) -> Mutated | None:
    """Leave out a mandatory segment that stands once and has nothing below it."""
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    once = [at for at, standing in enumerate(body) if standing.places[-1].required and _is_alone(body, at)]
    if not once:
        return None
    at = chance.choice(once)
    path = "/".join(part for part in (body[at].parent, body[at].place_path.rpartition("/")[2]) if part)
    # What follows may have a place here too; then it shows later.
    expected = replace(_at_place(MISSING, at + 2, path), segment_indexes=range(at + 2, 10_000))
    lines = [standing.text for standing in body]
    return _changed(interchange, index, lines[:at] + lines[at + 1 :], f"{body[at].path} left out", expected)


def _is_alone(body: Sequence[Standing], at: int) -> bool:
    path, place = body[at].path, body[at].place_path
    return not any(
        other is not body[at] and (other.place_path == place or other.path.startswith(f"{path}/")) for other in body
    )


def repeat_too_often(chance: random.Random, data: bytes) -> Mutated | None:
    """Repeat a segment, or a whole loop, until it is once too many."""
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    bounded = [at for at, standing in enumerate(body) if UNBOUNDED < standing.places[-1].limit <= 30]
    if not bounded:
        return None
    at = chance.choice(bounded)
    chosen = body[at]
    same = [other for other in body if other.place_path == chosen.place_path]
    last = max(number for number, other in enumerate(body) if _is_in(other, same[-1]))
    unit = [other.text for other in body if _is_in(other, same[-1])]
    missing = chosen.places[-1].limit + 1 - len(same)
    lines = [standing.text for standing in body]
    lines[last + 1 : last + 1] = unit * missing
    kind = LOOP_OVER_MAXIMUM if chosen.begins_loop else OVER_MAXIMUM
    expected = _at_place(
        kind, index=last + 3 + len(unit) * (missing - 1), path=f"{chosen.place_path}[{chosen.places[-1].limit + 1}]"
    )
    return _changed(interchange, index, lines, f"{chosen.place_path} once too often", expected)


def _is_in(other: Standing, standing: Standing) -> bool:
    return other.path == standing.path or other.path.startswith(f"{standing.path}/")


def swap_neighbours(chance: random.Random, data: bytes) -> Mutated | None:
    """Exchange two segments that stand side by side."""
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    pairs = [at for at in range(len(body) - 1) if body[at].tag != body[at + 1].tag]
    if not pairs:
        return None
    at = chance.choice(pairs)
    lines = [standing.text for standing in body]
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    # The first segment of a loop outside it: it is misplaced itself, and what belongs to it may be missing there.
    most = 2 if body[at].begins_loop or body[at + 1].begins_loop else 1
    expected = _from_place(at + 2, most)
    return _changed(interchange, index, lines, f"{body[at].path} and {body[at + 1].path} exchanged", expected)


def insert_unknown(chance: random.Random, data: bytes) -> Mutated | None:
    """Put in a segment of a name that does not exist."""
    return _insert(chance, data, lambda _schema: (chance.choice(("ZZ9", "Q", "ABCD", "X1")), b"*1"), UNKNOWN)


def insert_foreign(chance: random.Random, data: bytes) -> Mutated | None:
    """Put in a sound segment that exists in the version, but not in this set."""

    def foreign(schema: SetSchema) -> tuple[str, bytes]:
        others = set(dictionary(schema.version).segments) - set(_tags(schema.structure)) - _ENVELOPE
        return chance.choice(sorted(others)), b"*1"

    return _insert(chance, data, foreign, NOT_IN_SET)


def insert_own(chance: random.Random, data: bytes) -> Mutated | None:
    """Put in a sound segment of this set at a place that may not be its own."""
    interchange, index = _one_set(chance, data)
    opened_set = interchange.sets[index]
    at = chance.randint(0, len(opened_set.body))
    tag = chance.choice(sorted(set(_tags(opened_set.schema.structure)) - _ENVELOPE))
    made = make_segment(tag, chance, version=opened_set.schema.version)
    lines = [standing.text for standing in opened_set.body]
    lines.insert(at, _text(tag, made.elements, interchange.delimiters))
    most = max((_demands(place) for place in _loops(opened_set.schema.structure) if place.tag == tag), default=1)
    expected = _from_place(at + 2, most)
    return _changed(interchange, index, lines, f"{tag} put in as segment {at + 2}", expected)


_ENVELOPE = {"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"}


def _insert(
    chance: random.Random, data: bytes, make: Callable[[SetSchema], tuple[str, bytes]], kind: tuple[str, str]
) -> Mutated:
    interchange, index = _one_set(chance, data)
    opened_set = interchange.sets[index]
    at = chance.randint(0, len(opened_set.body))
    tag, rest = make(opened_set.schema)
    lines = [standing.text for standing in opened_set.body]
    lines.insert(at, tag.encode() + rest.replace(b"*", interchange.delimiters.element.encode()))
    expected = _at_place(kind, index=at + 2)
    return _changed(interchange, index, lines, f"{tag} put in as segment {at + 2}", expected)


def _tags(places: Sequence[Place]) -> Iterator[str]:
    for place in places:
        yield place.tag
        if isinstance(place, LoopPlace):
            yield from _tags(place.children)


def _loops(places: Sequence[Place]) -> Iterator[LoopPlace]:
    for place in places:
        if isinstance(place, LoopPlace):
            yield place
            yield from _loops(place.children)


def _demands(loop: LoopPlace) -> int:
    """How many findings one segment can make that begins a loop: the segment itself, and each mandatory place it then lacks."""
    return 1 + sum(place.required for place in loop.children[1:])


def _one_set(chance: random.Random, data: bytes) -> tuple[Opened, int]:
    interchange = opened(data)
    return interchange, chance.randrange(len(interchange.sets))


def _text(tag: str, elements: Sequence[Element], delimiters: Delimiters) -> bytes:
    texts = [tag, *(_spelled(each, delimiters) for each in elements)]
    return delimiters.element.join(texts).encode()


def _spelled(element: Element, delimiters: Delimiters) -> str:
    if isinstance(element, Repeated):
        return (delimiters.repetition or "").join(_spelled(each, delimiters) for each in element.occurrences)
    return element if isinstance(element, str) else delimiters.component.join(element)


def _says_something(element: Element) -> bool:
    return bool(element) if isinstance(element, Repeated) else any(element)


# Faults of elements


@dataclass(frozen=True, slots=True)
class Spot:
    """An element or component of a valid segment."""

    at: int
    element: int
    component: int | None
    use: Use
    text: str

    @property
    def definition(self) -> ElementDef:
        assert isinstance(self.use.definition, ElementDef)
        return self.use.definition


Damage = Callable[[random.Random, ElementDef, str], tuple[str, str, str] | None]
"""From an element to its bad text, the code of the finding and that of AK403; None where it cannot be broken so."""


def _damaged(chance: random.Random, data: bytes, damage: Damage) -> Mutated | None:
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    ways = []
    for spot in _spots(body):
        made = damage(chance, spot.definition, spot.text)
        if made is not None:
            ways.append((spot, made))
    if not ways:
        return None
    spot, (text, code, ack) = chance.choice(ways)
    return _with_element(interchange, index, spot, text, code, ack)


def _with_element(interchange: Opened, index: int, spot: Spot, text: str, code: str, ack: str) -> Mutated:
    body = interchange.sets[index].body
    standing = body[spot.at]
    lines = [each.text for each in body]
    lines[spot.at] = _text(standing.tag, _put(standing.elements, spot, text), interchange.delimiters)
    path = f"{standing.path}/{spot.element:02}" + (f"-{spot.component}" if spot.component else "")
    expected = Expected(
        frozenset({code}), (spot.at + 2,), frozenset({f"AK403:{ack}"}), path, spot.element, spot.component
    )
    return _changed(interchange, index, lines, f"{path} was {spot.text!r} and is {text!r}", expected)


def _spots(body: Sequence[Standing]) -> Iterator[Spot]:
    """Every element and component that is there."""
    for at, standing in enumerate(body):
        for position, (use, element) in enumerate(zip(standing.definition.uses, standing.elements, strict=False), 1):
            if isinstance(use.definition, ElementDef) and isinstance(element, str) and element:
                yield Spot(at, position, None, use, element)
            elif isinstance(use.definition, CompositeDef) and isinstance(element, tuple):
                for number, (inner, part) in enumerate(zip(use.definition.uses, element, strict=False), 1):
                    if part:
                        yield Spot(at, position, number, inner, part)


def _put(elements: Sequence[Element], spot: Spot, text: str) -> list[Element]:
    changed: list[Element] = list(elements)
    changed += [""] * (spot.element - len(changed))
    if spot.component is None:
        changed[spot.element - 1] = text
        return _without_tail(changed)
    found = changed[spot.element - 1]
    assert not isinstance(found, Repeated), "spots are not within repetitions"
    parts = list(found)
    parts += [""] * (spot.component - len(parts))
    parts[spot.component - 1] = text
    changed[spot.element - 1] = tuple(parts)
    return _without_tail(changed)


def _without_tail(elements: list[Element]) -> list[Element]:
    while elements and not _says_something(elements[-1]):
        elements.pop()
    return elements


def _numeric(definition: ElementDef) -> bool:
    return definition.type == "R" or definition.type[0] == "N"


def lengthen(chance: random.Random, data: bytes) -> Mutated | None:
    """Make an element longer than it may be, and nothing else wrong with it."""

    def damage(_chance: random.Random, definition: ElementDef, text: str) -> tuple[str, str, str] | None:
        if definition.maximum is None or definition.maximum > 5_000 or definition.type == "B":
            return None
        digit = "1" if _numeric(definition) or definition.type in ("DT", "TM") else "X"
        length = sum(map(str.isdigit, text)) if _numeric(definition) else len(text)
        return text + digit * (definition.maximum + 1 - length), "element-too-long", "5"

    return _damaged(chance, data, damage)


def shorten(chance: random.Random, data: bytes) -> Mutated | None:
    """Make an element shorter than it may be, and nothing else wrong with it."""

    def damage(_chance: random.Random, definition: ElementDef, text: str) -> tuple[str, str, str] | None:
        if definition.minimum < 2:
            return None
        kept = "".join(character for character in text if character != ".") if _numeric(definition) else text
        return kept[: definition.minimum - 1], "element-too-short", "4"

    return _damaged(chance, data, damage)


def mistype(chance: random.Random, data: bytes) -> Mutated | None:
    """Put characters into an element that its type does not know, or a day or hour that does not exist."""

    def damage(chance: random.Random, definition: ElementDef, text: str) -> tuple[str, str, str] | None:
        match definition.type:
            case "DT":
                return text[:-4] + "0230", "invalid-date", "8"
            case "TM":
                return "24" + text[2:], "invalid-time", "9"
            case "R":
                return chance.choice((text + "A", "1E5", "+1", "1,5", "1.2.3", "-")), "invalid-character", "6"
            case "AN" if not definition.codes:
                return text[:-1] + chance.choice("\x07\x00\x7f"), "invalid-character", "6"
            case kind if kind[0] == "N":
                return chance.choice((text[:-1] + ".", "1.5", "+1", "O")), "invalid-character", "6"
        return None

    return _damaged(chance, data, damage)


def miscode(chance: random.Random, data: bytes) -> Mutated | None:
    """Put a code of the right length that is not in the list."""

    def damage(chance: random.Random, definition: ElementDef, text: str) -> tuple[str, str, str] | None:
        if definition.type != "ID" or not definition.codes:
            return None
        for _ in range(20):
            code = "".join(chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in text)
            if code not in definition.codes:
                return code, "invalid-code", "7"
        return None

    return _damaged(chance, data, damage)


def empty_mandatory(chance: random.Random, data: bytes) -> Mutated | None:
    """Take a mandatory element, or a mandatory component of a composite that has more, out of a segment that has more."""
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    spots = [spot for spot in _spots(body) if spot.use.required and _has_more(body[spot.at].elements, spot)]
    if not spots:
        return None
    return _with_element(interchange, index, chance.choice(spots), "", "missing-element", "1")


def _has_more(elements: Sequence[Element], spot: Spot) -> bool:
    if spot.component is None:
        return sum(map(_says_something, elements)) > 1
    found = elements[spot.element - 1]
    assert not isinstance(found, Repeated), "spots are not within repetitions"
    return sum(map(bool, found)) > 1


def break_note(chance: random.Random, data: bytes) -> Mutated | None:
    """Fill or empty one element so that exactly one relational note of its segment, or of a composite, is broken."""
    interchange, index = _one_set(chance, data)
    body = interchange.sets[index].body
    ways = [way for at in range(len(body)) for way in _ways_to_break(chance, body, at)]
    if not ways:
        return None
    spot, text, note, broken_at = chance.choice(ways)
    code, ack = ("excluded-element", "10") if note.kind == "E" else ("conditional-element-missing", "2")
    made = _with_element(interchange, index, spot, text, code, ack)
    assert made.expected is not None
    inside = spot.component is not None
    path = f"{body[spot.at].path}/" + (f"{spot.element:02}-{broken_at}" if inside else f"{broken_at:02}")
    expected = Expected(
        made.expected.codes,
        (spot.at + 2,),
        made.expected.ack_codes,
        path,
        spot.element if inside else broken_at,
        broken_at if inside else None,
    )
    what = f"note {note.kind}{note.positions} of {body[spot.at].tag}: {made.what}"
    return Mutated(made.data, what, index, made.tags, expected)


def _ways_to_break(chance: random.Random, body: Sequence[Standing], at: int) -> Iterator[tuple[Spot, str, Note, int]]:
    standing = body[at]
    for position, text, note, broken_at in _breaking(
        chance, standing.definition.uses, standing.definition.notes, standing.elements
    ):
        yield Spot(at, position, None, standing.definition.uses[position - 1], ""), text, note, broken_at
    for element, (use, parts) in enumerate(zip(standing.definition.uses, standing.elements, strict=False), 1):
        if isinstance(use.definition, CompositeDef) and isinstance(parts, tuple):
            for position, text, note, broken_at in _breaking(chance, use.definition.uses, use.definition.notes, parts):
                yield Spot(at, element, position, use.definition.uses[position - 1], ""), text, note, broken_at


def _breaking(
    chance: random.Random, uses: Sequence[Use], notes: Sequence[Note], elements: Sequence[Element]
) -> Iterator[tuple[int, str, Note, int]]:
    """Each single change that breaks one note and nothing else: the position, its new text, the note, and where it is told."""
    there = [_says_something(element) for element in elements] + [False] * (len(uses) - len(elements))
    for position, use in enumerate(uses, 1):
        if use.required or isinstance(use.definition, CompositeDef):
            continue
        changed = list(there)
        changed[position - 1] = not there[position - 1]
        broken = [note for note in notes if not holds(note, changed)]
        if len(broken) == 1 and any(changed):
            text = make_element(use.definition, chance) if changed[position - 1] else ""
            yield position, text, broken[0], told_at(broken[0], changed)


def holds(note: Note, there: Sequence[bool]) -> bool:
    """Whether a relational note is kept (X12.6, relational conditions)."""
    has = [there[position - 1] for position in note.positions]
    return {
        "P": all(has) or not any(has),
        "R": any(has),
        "E": sum(has) <= 1,
        "C": not has[0] or all(has[1:]),
        "L": not has[0] or any(has[1:]),
    }[note.kind]


def told_at(note: Note, there: Sequence[bool]) -> int:
    """The element that a broken note is told at: the first that is missing, or the second of two that exclude each other."""
    if note.kind == "E":
        return [position for position in note.positions if there[position - 1]][1]
    operands = note.positions[1:] if note.kind in "CL" else note.positions
    return next(position for position in operands if not there[position - 1])


STRUCTURE_FAULTS: tuple[Mutator, ...] = (
    drop_mandatory,
    repeat_too_often,
    swap_neighbours,
    insert_unknown,
    insert_foreign,
    insert_own,
)
ELEMENT_FAULTS: tuple[Mutator, ...] = (lengthen, shorten, mistype, miscode, empty_mandatory, break_note)
FAULTS: tuple[Mutator, ...] = STRUCTURE_FAULTS + ELEMENT_FAULTS
"""One fault each in one set, with what must be found."""


# Damage of any kind


def flip_bytes(chance: random.Random, data: bytes) -> Mutated | None:
    """Replace, take out or put in a few bytes anywhere."""
    changed = bytearray(data)
    places = []
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        piece = chance.choice((b"", b"*", b"~", b">", b"^", b"\n", b"\xff", b"\xc3\xa9", b"A", b"0", b" ", b"-", b"."))
        changed[at : at + chance.choice((0, 1, 1, 2))] = piece
        places.append(f"{piece!r} at {at}")
    return Mutated(bytes(changed), ", ".join(places))


def cut_off(chance: random.Random, data: bytes) -> Mutated | None:
    """Lose everything after some byte."""
    at = chance.randrange(len(data))
    return Mutated(data[:at], f"cut off at {at}")


def cut_out(chance: random.Random, data: bytes) -> Mutated | None:
    """Lose a piece from the middle."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 5, 20, 100)))
    return Mutated(data[:start] + data[end:], f"without {start} to {end}")


def shuffle_segments(chance: random.Random, data: bytes) -> Mutated | None:
    """Drop, double, move or exchange whole segments, those of the envelope too."""
    terminator = opened(data).delimiters.segment.encode()
    lines = data.split(terminator)[:-1]
    told = []
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.choice(("drop", "double", "move", "exchange")):
            case "drop" if len(lines) > 1:
                told.append(f"segment {at} dropped")
                del lines[at]
            case "double":
                told.append(f"segment {at} doubled")
                lines.insert(at, lines[at])
            case "move":
                told.append(f"segment {at} moved to {to}")
                lines.insert(to, lines.pop(at))
            case _:
                told.append(f"segments {at} and {to} exchanged")
                lines[at], lines[to] = lines[to], lines[at]
    return Mutated(b"".join(line + terminator for line in lines), ", ".join(told))


def exchange_elements(chance: random.Random, data: bytes) -> Mutated | None:
    """Put the text of one element into another, anywhere in the interchange behind its ISA."""
    delimiters = opened(data).delimiters
    element, terminator = delimiters.element.encode(), delimiters.segment.encode()
    lines = [line.split(element) for line in data.split(terminator)[:-1]]
    source, target = chance.choice(lines[1:]), chance.choice(lines[1:])
    if len(source) < 2 or len(target) < 2:
        return None
    text, at = chance.choice(source[1:]), chance.randrange(1, len(target))
    what = f"{target[0].decode('latin-1')}{at:02} is {text!r}"
    target[at] = text
    return Mutated(b"".join(element.join(line) + terminator for line in lines), what)


DAMAGE: tuple[Mutator, ...] = (flip_bytes, cut_off, cut_out, shuffle_segments, exchange_elements)
"""Anything may be found, or nothing."""


def mutated(chance: random.Random, data: bytes) -> Mutated:
    """A valid interchange broken in one way or another."""
    while True:
        made = chance.choice(FAULTS + DAMAGE)(chance, data)
        if made is not None and made.data != data:
            return made
