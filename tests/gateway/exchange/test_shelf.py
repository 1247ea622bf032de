"""What is kept of transfers that broke off: so many, so much, so long, and across a start of the service."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.as2.restart import Kept
from gateway.exchange.shelf import AT_ONCE, KEPT_FOR, Shelf, Transfer
from tests.gateway.house import NOON
from tests.spool.scene import ManualClock

ACME = Transfer("ACME", "OURCOMPANY", "x1")
MOST = 100


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def shelf(tmp_path: Path, clock: ManualClock) -> Shelf:
    return opened(tmp_path, clock)


def opened(folder: Path, clock: ManualClock) -> Shelf:
    made = Shelf(folder / "shelf", clock, MOST)
    made.open()
    return made


def of_acme(number: int) -> Transfer:
    return Transfer("ACME", "OURCOMPANY", f"x{number}")


def keep(shelf: Shelf, transfer: Transfer = ACME, size: int = 10, total: int | None = 20) -> None:
    """One breaks off after so many bytes."""
    assert shelf.claim(transfer)
    path = shelf.begin(transfer, "1@acme.example", total)
    assert path is not None
    path.write_bytes(bytes(size))
    shelf.release(transfer)


def test_what_broke_off_is_there_for_its_sender_and_nobody_else(shelf: Shelf) -> None:
    keep(shelf)
    assert shelf.kept(ACME) == Kept("1@acme.example", 10, 20)
    for other in (
        Transfer("OTHER", "OURCOMPANY", "x1"),
        Transfer("ACME", "OTHER", "x1"),
        Transfer("ACME", "OURCOMPANY", "x2"),
        Transfer("ACME\nOURCOMPANY", "x1", ""),
    ):
        assert shelf.kept(other) is None


def test_one_at_a_time(shelf: Shelf) -> None:
    assert shelf.claim(ACME)
    assert (shelf.claim(ACME), shelf.is_claimed(ACME)) == (False, True)
    shelf.release(ACME)
    assert (shelf.is_claimed(ACME), shelf.claim(ACME)) == (False, True)


def test_it_outlives_the_process(shelf: Shelf, tmp_path: Path, clock: ManualClock) -> None:
    keep(shelf)
    assert shelf.claim(of_acme(2))
    under_way = shelf.begin(of_acme(2), "2@acme.example", None)
    assert under_way is not None
    under_way.write_bytes(bytes(5))
    later = opened(tmp_path, clock)
    assert later.kept(ACME) == Kept("1@acme.example", 10, 20)
    assert later.kept(of_acme(2)) == Kept("2@acme.example", 5, None)
    assert not later.is_claimed(of_acme(2))


def test_what_was_whole_or_is_of_no_use_goes_with_the_process(shelf: Shelf, tmp_path: Path, clock: ManualClock) -> None:
    for number in range(3):
        keep(shelf, of_acme(number))
    shelf.claim(of_acme(0))
    shelf.seal(of_acme(0))
    about = shelf.path(of_acme(1)).with_suffix(".json")
    about.write_text(about.read_text()[:-10])
    shelf.path(of_acme(2)).with_suffix(".json").unlink()
    shelf.path(of_acme(2)).with_suffix(".new").write_text("{}")
    later = opened(tmp_path, clock)
    assert [later.kept(of_acme(number)) for number in range(3)] == [None] * 3
    assert list((tmp_path / "shelf").iterdir()) == []


def test_names_are_no_paths(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, Transfer("../../ACME", "/etc", "../x"))
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "shelf"}


def test_what_is_whole_is_nobodys_to_continue(shelf: Shelf) -> None:
    keep(shelf)
    assert shelf.claim(ACME)
    whole = shelf.seal(ACME)
    assert whole.read_bytes() == bytes(10)
    assert (shelf.kept(ACME), shelf.path(ACME).exists()) == (None, False)
    shelf.release(ACME)
    assert shelf.kept(ACME) is None


def test_from_the_beginning_is_another_file(shelf: Shelf) -> None:
    """Whoever links the first keeps it as it was."""
    keep(shelf)
    inode = shelf.path(ACME).stat().st_ino
    holder = shelf.path(ACME).with_name("link")
    holder.hardlink_to(shelf.path(ACME))
    keep(shelf, size=3)
    assert shelf.path(ACME).stat().st_ino != inode
    assert (shelf.path(ACME).read_bytes(), holder.read_bytes()) == (bytes(3), bytes(10))


def test_the_oldest_makes_room(shelf: Shelf, clock: ManualClock) -> None:
    keep(shelf, Transfer("OTHER", "OURCOMPANY", "x"))
    for number in range(AT_ONCE + 1):
        keep(shelf, of_acme(number))
        clock.time += timedelta(minutes=1)
    kept = [number for number in range(AT_ONCE + 1) if shelf.kept(of_acme(number)) is not None]
    assert kept == [1, 2, 3, 4]
    assert shelf.kept(Transfer("OTHER", "OURCOMPANY", "x")) is not None


def test_those_under_way_take_places_and_are_not_taken_away(shelf: Shelf) -> None:
    for number in range(AT_ONCE):
        assert shelf.claim(of_acme(number))
        assert shelf.begin(of_acme(number), "m", None) is not None
    assert shelf.claim(of_acme(9))
    assert shelf.begin(of_acme(9), "m", None) is None
    shelf.release(of_acme(0))
    assert shelf.begin(of_acme(9), "m", None) is not None
    assert shelf.kept(of_acme(0)) is None


def test_so_many_bytes_and_no_more(shelf: Shelf, clock: ManualClock) -> None:
    for number in range(3):
        keep(shelf, of_acme(number), MOST // 5 * 2)
        clock.time += timedelta(minutes=1)
    assert [shelf.kept(of_acme(number)) is not None for number in range(3)] == [False, True, True]


@pytest.mark.parametrize(("passed", "kept"), [(KEPT_FOR - timedelta(seconds=1), True), (KEPT_FOR, False)])
def test_so_long_and_no_longer(shelf: Shelf, clock: ManualClock, passed: timedelta, kept: bool) -> None:
    keep(shelf)
    clock.time += passed
    assert (shelf.kept(ACME) is not None) is kept
    shelf.prune()
    assert shelf.path(ACME).exists() is kept


def test_a_clock_that_was_put_back_keeps_nothing_for_ever(shelf: Shelf, clock: ManualClock) -> None:
    keep(shelf)
    clock.time -= timedelta(days=30)
    shelf.prune()
    assert not shelf.path(ACME).exists()


def test_what_is_under_way_is_not_pruned(shelf: Shelf, clock: ManualClock) -> None:
    keep(shelf)
    assert shelf.claim(ACME)
    clock.time += KEPT_FOR
    shelf.prune()
    assert shelf.path(ACME).exists()


def test_by_its_name_alone_only_where_nobody_else_could_be_meant(shelf: Shelf) -> None:
    keep(shelf)
    assert (shelf.named("x1"), shelf.named("x2")) == (ACME, None)
    keep(shelf, Transfer("OTHER", "OURCOMPANY", "x1"))
    assert shelf.named("x1") is None
