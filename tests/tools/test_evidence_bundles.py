"""The bundles that are committed are the same whoever makes them, and are never written anew."""

from pathlib import Path

import pytest

from tools import evidence_bundles


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (evidence_bundles.make(tmp_path / name) for name in ("one", "other"))
    assert [path.name for path in sorted(one.iterdir())] == ["document.zip", "order.zip", "trust.json"]
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_what_was_written_is_not_written_anew(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    with pytest.raises(FileExistsError):
        evidence_bundles.make(tmp_path)
