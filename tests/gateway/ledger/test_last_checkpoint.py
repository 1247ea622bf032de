"""What receipts tell of the ledger: always the last checkpoint, and nothing rather than an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ledger.last_checkpoint import LastCheckpoint
from gateway.ledger.receipt_lines import receipt_lines
from gateway.ledger.signer_state import STATE_NAME, SignerState

from .scene import Scene, scene


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Scene]:
    with scene("sqlite", tmp_path) as opened:
        yield opened


def test_it_is_the_one_that_was_signed_last(ledger: Scene) -> None:
    last = LastCheckpoint(ledger.ledger.keys / STATE_NAME)
    assert last() == ""
    for number in range(3):
        ledger.grown(1, begin=number)
        signed = ledger.ledger.checkpoint()
        assert [last(), last()] == [receipt_lines(signed)] * 2


def test_nothing_is_read_where_nothing_changed(ledger: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.grown(1)
    ledger.ledger.checkpoint()
    last = LastCheckpoint(ledger.ledger.keys / STATE_NAME)
    lines = last()
    monkeypatch.setattr(SignerState, "read", None)
    assert last() == lines != ""


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checkpoint": null}', '{"checkpoint": "x"}', '{"checkpoint": 1}'])
def test_what_cannot_be_read_is_left_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / STATE_NAME
    path.write_text(text)
    assert LastCheckpoint(path)() == ""
