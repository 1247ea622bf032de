"""What a compiled map writes is, byte for byte, what its records and drafts write segment by segment."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canonical.documents import AnyDocument
from tools import golden
from translators import registry
from translators.x12.maps.set_map import SetMap
from translators.x12.segments import Delimiters
from translators.x12.values import CannotWrite
from translators.x12.write import DEFAULT_FORM, Form
from translators.x12.written import WrittenSet

from ..generate import frame, transaction_sets
from .documents import DOCUMENTS
from .trees import VERSION, link_levels, random_tree, written

SETS = registry.supported_sets()
FORMS = [
    DEFAULT_FORM,
    Form(line_break="\r\n"),
    Form(Delimiters("|", "^", "\n")),
    Form(Delimiters(">", "~", "*")),
    Form(Delimiters("-", "/", ".")),
    Form(Delimiters("-", "/", "."), substitute=" "),
    Form(Delimiters(repetition="^"), encoding="latin-1"),
    Form(encoding="utf-8-sig"),
]


def the_map(set_id: str) -> SetMap:
    found = registry.find(set_id)
    assert isinstance(found, SetMap)
    return found


def sent(set_id: str, document: AnyDocument, form: Form, *, exactly: bool) -> bytes | str:
    """The bytes of an interchange, or why there are none."""
    found = the_map(set_id)
    write = found.write_exactly if exactly else found.write
    try:
        return frame(set_id, [write(document, VERSION)], form)
    except CannotWrite as refused:
        return str(refused)


def assert_same(document: AnyDocument, form: Form = DEFAULT_FORM) -> None:
    set_id = registry.for_document(document).set_id
    assert sent(set_id, document, form, exactly=False) == sent(set_id, document, form, exactly=True)


@pytest.mark.parametrize("set_id", SETS)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_documents_of_an_erp_are_written_as_text(set_id: str, data: st.DataObject, form: Form) -> None:
    document = data.draw(DOCUMENTS[set_id])
    assert_same(document, form)
    if isinstance(sent(set_id, document, DEFAULT_FORM, exactly=True), bytes):
        assert isinstance(the_map(set_id).write(document, VERSION), WrittenSet)


@pytest.mark.parametrize("set_id", SETS)
@given(seed=st.integers(0, 2**32), form=st.sampled_from(FORMS))
def test_documents_that_were_read_are_written_the_same(set_id: str, seed: int, form: Form) -> None:
    document = registry.find(set_id).read(random_tree(set_id, seed)).document
    assert document is not None
    assert_same(document, form)
    assert_same(document.model_copy(update={"unmapped": ()}), form)


@pytest.mark.parametrize("set_id", SETS)
@given(data=st.data())
def test_documents_from_valid_sets_are_written_the_same(set_id: str, data: st.DataObject) -> None:
    found = written(set_id, data.draw(transaction_sets(set_id)))
    link_levels(found, random.Random(0))
    document = registry.find(set_id).read(found).document
    assert document is not None
    assert_same(document)


@pytest.mark.parametrize("sample", golden.samples(), ids=lambda s: f"{s.parent.name}/{s.stem}")
def test_samples_are_written_the_same(sample: Path) -> None:
    for found in golden.trees(sample):
        document = registry.find(found.set_id).read(found).document
        if document is not None:
            assert_same(document)
