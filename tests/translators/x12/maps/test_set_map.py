"""The promise of every map: nothing is lost on the way to a document and back."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.documents import ANY_DOCUMENT
from canonical.finding import Severity
from canonical.order import PurchaseOrder
from tools import golden
from translators import registry
from translators.x12.maps.normal import comparable, normal_set
from translators.x12.schema import dictionary, versions
from translators.x12.segments import Segment, SegmentNode, TransactionSet
from translators.x12.values import CannotWrite

from ..generate import make_set, transaction_sets
from .documents import DOCUMENTS
from .trees import VERSION, lines, link_levels, random_tree, tree, written

SETS = registry.supported_sets()
CASES = [(set_id, version) for version in versions() for set_id in SETS if set_id in dictionary(version).sets]
each_case = pytest.mark.parametrize(("set_id", "version"), CASES)

_WAREHOUSE = {"940", "943", "944", "945", "947"}
DOCUMENT_CASES = [(set_id, version) for set_id, version in CASES if version == VERSION or set_id not in _WAREHOUSE]
"""The documents of warehouses are made for 004010: later versions have fewer places for contacts and more for pallets."""


def assert_comes_back(source: TransactionSet) -> None:
    found = registry.find(source.set_id)
    document = found.read(source).document
    assert document is not None
    again = written(source.set_id, list(found.write(document, source.version)), source.version)
    assert lines(normal_set(again)) == lines(normal_set(source))
    assert normal_set(again) == normal_set(source)
    reread = found.read(again).document
    assert reread is not None
    assert comparable(reread) == comparable(document)
    assert ANY_DOCUMENT.validate_json(ANY_DOCUMENT.dump_json(document)) == document


@each_case
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_any_set_comes_back_as_it_was(set_id: str, version: str, seed: int) -> None:
    assert_comes_back(random_tree(set_id, seed, version))


@pytest.mark.parametrize(("set_id", "version"), DOCUMENT_CASES)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=15)
@given(data=st.data())
def test_any_document_comes_back_as_it_was(set_id: str, version: str, data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS[set_id])
    found = registry.for_document(document)
    reread = found.read(written(set_id, list(found.write(document, version)), version)).document
    assert reread is not None
    assert comparable(reread) == comparable(document)


def _valid(sample: Path) -> bool:
    return "null" not in sample.with_suffix(".json").read_text("utf-8").split("findings")[0]


@pytest.mark.parametrize(
    "sample", [s for s in golden.samples() if _valid(s)], ids=lambda s: f"{s.parent.name}/{s.stem}"
)
def test_samples_come_back_as_they_were(sample: Path) -> None:
    for found in golden.trees(sample):
        assert_comes_back(found)


@pytest.mark.parametrize("sample", golden.samples(), ids=lambda s: f"{s.parent.name}/{s.stem}")
def test_samples_mean_what_was_reviewed(sample: Path) -> None:
    assert golden.rendered(sample) == sample.with_suffix(".json").read_text("utf-8")


def test_a_field_wins_over_what_was_unmapped_at_its_place() -> None:
    found = registry.find("850")
    order = found.read(tree("850", "BEG*10*SA*1**20260914\nPO1*1*5*EA*12")).document
    assert isinstance(order, PurchaseOrder)
    assert next((entry.source, entry.value) for entry in order.unmapped) == ("BEG[1]/01", "10")
    changed = PurchaseOrder.model_validate({**order.model_dump(), "purpose": "cancellation"})
    assert lines(written("850", list(found.write(changed, VERSION))))[0] == "BEG[1] BEG*01*SA*1**20260914"
    assert lines(written("850", list(found.write(order, VERSION))))[0] == "BEG[1] BEG*10*SA*1**20260914"


def test_a_product_number_after_a_gap_is_read_and_stays_where_it_was() -> None:
    source = tree("850", "BEG*00*SA*1**20260914\nPO1*1*5*EA*12****BP*A*****VP*B")
    order = registry.find("850").read(source).document
    assert isinstance(order, PurchaseOrder)
    assert [(item.scheme, item.value) for item in order.lines[0].items] == [("buyer_part", "A"), ("vendor_part", "B")]
    assert_comes_back(source)


@each_case
@settings(max_examples=25)
@given(data=st.data())
def test_any_valid_set_comes_back_as_it_was(set_id: str, version: str, data: st.DataObject) -> None:
    found = written(set_id, data.draw(transaction_sets(set_id, version=version)), version)
    link_levels(found, random.Random(0))
    assert_comes_back(found)


@pytest.mark.parametrize("set_id", SETS)
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_any_valid_set_of_a_later_version_comes_back_as_it_was(set_id: str, seed: int) -> None:
    """What the later version has more is unmapped."""
    version = "005010"
    source = TransactionSet(set_id, version, make_set(set_id, random.Random(seed), version=version))
    link_levels(source, random.Random(0))
    found = registry.find(set_id)
    document = found.read(source).document
    assert document is not None
    again = TransactionSet(set_id, version, list(found.write(document, version)))
    assert normal_set(again) == normal_set(source)


def test_lines_are_counted_where_the_document_does_not_say() -> None:
    order = PurchaseOrder.model_validate(
        {"number": "1", "order_date": "2026-09-14", "lines": [{"number": "1"}, {"number": "2"}]}
    )
    assert lines(written("850", list(registry.find("850").write(order, VERSION))))[-1] == "CTT[1] CTT*2"


def test_places_of_other_formats_are_passed_over_when_writing() -> None:
    order = PurchaseOrder.model_validate(
        {"number": "1", "order_date": "2026-09-14", "unmapped": [{"source": "row 4/colour", "value": "red"}]}
    )
    assert "red" not in str(lines(written("850", list(registry.find("850").write(order, VERSION)))))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parties": [{"role": "the_buyer"}]}, "'the_buyer' is not a name"),
        (
            {"lines": [{"items": [{"scheme": "upc", "value": "1"}] * 11}]},
            "room for 10 pairs of a code and a value from element 6 on, but there are 11",
        ),
        ({"adjustments": [{"kind": "charge", "amount": "1.005"}]}, "more than 2 decimals"),
        ({"unmapped": [{"source": "PO1[1]/SI[1]", "value": ["VI"]}]}, "no longer has the part it belongs to"),
        ({"unmapped": [{"source": "XQ[1]", "value": ["1"]}]}, "has no XQ"),
    ],
)
def test_what_cannot_be_said_in_x12_is_refused(change: dict[str, object], message: str) -> None:
    order = PurchaseOrder.model_validate({"number": "1", "order_date": "2026-09-14", **change})
    with pytest.raises(CannotWrite, match=message):
        registry.find("850").write(order, VERSION)


def test_an_unknown_version_is_refused() -> None:
    order = PurchaseOrder.model_validate({"number": "1", "order_date": "2026-09-14"})
    with pytest.raises(CannotWrite, match="no tables for transaction set 850 in version '003020'"):
        registry.find("850").write(order, "003020")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (TransactionSet("850", VERSION, []), "does not begin with BEG"),
        (
            TransactionSet("850", VERSION, [SegmentNode("BEG", Segment("BEG", ("00", "SA", "", "", "20260230"), 2))]),
            "BEG03",
        ),
        (
            TransactionSet("810", VERSION, [SegmentNode("BIG", Segment("BIG", ("20260914", "I-1"), 2))]),
            "does not say total amount",
        ),
    ],
)
def test_a_set_without_what_every_document_needs_is_a_finding(found: TransactionSet, message: str) -> None:
    result = registry.find(found.set_id).read(found)
    assert result.document is None
    assert [finding.severity for finding in result.findings] == [Severity.ERROR]
    assert message in result.findings[0].message
