"""What is noted of files that were handed over, and what files are called."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.errors import Retryable
from canonical.identity import PartnerId
from gateway.erp.notes import Notes, file_name
from gateway.erp.port import IdempotencyKey

KEYS = st.builds(
    IdempotencyKey,
    partner=st.text(max_size=300).map(PartnerId),
    document_type=st.just("Invoice"),
    number=st.text(max_size=300),
    revision=st.text(max_size=70),
)


class TestFileName:
    @given(KEYS)
    def test_is_one_safe_component_whatever_the_number(self, key: IdempotencyKey) -> None:
        name = file_name(key)
        assert len(name) <= 200
        assert name.isascii()
        assert set(name) & set('/\\\0:*?"<>| \n') == set()
        assert not name.startswith(".")
        assert ".." not in name

    @given(KEYS, KEYS)
    def test_differs_for_different_keys_even_where_case_does_not_count(
        self, one: IdempotencyKey, other: IdempotencyKey
    ) -> None:
        assert (file_name(one).lower() == file_name(other).lower()) == (one == other)

    @pytest.mark.parametrize(
        ("one", "other"), [("po-1", "PO-1"), ("a/b", "a_b"), ("x" * 300, "x" * 301), ("1", "1\0"), ("é", "e\u0301")]
    )
    def test_tells_look_alikes_apart(self, one: str, other: str) -> None:
        first, second = (file_name(IdempotencyKey(PartnerId("p"), "Invoice", number, "1")) for number in (one, other))
        assert first.lower() != second.lower()

    def test_is_readable(self) -> None:
        name = file_name(IdempotencyKey(PartnerId("acme"), "PurchaseOrderAcknowledgement", "4500123", "1"))
        assert name.startswith("PurchaseOrderAcknowledgement-acme-4500123-")
        assert name.endswith(".json")


INVOICE = IdempotencyKey(PartnerId("acme"), "Invoice", "1", "1")
NAME = file_name(INVOICE)


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


def test_what_is_noted_is_known_with_its_key(notes: Notes) -> None:
    assert not notes.has(NAME)
    notes.keep(NAME, INVOICE)
    assert notes.has(NAME)
    assert notes.key_of(NAME) == INVOICE


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b'{"partner": "acme"}', b" " * (1 << 17)],
    ids=["empty", "cut", "another value", "deep", "no text", "fields missing", "too long"],
)
def test_a_damaged_note_tells_no_key(notes: Notes, damage: bytes) -> None:
    notes.keep(NAME, INVOICE)
    (notes.folder / NAME).write_bytes(damage)
    assert notes.key_of(NAME) is None
    assert notes.has(NAME), "it was handed over all the same"


def test_a_note_of_another_file_tells_no_key(notes: Notes) -> None:
    notes.write(NAME, IdempotencyKey(PartnerId("acme"), "Invoice", "2", "1"))
    assert notes.key_of(NAME) is None


def test_of_what_is_forgotten_only_that_it_was_handed_over_is_known(notes: Notes) -> None:
    notes.keep(NAME, INVOICE)
    notes.forget([INVOICE])
    assert notes.has(NAME)
    assert notes.key_of(NAME) is None
    assert not [path for path in notes.folder.iterdir() if "acme" in path.name]


@pytest.mark.parametrize("keys", [[INVOICE], []])
def test_nothing_counts_as_forgotten_while_the_folder_is_away(tmp_path: Path, keys: list[IdempotencyKey]) -> None:
    """It may come back with the notes in it."""
    with pytest.raises(Retryable, match="the disk is mounted"):
        Notes(tmp_path / "not mounted").forget(keys)
