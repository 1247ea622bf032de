"""What must hold whatever the bytes: on every file that once broke it, and on valid interchanges broken by chance."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translators.x12.generate import frame, make_set
from tests.translators.x12.mutate import mutated
from translators.x12.schema import dictionary, versions

from .as2 import as2
from .targets import TARGETS, crashers, csv, seeds, x12

TABLES = [(version, set_id) for version in versions() for set_id in dictionary(version).sets]


@pytest.mark.parametrize(
    ("target", "file"),
    [(target, file) for target in TARGETS for file in crashers(target)],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_what_once_broke_it_does_no_more(target: str, file: Path) -> None:
    TARGETS[target](file.read_bytes())


@given(table=st.sampled_from(TABLES), seed=st.integers(0, 2**32), faults=st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_broken_interchanges(table: tuple[str, str], seed: int, faults: int) -> None:
    version, set_id = table
    chance = random.Random(seed)
    data = frame(set_id, [make_set(set_id, chance, 0.15, version) for _ in range(2)], version=version)
    if faults:
        data = mutated(chance, data).data
    for _ in range(faults - 1):
        data = spoilt(chance, data)
    x12(data)


@given(seed=st.integers(0, 2**32), faults=st.integers(0, 4))
@settings(max_examples=100, deadline=None)
def test_broken_csv_files(seed: int, faults: int) -> None:
    chance = random.Random(seed)
    data = chance.choice(seeds("csv"))
    for _ in range(faults):
        data = spoilt(chance, data)
    csv(data)


@given(seed=st.integers(0, 2**32), faults=st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_broken_messages(as2_posts: list[bytes], seed: int, faults: int) -> None:
    chance = random.Random(seed)
    data = chance.choice(as2_posts)
    for _ in range(faults):
        data = spoilt(chance, data)
    as2(data)


@pytest.fixture(scope="module")
def as2_posts() -> list[bytes]:
    return seeds("as2")


PIECES = (
    b"",
    b"*",
    b"~",
    b">",
    b"^",
    b",",
    b";",
    b'"',
    b"\r",
    b"\n",
    b"\t",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"A",
    b"0",
    b" ",
    b"-",
    b".",
    b"=",
    b"=\r\n",
    b"--",
    b"*0*=",
    b"''",
)


def spoilt(chance: random.Random, data: bytes) -> bytes:
    """Something else in the place of a few bytes, or a piece of the file once more."""
    at = chance.randrange(len(data) + 1)
    length = chance.choice((0, 1, 1, 2, 10, 50))
    if chance.random() < 0.2:
        start = chance.randrange(len(data) + 1)
        return data[:at] + data[start : start + length * 3] + data[at:]
    return data[:at] + chance.choice(PIECES) + data[at + length :]
