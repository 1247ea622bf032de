"""One fault, one finding, at its place, and the rest still judged: for every set and version there are tables for."""

import random
from collections.abc import Sequence

import pytest

from canonical.finding import Finding, Severity
from translators.x12.events import SetRead
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions

from .generate import frame, make_set
from .grammar import is_legal
from .mutate import ELEMENT_FAULTS, FAULTS
from .mutate.anatomy import Mutated, Mutator, Opened, opened
from .mutate.structure import drop_mandatory, insert_own, repeat_too_often, swap_neighbours

TABLES = [(version, set_id) for version in versions() for set_id in dictionary(version).sets]
MAY_BE_LEGAL = (drop_mandatory, repeat_too_often, swap_neighbours, insert_own)
"""What is one too many here may be welcome at the next place of its name, and so on."""

each_table = pytest.mark.parametrize(("version", "set_id"), TABLES)


def broken(version: str, set_id: str, mutator: Mutator, seed: int) -> Mutated | None:
    chance = random.Random(f"{seed} {version} {set_id} {mutator.__name__}")
    return mutator(chance, frame(set_id, [make_set(set_id, chance, 0.15, version) for _ in range(2)], version=version))


def faults_of(data: bytes) -> list[list[Finding]]:
    """What is found in each set, but for notes."""
    reads = [event for event in read([data]) if isinstance(event, SetRead)]
    return [[found for found in each.findings if found.severity is not Severity.NOTE] for each in reads]


@pytest.mark.parametrize("mutator", FAULTS, ids=lambda mutator: mutator.__name__)
@each_table
def test_one_fault_is_one_finding_at_its_place(version: str, set_id: str, mutator: Mutator) -> None:
    for seed in range(3):
        made = broken(version, set_id, mutator, seed)
        if made is None:
            continue
        assert made.expected is not None
        faults = faults_of(made.data)
        found = faults.pop(made.set_index)
        assert faults == [[]]
        if mutator in MAY_BE_LEGAL and is_legal(dictionary(version).sets[set_id], made.tags):
            assert found == [], made.what
            continue
        assert 1 <= len(found) <= made.expected.most, made.what
        for fault in found:
            assert fault.code in made.expected.codes, made.what
            assert fault.ack_code in made.expected.ack_codes, made.what
            assert fault.segment_index in made.expected.segment_indexes, made.what
            assert fault.path == (made.expected.path or fault.path), made.what
            assert (fault.element, fault.component) == (made.expected.element, made.expected.component), made.what


@pytest.mark.parametrize("stranger", ["ZZ9*1", "B3*1"])
@each_table
def test_a_second_fault_later_in_the_set_is_found_too(version: str, set_id: str, stranger: str) -> None:
    chance = random.Random(f"{version} {set_id} {stranger}")
    for mutator in ELEMENT_FAULTS:
        made = broken(version, set_id, mutator, 0)
        if made is None or made.expected is None:
            continue
        later = made.expected.segment_indexes[0]
        data = with_segment(made, stranger.encode(), chance.randint(2, later))
        first, second = faults_of(data)[made.set_index]
        assert first.segment == stranger.partition("*")[0]
        assert (second.code, second.segment_index) == (min(made.expected.codes), later + 1)
        assert second.path == made.expected.path


@each_table
def test_two_misplaced_segments_are_two_findings(version: str, set_id: str) -> None:
    for seed in range(4):
        chance = random.Random(f"{seed} {version} {set_id}")
        interchange = opened(frame(set_id, [make_set(set_id, chance, 0.3, version)], version=version))
        lines = [standing.text for standing in interchange.sets[0].body]
        half = len(lines) // 2
        if half < 3:
            continue
        early, late = chance.randrange(half - 2), chance.randrange(half + 1, len(lines) - 1)
        both = exchanged(exchanged(lines, early), late)
        if structural(interchange, exchanged(lines, early)) and structural(interchange, exchanged(lines, late)):
            assert len(structural(interchange, both)) >= 2


def exchanged(lines: Sequence[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def structural(interchange: Opened, lines: Sequence[bytes]) -> list[Finding]:
    (faults,) = faults_of(interchange.with_body(0, lines))
    return [fault for fault in faults if (fault.ack_code or "").startswith("AK304")]


def with_segment(made: Mutated, line: bytes, index: int) -> bytes:
    """Another segment in the broken set, as number ``index`` of it; SE counts it."""
    lines = made.data.split(b"~")
    starts = [number for number, each in enumerate(lines) if each.startswith(b"ST*")]
    ends = [number for number, each in enumerate(lines) if each.startswith(b"SE*")]
    start, end = starts[made.set_index], ends[made.set_index]
    _, count, number = lines[end].split(b"*")
    lines[end] = b"SE*%d*%s" % (int(count) + 1, number)
    lines.insert(start + index - 1, line)
    return b"~".join(lines)
