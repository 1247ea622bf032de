"""The page that compares us with other validators says what is so."""

import re
from io import BytesIO
from pathlib import Path

import pytest

from gateway.checking import check
from gateway.second_opinion.habits import HABITS
from tests.translators.x12.test_corpus import path_of, rows
from tests.translators.x12.test_corpus import pytestmark as corpus

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "comparison.md").read_text("utf-8")
SAMPLES = re.findall(r"^\| (StAEDI|node-x12|pyx12) `([^`]+)` \| [^|]* \| (\w+) \|", PAGE, re.MULTILINE)
REPOSITORIES = {"StAEDI": "xlate/staedi", "node-x12": "aaronhuggins/node-x12", "pyx12": "azoner/pyx12"}


def test_every_habit_is_on_the_page() -> None:
    told = re.findall(r"^\| ([a-z-]+) \| (\w+) \| (\w+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert told == [(habit.name, habit.only, habit.right, habit.why) for habit in HABITS]


def test_the_samples_are_on_the_page() -> None:
    assert len(SAMPLES) == 20


@corpus[0]
@corpus[1]
@pytest.mark.parametrize(("project", "name", "verdict"), SAMPLES)
def test_our_verdicts_on_their_samples_are_told(project: str, name: str, verdict: str) -> None:
    [row] = [row for row in rows() if row["repo"] == REPOSITORIES[project] and row["path"].rpartition("/")[2] == name]
    assert check(BytesIO(path_of(row).read_bytes()), name, None).accepted == (verdict == "accepted")
