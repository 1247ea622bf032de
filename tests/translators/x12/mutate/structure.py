"""Faults of the structure: segments left out, too many, in the wrong place, or unknown."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from translators.x12.schema import UNBOUNDED, LoopPlace, Place, SetSchema, dictionary

from ..generate import make_segment
from .anatomy import Expected, Mutated, Mutator, Standing, changed, one_set, spelled_segment

MISSING = ("missing-segment", "3")
OUT_OF_ORDER = ("segment-out-of-order", "7")
UNEXPECTED = ("unexpected-segment", "2")
OVER_MAXIMUM = ("segment-over-maximum", "5")
LOOP_OVER_MAXIMUM = ("loop-over-maximum", "4")
UNKNOWN = ("unknown-segment", "1")
NOT_IN_SET = ("segment-not-in-set", "6")
MISPLACED = (OUT_OF_ORDER, UNEXPECTED, OVER_MAXIMUM, LOOP_OVER_MAXIMUM, MISSING)
"""Code of the finding, and AK304."""


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


def drop_mandatory(chance: random.Random, data: bytes) -> Mutated | None:
    """Leave out a mandatory segment that stands once and has nothing below it."""
    interchange, index = one_set(chance, data)
    body = interchange.sets[index].body
    once = [at for at, standing in enumerate(body) if standing.places[-1].required and _is_alone(body, at)]
    if not once:
        return None
    at = chance.choice(once)
    path = "/".join(part for part in (body[at].parent, body[at].place_path.rpartition("/")[2]) if part)
    # What follows may have a place here too; then it shows later.
    expected = replace(_at_place(MISSING, at + 2, path), segment_indexes=range(at + 2, 10_000))
    lines = [standing.text for standing in body]
    return changed(interchange, index, lines[:at] + lines[at + 1 :], f"{body[at].path} left out", expected)


def _is_alone(body: Sequence[Standing], at: int) -> bool:
    path, place = body[at].path, body[at].place_path
    return not any(
        other is not body[at] and (other.place_path == place or other.path.startswith(f"{path}/")) for other in body
    )


def repeat_too_often(chance: random.Random, data: bytes) -> Mutated | None:
    """Repeat a segment, or a whole loop, until it is once too many."""
    interchange, index = one_set(chance, data)
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
    return changed(interchange, index, lines, f"{chosen.place_path} once too often", expected)


def _is_in(other: Standing, standing: Standing) -> bool:
    return other.path == standing.path or other.path.startswith(f"{standing.path}/")


def swap_neighbours(chance: random.Random, data: bytes) -> Mutated | None:
    """Exchange two segments that stand side by side."""
    interchange, index = one_set(chance, data)
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
    return changed(interchange, index, lines, f"{body[at].path} and {body[at + 1].path} exchanged", expected)


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
    interchange, index = one_set(chance, data)
    opened_set = interchange.sets[index]
    at = chance.randint(0, len(opened_set.body))
    tag = chance.choice(sorted(set(_tags(opened_set.schema.structure)) - _ENVELOPE))
    made = make_segment(tag, chance, version=opened_set.schema.version)
    lines = [standing.text for standing in opened_set.body]
    lines.insert(at, spelled_segment(tag, made.elements, interchange.delimiters))
    most = max((_demands(place) for place in _loops(opened_set.schema.structure) if place.tag == tag), default=1)
    expected = _from_place(at + 2, most)
    return changed(interchange, index, lines, f"{tag} put in as segment {at + 2}", expected)


_ENVELOPE = {"ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"}


def _insert(
    chance: random.Random, data: bytes, make: Callable[[SetSchema], tuple[str, bytes]], kind: tuple[str, str]
) -> Mutated:
    interchange, index = one_set(chance, data)
    opened_set = interchange.sets[index]
    at = chance.randint(0, len(opened_set.body))
    tag, rest = make(opened_set.schema)
    lines = [standing.text for standing in opened_set.body]
    lines.insert(at, tag.encode() + rest.replace(b"*", interchange.delimiters.element.encode()))
    expected = _at_place(kind, index=at + 2)
    return changed(interchange, index, lines, f"{tag} put in as segment {at + 2}", expected)


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


STRUCTURE_FAULTS: tuple[Mutator, ...] = (
    drop_mandatory,
    repeat_too_often,
    swap_neighbours,
    insert_unknown,
    insert_foreign,
    insert_own,
)
