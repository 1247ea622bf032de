"""The ledger of a home, sealed by several at once, and verified where its keys are lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.ledger import Ledger, anchor_name
from gateway.ledger.signer_state import KEY_NAME, STATE_NAME, NotSignable
from gateway.ledger.tree import extends
from gateway.operations.instruction import NotPossible
from spool import journal
from spool.journal import Step
from tests.gateway.house import House

from .scene import scene


def tell(house: House) -> None:
    house.gateway.database.write(
        lambda session: journal.record(session, house.clock, step=Step.RETRIED, outcome="meanwhile")
    )


def test_what_others_sealed_since_we_looked_contradicts_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = house.gateway.ledger
    drain, others = Ledger.drain, []

    def overtaken(ledger: Ledger) -> int:
        """Others take something in and seal it, after we took in what waited."""
        taken = drain(ledger)
        monkeypatch.setattr(Ledger, "drain", drain)
        tell(house)
        others.append(Checkpoint.read(sealed.checkpoint().text))
        return taken

    monkeypatch.setattr(Ledger, "drain", overtaken)
    assert [Checkpoint.read(sealed.checkpoint().text)] == others


def test_any_number_seal_at_once(house: House) -> None:
    def seal(_number: int) -> int:
        tell(house)
        return Checkpoint.read(house.gateway.ledger.checkpoint().text).size

    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(seal, range(40)))
    assert max(sizes) == house.gateway.ledger.size()
    assert house.gateway.ledger.verify().holds


@pytest.mark.parametrize("lost", [KEY_NAME, STATE_NAME])
def test_what_is_lost_among_the_keys_is_told_last(house: House, lost: str) -> None:
    ledger = house.gateway.ledger
    ledger.checkpoint()
    (ledger.keys / lost).unlink()
    found = ledger.verify()
    assert found.wrong is not None
    assert f"{lost} is missing" in found.wrong
    assert (found.size, found.details) == (ledger.size(), ledger.size()), "everything was looked through all the same"
    assert not (ledger.keys / lost).exists()


class TestRequest:
    def test_it_proves_the_extension_of_what_the_witness_saw(self, tmp_path: Path) -> None:
        with scene("sqlite", tmp_path) as made:
            made.grown(5)
            before = Checkpoint.read(made.ledger.checkpoint().text)
            made.grown(8, begin=5)
            for note in (None, made.ledger.checkpoint()):
                asked = made.ledger.request(5, note)
                now = Checkpoint.read(asked.note.text)
                assert (asked.old, now.size) == (5, 13)
                assert extends(5, before.root, 13, now.root, asked.proof)
            with pytest.raises(NotPossible, match="ask for a later one"):
                made.ledger.request(14)

    def test_a_checkpoint_may_be_an_earlier_one(self, tmp_path: Path) -> None:
        with scene("sqlite", tmp_path) as made:
            made.grown(5)
            note = made.ledger.checkpoint()
            made.grown(3, begin=5)
            assert made.ledger.request(2, note).note == note

    def test_none_is_given_for_what_the_ledger_does_not_begin_with(self, tmp_path: Path) -> None:
        with scene("sqlite", tmp_path) as made:
            made.grown(5)
            note = made.ledger.checkpoint()
            made.unguard()
            made.regrow("UPDATE journal_entry SET outcome = 'other' WHERE id = 2")
            with pytest.raises(NotSignable, match="does not begin with the 5 entries"):
                made.ledger.request(0, note)


def test_an_anchor_is_laid_down_in_the_place_of_a_link_and_not_where_that_leads_to(
    house: House, tmp_path: Path
) -> None:
    ledger, others = house.gateway.ledger, tmp_path / "others"
    others.mkdir()
    sealed = ledger.checkpoint()
    name = anchor_name(house.clock.now(), Checkpoint.read(sealed.text).size)
    (tmp_path / "victim").write_text("precious")
    (others / name).symlink_to(tmp_path / "victim")
    assert ledger.anchor(others) == others / name
    assert (tmp_path / "victim").read_text() == "precious"
    assert [(each.name, each.is_symlink()) for each in others.iterdir()] == [(name, False)]
    assert (others / name).read_text() == str(sealed)
