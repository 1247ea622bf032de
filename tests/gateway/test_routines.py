"""What is done again and again."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ledger.checkpoint import Checkpoint
from gateway.ledger.ledger import read_anchor
from gateway.ledger.signer_state import STATE_NAME
from gateway.periodic import Periodic
from gateway.routines import Routines
from tests.gateway.house import House, invoice, wrapped


@pytest.mark.parametrize("relative", [False, True])
def test_a_checkpoint_is_laid_down_where_the_settings_say(house: House, tmp_path: Path, relative: bool) -> None:
    routines, ledger = house.gateway.routines, house.gateway.ledger
    folder = tmp_path / "auditor"
    folder.mkdir()
    named = Path("../auditor") if relative else folder
    settings = routines.settings.model_copy(update={"anchor_folder": named})
    replace(routines, settings=settings).anchoring.seal()
    [laid] = folder.iterdir()
    assert read_anchor(laid, str(ledger.key())).checkpoint.size == ledger.size()


def test_and_else_signed_only(house: House) -> None:
    house.gateway.routines.anchoring.seal()
    assert house.gateway.ledger.last() is not None


def test_nothing_waits_for_the_ledger_once_a_node_has_stopped(house: House) -> None:
    with house.gateway.serving(sftp_port=0, http_port=0):
        house.take("acme", "810.edi", wrapped("810", invoice()))
    found = house.gateway.verify_ledger()
    assert (found.waiting, found.waiting_since) == (0, None)
    assert found.anchors == ("the checkpoint that was signed last",)
    last = house.gateway.ledger.last()
    assert last is not None
    assert Checkpoint.read(last.text).size == found.size > 5


def test_a_node_stops_although_the_ledger_must_not_be_signed(house: House) -> None:
    house.gateway.ledger.checkpoint()
    with house.gateway.serving(sftp_port=0, http_port=0):
        (house.gateway.home.keys / STATE_NAME).unlink()
    assert not house.gateway.verify_ledger().holds


def test_they_end_after_the_workers_who_would_give_them_ever_more_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = threading.Event()
    ended: list[bool] = []

    def until_the_workers_ended() -> None:
        assert at_work.wait(10)
        for thread in threading.enumerate():
            if thread.name.startswith("worker-"):
                thread.join(10)
                ended.append(not thread.is_alive())

    monkeypatch.setattr(Routines, "all", lambda _: [Periodic("last", 3600, until_the_workers_ended)])
    with house.gateway.working():
        at_work.set()
    assert ended
    assert all(ended)
