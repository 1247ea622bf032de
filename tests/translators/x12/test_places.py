"""Places as people write them, and where they lead."""

import pytest

from translators.x12.places import PlaceName, parse_place, places_of, uses_of, value_at
from translators.x12.schema import dictionary, versions
from translators.x12.segments import Segment

WRITTEN = [
    ("REF", PlaceName(("REF",))),
    ("PO1/REF", PlaceName(("PO1", "REF"))),
    ("PO1/REF/02", PlaceName(("PO1", "REF"), 2)),
    ("PO1/MEA/04-1", PlaceName(("PO1", "MEA"), 4, 1)),
    ("N1/N1/N3#2/10", PlaceName(("N1", "N1", "N3#2"), 10)),
]


@pytest.mark.parametrize(("text", "place"), WRITTEN, ids=[text for text, _ in WRITTEN])
def test_a_place_is_read_and_shown_alike(text: str, place: PlaceName) -> None:
    assert parse_place(text) == place
    assert str(place) == text


@pytest.mark.parametrize(
    "text", ["", "ref", "PO1[1]/REF", "REF/1", "REF/00", "REF/01-0", "/REF", "REF/", "01", "REF#1"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no place"):
        parse_place(text)


@pytest.mark.parametrize("version", versions())
def test_every_place_of_every_set_can_be_written(version: str) -> None:
    for schema in dictionary(version).sets.values():
        for ids in places_of(schema):
            assert parse_place("/".join(ids)).ids == ids


def test_components_are_found_under_their_composite() -> None:
    uses = {(position, component) for position, component, _ in uses_of(dictionary("004010").segments["MEA"])}
    assert {(4, None), (4, 1), (4, 2), (5, None)} <= uses
    segment = Segment("MEA", ("PD", "N", "2", ("LB", "", "1")))
    assert [value_at(segment, 4, component) for component in (None, 1, 2, 3, 4)] == ["LB", "LB", "", "1", ""]
