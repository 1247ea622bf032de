"""Faults of single elements: too long, too short, of the wrong type, no code of the list, missing."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from translators.x12.schema import CompositeDef, ElementDef, Use
from translators.x12.segments import Element, Repeated

from .anatomy import Expected, Mutated, Opened, Standing, changed, one_set, says_something, spelled_segment


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
    interchange, index = one_set(chance, data)
    body = interchange.sets[index].body
    ways = []
    for spot in _spots(body):
        made = damage(chance, spot.definition, spot.text)
        if made is not None:
            ways.append((spot, made))
    if not ways:
        return None
    spot, (text, code, ack) = chance.choice(ways)
    return with_element(interchange, index, spot, text, code, ack)


def with_element(interchange: Opened, index: int, spot: Spot, text: str, code: str, ack: str) -> Mutated:
    body = interchange.sets[index].body
    standing = body[spot.at]
    lines = [each.text for each in body]
    lines[spot.at] = spelled_segment(standing.tag, _put(standing.elements, spot, text), interchange.delimiters)
    path = f"{standing.path}/{spot.element:02}" + (f"-{spot.component}" if spot.component else "")
    expected = Expected(
        frozenset({code}), (spot.at + 2,), frozenset({f"AK403:{ack}"}), path, spot.element, spot.component
    )
    return changed(interchange, index, lines, f"{path} was {spot.text!r} and is {text!r}", expected)


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
    while elements and not says_something(elements[-1]):
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
    interchange, index = one_set(chance, data)
    body = interchange.sets[index].body
    spots = [spot for spot in _spots(body) if spot.use.required and _has_more(body[spot.at].elements, spot)]
    if not spots:
        return None
    return with_element(interchange, index, chance.choice(spots), "", "missing-element", "1")


def _has_more(elements: Sequence[Element], spot: Spot) -> bool:
    if spot.component is None:
        return sum(map(says_something, elements)) > 1
    found = elements[spot.element - 1]
    assert not isinstance(found, Repeated), "spots are not within repetitions"
    return sum(map(bool, found)) > 1
