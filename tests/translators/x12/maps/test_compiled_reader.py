"""What a compiled map reads is, value for value, what its records read segment by segment."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canonical.base import Value
from tools import golden
from translators import registry
from translators.translation import ReadResult
from translators.x12.body import Body
from translators.x12.events import SetRead
from translators.x12.maps.set_map import SetMap
from translators.x12.reader import read
from translators.x12.schema import dictionary, versions
from translators.x12.segments import Delimiters, TransactionSet
from translators.x12.write import DEFAULT_FORM, Form

from ..generate import frame, make_set
from ..mutate import mutated
from .trees import body_of, link_levels, random_tree

SETS = registry.supported_sets()
CASES = [(set_id, version) for version in versions() for set_id in SETS if set_id in dictionary(version).sets]
each_case = pytest.mark.parametrize(("set_id", "version"), CASES)
FORMS = [DEFAULT_FORM, Form(line_break="\r\n"), Form(Delimiters("|", ":", "\n"))]


def the_map(set_id: str) -> SetMap:
    found = registry.find(set_id)
    assert isinstance(found, SetMap)
    return found


def told(value: Any) -> Any:
    """A value with the types of all that is in it, and with the names of the fields that were said."""
    if isinstance(value, Value):
        fields = {name: told(inner) for name, inner in value.__dict__.items()}
        return (
            type(value),
            value.model_fields_set,
            list(fields),
            fields,
            value.__pydantic_extra__,
            value.__pydantic_private__,
        )
    if isinstance(value, tuple):
        return [told(inner) for inner in value]
    return (dict, dict(value)) if hasattr(value, "keys") else (type(value), value)


def assert_same(found: ReadResult, exact: ReadResult) -> None:
    assert found == exact
    if found.document is not None and exact.document is not None:
        assert told(found.document) == told(exact.document)
        assert found.document.model_dump_json() == exact.document.model_dump_json()
        assert repr(found.document) == repr(exact.document)


def assert_reads_the_same(body: Body) -> None:
    found = the_map(body.set_id)
    assert_same(found.read(body), found.read_exactly(body.tree))


@contextmanager
def without_trees() -> Iterator[None]:
    """Where the exact way cannot be taken."""

    def no_tree(_: Body) -> None:
        raise AssertionError("a tree was made")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Body, "tree", property(no_tree))
        yield


def bodies(data: bytes) -> list[Body]:
    """The bodies of the sets in a file that are supported, and were not rejected."""
    events = [event for event in read([data]) if isinstance(event, SetRead) and event.readable]
    return [event.body for event in events if event.body is not None and event.header.set_id in SETS]


@each_case
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_any_set_is_read_the_same(set_id: str, version: str, seed: int) -> None:
    """Relational notes are not kept here: much is half said."""
    assert_reads_the_same(body_of(random_tree(set_id, seed, version)))


@each_case
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), richness=st.sampled_from([0.03, 0.15, 0.4]))
def test_any_valid_set_is_read_the_same(set_id: str, version: str, seed: int, richness: float) -> None:
    found = TransactionSet(set_id, version, make_set(set_id, random.Random(seed), richness, version))
    link_levels(found, random.Random(seed))
    assert_reads_the_same(body_of(found))


@each_case
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), form=st.sampled_from(FORMS))
def test_any_file_is_read_the_same(set_id: str, version: str, seed: int, form: Form) -> None:
    found = TransactionSet(set_id, version, make_set(set_id, random.Random(seed), 0.15, version))
    link_levels(found, random.Random(seed))
    for body in bodies(frame(set_id, [found.children], form, version)):
        assert_reads_the_same(body)


@pytest.mark.parametrize("sample", golden.samples(), ids=lambda s: f"{s.parent.name}/{s.stem}")
def test_samples_are_read_the_same(sample: Path) -> None:
    for body in golden.bodies(sample):
        assert_reads_the_same(body)


@settings(max_examples=300)
@given(sample=st.sampled_from(golden.samples()), seed=st.integers(0, 2**32))
def test_what_was_damaged_is_read_the_same(sample: Path, seed: int) -> None:
    for body in bodies(mutated(random.Random(seed), sample.read_bytes()).data):
        assert_reads_the_same(body)
