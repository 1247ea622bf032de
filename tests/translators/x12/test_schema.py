"""The tables hang together."""

from itertools import combinations

import pytest

from translators.x12.schema import (
    UNBOUNDED,
    CompositeDef,
    LoopPlace,
    Place,
    SegmentDef,
    SegmentPlace,
    dictionary,
    table_version,
    versions,
)

TABLES = dictionary("004010")
COMPOSITES = {
    version: {
        use.definition.key: use.definition
        for segment in dictionary(version).segments.values()
        for use in segment.uses
        if isinstance(use.definition, CompositeDef)
    }
    for version in versions()
}


def walk(places: tuple[Place, ...]) -> list[Place]:
    found: list[Place] = []
    for place in places:
        found.append(place)
        if isinstance(place, LoopPlace):
            found.extend(walk(place.children))
    return found


def test_versions() -> None:
    assert versions() == ("004010", "004030", "004060", "005010")
    assert {set_id: schema.functional_id for set_id, schema in TABLES.sets.items()} == {
        "810": "IN",
        "820": "RA",
        "824": "AG",
        "832": "SC",
        "846": "IB",
        "850": "PO",
        "855": "PR",
        "856": "SH",
        "860": "PC",
        "864": "TX",
        "865": "CA",
        "940": "OW",
        "943": "AR",
        "944": "RE",
        "945": "SW",
        "947": "AW",
        "997": "FA",
    }


@pytest.mark.parametrize(
    ("version", "table"),
    [
        ("004010", "004010"),
        ("004010VICS", "004010"),
        ("004010X357", "004010"),
        ("004011", "004010"),
        ("004020", "004010"),
        ("004022UCS", "004010"),
        ("004030", "004030"),
        ("004030UCS", "004030"),
        ("004040", "004030"),
        ("004050VICS", "004060"),
        ("004060", "004060"),
        ("004061", "004060"),
        ("005010", "005010"),
        ("005010X231A1", "005010"),
        ("005012", "005010"),
        ("005020", "005010"),
        ("005050", "005010"),
        ("003060", None),
        ("003070VICS", None),
        ("004070", None),
        ("005060", None),
        ("006010", None),
        ("006020X304", None),
        ("008010", None),
        ("00401", None),
        ("00401V", None),
        ("00401\u00b2", None),
        ("", None),
    ],
)
def test_which_table_judges_a_version(version: str, table: str | None) -> None:
    assert table_version(version) == table


@pytest.mark.parametrize(
    ("version", "functional_id", "table"),
    [
        ("004010", "PC", "004010"),
        ("004020VICS", "PC", "004010"),
        ("004030", "PC", "005010"),
        ("004060", "IB", "005010"),
        ("004030", "PO", "004030"),
        ("005010", "QM", None),
        ("003060", "PO", None),
    ],
)
def test_a_group_is_judged_by_the_nearest_table_that_has_its_sets(
    version: str, functional_id: str, table: str | None
) -> None:
    assert table_version(version, functional_id) == table


@pytest.mark.parametrize("set_id", sorted(TABLES.sets))
def test_sets_begin_and_end_and_know_their_segments(set_id: str) -> None:
    structure = TABLES.sets[set_id].structure
    assert (structure[0].tag, structure[-1].tag) == ("ST", "SE")
    for place in walk(structure):
        assert place.tag in TABLES.segments
        assert place.limit >= UNBOUNDED
        if isinstance(place, LoopPlace):
            first = place.children[0]
            assert isinstance(first, SegmentPlace)
            assert (first.tag, first.required, first.limit) == (place.tag, True, 1)


@pytest.mark.parametrize("tag", sorted(TABLES.segments))
def test_notes_bind_elements_that_exist(tag: str) -> None:
    definition = TABLES.segments[tag]
    composites = [use.definition for use in definition.uses if isinstance(use.definition, CompositeDef)]
    holders: list[SegmentDef | CompositeDef] = [definition, *composites]
    for holder in holders:
        for note in holder.notes:
            assert note.kind in "PRECL"
            assert len(note.positions) >= 2
            assert all(1 <= position <= len(holder.uses) for position in note.positions)


@pytest.mark.parametrize(("older", "newer"), list(combinations(versions(), 2)))
def test_a_release_accepts_the_codes_of_those_before_it(older: str, newer: str) -> None:
    lost = {
        number: sorted(code for code in before.codes - after.codes if after.minimum <= len(code) <= after.maximum)
        for number, before in dictionary(older).elements.items()
        if (after := dictionary(newer).elements.get(number)) is not None
        if before.codes is not None and after.codes is not None and after.maximum is not None
    }
    assert {number: codes for number, codes in lost.items() if codes} == {}


@pytest.mark.parametrize("version", versions())
def test_notes_of_composites_bind_a_qualifier_with_what_it_qualifies(version: str) -> None:
    notes = {key: [note.positions for note in composite.notes] for key, composite in COMPOSITES[version].items()}
    expected = {"C040": [(3, 4), (5, 6)], "C056": [(2, 3)]}
    assert {key: positions for key, positions in notes.items() if positions} == {
        key: positions for key, positions in expected.items() if key in notes
    }


@pytest.mark.parametrize("version", versions())
def test_no_note_of_a_composite_demands_what_is_mandatory_anyway(version: str) -> None:
    for key, composite in COMPOSITES[version].items():
        for note in composite.notes:
            assert not any(composite.uses[position - 1].required for position in note.positions), key


@pytest.mark.parametrize("number", sorted(TABLES.elements))
def test_elements_are_of_a_known_type_and_their_codes_fit(number: str) -> None:
    definition = TABLES.elements[number]
    assert definition.type in {"AN", "ID", "DT", "TM", "R", "B"} or definition.type in {
        f"N{places}" for places in range(10)
    }
    if definition.codes is not None:
        assert definition.type == "ID"
        assert all(
            definition.minimum <= len(code) and (definition.maximum is None or len(code) <= definition.maximum)
            for code in definition.codes
        )
