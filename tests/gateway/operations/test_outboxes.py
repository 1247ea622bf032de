"""What lies in outboxes goes with what it belongs to, wherever the process that removes it dies."""

from collections.abc import Callable
from pathlib import Path

import pytest

from canonical.errors import NotFound
from gateway.operations import outboxes
from gateway.operations.erasing import Wanted
from gateway.operations.outboxes import PendingWithdrawal
from gateway.operations.retention import Pruned
from tests.gateway.house import House, invoice, wrapped

from .scene import BY
from .test_retention import KEEP, assert_ledger_holds, count, retention


class Killed(BaseException):
    """The process is gone."""


def killed(*_arguments: object) -> object:
    raise Killed


def after(really: Callable[..., object]) -> Callable[..., object]:
    def dies(*arguments: object) -> object:
        really(*arguments)
        raise Killed

    return dies


def erase(house: House) -> object:
    return house.gateway.erasing.erase(Wanted(po="4500123"), BY)


def prune(house: House) -> object:
    house.later(days=KEEP.days + 1)
    return retention(house).prune()


@pytest.fixture(params=[erase, prune])
def remove(request: pytest.FixtureRequest) -> Callable[[House], object]:
    found: Callable[[House], object] = request.param
    return found


@pytest.fixture
def laid(either_house: House) -> House:
    """An answer of ours waits to be fetched."""
    either_house.take("acme", "1.edi", wrapped("810", invoice("PRIVATE1")))
    assert len(either_house.outbox("acme")) == 1
    return either_house


def left_by_a_death(house: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """All is removed but for the file."""
    with monkeypatch.context() as patch:
        patch.setattr(outboxes, "withdraw", killed)
        with pytest.raises(Killed):
            remove(house)
    assert (house.documents(), house.transmissions(), len(house.outbox("acme"))) == ([], [], 1)


def test_a_death_after_the_commit_leaves_nothing_that_the_next_removal_does_not_find(
    laid: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing else is to be removed any more, and by default: nothing is pruned then, and this is still done."""
    left_by_a_death(laid, remove, monkeypatch)
    assert laid.gateway.retention.prune().outbox == 1
    assert (laid.outbox("acme"), count(laid, PendingWithdrawal)) == ({}, 0)
    assert laid.gateway.retention.prune() == Pruned()
    assert_ledger_holds(laid)


def test_an_erasure_that_is_asked_for_again_finishes_the_one_that_died(
    laid: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_a_death(laid, remove, monkeypatch)
    with pytest.raises(NotFound):
        erase(laid)
    assert laid.outbox("acme") == {}


def test_a_death_before_it_is_noted_that_the_file_went_changes_nothing(
    laid: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(outboxes, "withdraw", after(outboxes.withdraw))
        with pytest.raises(Killed):
            remove(laid)
    assert (laid.outbox("acme"), count(laid, PendingWithdrawal)) == ({}, 1)
    assert laid.gateway.retention.prune().outbox == 0
    assert count(laid, PendingWithdrawal) == 0


def test_what_somebody_else_put_there_since_is_left_alone(
    laid: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_a_death(laid, remove, monkeypatch)
    [path] = (laid.gateway.home.sftp / "acme" / "outbox").iterdir()
    path.write_bytes(b"somebody else's")
    assert laid.gateway.retention.prune().outbox == 0
    assert path.read_bytes() == b"somebody else's"


def test_what_the_disk_refuses_is_tried_again_with_the_next_removal(
    laid: House, remove: Callable[[House], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.unlink

    def refuses(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "outbox":
            raise PermissionError(13, "Permission denied")
        really(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuses)
        remove(laid)
    assert (len(laid.outbox("acme")), count(laid, PendingWithdrawal)) == (1, 1)
    assert laid.gateway.retention.prune().outbox == 1
    assert laid.outbox("acme") == {}
