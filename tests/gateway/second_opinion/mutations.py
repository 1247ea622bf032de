"""Interchanges broken at a few places, the way that senders break them: each mutation knows what a segment is."""

import random
from collections.abc import Callable

Segments = list[str]
"""An interchange from ISA to IEA, without terminators."""

STRANGERS = (
    "ZZZ*1",
    "BIG*20260304*17",
    "ST*850*0009",
    "N1*ST*SOMEBODY",
    "REF*DP*1",
    "LX*1",
    "HL*9*9*I",
    "SE*2*0001",
    "X*1",
    "MEA*PD*G*5*LB",
)
VALUES = (
    "",
    "QQ",
    "1",
    "-1",
    "1.5",
    "12.",
    "ABC",
    "20261332",
    "2561",
    "A" * 40,
    "A" * 300,
    "A ",
    " A",
    "A>B",
    "1>2>3>4",
    "café",
    "a\tb",
    "^",
    "0",
)


def mutated(segments: Segments, chance: random.Random, times: int) -> Segments:
    """A copy with ``times`` mutations, the same for the same state of ``chance``."""
    segments = list(segments)
    for _ in range(times):
        at = chance.randrange(1, len(segments))
        chance.choice(MUTATIONS)(segments, at, chance)
        if len(segments) < 3:
            break
    return segments


def _drop(segments: Segments, at: int, _: random.Random) -> None:
    del segments[at]


def _repeat(segments: Segments, at: int, _: random.Random) -> None:
    segments.insert(at, segments[at])


def _swap(segments: Segments, at: int, _: random.Random) -> None:
    segments[at - 1 : at + 1] = reversed(segments[at - 1 : at + 1]) if at > 1 else segments[at - 1 : at + 1]


def _move(segments: Segments, at: int, chance: random.Random) -> None:
    segment = segments.pop(at)
    segments.insert(chance.randrange(1, len(segments) + 1), segment)


def _insert(segments: Segments, at: int, chance: random.Random) -> None:
    segments.insert(at, chance.choice(STRANGERS))


def _change(segments: Segments, at: int, chance: random.Random) -> None:
    elements = segments[at].split("*")
    if len(elements) > 1:
        elements[chance.randrange(1, len(elements))] = chance.choice(VALUES)
        segments[at] = "*".join(elements)


def _lose_element(segments: Segments, at: int, chance: random.Random) -> None:
    elements = segments[at].split("*")
    if len(elements) > 1:
        del elements[chance.randrange(1, len(elements))]
        segments[at] = "*".join(elements)


def _lengthen(segments: Segments, at: int, chance: random.Random) -> None:
    segments[at] += "*" * chance.choice((1, 2, 30)) + chance.choice(("", "A"))


def _indent(segments: Segments, at: int, chance: random.Random) -> None:
    segments[at] = chance.choice(("  ", "\t")) + segments[at]


def _blank_end(segments: Segments, at: int, _: random.Random) -> None:
    segments[at] += "  "


def _empty(segments: Segments, at: int, _: random.Random) -> None:
    segments.insert(at, "")


MUTATIONS: tuple[Callable[[Segments, int, random.Random], None], ...] = (
    *(_drop, _repeat, _swap, _move, _insert, _lose_element),
    *(_change,) * 6,
    *(_lengthen, _indent, _blank_end, _empty),
)
