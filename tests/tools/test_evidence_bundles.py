"""The bundles that are committed are the same whoever makes them, and are never written anew."""

from pathlib import Path

import pytest

from tools import evidence_bundles


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (evidence_bundles.make(tmp_path / name) for name in ("one", "other"))
    made = {*evidence_bundles.MADE, *evidence_bundles.MADE_ONCE, "trust.json"}
    assert {path.name for path in one.iterdir()} == made
    for name in evidence_bundles.MADE:
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_what_was_written_is_not_written_anew(tmp_path: Path) -> None:
    (tmp_path / "v2").mkdir()
    with pytest.raises(FileExistsError):
        evidence_bundles.make(tmp_path)
