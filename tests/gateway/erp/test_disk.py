import errno
import os
from pathlib import Path

import pytest

from canonical.errors import Retryable
from gateway.erp.disk import TEMPORARY, explained, publish, read_bounded


def test_what_is_published_is_there_whole_and_nothing_else(tmp_path: Path) -> None:
    publish(tmp_path / "file", b"first")
    publish(tmp_path / "file", b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"second"


def test_what_cannot_be_published_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "file", b"first")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        publish(tmp_path / "file", b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"first"


@pytest.mark.parametrize("name", [".0123456789abcdef.tmp", ".17-3.tmp"])
def test_what_is_being_written_is_known_by_its_name(name: str) -> None:
    assert TEMPORARY.fullmatch(name)


def test_no_more_is_read_than_shows_that_it_is_too_much(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    assert read_bounded(tmp_path / "file", 4)[0] == b"01234"


def test_a_pipe_and_a_link_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "pipe", 4)
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        read_bounded(tmp_path / "link", 4)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EACCES, "the directory is there and that this user may write to it"),
        (
            errno.ENOENT,
            "the disk is mounted; where the ERP's folder is a new one, `tally init` makes what is missing in it",
        ),
        (errno.ENOSPC, "the disk is mounted and not full"),
    ],
)
def test_what_the_system_refuses_is_said_in_words_and_tried_again(code: int, advice: str) -> None:
    with pytest.raises(Retryable) as caught, explained("write x"):
        raise OSError(code, os.strerror(code))
    assert caught.value.message == f"Could not write x: {os.strerror(code)}. It is tried again; check that {advice}."
