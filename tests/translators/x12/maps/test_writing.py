"""Putting back what a document keeps unmapped, place by place."""

import pytest

from canonical.document import Unmapped
from translators.x12.maps.writing import Draft, Layout
from translators.x12.segments import TransactionSet
from translators.x12.values import CannotWrite

from .trees import lines

LAYOUT: Layout = {"CUR": None, "REF": None, "N1": {"N3": None, "REF": None}, "CTT": {"AMT": None}}


def draft() -> Draft:
    root = Draft("", LAYOUT)
    for number in ("1", "3"):
        root.add("REF").put(1, number)
    party = root.add("N1")
    party.put(1, "ST")
    party.add("N3").put(1, "Dock 4")
    root.add("CTT").default(1, "0")
    return root


def placed(*unmapped: tuple[str, str | tuple[str, ...]]) -> list[str]:
    root = draft()
    root.put_back(Unmapped(source=source, value=value) for source, value in unmapped)
    return lines(TransactionSet("850", "004010", root.nodes()))


AS_BUILT = ["REF[1] REF*1", "REF[2] REF*3", "N1[1] N1*ST", "N1[1]/N3[1] N3*Dock 4", "CTT[1] CTT*0"]


@pytest.mark.parametrize(
    ("unmapped", "changed"),
    [
        ([], {}),
        ([("REF[2]", ("2", "", "x"))], {1: "REF[2] REF*2**x", 2: "REF[3] REF*3"}),
        ([("REF[3]", ("4",))], {2: "REF[3] REF*4"}),
        ([("REF[1]/02", "more")], {0: "REF[1] REF*1*more"}),
        ([("REF[1]/01", "lost")], {}),
        ([("REF[2]/04^1", ("CO", "9")), ("REF[2]/04^2", "ZZ")], {1: "REF[2] REF*3***CO>9^ZZ"}),
        ([("REF[2]/01^1", "lost"), ("REF[2]/01^2", "too")], {}),
        ([("REF[2]/04", ("CO", "9"))], {1: "REF[2] REF*3***CO>9"}),
        ([("N1[1]/REF[1]", ("DP",)), ("N1[1]/REF[1]/04", ("CO", "9"))], {4: "N1[1]/REF[1] REF*DP***CO>9"}),
        ([("N1[1]", ("BY",)), ("N1[1]/N3[1]", ("A",))], {2: "N1[1] N1*BY", 3: "N1[1]/N3[1] N3*A", 4: "N1[2] N1*ST"}),
        ([("CTT[1]/01", "7")], {4: "CTT[1] CTT*7"}),
        ([("CTT[1]/01", "")], {4: "CTT[1] CTT"}),
        ([("CTT[1]", "")], {4: None}),
        ([("CTT[1]/AMT[1]", ("TT", "5")), ("CTT[1]", "")], {5: "CTT[1]/AMT[1] AMT*TT*5"}),
        ([("row 4/colour", "red"), ("HL/04", "")], {}),
    ],
)
def test_unmapped_entries_go_where_they_came_from(
    unmapped: list[tuple[str, str | tuple[str, ...]]], changed: dict[int, str | None]
) -> None:
    found = placed(*unmapped)
    for index, line in changed.items():
        assert (found[index] if index < len(found) else None) == line
    if not changed:
        assert found == AS_BUILT


@pytest.mark.parametrize("source", ["N1[2]/N3[1]", "REF[3]/02", "N1[1]/REF[2]/01", "PO1[1]/SI[1]", "REF[0]/01"])
def test_an_entry_without_its_part_is_refused(source: str) -> None:
    with pytest.raises(CannotWrite, match="no longer has the part it belongs to"):
        placed((source, "x"))


def test_a_segment_the_version_has_no_place_for_is_refused() -> None:
    with pytest.raises(CannotWrite, match="no ZZZ in the set"):
        placed(("ZZZ[1]", ("1",)))


def test_what_would_be_inside_a_plain_segment_is_refused() -> None:
    root = draft()
    root.groups["REF"][0].add("N3").put(1, "lost")
    with pytest.raises(CannotWrite, match="nothing inside REF here, but there would be N3"):
        root.nodes()
