import os
from pathlib import Path

import pytest

from spool.durability import write_private, write_public


@pytest.mark.parametrize(("replacing", "left"), [(True, b"second"), (False, b"first")])
def test_a_private_file_is_the_owners_alone_and_replaces_one_that_is_there_only_if_it_is_to(
    tmp_path: Path, replacing: bool, left: bytes
) -> None:
    path = tmp_path / "secret"
    write_private(path, b"first", replacing=replacing)
    write_private(path, b"second", replacing=replacing)
    assert path.read_bytes() == left
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_nothing_is_left_of_a_private_file_that_cannot_get_its_place(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "taken", b"secret", replacing=True)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o007, 0o640)])
def test_a_public_file_is_read_by_whom_the_umask_lets_and_takes_the_place_of_what_was_there(
    tmp_path: Path, umask: int, mode: int
) -> None:
    path = tmp_path / "told"
    path.write_bytes(b"before, and longer than what follows")
    before = os.umask(umask)
    try:
        write_public(path, b"now")
    finally:
        os.umask(before)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"now", mode)
    assert [each.name for each in tmp_path.iterdir()] == ["told"]


def test_a_link_is_replaced_and_what_it_leads_to_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / "told").symlink_to(tmp_path / "victim")
    write_public(tmp_path / "told", b"now")
    assert (tmp_path / "victim").read_bytes() == b"kept"
    assert not (tmp_path / "told").is_symlink()
    assert (tmp_path / "told").read_bytes() == b"now"
