"""Entries must follow each other: what is said of one that does not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger.chain import Chain, WrongEntry
from gateway.ledger.entry import Entry
from gateway.ledger.tree import leaf_hash

from .test_entry import EXAMPLE


def entries(docs: list[str], partners: list[str]) -> list[Entry]:
    """Entries about these documents, of these partners, chained as they must be."""
    made: list[Entry] = []
    for doc, partner in zip(docs, partners, strict=True):
        mine = [entry for entry in made if entry.doc == doc] if doc else []
        made.append(
            replace(
                EXAMPLE,
                doc=doc,
                dseq=len(mine) + 1 if doc else 0,
                dprev=leaf_hash(mine[-1].written()) if mine else b"",
                partner=partner,
                pseq=sum(entry.partner == partner for entry in made) + 1 if partner else 0,
            )
        )
    return made


def take(made: list[Entry]) -> Chain:
    chain = Chain()
    for entry in made:
        leaf, _ = chain.take(entry.written())
        assert leaf == leaf_hash(entry.written())
    return chain


PARTNERS = ["", "0" * 16, "1" * 16]


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from(PARTNERS)), max_size=20))
def test_what_is_chained_is_taken(about: list[tuple[str, str]]) -> None:
    made = entries([doc for doc, _ in about], [partner for _, partner in about])
    chain = take(made)
    assert chain.size == len(made)
    assert set(chain.subjects) == {doc for doc, _ in about if doc}


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(PARTNERS)), min_size=2, max_size=20), st.data())
def test_one_that_is_missing_is_missed_where_it_is_followed(about: list[tuple[str, str]], data: st.DataObject) -> None:
    made = entries([doc for doc, _ in about], [partner for _, partner in about])
    gone = data.draw(st.integers(0, len(made) - 2))
    followed = any(
        later.doc == made[gone].doc or (later.partner and later.partner == made[gone].partner)
        for later in made[gone + 1 :]
    )
    rest = made[:gone] + made[gone + 1 :]
    if followed:
        with pytest.raises(WrongEntry):
            take(rest)
    else:
        take(rest)


Change = Callable[[Entry], Entry]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: replace(entry, dseq=3), "entry 2 is number 3 about a, of which 1 came before it"),
        (lambda entry: replace(entry, dseq=1), "entry 2 is number 1 about a, of which 1 came before it"),
        (lambda entry: replace(entry, dprev=bytes(32)), "entry 2 does not name entry 0 as the one before it about a"),
        (lambda entry: replace(entry, dprev=b""), "entry 2 does not name entry 0 as the one before it about a"),
        (lambda entry: replace(entry, doc=""), "entry 2 is number 2 about nothing"),
        (
            lambda entry: replace(entry, pseq=3),
            "entry 2 is number 3 of partner 0000000000000000, of which 1 came before",
        ),
        (
            lambda entry: replace(entry, pseq=0),
            "entry 2 is number 0 of partner 0000000000000000, of which 1 came before",
        ),
        (lambda entry: replace(entry, partner=""), r"entry 2 is number 2 of partner \(none\)"),
        (lambda entry: replace(entry, tenant="0" * 16), "entry 2 is of another ledger, 0000000000000000"),
    ],
)
def test_what_does_not_follow(change: Change, said: str) -> None:
    made = entries(["a", "b", "a"], ["0" * 16, "1" * 16, "0" * 16])
    with pytest.raises(WrongEntry, match=said) as caught:
        take([*made[:2], change(made[2])])
    assert caught.value.idx == 2
