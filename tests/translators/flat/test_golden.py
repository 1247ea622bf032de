"""The samples in ``tests/golden/csv`` mean what was reviewed, and come back when they are written."""

from pathlib import Path

import pytest

from translators.flat import read, write

from .golden import SAMPLES, map_of, rendered
from .samples import documents


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_samples_mean_what_was_reviewed(sample: Path) -> None:
    assert rendered(sample) == sample.with_suffix(".json").read_text("utf-8")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_samples_come_back(sample: Path) -> None:
    column_map = map_of(sample)
    accepted = [
        result.document.model_copy(update={"trace": {}, "unmapped": ()})
        for result in documents(read([sample.read_bytes()], column_map))
        if result.document is not None
    ]
    again = documents(read([write(accepted, column_map)], column_map))
    assert accepted
    assert [result.document and result.document.model_copy(update={"trace": {}}) for result in again] == accepted


def test_every_document_type_has_a_sample() -> None:
    assert {sample.stem for sample in SAMPLES} == {"850", "855", "856", "810"}
