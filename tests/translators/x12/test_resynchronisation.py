"""One fault, one finding, at its place, and the rest still judged: for every set and version there are tables for."""

import random

import pytest

from canonical.finding import Finding, Severity
from translators.x12.events import SetRead
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions

from .generate import frame, make_set
from .mutate import (
    Mutated,
    Mutator,
    break_note,
    empty_mandatory,
    insert_foreign,
    insert_unknown,
    lengthen,
    miscode,
    mistype,
    repeat_too_often,
    shorten,
)

TABLES = [(version, set_id) for version in versions() for set_id in dictionary(version).sets]
PLAIN_FAULTS = (
    repeat_too_often,
    insert_unknown,
    insert_foreign,
    lengthen,
    shorten,
    mistype,
    miscode,
    empty_mandatory,
    break_note,
)
"""Faults that can be explained in one way only."""


def faults_of(made: Mutated) -> list[list[Finding]]:
    """What is found in each set, but for notes."""
    reads = [event for event in read([made.data]) if isinstance(event, SetRead)]
    return [[found for found in each.findings if found.severity is not Severity.NOTE] for each in reads]


@pytest.mark.parametrize("mutator", PLAIN_FAULTS, ids=lambda mutator: mutator.__name__)
@pytest.mark.parametrize(("version", "set_id"), TABLES)
def test_one_fault_is_one_finding_at_its_place(version: str, set_id: str, mutator: Mutator) -> None:
    for seed in range(3):
        chance = random.Random(f"{seed} {version} {set_id} {mutator.__name__}")
        data = frame(set_id, [make_set(set_id, chance, 0.15, version) for _ in range(2)], version=version)
        made = mutator(chance, data)
        if made is None:
            continue
        assert made.expected is not None
        faults = faults_of(made)
        (fault,) = faults.pop(made.set_index)
        assert fault.code in made.expected.codes, made.what
        assert fault.ack_code in made.expected.ack_codes, made.what
        assert fault.segment_index in made.expected.segment_indexes, made.what
        assert fault.path == (made.expected.path or fault.path), made.what
        assert (fault.element, fault.component) == (made.expected.element, made.expected.component), made.what
        assert faults == [[]]
