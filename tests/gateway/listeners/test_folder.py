"""Watched folders: a file is taken once it stands still, once, and never lost."""

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from canonical.errors import Retryable
from canonical.identity import PartnerId
from gateway.listeners.folder import FolderListener
from spool.blob_files import BlobFiles

from .recording import RecordingGateway, Taken


@dataclass
class Drop:
    """A listener whose time is moved by hand."""

    root: Path
    partners: list[PartnerId]
    gateway: RecordingGateway
    now: float = 0.0

    def __post_init__(self) -> None:
        self.listener = self.again()

    def again(self, **settings: Any) -> FolderListener:
        """A new listener on the same folders, as after a restart."""
        self.listener = FolderListener(
            root=self.root / "drop",
            claimed=self.root / "claimed",
            partners=lambda: list(self.partners),
            intake=self.gateway,
            blobs=BlobFiles(self.root / "blobs"),
            max_file_bytes=200_000,
            monotonic=lambda: self.now,
            **settings,
        )
        return self.listener

    def path(self, name: str, partner: str = "acme") -> Path:
        folder = self.root / "drop" / partner
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def look_later(self, seconds: float = 2.0) -> bool:
        self.now += seconds
        return self.listener.scan()

    def claimed(self) -> list[Path]:
        return [path for path in (self.root / "claimed").rglob("*") if path.is_file()]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    return Drop(tmp_path, [PartnerId("acme"), PartnerId("bolt")], RecordingGateway(tmp_path / "blobs"))


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_a_file_is_taken_once_it_stood_still_over_two_looks(drop: Drop, size: int) -> None:
    data = os.urandom(size)
    drop.path("po.edi").write_bytes(data)
    assert drop.look_later()
    assert drop.gateway.taken == []
    assert not drop.look_later()
    assert drop.gateway.taken == [Taken("acme", "folder", "po.edi", data, None)]
    assert not drop.path("po.edi").exists()
    assert drop.claimed() == []
    assert not drop.look_later()
    assert len(drop.gateway.taken) == 1


def test_two_looks_too_close_together_are_not_enough(drop: Drop) -> None:
    drop.path("po.edi").write_bytes(b"ISA")
    for _ in range(10):
        drop.look_later(0.1)
    assert drop.gateway.taken == []
    drop.look_later(1.2)
    assert len(drop.gateway.taken) == 1


def test_a_growing_or_rewritten_file_waits(drop: Drop) -> None:
    path = drop.path("po.edi")
    path.write_bytes(b"ISA")
    drop.look_later()
    with path.open("ab") as file:
        file.write(b"*00")
    drop.look_later()
    os.utime(path, ns=(1, 1))
    drop.look_later()
    replacement = drop.path(".new")
    replacement.write_bytes(b"IEA*00")
    os.utime(replacement, ns=(1, 1))
    replacement.rename(path)
    drop.look_later()
    assert drop.gateway.taken == []
    drop.look_later()
    assert drop.gateway.contents == {"po.edi": b"IEA*00"}


def test_temporary_names_and_folders_are_left_alone(drop: Drop) -> None:
    for name in ("a.tmp", "b.filepart", "c.part", ".d"):
        drop.path(name).write_bytes(b"x")
    drop.path("sub").mkdir()
    (drop.path("sub") / "po.edi").write_bytes(b"x")
    drop.look_later()
    assert not drop.look_later()
    assert drop.gateway.taken == []
    assert drop.listener.problems == ()
    drop.path("a.tmp").rename(drop.path("a.edi"))
    drop.look_later()
    drop.look_later()
    assert drop.gateway.contents == {"a.edi": b"x"}


def test_each_partner_has_its_own_and_newcomers_get_one(drop: Drop) -> None:
    drop.path("po.edi", "acme").write_bytes(b"a")
    drop.path("po.edi", "bolt").write_bytes(b"b")
    drop.path("po.edi", "coil").write_bytes(b"c")
    drop.look_later()
    drop.look_later()
    assert {(taken.partner, taken.data) for taken in drop.gateway.taken} == {("acme", b"a"), ("bolt", b"b")}
    drop.partners += [PartnerId("coil"), PartnerId("dyna")]
    drop.look_later()
    drop.look_later()
    assert drop.gateway.taken[-1].partner == "coil"
    assert (drop.root / "drop" / "dyna").is_dir()


def test_what_cannot_be_taken_is_reported_until_it_is_mended(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.path("link.edi").symlink_to("/etc/passwd")
    os.mkfifo(drop.path("pipe"))
    drop.path("big.edi").write_bytes(bytes(200_001))
    drop.path("new\nline").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(drop.path("")) + b"/bad\xff.edi")).write_bytes(b"x")
    drop.path("secret.edi").write_bytes(b"x")
    drop.path("good.edi").write_bytes(b"x")
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "secret.edi" and real(path, mode))
    drop.look_later()
    drop.look_later()
    told = {problem.filename: problem.message for problem in drop.listener.problems}
    assert set(told) == {"link.edi", "pipe", "big.edi", "new\nline", "bad?.edi", "secret.edi"}
    assert "200001 bytes" in told["big.edi"]
    assert "UTF-8" in told["bad?.edi"]
    assert "owner or mode" in told["secret.edi"]
    assert list(drop.gateway.contents) == ["good.edi"]
    monkeypatch.undo()
    drop.path("big.edi").unlink()
    drop.look_later()
    drop.look_later()
    assert "secret.edi" in drop.gateway.contents
    assert {problem.filename for problem in drop.listener.problems} == set(told) - {"secret.edi", "big.edi"}


def test_a_folder_that_cannot_be_used_does_not_stop_the_others(drop: Drop) -> None:
    drop.path("po.edi", "bolt").write_bytes(b"x")
    (drop.root / "drop" / "acme").write_bytes(b"no folder")
    drop.look_later()
    drop.look_later()
    assert drop.gateway.contents == {"po.edi": b"x"}
    assert [(problem.partner, "cannot be used" in problem.message) for problem in drop.listener.problems] == [
        ("acme", True)
    ]


@pytest.mark.parametrize("size", [3, 100_000])
def test_what_could_not_be_committed_is_tried_again(drop: Drop, size: int) -> None:
    data = os.urandom(size)
    drop.path("po.edi").write_bytes(data)
    drop.gateway.broken = True
    drop.look_later()
    drop.look_later()
    drop.look_later()
    assert [(problem.filename, "tried again" in problem.message) for problem in drop.listener.problems] == [
        ("po.edi", True)
    ]
    drop.gateway.broken = False
    drop.look_later()
    assert drop.gateway.contents == {"po.edi": data}
    assert drop.claimed() == []
    assert drop.listener.problems == ()


def test_a_fault_of_ours_with_one_file_does_not_stop_the_others(drop: Drop) -> None:
    def crash(arrival: object) -> None:
        if "a.edi" in repr(arrival):
            raise ZeroDivisionError

    drop.gateway.before_commit = crash
    drop.path("a.edi").write_bytes(b"x")
    drop.path("b.edi").write_bytes(b"x")
    drop.look_later()
    drop.look_later()
    assert list(drop.gateway.contents) == ["b.edi"]
    assert "ZeroDivisionError" in drop.listener.problems[0].message


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.mark.parametrize("committed", [False, True])
def test_a_crash_after_the_claim_loses_nothing(drop: Drop, committed: bool) -> None:
    drop.path("po.edi").write_bytes(b"ISA")
    real = drop.gateway.receive

    def die(arrival: object) -> None:
        if committed:
            drop.gateway.before_commit = lambda arrival: None
            real(arrival)  # type: ignore[arg-type]
        raise Killed

    drop.gateway.before_commit = die
    drop.look_later()
    with pytest.raises(Killed):
        drop.look_later()
    drop.gateway.before_commit = lambda arrival: None
    drop.again().scan()
    assert [taken.data for taken in drop.gateway.taken] == [b"ISA"] * (2 if committed else 1)
    assert drop.claimed() == []


@pytest.mark.parametrize("sees_it", ["while it is kept", "before it is read"])
def test_another_node_that_took_us_for_dead_may_receive_the_same_file(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, sees_it: str
) -> None:
    """What kept it out is gone when a connection to the database breaks. Its bytes say that it came twice; the rest goes on."""
    for name in ("a.edi", "b.edi"):
        drop.path(name).write_bytes(name.encode())
    ours = drop.listener
    other = drop.again()

    def meanwhile(*_: object) -> None:
        drop.gateway.before_commit = lambda _: None
        monkeypatch.undo()
        other.scan()

    if sees_it == "while it is kept":
        drop.gateway.before_commit = meanwhile
    else:
        monkeypatch.setattr(ours, "_still_written", lambda _: meanwhile())
    for _ in range(2):
        drop.now += 2.0
        ours.scan()
    times = 2 if sees_it == "while it is kept" else 1
    assert [taken.filename for taken in drop.gateway.taken] == ["a.edi"] * times + ["b.edi"]
    assert ours.problems == ()
    assert drop.claimed() == []


def test_writing_on_after_the_claim_delays_the_receipt(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop.path("po.edi")
    path.write_bytes(b"ISA")
    drop.look_later()
    real = Path.rename

    def write_on(self: Path, target: Path) -> Path:
        moved = real(self, target)
        with target.open("ab") as file:
            file.write(b"*00")
        return moved

    monkeypatch.setattr(Path, "rename", write_on)
    drop.look_later()
    assert drop.gateway.taken == []
    monkeypatch.undo()
    drop.look_later()
    assert drop.gateway.contents == {"po.edi": b"ISA*00"}


def test_a_place_for_claims_on_another_file_system_is_reported(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    drop.path("po.edi").write_bytes(b"ISA")
    drop.look_later()
    monkeypatch.setattr(Path, "rename", refuse)
    drop.look_later()
    assert "Invalid cross-device link" in drop.listener.problems[0].message
    assert drop.path("po.edi").read_bytes() == b"ISA"


@pytest.fixture
def running(drop: Drop) -> Iterator[Drop]:
    """Started for real, woken by watchdog alone: the next scan by itself would come in an hour."""
    listener = FolderListener(
        root=drop.root / "drop",
        claimed=drop.root / "claimed",
        partners=lambda: drop.partners,
        intake=drop.gateway,
        blobs=BlobFiles(drop.root / "blobs"),
        scan_seconds=3600.0,
        settle_seconds=0.02,
    )
    listener.start()
    yield drop
    listener.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "folder-scan"]


def test_watchdog_wakes_the_scan(running: Drop) -> None:
    for number in range(2):
        temporary = running.path(f"{number}.tmp")
        temporary.write_bytes(b"ISA")
        temporary.rename(running.path(f"{number}.edi"))
        running.gateway.wait_for(lambda number=number: f"{number}.edi" in running.gateway.contents)  # type: ignore[misc]


def test_without_watchdog_the_scan_finds_everything(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoObserver:
        def schedule(self, *_: object, **__: object) -> None: ...

        def start(self) -> None:
            raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("gateway.listeners.folder.Observer", NoObserver)
    listener = FolderListener(
        root=drop.root / "drop",
        claimed=drop.root / "claimed",
        partners=lambda: drop.partners,
        intake=drop.gateway,
        blobs=BlobFiles(drop.root / "blobs"),
        scan_seconds=0.02,
        settle_seconds=0.01,
    )
    listener.start()
    drop.path("po.edi").write_bytes(b"ISA")
    drop.gateway.wait_for(lambda: "po.edi" in drop.gateway.contents)
    listener.stop()


def test_a_database_that_is_away_is_told_in_a_line_and_the_next_scan_comes(drop: Drop) -> None:
    """Every node looks every few seconds: tracebacks would fill the log, and say nothing of what to do."""
    looks: list[Retryable] = []
    looked_again = threading.Event()

    def away() -> AbstractContextManager[bool]:
        looks.append(Retryable("The database cannot be reached."))
        if len(looks) == 2:
            looked_again.set()
        raise looks[-1]

    listener = drop.again(alone=away, scan_seconds=0.01, settle_seconds=0.01)
    with capture_logs() as events:
        listener.start()
        assert looked_again.wait(20)
        listener.stop()
    told = [event for event in events if event["event"] == "folder.scan_failed"]
    assert {(event["log_level"], event["error"]) for event in told} == {("warning", "The database cannot be reached.")}
