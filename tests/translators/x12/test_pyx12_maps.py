"""The maps that pyx12 is given hold every set, and are free of what it would misunderstand."""

from functools import cache
from xml.etree.ElementTree import Element, fromstring

import pytest

from translators.x12.pyx12_maps import ENVELOPES, map_files
from translators.x12.schema import dictionary, versions

GROUPS = sorted(
    {(schema.functional_id, version) for version in versions() for schema in dictionary(version).sets.values()}
)


@cache
def a_map(functional_id: str, version: str) -> Element:
    return fromstring(map_files([(functional_id, version)])[f"{functional_id}.{version}.xml"])


def maps_of(*groups: tuple[str, str]) -> set[tuple[str | None, str | None]]:
    """GS08 and map file of each entry of the index."""
    return {(entry.get("vriic"), entry.text) for entry in fromstring(map_files(groups)["maps.xml"]).iter("map")}


@pytest.mark.parametrize(("functional_id", "version"), GROUPS)
def test_a_group_has_one_map_with_all_its_sets(functional_id: str, version: str) -> None:
    loops = [loop.get("xid") for loop in a_map(functional_id, version).iter("loop")]
    sets = [schema.set_id for schema in dictionary(version).sets.values() if schema.functional_id == functional_id]
    assert [loop for loop in loops if loop and loop.startswith("ST_")] == [f"ST_{set_id}_LOOP" for set_id in sets]
    assert len(set(loops)) == len(loops)


@pytest.mark.parametrize(("functional_id", "version"), GROUPS)
def test_positions_rise_through_the_whole_map(functional_id: str, version: str) -> None:
    nodes = [node for node in a_map(functional_id, version).iter() if node.tag in ("loop", "segment")]
    positions = [int(node.get("pos", 0)) for node in nodes]
    assert positions == list(range(1, len(positions) + 1))


def test_only_the_kind_of_set_and_the_version_are_codes_in_a_segment() -> None:
    elements = {
        element.get("xid") for element in a_map("PO", "004010").iter("element") if element.find(".//code") is not None
    }
    assert elements == {"ISA12", "ST01"}


def test_codes_and_lengths_are_those_of_the_tables() -> None:
    files = map_files([("PO", "004010")])
    unit = dictionary("004010").elements["355"]
    lists = {
        entry.findtext("id"): {code.text for code in entry.iter("code")} for entry in fromstring(files["codes.xml"])
    }
    data = {entry.get("ele_num"): entry.attrib for entry in fromstring(files["dataele.xml"])}
    assert lists["004010.355"] == set(unit.codes or ())
    assert (data["004010.355"]["data_type"], data["004010.355"]["min_len"], data["004010.355"]["max_len"]) == (
        "ID",
        "2",
        "2",
    )


def test_a_guideline_is_judged_by_the_map_of_its_version() -> None:
    told = maps_of(("PO", "004010VICS"), ("PO", "004010"))
    assert told == {("004010VICS", "PO.004010.xml"), ("004010", "PO.004010.xml")}


def test_a_group_without_tables_of_its_version_is_judged_by_the_map_of_the_nearest() -> None:
    assert maps_of(("RA", "004060"), ("PO", "004060")) == {("004060", "RA.005010.xml"), ("004060", "PO.004060.xml")}


@pytest.mark.parametrize("group", [("PO", "003050"), ("QQ", "004010"), ("", "")])
def test_what_has_no_table_has_no_map(group: tuple[str, str]) -> None:
    files = map_files([group])
    assert set(files) == {"maps.xml", "dataele.xml", "codes.xml", *(f"x12.control.{icvn}.xml" for icvn in ENVELOPES)}
    assert list(fromstring(files["maps.xml"]).iter("map")) == []
