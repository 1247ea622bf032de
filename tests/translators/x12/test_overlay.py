"""What an overlay does to the tables, and what holds for every overlay and every file."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.finding import Finding
from translators.x12.overlaid import OverlaidTables
from translators.x12.overlay import Direction, Overlay, apply
from translators.x12.overlay_source import parse
from translators.x12.places import Ids, definition_at, places_of, uses_of
from translators.x12.reader import read
from translators.x12.schema import UNBOUNDED, ElementDef, LoopPlace, dictionary
from translators.x12.tables import STANDARD, Tables
from translators.x12.write import segments

from .generate import make_set
from .samples import one

STANDARDS = dictionary("004010")
SETS = ("810", "850", "855", "856")


def overlay(*changes: dict[str, Any], set_id: str = "850") -> Overlay:
    named = [{"name": f"r{position}"} | change for position, change in enumerate(changes)]
    [made] = parse([{"set": set_id, "changes": named}])
    return made


def findings(data: bytes, tables: Tables) -> list[Finding]:
    return [each for event in read([data], tables=tables) for each in event.findings]


# The tables


@pytest.mark.parametrize(
    "change",
    [
        {"at": "PO1/03", "codes": {"remove": ["EA"]}},
        {"at": "PO1/03", "codes": {"only": ["EA"]}},
        {"at": "BEG/03", "length": {"max": 5}},
        {"at": "REF", "use": "required"},
        {"at": "PO1", "max": 3},
    ],
    ids=str,
)
def test_what_is_stricter_is_no_matter_of_the_tables(change: dict[str, Any]) -> None:
    assert apply(STANDARDS, overlay(change)) is STANDARDS


def test_what_is_wider_is_in_new_tables_and_the_standard_stays() -> None:
    changed = apply(
        STANDARDS,
        overlay(
            {"at": "PO1/03", "codes": {"add": ["ZQ"]}},
            {"at": "BEG/03", "length": {"max": 40}},
            {"at": "BEG/05", "use": "optional"},
            {"at": "PO1", "use": "optional"},
            {"at": "PER", "max": 9},
            {"at": "DTM", "max": "unlimited"},
        ),
    )
    was, now = places_of(STANDARDS.sets["850"]), places_of(changed.sets["850"])
    assert _element(changed, ("PO1",), 3).codes == _element(STANDARDS, ("PO1",), 3).codes | {"ZQ"}  # type: ignore[operator]
    assert _element(changed, ("BEG",), 3).maximum == 40
    assert [definition_at(places[("BEG",)], STANDARDS).uses[4].required for places in (was, now)] == [True, False]
    assert [places[("PO1",)].required for places in (was, now)] == [True, False]
    assert [places[("PER",)].limit for places in (was, now)] == [3, 9]
    assert [places[("DTM",)].limit for places in (was, now)] == [10, UNBOUNDED]
    assert changed.segments is STANDARDS.segments
    assert {set_id: each for set_id, each in changed.sets.items() if each is not STANDARDS.sets[set_id]}.keys() == {
        "850"
    }


def _element(tables: Any, ids: Ids, position: int) -> ElementDef:
    definition = definition_at(places_of(tables.sets["850"])[ids], tables).uses[position - 1].definition
    assert isinstance(definition, ElementDef)
    return definition


def test_the_same_overlay_is_compiled_once() -> None:
    change = {"at": "PO1/03", "codes": {"add": ["ZQ"]}}
    assert apply(STANDARDS, overlay(change)) is apply(STANDARDS, overlay(change))


def test_an_element_everywhere_is_changed_wherever_it_is_used() -> None:
    changed = apply(STANDARDS, overlay({"element": "355", "codes": {"add": ["ZQ"]}}))
    for place in places_of(changed.sets["850"]).values():
        for _, _, use in uses_of(definition_at(place, changed)):
            if isinstance(use.definition, ElementDef) and use.definition.number == "355":
                assert "ZQ" in (use.definition.codes or ())


# Whatever the overlay, whatever the file


_WIDER = ("add", "longer", "shorter", "optional element", "optional place", "more")
_STRICTER = (
    "remove",
    "only",
    "at most",
    "at least",
    "required element",
    "forbidden element",
    "required place",
    "fewer",
)


@st.composite
def _change(draw: st.DrawFn, set_id: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """A change of one of the kinds at some place of the set."""
    kind = draw(st.sampled_from(kinds))
    places = places_of(STANDARDS.sets[set_id])
    ids = draw(st.sampled_from(sorted(places)))
    place = places[ids]
    at = "/".join(ids)
    uses = list(enumerate(definition_at(place, STANDARDS).uses, 1))
    position, use = draw(st.sampled_from(uses))
    element = use.definition if isinstance(use.definition, ElementDef) else None
    where = {"at": f"{at}/{position:02}"}
    if kind in ("optional place", "required place"):
        return {"at": at, "use": kind.split()[0]}
    if kind in ("more", "fewer"):
        limit = place.limit or 1
        return {"at": at, "max": limit + 1 if kind == "more" else max(1, limit // 2)}
    if element is None or kind.endswith("element"):
        return where | {"use": "optional" if kind in _WIDER else "required"}
    codes = sorted(element.codes or ())
    if kind == "add" and codes:
        return where | {"codes": {"add": ["Z" * max(element.minimum, 1)]}}
    if kind == "remove" and codes:
        return where | {"codes": {"remove": draw(st.lists(st.sampled_from(codes), min_size=1, max_size=5))}}
    if kind == "only" and codes:
        return where | {"codes": {"only": draw(st.lists(st.sampled_from(codes), min_size=1, max_size=5))}}
    if kind == "shorter":
        return where | {"length": {"min": 1}}
    if kind in ("add", "longer"):
        return where | {"length": {"max": (element.maximum or 80) + 1}}
    if kind == "at least":
        return where | {"length": {"min": element.maximum or 80}}
    return where | {"length": {"max": max(element.minimum, 1)}}


@st.composite
def _cases(draw: st.DrawFn, kinds: tuple[str, ...], *, broken: bool) -> tuple[bytes, OverlaidTables]:
    """A file with one set, sound or with one value spoilt, and some changes."""
    set_id = draw(st.sampled_from(SETS))
    changes = draw(st.lists(_change(set_id, kinds), min_size=1, max_size=4))
    chance = random.Random(draw(st.integers(0, 2**32)))
    body = [each.decode()[:-1] for each in segments(make_set(set_id, chance, 0.2))]
    if broken:
        at = chance.randrange(len(body))
        elements = body[at].split("*")
        elements[chance.randrange(1, len(elements))] = chance.choice(["", "?", "X" * 90, "12"])
        body[at] = "*".join(elements)
    return one(set_id, body), OverlaidTables((overlay(*changes, set_id=set_id),), Direction.SEND)


@given(_cases(_WIDER, broken=False))
@settings(max_examples=60, deadline=None)
def test_what_allows_more_finds_nothing_in_a_sound_set(case: tuple[bytes, OverlaidTables]) -> None:
    data, tables = case
    assert findings(data, tables) == findings(data, STANDARD)


@given(_cases(("add", "longer", "shorter", "optional element"), broken=True))
@settings(max_examples=60, deadline=None)
def test_what_allows_more_of_elements_never_adds_a_finding(case: tuple[bytes, OverlaidTables]) -> None:
    data, tables = case
    places = [(each.code, each.path) for each in findings(data, STANDARD)]
    assert all((each.code, each.path) in places for each in findings(data, tables))


@given(_cases(_STRICTER, broken=True))
@settings(max_examples=60, deadline=None)
def test_what_allows_less_never_removes_a_finding(case: tuple[bytes, OverlaidTables]) -> None:
    data, tables = case
    found = findings(data, tables)
    assert [each for each in found if each.rule is None] == findings(data, STANDARD)


@given(st.sampled_from(SETS), st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_an_empty_overlay_changes_nothing(set_id: str, seed: int) -> None:
    body = [each.decode()[:-1] for each in segments(make_set(set_id, random.Random(seed), 0.2))]
    empty = OverlaidTables(parse([{"set": set_id}]), Direction.SEND)
    assert list(read([one(set_id, body)], tables=empty)) == list(read([one(set_id, body)]))
    assert apply(STANDARDS, empty.overlays[0]) is STANDARDS


def test_the_places_of_a_set_are_those_of_its_structure() -> None:
    places = places_of(STANDARDS.sets["850"])
    assert isinstance(places[("PO1",)], LoopPlace)
    assert ("ST",) not in places
    assert ("PO1", "PO1") not in places
    assert ("PO1", "PID") in places
