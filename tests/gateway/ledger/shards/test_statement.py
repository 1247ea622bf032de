"""What a shard says of itself: read as it was written, and nothing else is taken for it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import exact
from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.note import Malformed
from gateway.ledger.rotation import KIND as ROTATION
from gateway.ledger.shards.statement import KIND, Elsewhere, Statement, year_begins

FIRST = Statement("log.example", 2025, 12, 300, 600, bytes(32), None)
"""As version 1 had it."""
STATEMENT = replace(FIRST, among=7, elsewhere=(Elsewhere(2, 280, 299), Elsewhere(1, 600, 600)))


@given(
    st.builds(
        Statement,
        st.just("log.example"),
        st.integers(2, 9998),
        st.integers(1, 12),
        st.integers(0, 1000),
        st.integers(1001, 1 << 40),
        st.binary(min_size=32, max_size=32),
        st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
        st.integers(0, 1),
        st.lists(st.builds(Elsewhere, st.integers(1, 9), st.just(1 << 41), st.just(1 << 42)), max_size=2).map(tuple),
    )
)
def test_it_is_read_as_it_was_written(statement: Statement) -> None:
    assert Statement.read(str(statement)) == statement


def test_what_was_written_before_it_said_what_lies_elsewhere_is_read() -> None:
    assert Statement.read(str(FIRST)) == FIRST
    assert '"v":1,' in str(FIRST)


@pytest.mark.parametrize(
    "said",
    [
        {"v": 1},
        {"v": 3},
        {"v": True},
        {"year": 1},
        {"year": "2025"},
        {"fiscal_year_ends": 0},
        {"fiscal_year_ends": 13},
        {"from": -1},
        {"from": 600},
        {"from": True},
        {"to": None},
        {"root": "00"},
        {"root": "A" * 64},
        {"details": False},
        {"details": ""},
        {"more": 1},
        {"among": -1},
        {"among": 301},
        {"among": None},
        {"elsewhere": None},
        {"elsewhere": [1]},
        {"elsewhere": [[1, 2]]},
        {"elsewhere": [[1, "2", 3]]},
        {"elsewhere": [[0, 0, 0]]},
        {"elsewhere": [[2, 7, 7]]},
        {"elsewhere": [[1, 299, 300]]},
        {"elsewhere": [[1, -1, 3]]},
    ],
    ids=str,
)
def test_what_describes_no_shard_is_refused(said: dict[str, object]) -> None:
    value = exact.read(str(STATEMENT).split("\n")[2].encode())
    with pytest.raises(Malformed, match="does not describe a shard"):
        Statement.read(f"log.example\n{KIND}\n{exact.write(value | said).decode()}\n")


@pytest.mark.parametrize(
    "text",
    [
        str(STATEMENT)[:-1],
        f"{STATEMENT}more\n",
        str(STATEMENT).replace(KIND, ROTATION),
        str(STATEMENT).replace('"v":2', '"v": 2'),
        str(STATEMENT).replace('"v":2', '"v":2,"v":2'),
        str(Checkpoint("log.example", 600, bytes(32))),
    ],
    ids=["no line break", "a line more", "another kind", "a blank", "a key twice", "a checkpoint"],
)
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(Malformed):
        Statement.read(text)


def test_it_cannot_be_taken_for_a_checkpoint() -> None:
    with pytest.raises(Malformed):
        Checkpoint.read(str(STATEMENT))


@pytest.mark.parametrize(
    ("year", "ends", "begins"),
    [(2025, 12, (2025, 1)), (2025, 3, (2024, 4)), (2025, 11, (2024, 12)), (2025, 1, (2024, 2))],
)
def test_a_fiscal_year_is_called_after_that_in_which_it_ends(year: int, ends: int, begins: tuple[int, int]) -> None:
    assert year_begins(year, ends) == datetime(*begins, 1, tzinfo=UTC)
