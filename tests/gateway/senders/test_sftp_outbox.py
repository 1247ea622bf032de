"""Placing files where partners collect them."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canonical.errors import Misconfigured, Retryable
from gateway.senders.sftp_outbox import NameTaken, clear_leftovers, place


def test_a_file_is_placed_whole_and_nothing_else(tmp_path: Path) -> None:
    outbox = tmp_path / "acme" / "outbox"
    place(outbox, "850.edi", b"ISA")
    assert (outbox / "850.edi").read_bytes() == b"ISA"
    assert [path.name for path in outbox.iterdir()] == ["850.edi"]


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    place(tmp_path, "850.edi", b"ISA")
    before = (tmp_path / "850.edi").stat()
    place(tmp_path, "850.edi", b"ISA")
    assert (tmp_path / "850.edi").stat().st_ino == before.st_ino
    assert [path.name for path in tmp_path.iterdir()] == ["850.edi"]


@pytest.mark.parametrize("other", [b"", b"IEA", b"ISA*"])
def test_other_bytes_under_the_same_name_are_an_error_and_change_nothing(tmp_path: Path, other: bytes) -> None:
    place(tmp_path, "850.edi", b"ISA")
    with pytest.raises(NameTaken, match=r"850\.edi.*other content.*unique"):
        place(tmp_path, "850.edi", other)
    assert (tmp_path / "850.edi").read_bytes() == b"ISA"
    assert [path.name for path in tmp_path.iterdir()] == ["850.edi"]


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"ISA")
    (tmp_path / "850.edi").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Retryable):
        place(tmp_path, "850.edi", b"ISA")


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a.tmp", "a.filepart", "a\0b", "x" * 300])
def test_names_a_partner_could_not_collect_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="partner's profile"):
        place(tmp_path, name, b"ISA")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_disk_that_refuses_leaves_nothing_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        with pytest.raises(Retryable, match="No space left"):
            place(tmp_path, "850.edi", b"ISA")
    assert list(tmp_path.iterdir()) == []
    place(tmp_path, "850.edi", b"ISA")


def test_everything_is_synced_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), (tmp_path / "o" / "850.edi").exists()))
        real(descriptor)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    monkeypatch.setattr(os, "fsync", note)
    place(tmp_path / "o", "850.edi", b"ISA")
    names = [path for path, _ in synced]
    assert names[0] == str(tmp_path), "the new directory's name"
    assert ".placing-" in names[1]
    assert synced[-1] == (str(tmp_path / "o"), True), "the file's name, once it is there"


def test_two_at_once_place_one(tmp_path: Path) -> None:
    def attempt(data: bytes) -> bool:
        try:
            place(tmp_path, "850.edi", data)
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, [bytes([number]) * 1000 for number in range(8)]))
    assert outcomes.count(True) == 1
    assert len(set((tmp_path / "850.edi").read_bytes())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["850.edi"]


def test_leftovers_of_a_crash_are_cleared(tmp_path: Path) -> None:
    place(tmp_path, "850.edi", b"ISA")
    (tmp_path / ".placing-0123").write_bytes(b"I")
    clear_leftovers(tmp_path)
    clear_leftovers(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["850.edi"]


def test_leftovers_are_cleared_while_others_place_once_their_writer_must_be_dead(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, age in ((".placing-old", 7200), (".placing-new", 0)):
        (tmp_path / name).write_bytes(b"I")
        os.utime(tmp_path / name, (now.timestamp() - age,) * 2)
    clear_leftovers(tmp_path, before=now - timedelta(hours=1))
    assert [path.name for path in tmp_path.iterdir()] == [".placing-new"]
