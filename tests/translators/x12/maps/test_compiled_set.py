"""What a compiled map writes is, byte for byte, what its records and drafts write segment by segment."""

import copy
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from canonical.document import Unmapped
from canonical.documents import ANY_DOCUMENT, AnyDocument
from canonical.order import PurchaseOrder
from tools import golden
from translators import registry
from translators.x12.maps.lazy_drafts import LazyDraft
from translators.x12.maps.loops import each
from translators.x12.maps.parts_item import DATE
from translators.x12.maps.parts_party import CONTACT, PARTY, REFERENCE, references
from translators.x12.maps.po_850 import PURCHASE_ORDER
from translators.x12.maps.reading import Fields, Place, Reading
from translators.x12.maps.set_map import SetMap
from translators.x12.maps.writing import Draft
from translators.x12.schema import dictionary, versions
from translators.x12.segments import Delimiters, Repeated
from translators.x12.values import CannotWrite
from translators.x12.write import DEFAULT_FORM, Form
from translators.x12.written import WrittenSet

from ..generate import frame, transaction_sets
from .documents import DOCUMENTS
from .trees import VERSION, lines, link_levels, random_tree, written

SETS = registry.supported_sets()
CASES = [(set_id, version) for version in versions() for set_id in SETS if set_id in dictionary(version).sets]
each_case = pytest.mark.parametrize(("set_id", "version"), CASES)
FORMS = [
    DEFAULT_FORM,
    Form(line_break="\r\n"),
    Form(Delimiters("|", "^", "\n")),
    Form(Delimiters(">", "~", "*")),
    Form(Delimiters("-", "/", ".")),
    Form(Delimiters(repetition="^"), encoding="latin-1"),
    Form(encoding="utf-8-sig"),
]


UNUSUAL_TEXTS = ["A*B", "*", "A>", "~", "tab\t", "\x7f", "", "a_word", "Zoë", "\u00a0", "A^B", "-1.5", "2\n3"]


FULL_ORDER: dict[str, Any] = {
    "type": "PurchaseOrder",
    "number": "PO1",
    "order_date": "2026-11-20",
    "currency": "USD",
    "references": [{"kind": "contract", "value": "9", "description": "framework"}],
    "contacts": [{"function": "buyer", "name": "J Smith", "channels": [{"kind": "telephone", "value": "555"}]}],
    "deliveries": [{"freight_terms": "collect", "carrier": {"scheme": "scac", "value": "UPSN"}, "routing": "North"}],
    "terms": [{"description": "Net 30", "net_days": 30}],
    "notes": [{"text": "Ring twice"}],
    "parties": [
        {
            "role": "ship_to",
            "name": "Dock 4",
            "additional_names": ["Gate B"],
            "identifier": {"scheme": "assigned_by_buyer", "value": "12"},
            "address": {"lines": ["1 Main St"], "city": "Dayton", "region": "OH"},
        }
    ],
    "lines": [
        {
            "number": "1",
            "quantity": {"value": "10", "unit": "EA"},
            "price": {"amount": "1.25"},
            "items": [{"scheme": "vendor_part", "value": "TS-1"}, {"scheme": "upc", "value": "012345678905"}],
            "descriptions": [{"text": "Bracket"}],
            "measurements": [{"kind": "length", "quantity": {"value": "1.5", "unit": "CM"}}],
            "notes": [{"text": "Fragile"}],
        }
    ],
}


def the_map(set_id: str) -> SetMap:
    found = registry.find(set_id)
    assert isinstance(found, SetMap)
    return found


def sent(found: SetMap, document: AnyDocument, version: str, form: Form, *, exactly: bool) -> bytes | str:
    """The bytes of an interchange, or why there are none."""
    write = found.write_exactly if exactly else found.write
    try:
        return frame(found.set_id, [write(document, version)], form, version)
    except CannotWrite as refused:
        return str(refused)


def assert_same(document: AnyDocument, version: str = VERSION, form: Form = DEFAULT_FORM) -> None:
    found = the_map(registry.for_document(document).set_id)
    assert sent(found, document, version, form, exactly=False) == sent(found, document, version, form, exactly=True)


def assert_text(document: AnyDocument, version: str) -> None:
    """What can be written is written as text, if nothing in it repeats."""
    found = the_map(registry.for_document(document).set_id)
    if isinstance(sent(found, document, version, DEFAULT_FORM, exactly=True), str):
        return
    nodes = list(found.write_exactly(document, version))
    segments = [segment for _, segment in written(found.set_id, nodes, version).walk()]
    if not any(isinstance(element, Repeated) for segment in segments for element in segment.elements):
        assert isinstance(found.write(document, version), WrittenSet)


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where the texts and lists of a document's data are: the object or array, and the key or index there."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        if isinstance(inner, str | list):
            yield value, key
        if isinstance(inner, dict | list):
            yield from leaves(inner)


def broken(document: AnyDocument, data: st.DataObject) -> AnyDocument:
    """The document with a text that is out of the ordinary, or with too many of something."""
    content = document.model_dump(mode="json")
    holder, key = data.draw(st.sampled_from(list(leaves(content))))
    found = holder[key]
    holder[key] = found * 12 if isinstance(found, list) else data.draw(st.sampled_from(UNUSUAL_TEXTS))
    try:
        return ANY_DOCUMENT.validate_python(content)
    except ValidationError:
        assume(False)
        raise


def an_unmapped(paths: list[str], data: st.DataObject) -> Unmapped:
    """Something unmapped at, before, after or inside a place that there is, or somewhere else altogether."""
    path = data.draw(st.sampled_from([*paths, "ZZZ[1]", "row 4/colour", "HL/04"]))
    number = data.draw(st.integers(-1, 2))
    path = re.sub(r"(\d+)\]$", lambda found: f"{int(found[1]) + number}]", path)
    path += data.draw(
        st.sampled_from(["", "", "/01", "/02", "/04", "/04^1", "/04^2", "/16", "/REF[1]", "/N9[1]/MSG[1]", "/ZZZ[1]"])
    )
    value = data.draw(st.sampled_from(["", "X", "*", ("A", "", "B"), ("", "CO>9"), ()]))
    return Unmapped(source=path, value=value)


@each_case
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=8)
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_documents_of_an_erp_are_written_as_text(set_id: str, version: str, data: st.DataObject, form: Form) -> None:
    document = data.draw(DOCUMENTS[set_id])
    assert_same(document, version, form)
    assert_text(document, version)


@pytest.mark.parametrize("text", UNUSUAL_TEXTS)
def test_a_text_out_of_the_ordinary_is_found_wherever_it_is(text: str) -> None:
    found = the_map("850")
    plain = ANY_DOCUMENT.validate_python(FULL_ORDER)
    assert isinstance(found.write(plain, VERSION), WrittenSet)
    for at in range(len(list(leaves(FULL_ORDER)))):
        content = copy.deepcopy(FULL_ORDER)
        holder, key = list(leaves(content))[at]
        if not isinstance(holder[key], str) or key in ("type", "order_date", "amount") or holder[key] in ("10", "1.5"):
            continue
        holder[key] = text
        document = ANY_DOCUMENT.validate_python(content)
        written_so = sent(found, document, VERSION, DEFAULT_FORM, exactly=True)
        assert sent(found, document, VERSION, DEFAULT_FORM, exactly=False) == written_so
        if not set(text).isdisjoint("*>~\t\x7f"):
            assert isinstance(written_so, str)


def no_draft(*_: object) -> None:
    raise AssertionError("a draft was made")


@pytest.mark.parametrize("set_id", ["810", "850", "855", "856"])
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=8)
@given(data=st.data())
def test_documents_with_nothing_unmapped_need_no_drafts(set_id: str, data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS[set_id])
    found = the_map(set_id)
    assume(isinstance(found.write(document, VERSION), WrittenSet))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft, "__init__", no_draft)
        patch.setattr(LazyDraft, "__init__", no_draft)
        assert found.write(document, VERSION)


@each_case
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=10)
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_what_is_out_of_the_ordinary_is_written_or_refused_the_same(
    set_id: str, version: str, data: st.DataObject, form: Form
) -> None:
    assert_same(broken(data.draw(DOCUMENTS[set_id]), data), version, form)


@each_case
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=15)
@given(data=st.data())
def test_what_is_unmapped_anywhere_is_put_back_the_same(set_id: str, version: str, data: st.DataObject) -> None:
    document = data.draw(DOCUMENTS[set_id])
    found = the_map(set_id)
    try:
        nodes = list(found.write_exactly(document, version))
    except CannotWrite:
        assume(False)
        raise
    paths = [line.partition(" ")[0] for line in lines(written(set_id, nodes, version))]
    unmapped = tuple(an_unmapped(paths, data) for _ in range(data.draw(st.integers(1, 3))))
    assert_same(document.model_copy(update={"unmapped": unmapped}), version)


@each_case
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), form=st.sampled_from(FORMS))
def test_documents_that_were_read_are_written_the_same(set_id: str, version: str, seed: int, form: Form) -> None:
    document = registry.find(set_id).read(random_tree(set_id, seed, version)).document
    assert document is not None
    assert_text(document, version)
    assert_same(document, version, form)
    assert_same(document.model_copy(update={"unmapped": ()}), version, form)


@each_case
@settings(max_examples=8)
@given(data=st.data())
def test_documents_from_valid_sets_are_written_the_same(set_id: str, version: str, data: st.DataObject) -> None:
    found = written(set_id, data.draw(transaction_sets(set_id, version=version)), version)
    link_levels(found, random.Random(0))
    document = registry.find(set_id).read(found).document
    assert document is not None
    assert_same(document, version)


@pytest.mark.parametrize("sample", golden.samples(), ids=lambda s: f"{s.parent.name}/{s.stem}")
def test_samples_are_written_the_same(sample: Path) -> None:
    for found in golden.trees(sample):
        document = registry.find(found.set_id).read(found).document
        if document is not None:
            assert_same(document, found.version)


@dataclass(frozen=True, slots=True)
class _Backwards:
    """A child of a map's own, without a compiled form: the references, last first, and a remark in the first of them."""

    def read(self, place: Place, fields: Fields, reading: Reading, at: str) -> None:
        raise NotImplementedError

    def write(self, value: Any, draft: Draft) -> None:
        for reference in reversed(value.references):
            segment = draft.add("REF")
            REFERENCE.write(reference, segment)
            if reference is value.references[-1]:
                segment.default(3, "THE LAST")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
def test_a_map_with_children_that_have_no_compiled_form_is_written_the_same(data: st.DataObject) -> None:
    inside = each("parties", PARTY, _Backwards(), each("contacts", CONTACT))
    found = SetMap("850", PurchaseOrder, PURCHASE_ORDER.head, (_Backwards(), references(), inside, each("dates", DATE)))
    document = data.draw(DOCUMENTS["850"])
    assert sent(found, document, VERSION, DEFAULT_FORM, exactly=False) == sent(
        found, document, VERSION, DEFAULT_FORM, exactly=True
    )
