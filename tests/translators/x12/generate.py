"""Valid transaction sets made from the schema, and what is needed to compare, frame and break them.

What is valid here is the syntax: types, lengths, codes, notes, order, repeats. Totals and hierarchies are not made to agree.
"""

import datetime
import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from translators import registry
from translators.x12.elements import check_note
from translators.x12.places import named
from translators.x12.schema import (
    CompositeDef,
    ElementDef,
    LoopPlace,
    Note,
    Place,
    Use,
    dictionary,
)
from translators.x12.segments import Element, LoopNode, Node, Repeated, Segment, SegmentNode, Single
from translators.x12.write import DEFAULT_FORM, Envelope, Form, GroupToWrite, SetToWrite, interchange

VERSION = "004010"
SETS = tuple(set_id for set_id in registry.supported_sets() if set_id in dictionary(VERSION).sets)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TEXT = _LETTERS + "0123456789 .,-/'&"


def transaction_sets(set_id: str, richness: float = 0.15, version: str = VERSION) -> st.SearchStrategy[list[Node]]:
    """Nodes of valid sets, without ST and SE. ``richness`` is the chance of each optional segment, loop and element."""
    seeds = st.integers(min_value=0, max_value=2**32)
    return seeds.map(lambda seed: make_set(set_id, random.Random(seed), richness, version))


def make_set(set_id: str, chance: random.Random, richness: float = 0.15, version: str = VERSION) -> list[Node]:
    """One valid set, the same for the same state of ``chance``."""
    schema = dictionary(version).sets[set_id]
    return _places(schema.structure[1:-1], chance, richness, version)


def _places(places: Sequence[Place], chance: random.Random, richness: float, version: str) -> list[Node]:
    nodes: list[Node] = []
    behind: dict[str, int] = {}
    for name, place in named(places):
        tag, _, again = name.partition("#")
        times = _times(place, chance, richness)
        if again and behind[tag] == len(nodes) and not place.required:
            # With nothing between it and the place before of the same tag, nobody could say at which of the two it stands.
            times = 0
        for _ in range(times):
            if isinstance(place, LoopPlace):
                nodes.append(LoopNode(name, _places(place.children, chance, richness * 0.7, version)))
            else:
                nodes.append(SegmentNode(name, make_segment(place.tag, chance, richness, version)))
        behind[tag] = len(nodes)
    return nodes


def _times(place: Place, chance: random.Random, richness: float) -> int:
    if not place.required and chance.random() >= richness:
        return 0
    return chance.choice((1, 1, 2)) if place.limit != 1 else 1


def make_segment(tag: str, chance: random.Random, richness: float = 0.15, version: str = VERSION) -> Segment:
    """One valid segment."""
    definition = dictionary(version).segments[tag]
    elements = _elements(definition.uses, definition.notes, chance, richness)
    return Segment(tag, tuple(elements))


def _elements(uses: Sequence[Use], notes: Sequence[Note], chance: random.Random, richness: float) -> list[Element]:
    given = _presence(uses, notes, chance, richness)
    elements: list[Element] = [
        _repeated(use, chance, richness) if there else "" for use, there in zip(uses, given, strict=True)
    ]
    while elements and not elements[-1]:
        elements.pop()
    return elements


def _presence(uses: Sequence[Use], notes: Sequence[Note], chance: random.Random, richness: float) -> list[bool]:
    """Which elements are there, so that every note is kept."""
    for share in (richness, richness / 3, 0.0):
        given = [use.required or chance.random() < share for use in uses]
        if not any(given):
            given[chance.randrange(len(given))] = True
        for _ in range(20):
            broken = [
                note for note in notes if check_note(note, [("x" if there else "") for there in given], "") is not None
            ]
            if not broken:
                return given
            for note in broken:
                _repair(note, given, uses)
    given = [True] + [use.required for use in uses[1:]]
    for note in notes:
        if check_note(note, [("x" if there else "") for there in given], "") is not None:
            _repair(note, given, uses)
    return given


def _repair(note: Note, given: list[bool], uses: Sequence[Use]) -> None:
    positions = [position - 1 for position in note.positions]
    if note.kind in "PC":
        for position in positions:
            given[position] = True
    elif note.kind == "R":
        given[positions[0]] = True
    elif note.kind == "L":
        given[positions[1]] = True
    else:
        there = [position for position in positions if given[position]]
        keep = next((position for position in there if uses[position].required), there[0])
        for position in there:
            given[position] = position == keep


def _repeated(use: Use, chance: random.Random, richness: float) -> Element:
    """One occurrence, or several where the schema lets the element repeat."""
    if use.repeat == 1 or chance.random() < 0.5:
        return _single(use, chance, richness)
    return Repeated(tuple(_single(use, chance, richness) for _ in range(chance.randint(2, 3))))


def _single(use: Use, chance: random.Random, richness: float) -> Single:
    if isinstance(use.definition, CompositeDef):
        parts = _elements(use.definition.uses, use.definition.notes, chance, richness)
        return tuple(part for part in parts if isinstance(part, str))
    return make_element(use.definition, chance)


def make_element(definition: ElementDef, chance: random.Random) -> str:
    """One valid element in its normal form: no needless zeros, blanks or signs."""
    kind, least, most = definition.type, max(1, definition.minimum), definition.maximum or 80
    if definition.codes:
        fitting = sorted(code for code in definition.codes if least <= len(code) <= most)
        return chance.choice(fitting)
    if kind == "DT":
        day = datetime.date(1990, 1, 1) + datetime.timedelta(days=chance.randrange(20_000))
        return f"{day:%Y%m%d}"[-most:]
    if kind == "TM":
        return f"{chance.randrange(24):02}{chance.randrange(60):02}"
    if kind == "R" or kind[0] == "N":
        return _number(kind, least, min(most, 9), chance)
    alphabet = _LETTERS if kind == "ID" else _TEXT
    length = chance.randint(least, max(least, min(most, 30)))
    text = "".join(chance.choice(alphabet) for _ in range(length))
    return chance.choice(_LETTERS) + text[1:-1] + chance.choice(_LETTERS) if length > 1 else chance.choice(_LETTERS)


def _number(kind: str, least: int, most: int, chance: random.Random) -> str:
    digits = chance.randint(least, most)
    text = chance.choice("123456789") + "".join(chance.choice("0123456789") for _ in range(digits - 1))
    if kind == "R" and digits > 2 and text[-1] != "0" and chance.random() < 0.5:
        return f"{text[:-2]}.{text[-2:]}"
    return text


ENVELOPE = Envelope(
    "ZZ", "SUPPLIER", "01", "123456789", 42, datetime.datetime(2026, 3, 4, 15, 16, tzinfo=datetime.UTC), test=True
)


def frame(set_id: str, sets: Sequence[Sequence[Node]], form: Form = DEFAULT_FORM, version: str = VERSION) -> bytes:
    """An interchange with one group that holds these sets; in versions with repeated elements ISA11 separates them."""
    if version > "00402" and form.delimiters.repetition is None:
        repetition = "^" if form.delimiters.element != "^" else "`"
        form = replace(form, delimiters=replace(form.delimiters, repetition=repetition))
    functional_id = dictionary(version).sets[set_id].functional_id
    numbered = [SetToWrite(set_id, f"{number:04}", nodes) for number, nodes in enumerate(sets, 1)]
    group = GroupToWrite(functional_id, 7, version, "SUPPLIER", "DISTRIBUTOR", numbered)
    return interchange(replace(ENVELOPE, version=version[:5]), [group], form)


Shape = tuple[str, object]


def shape(nodes: Sequence[Node]) -> list[Shape]:
    """What a tree says, without places in a file: to compare trees."""
    return [
        (node.id, (node.segment.tag, node.segment.elements))
        if isinstance(node, SegmentNode)
        else (node.id, shape(node.children))
        for node in nodes
    ]
