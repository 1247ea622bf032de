"""Words of ours for segments, elements and codes: enough of them, and only for what exists."""

import pytest

from translators.x12 import naming
from translators.x12.naming import code_names, element_name, segment_name
from translators.x12.schema import CompositeDef, ElementDef, LoopPlace, Place, dictionary, versions

FIRST = ("850", "855", "856", "810", "997")
RARE = {"GF", "TSD", "L7", "SI"}


def tags(places: tuple[Place, ...]) -> set[str]:
    found = {place.tag for place in places}
    for place in places:
        if isinstance(place, LoopPlace):
            found |= tags(place.children)
    return found


@pytest.mark.parametrize("set_id", FIRST)
def test_every_segment_of_the_first_sets_has_a_name(set_id: str) -> None:
    assert [tag for tag in sorted(tags(dictionary("004010").sets[set_id].structure)) if segment_name(tag) is None] == []


@pytest.mark.parametrize("set_id", FIRST)
def test_nearly_every_element_of_the_first_sets_has_a_name(set_id: str) -> None:
    table = dictionary("004010")
    numbers = {
        use.definition.number if isinstance(use.definition, ElementDef) else use.definition.key
        for tag in tags(table.sets[set_id].structure)
        for use in table.segments[tag].uses
    }
    named = [number for number in numbers if element_name(number) is not None]
    assert len(named) / len(numbers) > 0.75


def test_the_envelope_has_names() -> None:
    table = dictionary("004010")
    for tag in ("ISA", "IEA", "GS", "GE", "ST", "SE"):
        for use in table.segments[tag].uses:
            assert isinstance(use.definition, ElementDef)
            assert element_name(use.definition.number), (tag, use.definition.number)


def known() -> tuple[set[str], set[str]]:
    """Tags and numbers of all versions."""
    segments: set[str] = set()
    elements: set[str] = set()
    for version in versions():
        table = dictionary(version)
        segments |= table.segments.keys()
        elements |= table.elements.keys()
        elements |= {
            use.definition.key
            for definition in table.segments.values()
            for use in definition.uses
            if isinstance(use.definition, CompositeDef)
        }
    return segments, elements


def test_nothing_has_a_name_that_does_not_exist() -> None:
    segments, elements = known()
    names = naming._loaded()
    assert sorted(names["segments"].keys() - segments) == []
    assert sorted(names["elements"].keys() - elements) == []
    assert sorted(names["codes"].keys() - elements) == []


def test_codes_with_names_are_in_their_lists() -> None:
    listed: dict[str, set[str]] = {}
    for version in versions():
        for number, definition in dictionary(version).elements.items():
            listed.setdefault(number, set()).update(definition.codes or ())
    wrong = [
        (number, code)
        for number in naming._loaded()["codes"]
        for code in code_names(number)
        if listed[number] and code not in listed[number]
    ]
    assert wrong == []


def test_names_are_short() -> None:
    names = naming._loaded()
    assert [name for name in (*names["segments"].values(), *names["elements"].values()) if len(name) > 75] == []
