"""Files of a workspace: small ones in memory and large ones on the disk, how many of those there may be, and all gone in the end."""

from io import BytesIO
from pathlib import Path

import pytest

from gateway.exchange.workspace import IN_MEMORY, TemporaryWorkspace
from gateway.listeners.http import InHand


@pytest.mark.parametrize(
    ("most", "memory_alone"),
    [(0, True), (IN_MEMORY, True), (IN_MEMORY + 1, False), (None, False)],
)
def test_only_what_is_known_to_be_small_is_memory_alone(tmp_path: Path, most: int | None, memory_alone: bool) -> None:
    with TemporaryWorkspace(tmp_path) as workspace:
        assert isinstance(workspace.file(most=most), BytesIO) is memory_alone


def test_a_file_is_written_read_and_sought_in_whatever_its_size(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8
    with TemporaryWorkspace(tmp_path) as workspace:
        for file in (workspace.file(most=len(data)), workspace.file()):
            file.write(data)
            file.seek(100)
            assert file.read(10) == data[100:110]


def test_what_is_written_counts_until_it_is_thrown_away(tmp_path: Path) -> None:
    in_hand = InHand(100)
    with TemporaryWorkspace(tmp_path, in_hand) as workspace:
        first, second = workspace.file(), workspace.file(most=IN_MEMORY + 1)
        first.write(bytes(60))
        second.write(bytes(40))
        assert in_hand.taken == 100
        with pytest.raises(OSError, match="More is being worked on"):
            second.write(b"x")
    assert in_hand.taken == 0


def test_what_is_known_to_be_small_is_memory_and_does_not_count(tmp_path: Path) -> None:
    in_hand = InHand(0)
    with TemporaryWorkspace(tmp_path, in_hand) as workspace:
        workspace.file(most=IN_MEMORY).write(bytes(IN_MEMORY))
    assert in_hand.taken == 0


def test_without_anything_to_count_in_there_is_no_limit(tmp_path: Path) -> None:
    with TemporaryWorkspace(tmp_path) as workspace:
        made = workspace.file()
        made.write(bytes(2 * IN_MEMORY))
        made.seek(0)
        assert len(made.read()) == 2 * IN_MEMORY
        assert list(tmp_path.iterdir()) == []
