"""The ledger of a home, sealed by several at once."""

from typing import Any

import pytest

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.tiles import node_of
from spool import journal
from spool.journal import Step
from tests.gateway.house import House


def test_a_smaller_checkpoint_that_comes_late_contradicts_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = house.gateway.ledger
    others: list[Checkpoint] = []

    def overtaken(tiles: Any) -> Any:
        """Others take something in and seal it, after we looked how far the ledger is."""
        monkeypatch.setattr("gateway.ledger.ledger.node_of", node_of)
        house.gateway.database.write(
            lambda session: journal.record(session, house.clock, step=Step.RETRIED, outcome="meanwhile")
        )
        others.append(Checkpoint.read(sealed.checkpoint().text))
        return node_of(tiles)

    monkeypatch.setattr("gateway.ledger.ledger.node_of", overtaken)
    assert [Checkpoint.read(sealed.checkpoint().text)] == others
