"""What lies on the disk while a message is worked on, and how much of it there may be."""

from pathlib import Path

import pytest

from gateway.exchange.workspace import IN_MEMORY, TemporaryWorkspace
from gateway.listeners.http import InHand


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
