"""A database file whose content goes to live elsewhere; who writes to it meanwhile is in tests/gateway/test_moving.py."""

from pathlib import Path

import pytest

from canonical.errors import Misconfigured
from spool.database import leaving


def test_a_file_without_a_note_is_written_to(tmp_path: Path) -> None:
    leaving.require_here(tmp_path / "tally.db")


def test_a_file_with_a_note_is_not_and_the_note_says_where_to_go(tmp_path: Path) -> None:
    leaving.note(tmp_path / "tally.db", "postgresql://db.example/tally")
    with pytest.raises(Misconfigured, match="was moved to postgresql:"):
        leaving.require_here(tmp_path / "tally.db")


def test_a_file_is_being_moved_as_long_as_somebody_says_so(tmp_path: Path) -> None:
    file = tmp_path / "tally.db"
    assert not leaving.is_being_moved(file)
    with leaving.being_moved(file):
        assert leaving.is_being_moved(file)
    assert not leaving.is_being_moved(file)
    assert list(tmp_path.iterdir()) == []


def test_what_a_mover_left_behind_that_was_killed_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "tally.db.moving").touch()
    assert not leaving.is_being_moved(tmp_path / "tally.db")
