"""Faults of the relational notes: elements that must come together, or exclude each other, and do not."""

import random
from collections.abc import Iterator, Sequence

from translators.x12.schema import CompositeDef, Note, Use
from translators.x12.segments import Element

from ..generate import make_element
from .anatomy import Expected, Mutated, Standing, one_set, says_something
from .elements import Spot, with_element


def break_note(chance: random.Random, data: bytes) -> Mutated | None:
    """Fill or empty one element so that exactly one relational note of its segment, or of a composite, is broken."""
    interchange, index = one_set(chance, data)
    body = interchange.sets[index].body
    ways = [way for at in range(len(body)) for way in _ways_to_break(chance, body, at)]
    if not ways:
        return None
    spot, text, note, broken_at = chance.choice(ways)
    code, ack = ("excluded-element", "10") if note.kind == "E" else ("conditional-element-missing", "2")
    made = with_element(interchange, index, spot, text, code, ack)
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
    there = [says_something(element) for element in elements] + [False] * (len(uses) - len(elements))
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
