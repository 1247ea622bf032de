"""Which maps are read the compiled way, and what happens to those that cannot be."""

import gc
import weakref
from dataclasses import dataclass
from typing import Any

import pytest

from canonical.order import OrderLine, PurchaseOrder
from canonical.party import Reference
from tools import golden
from translators.x12.body import Body
from translators.x12.maps.loops import Child, Each, Loop, One, each
from translators.x12.maps.parts_item import DATE, dates
from translators.x12.maps.parts_money import currency, total_amount, totals
from translators.x12.maps.parts_party import CONTACT, PARTY, REFERENCE, contacts, references
from translators.x12.maps.po_850 import PURCHASE_ORDER
from translators.x12.maps.reading import Fields, Place, Reading, head_of
from translators.x12.maps.records import Field, Record
from translators.x12.maps.set_map import SetMap
from translators.x12.maps.tracing import Spot
from translators.x12.maps.writing import Draft
from translators.x12.schema import dictionary
from translators.x12.structure import Plan

from .test_compiled_reader import assert_reads_the_same, assert_same, the_map, without_trees
from .trees import VERSION, body_of, tree

ORDER = body_of(
    tree(
        "850",
        """
        BEG*00*SA*1**20261125
        REF*CT*9
        REF*DP*7
        PER*BD*J SMITH
        DTM*002*20261201
        N1*ST*DOCK 4
        PER*IC*A JONES
        PO1*1*5*EA*12
        REF*CT*8
        CTT*1
        """,
    )
)


@dataclass(frozen=True, slots=True)
class Backwards:
    """A child of a map's own: the references, last first."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        found = [(head_of(node), REFERENCE.read(head_of(node), reading)) for node in reversed(place.nodes("REF"))]
        fields["references"] = [value for _, value in found]
        for index, (head, _) in enumerate(found):
            reading.origin(f"{at}references.{index}", head)

    def write(self, value: Any, draft: Draft) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Gathered(Backwards):
    """The same, with what is wanted of it to be read at the end of the set."""

    ids: tuple[str, ...] = ("REF",)

    def trace(self, spot: Spot, places: dict[str, str]) -> None:
        count = len(spot.fields["references"])
        places.update({f"{spot.at}references.{at}": f"{spot.path}REF[{count - at}]" for at in range(count)})


def a_map(*children: Child) -> SetMap:
    return SetMap("850", PurchaseOrder, PURCHASE_ORDER.head, children)


def lines(*children: Child) -> Each:
    return Each("lines", Loop(Record("PO1", OrderLine, Field("number", 1)), children, always=True))


COMPILED: dict[str, SetMap] = {
    "nothing but its head": a_map(),
    "segments": a_map(references(), contacts(), dates()),
    "segments of the document's own": a_map(currency(PurchaseOrder, "BY"), totals(PurchaseOrder, len)),
    "loops": a_map(lines(references()), each("parties", PARTY, each("contacts", CONTACT))),
    "a child that is read at the end": a_map(Gathered(), lines(Gathered())),
    "a loop without its inside": a_map(each("parties", PARTY), lines()),
}
EXACT: dict[str, SetMap] = {
    "a child without a compiled form": a_map(Backwards()),
    "such a child inside a loop": a_map(contacts(), lines(Backwards())),
    "two children for an id": a_map(references(), each("references", REFERENCE)),
    "two children for a field": a_map(dates(), each("dates", Record("REF", Reference, Field("kind", 1)))),
    "a field of another type": a_map(One("total_amount", DATE)),
    "a child twice": a_map(total_amount(PurchaseOrder), total_amount(PurchaseOrder)),
}


@pytest.mark.parametrize("found", COMPILED.values(), ids=COMPILED)
def test_a_map_of_compiled_children_needs_no_tree(found: SetMap) -> None:
    exact = found.read_exactly(ORDER.tree)
    with without_trees():
        assert_same(found.read(ORDER), exact)


@pytest.mark.parametrize("found", [found for name, found in EXACT.items() if name != "a field of another type"])
def test_a_map_that_cannot_be_compiled_is_read_all_the_same(found: SetMap) -> None:
    assert_same(found.read(ORDER), found.read_exactly(ORDER.tree))


@pytest.mark.parametrize("found", EXACT.values(), ids=EXACT)
def test_it_is_read_by_its_tree(found: SetMap) -> None:
    with without_trees(), pytest.raises(AssertionError, match="a tree was made"):
        found.read(ORDER)


WITHOUT_TREES = [
    "810/full", "820/full", "824/full", "832/full", "846/full", "850/full", "850/plain", "850/version-5010",
    "855/version-5010", "856/pick-and-pack", "856/version-5010", "860/full", "865/full",
]  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_TREES)
def test_samples_are_read_and_traced_without_trees(name: str) -> None:
    for body in golden.bodies(golden.SAMPLES / f"{name}.edi"):
        with without_trees():
            document = the_map(body.set_id).read(body).document
            assert document is not None
            assert document.trace


@pytest.mark.parametrize(
    "segments",
    [
        "BEG*00*SA*1**20261125\nBEG*00*SA*2**20261126",
        "BEG*ZZ*SA*1**20261125",
        "BEG*00*XX*1**20261125*9*AC",
        "BEG*00*SA*1**20261125\nPO1\nPO1*1",
        "BEG*00*SA*1**20261125\nREF*ZZ\nREF*CT*1*2*3",
        "BEG*00*SA*1**20261125\nFOB*PP*OR\nTD5**2*UPSN\nTD5*****South\nFOB*CC",
        "BEG*00*SA*1**20261125\nN1*ST*A\nN3*1*2\nN3*3\nN4*Dayton\nN4*Troy\nN2*B\nN2*C*D",
        "BEG*00*SA*1**20261125\nN9*ZZ*NOTE\nMSG*a\nMSG*b\nN9*L1*7*T\nDTM*002*20261126",
        "BEG*00*SA*1**20261125\nPO1*1\nMSG*direct\nN9*ZZ*NOTE\nMSG*in a loop\nSCH*5*EA***002*20261126",
        "BEG*00*SA*1**20261125\nPER*BD**TE*1**\nPER*BD*A***EM*x\nITD*01*3*2**10**30*****words",
        "BEG*00*SA*1**20261125\nCTT*2\nAMT*TT*12.50\nPO1*1*5*EA*12****BP*A*****VP*B",
        "BEG*00*SA*1**20261125\nCTT*1\nPO1*1*-5*EA*.5*XX",
    ],
)
def test_what_is_out_of_the_ordinary_is_read_the_same(segments: str) -> None:
    """Read from the tree of a set that need not be valid."""
    found = tree("850", segments)
    assert_reads_the_same(body_of(found))


def test_what_is_compiled_lives_no_longer_than_its_plan() -> None:
    tables = dictionary(VERSION)
    plan = Plan(tables.sets["850"], tables.segments)
    body = Body("850", VERSION, plan)
    body.steps, body.pieces = list(ORDER.steps), list(ORDER.pieces)
    assert PURCHASE_ORDER.read(body).document is not None
    gone = weakref.ref(plan)
    del plan, body
    gc.collect()
    assert gone() is None
