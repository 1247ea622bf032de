"""The fast half of validation is sound: what a proof accepts, the exact check accepts; and it is of use: it accepts what is ordinary."""

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.x12.elements import check_segment
from translators.x12.proofs import proof
from translators.x12.schema import CompositeDef, SegmentDef, dictionary, versions

from .generate import make_element, make_segment

COMPONENT = ">"
ODD = [
    "", "0", "-1", "1.5", ".5", "5.", ".", "-", "1-", "+1", "1.2.3", "00", " ", "A", "ZZ", "zz", "20261341", "20240229", "20230229",
    "2400", "235959", "1e5", "A" * 90, "1" * 30, " EA", "EA ",
]  # fmt: skip


def is_sound(definition: SegmentDef, elements: list[str]) -> bool:
    """Whether the proof does not accept what the exact check finds fault with."""
    return not proof(definition)([definition.tag, *elements]) or not check_segment(definition, elements, COMPONENT)


@pytest.mark.parametrize("version", versions())
def test_what_is_proven_is_right(version: str) -> None:
    """Good segments, each then damaged in one place or cut."""
    chance = random.Random(version)
    for (tag, definition), richness in product(dictionary(version).segments.items(), (0.2, 1.0)):
        good = [text for text in make_segment(tag, chance, richness, version).elements if isinstance(text, str)]
        assert is_sound(definition, good)
        for position in range(len(good)):
            assert is_sound(definition, good[:position])
            for odd in chance.sample(ODD, 3):
                assert is_sound(definition, [*good[:position], odd, *good[position + 1 :]])
        assert is_sound(definition, [*good, "X"])
        assert is_sound(definition, [*good, ""])


@pytest.mark.parametrize("version", versions())
def test_every_combination_of_present_and_absent(version: str) -> None:
    """All the ways in which the elements of a note may be there or not, with the others as they must be."""
    for definition in dictionary(version).segments.values():
        every_combination(definition)


def every_combination(definition: SegmentDef) -> None:
    chance = random.Random(definition.tag)
    values = [
        "X" if isinstance(use.definition, CompositeDef) else make_element(use.definition, chance)
        for use in definition.uses
    ]
    for note in definition.notes:
        for there in product((True, False), repeat=len(note.positions)):
            given = dict(zip(note.positions, there, strict=True))
            elements = [
                value if given.get(position, use.required) else ""
                for position, (value, use) in enumerate(zip(values, definition.uses, strict=True), 1)
            ]
            while elements and not elements[-1]:
                elements.pop()
            assert is_sound(definition, elements)


@given(
    st.sampled_from(["PO1", "IT1", "MEA", "ITD", "SAC", "DTM", "N1", "TD5", "HL", "CTT"]),
    st.lists(st.sampled_from(ODD), max_size=12),
)
def test_odd_elements_anywhere(tag: str, elements: list[str]) -> None:
    assert is_sound(dictionary("004010").segments[tag], elements)


@pytest.mark.parametrize("version", versions())
def test_nearly_all_that_is_right_is_proven(version: str) -> None:
    """Else the exact check does the work, and nothing is gained. What is not proven: components, and signs."""
    chance = random.Random(7)
    refused = []
    segments = dictionary(version).segments
    for tag in segments:
        for _ in range(5):
            elements = make_segment(tag, chance, 0.3, version).elements
            plain = all(isinstance(element, str) for element in elements)
            if plain and not proof(segments[tag])([tag, *map(str, elements)]):
                refused.append((tag, elements))
    assert refused == []
